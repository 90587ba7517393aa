"""Anonymous grading: a stable code for each student, and the key, which is kept apart from the results."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from autograder.course.people import tables
from autograder.course.submission import Submission
from autograder.errors import UsageError

KEY = "anonymous-key.csv"
COLUMNS = ("code", "student")
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without characters that look alike."""


def read(folder: Path) -> dict[str, str]:
    """The code of each student of a course who has one. Raises `UsageError` for a file of another form."""
    path = folder / KEY
    if not path.is_file():
        return {}
    columns, rows = tables.read(path)
    if set(columns) != set(COLUMNS):
        raise UsageError(f"{path}, line 1: the columns must be {' and '.join(COLUMNS)}")
    return {row["student"]: row["code"] for row in rows}


def given(folder: Path, students: Iterable[str]) -> dict[str, str]:
    """The codes of these students and of all earlier ones; new codes are drawn and added to the key."""
    codes = read(folder)
    for student in students:
        if student not in codes:
            codes[student] = _new(set(codes.values()))
            tables.append(folder / KEY, {"code": codes[student], "student": student})
            (folder / KEY).chmod(0o600)
    return codes


def anonymised(handed_in: Submission, codes: Mapping[str, str]) -> Submission:
    """The submission under its student's code; as it is if the student has none.

    File names may contain the student's name: the result names the file after the exercise. What is in the file, and
    what its code prints, stays.
    """
    code = codes.get(handed_in.student)
    if code is None:
        return handed_in
    file = f"{handed_in.exercise}{Path(handed_in.file).suffix}" if handed_in.file else ""
    names = {handed_in.file: file, handed_in.student: code}
    if handed_in.path is not None:
        beside = handed_in.path.parent.iterdir() if handed_in.path.parent.is_dir() else ()
        names |= {each.name: f"{handed_in.exercise}{each.suffix}" for each in [handed_in.path, *beside]}
    return replace(handed_in, student=code, file=file, notes=tuple(_replaced(note, names) for note in handed_in.notes))


def _replaced(text: str, names: Mapping[str, str]) -> str:
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = text.replace(name, names[name])
    return text


def _new(taken: set[str]) -> str:
    while True:
        code = "student-" + "".join(secrets.choice(_SIGNS) for _ in range(6))
        if code not in taken:
            return code
