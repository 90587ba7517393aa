"""A file of grades with the columns of Gradescope's own export (Review Grades → Download Grades).

Gradescope imports no grades: a programming assignment gets its scores from the `autograder.zip`. The file is for courses
that collect on Gradescope, grade here, and take the grades elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autograder.course.people.roster import Student
from autograder.reports.csv_cells import cell, number
from autograder.reports.csv_cells import encode as encode_rows
from autograder.results.form import Result


def encode(results: Sequence[Result], student_of: Callable[[str], Student] = Student) -> bytes:
    """The grades as CSV, UTF-8 without a byte-order mark."""
    exercises = sorted({result.exercise for result in results})
    by_name = {(result.student, result.exercise): result for result in results}
    columns = [cell(each) for name in exercises for each in (name, f"{name} - Max Points", f"{name} - Submission Time")]
    rows = [["First Name", "Last Name", "SID", "Email", "Sections", *columns]]
    for name in sorted({result.student for result in results}):
        student = student_of(name)
        first, _, last = student.name.rpartition(" ")
        first, last = student.row.get("First Name", first), student.row.get("Last Name", last)
        identity = [first, last, student.row.get("SID", student.id), student.email, student.section]
        grades = [each for exercise in exercises for each in _grade(by_name.get((name, exercise)))]
        rows.append([*(cell(each) for each in identity), *grades])
    return encode_rows(rows, mark=False)


def _grade(result: Result | None) -> list[str]:
    if result is None or result.total is None:
        return ["", "", ""]
    return [number(result.total), number(result.possible), result.submitted.at if result.submitted else ""]
