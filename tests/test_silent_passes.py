"""A check that cannot ask its question must not pass: it never returns before its last expectation."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import catalogue
from tests.catalogue import ROOT

FILES = [ROOT / half / name / "checks.py" for name in catalogue.names() for half in ("assignments", "solutions")]


def silent_passes(source: str) -> Iterator[int]:
    """The lines on which a check returns, and with that passes, without having asked in another way.

    `check_…(…)` before the `return`, in the same block, is that other way. Functions inside a check count, too, if they
    return nothing.
    """
    for function in ast.parse(source).body:
        if isinstance(function, ast.FunctionDef) and function.decorator_list:
            for block in _blocks(function):
                for before, statement in zip([None, *block], block, strict=False):
                    if isinstance(statement, ast.Return) and statement.value is None and not _asks(before):
                        yield statement.lineno


def _blocks(function: ast.FunctionDef) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                yield block


def _asks(statement: ast.stmt | None) -> bool:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
            return name.startswith("check_")
        case _:
            return False


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.parent.name}-{path.parent.name}")
def test_no_check_passes_because_it_could_not_ask(path: Path) -> None:
    assert not list(silent_passes(path.read_text(encoding="utf-8"))), path


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("if x:\n        return\n    expect.that(y)", [4]),
        ("if x:\n        check_otherwise(x)\n        return\n    expect.that(y)", []),
        ("def attempt():\n        for _ in x:\n            return\n    expect.best_of(2, attempt)", [5]),
        ("def answer():\n        return 1\n    expect.that(answer())", []),
    ],
)
def test_the_lint_finds_a_return(body: str, lines: list[int]) -> None:
    assert list(silent_passes(f'@check("part.idea")\ndef _(student):\n    {body}\n')) == lines
