"""The cells of a `.py` file in the percent format: each begins with a line `# %%`. The file is data from a stranger."""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from collections.abc import Iterator

from autograder.course.notebook_cells import MOST_CODE, SKIPPED_TAGS, TooMuch

MOST_CELLS = 10_000
"""Cells of one file, of whatever kind."""
_HEAD = re.compile(r"^# ?%%(?!%)(?P<rest>.*)$", re.MULTILINE)
_TAGS = re.compile(r"tags=\[([^\[\]]*)\]")
_LONGEST_DECLARATION = 500
"""Bytes of a line that may declare an encoding."""


def decoded(content: bytes) -> str:
    """The text of a Python file. Raises `UnicodeError` or `SyntaxError` if it is not text."""
    return content.decode(_encoding(content)).replace("\r\n", "\n")


def _encoding(content: bytes) -> str:
    """The encoding of a Python file: UTF-8, or the one that its first lines declare. Raises `SyntaxError`."""
    start = io.BytesIO(content)
    first = [line for line in (start.readline(), start.readline()) if len(line) <= _LONGEST_DECLARATION]
    named, _ = tokenize.detect_encoding(iter(first).__next__)
    # Some of Python's codecs are not character encodings, and some are very slow.
    return named if codecs.lookup(named).name.startswith(("ascii", "iso8859", "cp")) else "utf-8-sig"


def parts(text: str) -> Iterator[tuple[int, str, str]]:
    """Of each cell, of whatever kind: the number of its first line, counted from −1, the rest of that line, and its text.

    Raises `TooMuch`.
    """
    line, rest, begin, counted = -1, "", 0, 0
    for number, head in enumerate(_HEAD.finditer(text), start=1):
        if number > MOST_CELLS:
            raise TooMuch(f"contains more than {MOST_CELLS} cells")
        yield line, rest, text[begin : max(begin, head.start() - 1)]
        line = (0 if line < 0 else line) + text.count("\n", counted, head.start())
        rest, begin, counted = head["rest"], head.end() + 1, head.start()
    yield line, rest, text[begin:]


def code_cells(text: str) -> Iterator[str]:
    """The cells that count, padded with empty lines so that their line numbers are those of the file.

    Raises `TooMuch`, also if there are so many cells and lines that the padding would be larger than a file may be.
    """
    left = MOST_CODE
    for line, rest, body in parts(text):
        tagged = _TAGS.search(rest)
        tags = set(re.findall(r"[\w-]+", tagged[1])) if tagged else set[str]()
        if not body.strip() or "[markdown]" in rest or "[md]" in rest or SKIPPED_TAGS & tags:
            continue
        left -= line + 1 + len(body)
        if left < 0:
            raise TooMuch("has too many cells for a file of its length: join some of them")
        yield "\n" * (line + 1) + body
