"""A file of grades for Brightspace (Grades → Enter Grades → Import).

It has one row per student and one column per exercise, `<exercise> Points Grade`, which Brightspace matches with the
grade item of that name. An ungraded submission, or an excused one, is an empty cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autograder.course.people.roster import Student
from autograder.reports.csv_cells import cell, number
from autograder.reports.csv_cells import encode as encode_rows
from autograder.results.form import Result

_END = "End-of-Line Indicator"
"""The last column of every row, which contains `#`."""


def encode(results: Sequence[Result], student_of: Callable[[str], Student] = Student) -> bytes:
    """The grades as CSV, UTF-8 without a byte-order mark, because Brightspace reads them, not a spreadsheet."""
    exercises = sorted({result.exercise for result in results})
    by_name = {(result.student, result.exercise): result for result in results}
    rows = [["OrgDefinedId", "Username", *(cell(f"{name} Points Grade") for name in exercises), _END]]
    for name in sorted({result.student for result in results}):
        student = student_of(name)
        number_there, login = student.row.get("OrgDefinedId", ""), student.row.get("Username", "")
        if not number_there and not login:
            login = student.id
        # Brightspace writes, and accepts, a # before ids, so that spreadsheets do not take them for numbers.
        identity = [cell(f"#{each.removeprefix('#')}") if each else "" for each in (number_there, login)]
        rows.append([*identity, *(_grade(by_name.get((name, exercise))) for exercise in exercises), "#"])
    return encode_rows(rows, mark=False)


def _grade(result: Result | None) -> str:
    return "" if result is None or result.total is None else number(result.total)
