"""Where in a student's file a check looks: the line that a reader wants to see beside it.

It is the line that raised, if one did. Otherwise the notebook that a student received says which names belong to the check's
part, and the line is where the student defines the one that the check is about.
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
"""How the worker says where something raised: `cell 3, line 2`, `xor.py, line 12`."""


def line_of(handed_in: Submission, check: CheckResult, assignment: Path) -> int:
    """The line of the submission's file, counted from 1, that a check is about; 1 where nothing is found.

    `assignment`: the exercise's folder under `assignments/`.
    """
    if raised := _PLACE.fullmatch(check.place):
        return _line_in_file(handed_in, raised["cell"], int(raised["line"]))
    names = _names_of_part(assignment / f"{assignment.name}_{handed_in.framework}.ipynb", check.part)
    said = f"{check.tried} {check.title}"
    about = [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said)]
    for name in dict.fromkeys([*about, *names]):
        for cell, line in _definitions(handed_in, name):
            return _line_in_file(handed_in, cell, line)
    return 1


@lru_cache(maxsize=64)
def _names_of_part(notebook: Path, part: str) -> tuple[str, ...]:
    """What the student's notebook defines in the cells of a part, in order: the release names cells after their part."""
    try:
        cells: Any = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return ()
    own = [cell for cell in cast(list[dict[str, Any]], cells) if re.fullmatch(rf"{part}-\d+", str(cell.get("id", "")))]
    found: list[str] = []
    for cell in own:
        if cell.get("cell_type") == "code":
            found += _defined("".join(cell.get("source", ())))
    return tuple(found)


def _defined(source: str) -> Iterator[str]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name


def _definitions(handed_in: Submission, name: str) -> Iterator[tuple[str, int]]:
    """The cell of each definition of a name, and the line in it; the last one counts, so it comes first."""
    head = re.compile(rf"\s*(?:async\s+def|def|class)\s+{re.escape(name)}\b|{re.escape(name)}\s*=")
    for cell, source in reversed(handed_in.cells):
        lines = source.split("\n")
        yield from ((cell, number) for number in range(len(lines), 0, -1) if head.match(lines[number - 1]))


def _line_in_file(handed_in: Submission, cell: str, line: int) -> int:
    if not handed_in.file.endswith(".ipynb"):
        # A percent file's cells carry the empty lines that make their numbers the file's.
        return line
    source = next((source for name, source in handed_in.cells if name == cell), "")
    wanted = source.rstrip("\n").split("\n")
    strings = _strings(handed_in.content)
    for start in range(len(strings) - len(wanted) + 1):
        if strings[start : start + len(wanted)] == wanted:
            return start + min(line, len(wanted))
    return 1


def _strings(notebook: bytes) -> list[str | None]:
    """What stands on each line of a notebook's file, where that is one line of a cell."""
    found: list[str | None] = []
    for line in notebook.decode("utf-8-sig", errors="replace").split("\n"):
        try:
            said = json.loads(line.strip().removesuffix(","))
        except (ValueError, RecursionError):
            said = None
        found.append(said.rstrip("\r\n") if isinstance(said, str) else None)
    return found
