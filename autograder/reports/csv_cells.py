"""CSV that is safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

# A spreadsheet treats cells that start with these, also after spaces, as formulas. Excel does so for the full-width
# forms too, which East Asian keyboards type.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")

# Someone will print the file to a terminal: replace escapes, and characters that cannot be seen or change the writing
# direction. The two joiners that names need stay, but do not hide a formula.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_PASSED_OVER = re.compile("[\\s\u200c\u200d]*")


def cell(text: str) -> str:
    """The text; if it could be a formula, prefixed with an apostrophe, which marks text in a spreadsheet."""
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    return "'" + text if _PASSED_OVER.sub("", text, count=1).startswith(_FORMULA) else text


def number(value: float) -> str:
    """The number without floating-point noise, and without `.0` if it is whole."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def encode(rows: Iterable[Sequence[str]], *, mark: bool = True) -> bytes:
    """The rows as UTF-8, by default with a byte-order mark.

    Excel reads a file without the mark in the local 8-bit code page and breaks every name that is not ASCII.
    LibreOffice, Google Sheets, pandas and R's readr skip the mark automatically; Python's `csv` does with
    `encoding="utf-8-sig"`.
    """
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    # A file name may contain invalid bytes, which must not make the table fail.
    return buffer.getvalue().encode("utf-8-sig" if mark else "utf-8", errors="backslashreplace")
