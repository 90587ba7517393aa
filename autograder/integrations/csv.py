"""`summary.csv`: one row per submission, for a spreadsheet or for import into a learning platform."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.reports.csv_cells import cell, number
from autograder.reports.csv_cells import encode as encode_rows
from autograder.results.files import write_whole
from autograder.results.form import Result

COLUMNS = ("student", "exercise", "framework", "file", "score", "maximum", "status", "failed", "seconds")


def write(results: Sequence[Result], path: Path) -> None:
    """Write the table atomically."""
    write_whole(path, encode(results))


def encode(results: Sequence[Result]) -> bytes:
    """The table as CSV."""
    return encode_rows([COLUMNS, *(_row(result) for result in results)])


def _row(result: Result) -> list[str]:
    return [
        cell(result.student),
        cell(result.exercise),
        result.framework,
        cell(result.file),
        "" if result.score is None else number(result.score),
        number(result.maximum),
        "ungraded" if result.ungraded else "graded",
        cell(" ".join(check.id for check in result.checks if check.status == "failed")),
        f"{result.seconds:.1f}",
    ]
