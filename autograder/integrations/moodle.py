"""Files for Moodle: a table for the gradebook (Grades → Import → CSV file), or an assignment's grading worksheet.

The table has one row per student. In Moodle's import form, map the first column to the user's name, or e-mail address if
the roster is Moodle's own; each exercise to its grade item; and `<exercise> feedback` to that item's feedback. If the
roster is the grading worksheet of an assignment, and the results are of one exercise, the file is that worksheet with
the grades filled in (Upload grading worksheet). An ungraded submission, or an excused one, is an empty cell. Moodle
reads a feedback as HTML, so all text in it is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

from autograder.course.people.roster import Student
from autograder.reports import safe_text, words
from autograder.reports.csv_cells import cell, number
from autograder.reports.csv_cells import encode as encode_rows
from autograder.results.form import Result

_WORKSHEET = ("Identifier", "Grade", "Feedback comments")
_OF_MOODLE = ("Email address", "ID number")
"""Columns of Moodle's exports by which its import finds a user."""


def encode(results: Sequence[Result], student_of: Callable[[str], Student] = Student) -> bytes:
    """The grades as CSV, UTF-8 without a byte-order mark, because Moodle reads them, not a spreadsheet."""
    exercises = sorted({result.exercise for result in results})
    students = {name: student_of(name) for name in sorted({result.student for result in results})}
    by_name = {(result.student, result.exercise): result for result in results}
    columns = next((list(student.row) for student in students.values() if student.row), list[str]())
    if len(exercises) == 1 and all(column in columns for column in _WORKSHEET[:2]):
        rows = [_filled_in(student, columns, by_name[name, exercises[0]]) for name, student in students.items()]
        return encode_rows([columns, *rows], mark=False)
    # Without any of these columns, students are known by their user name.
    own = [column for column in _OF_MOODLE if all(each.row.get(column) for each in students.values())]
    head = own[:1] or ["username"]
    rows = [[*head, *(column for name in exercises for column in (cell(name), cell(f"{name} feedback")))]]
    for name, student in students.items():
        row = [cell(student.row[own[0]] if own else student.id)]
        for exercise in exercises:
            row += [cell(each) for each in _grade(by_name.get((name, exercise)))]
        rows.append(row)
    return encode_rows(rows, mark=False)


def feedback(result: Result) -> str:
    """The failed checks with their likely causes, and the lines of the final score, on one line.

    Of hidden checks it says only how many did not pass, and in which parts.
    """
    troubles = [check for check in result.checks if check.status in ("failed", "skipped")]
    said = [safe_text.line(f"{check.id}: {words.likely(check) or check.saw}") for check in troubles if check.visible]
    if hidden := [check for check in troubles if not check.visible]:
        parts = ", ".join(words.parts(hidden))
        said.append(
            safe_text.line(f"{len(hidden)} hidden check{'' if len(hidden) == 1 else 's'} did not pass ({parts})")
        )
    said += [f"{text} {points}".rstrip() for text, points in words.score_lines(result)]
    return " · ".join(said)


def _filled_in(student: Student, columns: Sequence[str], result: Result) -> list[str]:
    """The student's row of the grading worksheet; the other columns stay as Moodle wrote them."""
    grade, said = _grade(result)
    filled = {**student.row, "Grade": grade, "Feedback comments": said}
    # `-` is Moodle's own, for a time that there is none of.
    return [each if each == "-" else cell(each) for column in columns for each in [filled.get(column, "")]]


def _grade(result: Result | None) -> list[str]:
    if result is None or result.total is None:
        return ["", ""]
    return [number(result.total), html.escape(feedback(result))]
