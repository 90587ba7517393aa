"""A file for Moodle's gradebook (Grades → Import → CSV file).

It has one row per student. In Moodle's import form, map `username` to the user's name (the name of the student's folder
here), each exercise to its grade item, and `<exercise> feedback` to that item's feedback. An ungraded submission is an
empty cell. Moodle reads a feedback as HTML, so all text in it is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from autograder.reports import safe_text
from autograder.reports.csv_cells import cell, number
from autograder.reports.csv_cells import encode as encode_rows
from autograder.results.form import Result


def encode(results: Sequence[Result]) -> bytes:
    """The grades as CSV, UTF-8 without a byte-order mark, because Moodle reads them, not a spreadsheet."""
    exercises = sorted({result.exercise for result in results})
    by_name = {(result.student, result.exercise): result for result in results}
    rows = [["username", *(column for name in exercises for column in (cell(name), cell(f"{name} feedback")))]]
    for student in sorted({result.student for result in results}):
        row = [cell(student)]
        for name in exercises:
            row += _grade(by_name.get((student, name)))
        rows.append(row)
    return encode_rows(rows, mark=False)


def _grade(result: Result | None) -> list[str]:
    if result is None or result.score is None:
        return ["", ""]
    return [number(result.score), cell(html.escape(_feedback(result)))]


def _feedback(result: Result) -> str:
    """The failed checks and their likely causes, on one line."""
    return " · ".join(
        safe_text.line(f"{check.id}: {check.likely or check.saw}")
        for check in result.checks
        if check.visible and check.status in ("failed", "skipped")
    )
