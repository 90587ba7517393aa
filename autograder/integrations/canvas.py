"""A gradebook file that Canvas imports (Grades → Import).

It has one row per student and one column per exercise. Students are matched by `SIS Login ID`, which is the name of the
student's folder here; the other columns that Canvas requires stay empty. An ungraded submission is an empty cell, which
changes nothing in Canvas.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograder.reports.csv_cells import cell, number
from autograder.reports.csv_cells import encode as encode_rows
from autograder.results.form import Result

COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
POINTS_POSSIBLE = "    Points Possible"
"""Canvas recognises the row by this text, including the spaces."""


def encode(results: Sequence[Result]) -> bytes:
    """The gradebook as CSV, UTF-8 without a byte-order mark, because Canvas reads it, not a spreadsheet."""
    exercises = sorted({result.exercise for result in results})
    most = {result.exercise: number(result.maximum) for result in results}
    scores = {(result.student, result.exercise): result.score for result in results}
    rows = [
        [*COLUMNS, *(cell(name) for name in exercises)],
        [POINTS_POSSIBLE, "", "", "", "", *(most[name] for name in exercises)],
    ]
    for student in sorted({result.student for result in results}):
        reached = [scores.get((student, name)) for name in exercises]
        rows.append(
            [cell(student), "", "", cell(student), "", *("" if score is None else number(score) for score in reached)]
        )
    return encode_rows(rows, mark=False)
