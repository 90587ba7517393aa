"""The line of a student's file that a check refers to.

It is the line that raised, if there is one. Otherwise the student's notebook determines which names belong to the
check's part, and the line is the definition of the name that the check is about.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from autograder.course.submission import Submission
from autograder.results.form import CheckResult

_PLACE = re.compile(r"(?P<cell>.+), line (?P<line>\d{1,7})")
"""The worker's format for the location of an exception: `cell 3, line 2`, `xor.py, line 12`."""


def line_of(handed_in: Submission, check: CheckResult, assignment: Path) -> int:
    """The line of the submission's file, counted from 1, that a check refers to; 1 if it is unknown.

    `assignment`: the exercise's folder under `assignments/`.
    """
    if raised := _PLACE.fullmatch(check.place):
        return _line_in_file(handed_in, raised["cell"], int(raised["line"]))
    return line_about(handed_in, check.part, f"{check.tried} {check.title}", assignment)


def line_about(handed_in: Submission, part: str, texts: str, assignment: Path) -> int:
    """The line of the submission's file, counted from 1, that a check of a part with these texts is about."""
    names = names_of_part(assignment / f"{assignment.name}_{handed_in.framework}.ipynb", part)
    about = [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", texts)]
    for name in dict.fromkeys([*about, *names]):
        for cell, line in _definitions(handed_in, name):
            return _line_in_file(handed_in, cell, line)
    return 1


@lru_cache(maxsize=64)
def names_of_part(notebook: Path, part: str) -> tuple[str, ...]:
    """The names that a released notebook defines in a part, in order. Cell ids begin with the part's name."""
    try:
        cells: Any = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return ()
    own = [cell for cell in cast(list[dict[str, Any]], cells) if re.fullmatch(rf"{part}-\d+", str(cell.get("id", "")))]
    names: list[str] = []
    for cell in own:
        if cell.get("cell_type") == "code":
            names += _defined("".join(cell.get("source", ())))
    return tuple(names)


def _defined(source: str) -> Iterator[str]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name


def _definitions(handed_in: Submission, name: str) -> Iterator[tuple[str, int]]:
    """The cell and line of each definition of a name, the last (effective) one first."""
    head = re.compile(rf"\s*(?:async\s+def|def|class)\s+{re.escape(name)}\b|{re.escape(name)}\s*=")
    for cell, source in reversed(handed_in.cells):
        lines = source.split("\n")
        yield from ((cell, number) for number in range(len(lines), 0, -1) if head.match(lines[number - 1]))


def _line_in_file(handed_in: Submission, cell: str, line: int) -> int:
    if not handed_in.file.endswith(".ipynb"):
        # Cells of a percent file are padded with empty lines, so that their line numbers are those of the file.
        return line
    source = next((source for name, source in handed_in.cells if name == cell), "")
    wanted = source.rstrip("\n").split("\n")
    strings = _strings(handed_in.content)
    for start in range(len(strings) - len(wanted) + 1):
        if strings[start : start + len(wanted)] == wanted:
            return start + min(line, len(wanted))
    return 1


def _strings(notebook: bytes) -> list[str | None]:
    """For each line of a notebook file, the line of a cell that it contains, or `None`."""
    strings: list[str | None] = []
    for line in notebook.decode("utf-8-sig", errors="replace").split("\n"):
        try:
            value = json.loads(line.strip().removesuffix(","))
        except (ValueError, RecursionError):
            value = None
        strings.append(value.rstrip("\r\n") if isinstance(value, str) else None)
    return strings
