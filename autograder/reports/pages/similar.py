"""The page of programs that look alike: pairs side by side, with the passages that they share.

The page is one file without a script. `safe_text.inert` sanitises every value, and Jinja escapes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from autograder.course.submission import Code
from autograder.reports import csv_cells, safe_text
from autograder.reports.pages.render import content_policy, template
from autograder.similarity.comparison import Comparison, Pair, Program, code_of
from autograder.similarity.passages import shared
from autograder.similarity.threshold import MEASURED
from autograder.similarity.tokens import Statement, statements

SIDE_BY_SIDE = 50
"""Pairs of each exercise whose programs are shown."""
MOST_LINES = 800
"""Lines of a program that are shown."""
_LONGEST_LINE = 300
_FOLDED = 4
"""Lines in a row without a shared passage that are folded away."""
_HIGHEST_BAR = 90
COLUMNS = ("exercise", "similarity", "student", "file", "other student", "other file", "earlier year", "passages")


@dataclass(frozen=True)
class Line:
    """A line of code."""

    number: int
    text: str
    passage: int = 0
    """The number of the shared passage; 0 if it is in none."""
    begins: bool = False
    """Whether it is the first line of its passage."""


@dataclass(frozen=True)
class Stretch:
    """Lines of one cell in a row, which are all shown or all folded away."""

    cell: str
    """Empty if it is the only one, or the same as before."""
    lines: Sequence[Line]
    folded: bool


@dataclass(frozen=True)
class Side:
    """One program of a pair."""

    program: Program
    stretches: Sequence[Stretch]
    cut: bool
    """Whether the program has more lines than are shown."""


@dataclass(frozen=True)
class Shown:
    """A pair, side by side."""

    pair: Pair
    sides: tuple[Side, Side]
    passages: int
    remark: str


@dataclass(frozen=True)
class Bar:
    """The number of pairs within a range of similarity, for the histogram."""

    label: str
    spoken: str
    count: int
    height: float
    flagged: bool


@dataclass(frozen=True)
class Section:
    """One exercise on the page."""

    comparison: Comparison
    pairs: Sequence[Shown]
    others: Sequence[Pair]
    """Flagged pairs that are only listed."""
    bars: Sequence[Bar]


@dataclass(frozen=True)
class People:
    """What the page says about students besides their folders' names."""

    groups: Mapping[str, str] = field(default_factory=dict[str, str])
    """The group of each student who has one."""

    def remark(self, pair: Pair) -> str:
        """Why a pair may be alike for a good reason; empty if nothing is known."""
        first, second = pair.first.student, pair.second.student
        if first == second:
            return "the same student, in another year"
        group = self.groups.get(first, "")
        return f"both in group {group}" if group and group == self.groups.get(second) and not pair.second.year else ""


def sections(comparisons: Iterable[Comparison], people: People) -> Iterator[Section]:
    """What the page shows of each exercise."""
    for each in comparisons:
        shown = [_shown(pair, each, people.remark(pair)) for pair in each.pairs[:SIDE_BY_SIDE]]
        yield Section(each, shown, each.pairs[SIDE_BY_SIDE:], _bars(each))


def html(found: Sequence[Section], title: str) -> str:
    """The page."""
    return template("similar.html").render(
        title=title, sections=found, measured=MEASURED, percent=percent, policy=content_policy(), script=""
    )


def table(found: Sequence[Section]) -> bytes:
    """All flagged pairs as CSV, the most similar of each exercise first. Only the shown ones have a number of passages."""
    rows: list[Sequence[str]] = [COLUMNS]
    for section in found:
        passages = [str(each.passages) for each in section.pairs]
        for number, pair in enumerate(section.comparison.pairs):
            first, second = pair.first, pair.second
            texts = [first.student, first.file, second.student, second.file, second.year]
            rows.append(
                [
                    csv_cells.cell(section.comparison.exercise),
                    csv_cells.number(pair.similarity),
                    *map(csv_cells.cell, texts),
                    passages[number] if number < len(passages) else "",
                ]
            )
    return csv_cells.encode(rows)


def percent(share: float) -> str:
    """`97 %`; never 100 or 0 if it is not exact."""
    rounded = round(100 * share)
    if 0 < share < 1:
        rounded = min(99, max(1, rounded))
    return f"{rounded} %"


# ── a pair ──────────────────────────────────────────────────────────────────────────────────────────────────


def _shown(pair: Pair, of: Comparison, remark: str) -> Shown:
    code = code_of(pair.first), code_of(pair.second)
    first, second = (statements(each, of.given.names) for each in code)
    passages = shared(first, second, of.weights)
    sides = (
        _side(pair.first, code[0], first, [each.first for each in passages]),
        _side(pair.second, code[1], second, [each.second for each in passages]),
    )
    return Shown(pair, sides, len(passages), remark)


def _side(
    program: Program, cells: Sequence[Code], all_of_them: Sequence[Statement], passages: Sequence[Sequence[int]]
) -> Side:
    """The program with its passages, each given by the numbers of its statements."""
    marked: dict[tuple[int, int], int] = {}
    begins: set[tuple[int, int]] = set()
    for number, passage in enumerate(passages, start=1):
        begins.add(min((all_of_them[each].cell, all_of_them[each].first) for each in passage))
        for each in passage:
            statement = all_of_them[each]
            for line in range(statement.first, statement.last + 1):
                marked.setdefault((statement.cell, line), number)
    stretches, cut = _stretches(cells, marked, begins)
    return Side(program, stretches, cut)


def _stretches(
    cells: Sequence[Code], marked: Mapping[tuple[int, int], int], begins: set[tuple[int, int]]
) -> tuple[list[Stretch], bool]:
    stretches: list[Stretch] = []
    left = MOST_LINES
    named = len({name for name, _ in cells}) > 1
    for number, (name, source) in enumerate(cells):
        texts = source.split("\n")
        # The cells of a `.py` file are padded, so that their lines have the numbers of the file.
        first = next((at for at, text in enumerate(texts) if text.strip()), 0)
        lines = [
            Line(at, _line(text), marked.get((number, at), 0), (number, at) in begins)
            for at, text in enumerate(texts[first : first + left], start=first + 1)
        ]
        cut = len(texts) - first > left
        left -= len(lines)
        for at, run in enumerate(_runs(lines)):
            folded = len(run) > _FOLDED and not run[0].passage
            stretches.append(Stretch(name if named and at == 0 else "", run, folded))
        if cut:
            return stretches, True
    return stretches, False


def _line(text: str) -> str:
    return safe_text.clipped(safe_text.inert(text).replace("\n", " ").expandtabs(4), _LONGEST_LINE)


def _runs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Lines in a row that are in a passage, and lines in a row that are in none; a short gap stays with the lines above."""
    run: list[Line] = []
    for line in lines:
        if run and bool(run[-1].passage) != bool(line.passage):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _bars(of: Comparison) -> list[Bar]:
    """Twenty bars of five percent each; their heights are logarithmic, since most pairs are in the first ones."""
    width = len(of.spread) // 20
    counts = [sum(of.spread[start : start + width]) for start in range(0, len(of.spread), width)]
    tallest = max(*counts, 1)
    return [
        Bar(
            label=f"{5 * number}" if number % 2 == 0 else "",
            spoken=f"{5 * number} to {5 * number + 5} percent",
            count=count,
            height=_HIGHEST_BAR * (count + 1).bit_length() / (tallest + 1).bit_length() if count else 0,
            flagged=5 * (number + 1) > 100 * of.threshold,
        )
        for number, count in enumerate(counts)
    ]
