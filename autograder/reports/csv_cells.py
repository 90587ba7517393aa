"""CSV that a spreadsheet opens without harm."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

# A spreadsheet takes a cell that starts so for a formula, also behind blanks; the wide forms are what an East
# Asian keyboard types and Excel reads alike.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")

# Someone will print the file to a terminal: escapes, and what turns the direction of writing, have no place
# in a name.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def cell(text: str) -> str:
    """The text; behind an apostrophe, a spreadsheet's sign for text, where it could be a formula."""
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    return "'" + text if text.lstrip().startswith(_FORMULA) else text


def number(value: float) -> str:
    """Without the noise of binary fractions, and without `.0` where it is whole."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def encode(rows: Iterable[Sequence[str]], *, mark: bool = True) -> bytes:
    """The rows as UTF-8, with a byte-order mark unless told otherwise.

    Excel takes a file without the mark for the local 8-bit code page and breaks every name that is not ASCII. LibreOffice,
    Google Sheets, pandas and R's readr drop it by themselves; Python's `csv` does with `encoding="utf-8-sig"`.
    """
    paper = io.StringIO(newline="")
    csv.writer(paper).writerows(rows)
    # A file name may hold bytes that are no text; they must not cost the class its table.
    return paper.getvalue().encode("utf-8-sig" if mark else "utf-8", errors="backslashreplace")
