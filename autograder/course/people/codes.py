"""Anonymous grading: a stable code for each student, and the key, which is kept apart from the results."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from autograder.course.people import tables
from autograder.errors import UsageError

KEY = "anonymous-key.csv"
COLUMNS = ("code", "student")
CODE = re.compile(r"student-[a-z2-9]{6}")
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without characters that look alike."""


def read(folder: Path) -> dict[str, str]:
    """The code of each student of a course who has one. Raises `UsageError` for a file of another form."""
    path = folder / KEY
    if not path.is_file():
        return {}
    columns, rows = tables.read(path)
    if list(columns) != list(COLUMNS):
        raise UsageError(f"{path}, line 1: the columns must be {' and '.join(COLUMNS)}")
    return {row["student"]: row["code"] for row in rows}


def given(folder: Path, students: Iterable[str]) -> dict[str, str]:
    """The codes of these students and of all earlier ones; new codes are drawn and added to the key."""
    codes = read(folder)
    for student in students:
        if student not in codes:
            codes[student] = _new(set(codes.values()))
            tables.append(folder / KEY, COLUMNS, (codes[student], student))
            (folder / KEY).chmod(0o600)
    return codes


def _new(taken: set[str]) -> str:
    while True:
        code = "student-" + "".join(secrets.choice(_SIGNS) for _ in range(6))
        if code not in taken:
            return code
