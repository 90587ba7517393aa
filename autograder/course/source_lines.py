"""The line of a student's file that a check refers to.

It is the line that raised, if there is one. Otherwise the student's notebook determines which names belong to the
check's part, and the line is the definition of the name that the check is about.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, cast

from autograder.course.submission import Code, Submission
from autograder.results.form import CheckResult

_PLACE = re.compile(r"(?P<cell>.+), line (?P<line>\d{1,7})")
"""The worker's format for the location of an exception: `cell 3, line 2`, `xor.py, line 12`."""
_DEFINES = re.compile(r"^[ \t]*+(?:(?:async[ \t]++)?+def|class)[ \t]++(\w++)|^(\w++)[ \t]*+=", re.MULTILINE)
_MOST_LINES, _LONGEST_LINE = 200_000, 100_000
"""Lines of a notebook's file in which a cell is looked for, and bytes of a line; a picture is a single, longer line."""
_NO_SOURCE = "\0"
"""Stands for a line of a notebook's file that is not a line of a cell's source."""


class SourceLines:
    """The lines of one submission. The file is a stranger's: it is searched once, in time linear in its length.

    `assignment`: the exercise's folder under `assignments/`.
    """

    def __init__(self, handed_in: Submission, assignment: Path) -> None:
        self._handed_in = handed_in
        self._notebook = assignment / f"{assignment.name}_{handed_in.framework}.ipynb"

    def of(self, check: CheckResult) -> int:
        """The line of the file, counted from 1, that a check refers to; 1 if it is unknown."""
        return self._line(self.at(check))

    def about(self, part: str, texts: str) -> int:
        """The line of the file, counted from 1, that a check of a part with these texts is about."""
        return self._line(self._definition(part, texts))

    def at(self, check: CheckResult) -> tuple[str, int] | None:
        """The name of the cell, and its line, counted from 1, that a check refers to; `None` if it is unknown."""
        if raised := _PLACE.fullmatch(check.place):
            return raised["cell"], int(raised["line"])
        return self._definition(check.part, f"{check.tried} {check.title}")

    def _definition(self, part: str, texts: str) -> tuple[str, int] | None:
        names = names_of_part(self._notebook, part)
        mentioned = [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", texts)]
        return next((self._defined[name] for name in (*mentioned, *names) if name in self._defined), None)

    def _line(self, place: tuple[str, int] | None) -> int:
        return self._in_file(*place) if place else 1

    @cached_property
    def _defined(self) -> dict[str, tuple[str, int]]:
        """The cell and line of the last, effective definition of each name of the exercise."""
        return dict(_definitions(self._handed_in.cells, names_of(self._notebook)))

    @cached_property
    def _strings(self) -> str:
        """The lines of the cells' sources, each on the line on which it stands in a notebook's file."""
        if self._handed_in.content.count(b"\n") > _MOST_LINES:
            return ""
        return "\n".join(["", *(_source_line(line) for line in self._handed_in.content.split(b"\n")), ""])

    def _in_file(self, cell: str, line: int) -> int:
        if not self._handed_in.file.endswith(".ipynb"):
            # Cells of a percent file are padded with empty lines, so that their line numbers are those of the file.
            return line
        source = next((source for name, source in self._handed_in.cells if name == cell), "").rstrip("\n")
        start = self._strings.find(f"\n{source}\n")
        if start < 0:
            return 1
        return self._strings.count("\n", 0, start) + min(line, source.count("\n") + 1)


def names_of_part(notebook: Path, part: str) -> tuple[str, ...]:
    """The names that a released notebook defines in a part, in order."""
    return tuple(name for of, name in _names(notebook) if of == part)


def names_of(notebook: Path) -> frozenset[str]:
    """The names that a released notebook defines."""
    return frozenset(name for _, name in _names(notebook))


@lru_cache(maxsize=64)
def _names(notebook: Path) -> tuple[tuple[str, str], ...]:
    """The part of each name that a released notebook defines. Cell ids begin with the part's name."""
    try:
        cells: Any = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return ()
    names: list[tuple[str, str]] = []
    for cell in cast(list[dict[str, Any]], cells):
        own = re.fullmatch(r"(.+)-\d+", str(cell.get("id", "")))
        if own and cell.get("cell_type") == "code":
            names += [(own[1], name) for name in _defined_in("".join(cell.get("source", ())))]
    return tuple(names)


def _defined_in(source: str) -> Iterator[str]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name


def _definitions(cells: Sequence[Code], names: frozenset[str]) -> Iterator[tuple[str, tuple[str, int]]]:
    """Each line that seems to define one of the names: the name, the cell, and the line."""
    for cell, source in cells:
        line, counted = 1, 0
        for found in _DEFINES.finditer(source):
            if (name := found[1] or found[2]) in names:
                line, counted = line + source.count("\n", counted, found.start()), found.start()
                yield name, (cell, line)


def _source_line(line: bytes) -> str:
    """The line of a cell that a line of a notebook's file contains."""
    text = line.strip().removesuffix(b",")
    if len(text) > _LONGEST_LINE or not text.startswith(b'"'):
        return _NO_SOURCE
    try:
        value = json.loads(text)
    except ValueError:
        return _NO_SOURCE
    source = value.rstrip("\r\n") if isinstance(value, str) else _NO_SOURCE
    return _NO_SOURCE if "\n" in source else source
