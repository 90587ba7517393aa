"""A gradebook file that Canvas imports (Grades → Import).

It has one row per student and one column per exercise. With a roster that Canvas exported, rows and columns are named as
in that file; otherwise students are matched by `SIS Login ID`, which is the name of the student's folder. An ungraded
submission is an empty cell, which changes nothing in Canvas, and `EX` excuses the student.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from autograder.course.people.roster import Student
from autograder.reports.csv_cells import cell, number
from autograder.reports.csv_cells import encode as encode_rows
from autograder.results.form import Result

COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
POINTS_POSSIBLE = "    Points Possible"
"""Canvas recognises the row by this text, including the spaces."""
EXCUSED = "EX"


def encode(results: Sequence[Result], student_of: Callable[[str], Student] = Student) -> bytes:
    """The gradebook as CSV, UTF-8 without a byte-order mark, because Canvas reads it, not a spreadsheet."""
    exercises = sorted({result.exercise for result in results})
    students = {name: student_of(name) for name in sorted({result.student for result in results})}
    most = {result.exercise: number(result.possible) for result in results}
    by_name = {(result.student, result.exercise): result for result in results}
    rows = [
        [*COLUMNS, *(cell(_column(name, students.values())) for name in exercises)],
        [POINTS_POSSIBLE, "", "", "", "", *(most[name] for name in exercises)],
    ]
    for name, student in students.items():
        grades = [_grade(by_name.get((name, exercise))) for exercise in exercises]
        rows.append([*(cell(each) for each in _identity(student)), *grades])
    return encode_rows(rows, mark=False)


def _identity(student: Student) -> list[str]:
    """As in Canvas' own export; otherwise the number that Canvas put into a file's name, and the id as login."""
    known = {column: student.row.get(column, "") for column in COLUMNS}
    if "SIS Login ID" not in student.row:
        known |= {"Student": student.name or student.id, "SIS Login ID": student.id, "Section": student.section}
    return list(known.values())


def _column(exercise: str, students: Iterable[Student]) -> str:
    """The exercise's column in Canvas' own export, such as `xor (12345)`; otherwise its name."""
    columns = next((list(student.row) for student in students if student.row), list[str]())
    return next((each for each in columns if re.fullmatch(rf"{re.escape(exercise)} \(\d+\)", each)), exercise)


def _grade(result: Result | None) -> str:
    if result is None or (result.total is None and not result.excused):
        return ""
    return EXCUSED if result.total is None else number(result.total)
