"""Which of its own functions a file's functions use, by name. The code is a stranger's: what is read is bounded."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from autograder.course.definitions import LARGEST, parsed

Uses = Mapping[str, set[str]]
"""Function, method or class → the names in its body."""


def uses(sources: Iterable[str]) -> Uses:
    """The names that each function, method and class mentions. What is defined twice has the names of both."""
    found: dict[str, set[str]] = {}
    left = LARGEST
    for source in sources:
        left -= len(source)
        if left < 0:
            break
        for node in _definitions(parsed(source) or []):
            found.setdefault(node.name, set()).update(_names(node))
    return found


def reaches(uses: Uses, start: str) -> set[str]:
    """The names that a function mentions, and those that these mention, and so on; without its own."""
    reached: set[str] = set()
    pending = [start]
    while pending:
        new = uses.get(pending.pop(), set[str]()) - reached
        reached |= new
        pending += new
    return reached - {start}


_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _definitions(statements: Iterable[ast.stmt]) -> Iterator[_Definition]:
    """Those of a cell, and the methods of its classes."""
    for statement in statements:
        if isinstance(statement, _Definition):
            yield statement
        if isinstance(statement, ast.ClassDef):
            yield from (method for method in statement.body if isinstance(method, _Definition))


def _names(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.Attribute):
            yield each.attr
