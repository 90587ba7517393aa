"""What a student handed in, as a page shows it: cells with their lines and outputs, and findings at their lines."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from autograder.course import notebook_cells, percent_cells, submission
from autograder.course.cell_outputs import Output
from autograder.course.notebook_cells import NotANotebook, TooMuch
from autograder.course.source_lines import SourceLines
from autograder.course.submission import Submission
from autograder.reports import safe_text
from autograder.reports.pages import highlight
from autograder.results.form import CheckResult, Result

MOST_LINES = 4_000
"""Lines of a file that are shown."""
MOST_COLOURED = 100_000
"""Characters of a file that are highlighted: the worst text takes Pygments 15 µs for each."""
MOST_PICTURES = 8 << 20
"""Bytes of the pictures of a file that are shown."""
_OUTPUT_LINES, _OUTPUT_LENGTH = 40, 4_000


@dataclass(frozen=True)
class Finding:
    """A check that did not pass, at the line that it is about."""

    check: CheckResult
    anchor: str
    """Of the check on the page."""
    raised: bool
    """Whether this line raised an exception; otherwise it defines what the check is about."""


@dataclass(frozen=True)
class Line:
    """A line of code."""

    anchor: str
    number: int
    html: Markup
    findings: Sequence[Finding] = ()


@dataclass(frozen=True)
class Shown:
    """An output of a cell."""

    text: str
    error: bool = False
    picture: Markup | None = None
    """A data URI."""


@dataclass(frozen=True)
class Cell:
    """A code cell of a notebook, or a whole `.py` file."""

    name: str
    counted: bool
    """Whether it was graded; its tags may leave it out."""
    lines: Sequence[Line]
    outputs: Sequence[Shown] = ()


@dataclass(frozen=True)
class Place:
    """Where a check's finding is."""

    anchor: str
    text: str
    """`cell 3, line 2`."""


@dataclass(frozen=True)
class Code:
    """A whole file."""

    cells: Sequence[Cell]
    omitted: int
    """Lines that are not shown."""
    places: Mapping[str, Place] = field(default_factory=dict[str, Place])
    """By the id of the check."""


def code_of(result: Result, content: bytes, assignment: Path) -> Code | None:
    """The file that was graded, with the result's findings; `None` if there is no code in it.

    `assignment`: the exercise's folder under `assignments/`, which says what the code of each part is called.
    """
    handed_in = submission.of_content(Path(result.file), content, result.student, result.exercise)
    if not handed_in.cells:
        return None
    found = _found(result.checks, SourceLines(handed_in, assignment))
    lines_left, colours_left, bytes_left, omitted = MOST_LINES, MOST_COLOURED, MOST_PICTURES, 0
    cells: list[Cell] = []
    places: dict[str, Place] = {}
    for number, (name, cell) in enumerate(_named_cells(handed_in), start=1):
        sources = highlight.split(cell.source.rstrip())
        chosen = sources[:lines_left]
        colours_left -= sum(map(len, chosen))
        lines = [
            Line(f"c{number}-{line}", line, html, found.get((name, line), ()))
            for line, html in enumerate(highlight.lines(chosen, plain=colours_left < 0), start=1)
        ]
        lines_left, omitted = lines_left - len(lines), omitted + len(sources) - len(lines)
        for line in lines:
            where = f"line {line.number}" if name == handed_in.file else f"{name}, line {line.number}"
            places |= {finding.check.id: Place(line.anchor, where) for finding in line.findings}
        outputs: list[Shown] = []
        for output in cell.outputs:
            bytes_left -= len(output.picture)
            outputs.append(_shown(output, with_picture=bytes_left >= 0))
        if lines:
            cells.append(Cell(name, not cell.skipped, lines, outputs))
    return Code(cells, omitted, places)


def anchors(checks: Sequence[CheckResult]) -> dict[str, str]:
    """The anchor of each check on a page, by its id."""
    return {check.id: f"check-{number}" for number, check in enumerate(checks, start=1)}


def _found(checks: Sequence[CheckResult], lines: SourceLines) -> dict[tuple[str, int], list[Finding]]:
    """The findings at each line of each cell."""
    found: dict[tuple[str, int], list[Finding]] = {}
    anchor_of = anchors(checks)
    for check in checks:
        if check.status == "failed" and (place := lines.at(check)):
            found.setdefault(place, []).append(Finding(check, anchor_of[check.id], bool(check.place)))
    return found


def _named_cells(handed_in: Submission) -> list[tuple[str, notebook_cells.Cell]]:
    """All code cells of a notebook, also those that do not count; a `.py` file is a single one."""
    content = handed_in.content.removeprefix(codecs.BOM_UTF8)
    if not handed_in.file.endswith(".ipynb"):
        return [(handed_in.file, notebook_cells.Cell(percent_cells.decoded(content), skipped=False))]
    try:
        cells = notebook_cells.read(content, outputs=True)
    except (TooMuch, NotANotebook):
        # Its code alone could be read.
        cells = notebook_cells.read(content)
    return [(f"cell {number}", cell) for number, cell in enumerate(cells, start=1)]


def _shown(output: Output, with_picture: bool) -> Shown:
    uri = None
    if output.picture and with_picture:
        uri = Markup(f"data:image/{output.picture_kind};base64,{base64.b64encode(output.picture).decode()}")
    text = output.text if output.kind != "value" or uri is None else ""
    return Shown(safe_text.output(text, _OUTPUT_LINES, _OUTPUT_LENGTH), output.kind == "error", uri)
