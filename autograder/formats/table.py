"""`summary.csv`: one row per submission, for a spreadsheet or a learning platform's import."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from autograder.result import Result, write_whole

COLUMNS = ("student", "exercise", "framework", "file", "score", "maximum", "status", "failed", "seconds")

# A spreadsheet takes a cell that starts so for a formula, also behind blanks; the wide forms are what an East
# Asian keyboard types and Excel reads alike.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")

# Someone will print the file to a terminal: escapes, and what turns the direction of writing, have no place
# in a name.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def write(results: Sequence[Result], path: Path) -> None:
    """Write the table, whole or not at all."""
    write_whole(path, encode(results))


def encode(results: Sequence[Result]) -> bytes:
    """The table as UTF-8 with a byte-order mark.

    The mark is there because Excel takes a file without one for the local 8-bit code page and breaks every
    name that is not ASCII. LibreOffice, Google Sheets, pandas and R's readr drop it by themselves; Python's
    `csv` does with `encoding="utf-8-sig"`.
    """
    paper = io.StringIO(newline="")
    writer = csv.writer(paper)
    writer.writerow(COLUMNS)
    writer.writerows(_row(result) for result in results)
    # A file name may hold bytes that are no text; they must not cost the class its table.
    return paper.getvalue().encode("utf-8-sig", errors="backslashreplace")


def _row(result: Result) -> list[str]:
    return [
        _cell(result.student),
        _cell(result.exercise),
        result.framework,
        _cell(result.file),
        "" if result.score is None else _number(result.score),
        _number(result.maximum),
        "ungraded" if result.ungraded else "graded",
        _cell(" ".join(check.id for check in result.checks if check.status == "failed")),
        f"{result.seconds:.1f}",
    ]


def _cell(text: str) -> str:
    """The text; behind an apostrophe, a spreadsheet's sign for text, where it could be a formula."""
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    return "'" + text if text.lstrip().startswith(_FORMULA) else text


def _number(number: float) -> str:
    """Without the noise of binary fractions, and without `.0` where it is whole."""
    return f"{number:.4f}".rstrip("0").rstrip(".")
