"""The class's pages: figures of each exercise, every check, totals of students, and a row for each submission.

The first page has all rows, for its script to search, filter and sort. Without a script it shows the first of them, and
each further page shows some more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default

import msgspec
from jinja2 import Environment
from markupsafe import Markup
from msgspec import Struct, field

from autograder.course.people.roster import Student
from autograder.reports import safe_text, words
from autograder.reports.pages import statistics
from autograder.reports.pages.render import content_policy, script, template
from autograder.results.form import CheckResult, Result

ROWS = 100
"""Rows of a table that are shown at once."""
INDEX = "index.html"

STATES = {
    "full": "full marks",
    "lost": "points lost",
    "ungraded": words.NOT_GRADED,
    "excused": words.EXCUSED,
    "late": "late",
    "decided": "changed by a person",
    "none": "nothing handed in",
}
"""What the table can be filtered by, as the page's reader knows it."""


@dataclass(frozen=True)
class Roll:
    """What the pages say about people besides their results."""

    missing: Mapping[str, Sequence[str]] = default(default_factory=dict[str, Sequence[str]])
    """For each exercise, who handed in nothing."""
    student_of: Callable[[str], Student] = Student
    """The student of a name in the results, as the roster knows them."""

    def about(self, name: str) -> str:
        """Name, section and group of a student, on one line."""
        return self.line(self.student_of(name))

    @staticmethod
    def line(student: Student) -> str:
        """The same of a student who is known."""
        section = f"section {student.section}" if student.section else ""
        group = f"group {student.group}" if student.group else ""
        return " · ".join(each for each in (student.name, section, group) if each)


@dataclass(frozen=True)
class Running:
    """A submission that is being graded."""

    student: str
    exercise: str
    seconds: float
    """How long it has been running."""


@dataclass(frozen=True)
class Underway:
    """A grading that has not ended."""

    done: int
    total: int
    """Submissions."""
    running: Sequence[Running] = ()
    seconds_left: float | None = None
    """An estimate, if there is one."""


@dataclass(frozen=True)
class Totals:
    """One student's scores in all exercises."""

    student: str
    by_exercise: Mapping[str, Result]
    score: float
    maximum: float
    """Both without exercises of which the student is excused, or that have no score yet."""

    @property
    def share(self) -> float | None:
        """The score as a fraction of the maximum, 0 to 1; `None` without a maximum."""
        return min(self.score / self.maximum, 1.0) if self.maximum else None


def pages(
    results: Sequence[Result],
    title: str,
    roll: Roll | None = None,
    underway: Underway | None = None,
    *,
    similar: str = "",
    meta: str = "",
    among: Environment | None = None,
    policy: str | None = None,
) -> Iterator[tuple[str, str]]:
    """The class's pages, in order: the name of each file, and its HTML.

    `similar`: the address of the page of similar programs, if there is one. `meta`: what the pages were made from, for
    their writer. `among`: templates that extend these. `policy`: a content security policy other than that of pages in
    a folder.
    """
    roll = roll or Roll()
    people = {each.student: roll.student_of(each.student) for each in results}
    code = script("class.js", among)
    parts = parts_of(results)
    columns = max((len(names) for names in parts.values()), default=0)
    shared = {
        "title": title,
        "roll": roll,
        "people": people,
        "about": {name: Roll.line(student) for name, student in people.items()},
        "parts": parts,
        "columns": columns,
        "share": statistics.share,
        "made_from": meta,
    }
    row = template("row.html", among)
    rows = [
        Markup(row.render(shared, result=each, flags=states(each), reached=reached(each, parts))) for each in results
    ]
    row_data = [
        _Row(
            html=str(html),
            exercise=each.exercise,
            # `is` is a keyword of Python.
            is_=states(each),
            section=people[each.student].section,
            failed=[check.id for check in each.checks if check.status == "failed"],
            texts=[
                each.student,
                roll.line(people[each.student]),
                each.exercise,
                each.framework,
                words.wrong_first(each),
            ],
            keys=_keys(each, parts, columns),
        )
        for each, html in zip(results, rows, strict=True)
    ]
    totals = totals_of(results)
    figures = statistics.exercises(results)
    names = [each.name for each in figures]
    total = template("total.html", among)
    lines = [Markup(total.render(shared, totals=each, names=names)) for each in totals] if len(names) > 1 else []
    line_data = [
        _Row(
            html=str(html),
            section=people[each.student].section,
            texts=[each.student, roll.line(people[each.student])],
            keys=[each.student, _percent(each.share), *(_percent_of(each.by_exercise.get(name)) for name in names)],
        )
        for each, html in zip(totals, lines, strict=False)
    ]
    numbers = _numbers(len(rows))
    first = template("class.html", among).render(
        shared,
        policy=policy or content_policy(code),
        script=code,
        results=results,
        rows=rows,
        row_data=_data(row_data),
        lines=lines,
        line_data=_data(line_data),
        names=names,
        totals=totals,
        most=ROWS,
        exercises=figures,
        underway=underway,
        similar=similar,
        states=_counted_states(results),
        sections=sorted({student.section for student in people.values()} - {""}),
        failing=_failing(results),
        ungraded=[result for result in results if result.ungraded],
        graded=max((result.graded for result in results), default=""),
        numbers=numbers,
        number=1,
        name_of=page_name,
    )
    yield page_name(1), first
    more = template("more.html", among)
    for number in numbers[1:]:
        some = rows[ROWS * (number - 1) : ROWS * number]
        yield (
            page_name(number),
            more.render(
                shared,
                policy=policy or content_policy(),
                rows=some,
                lines=lines[ROWS * (number - 1) : ROWS * number],
                names=names,
                count=len(rows),
                numbers=numbers,
                number=number,
                name_of=page_name,
            ),
        )


def first_page(results: Sequence[Result], title: str, roll: Roll | None = None) -> str:
    """The first of the class's pages."""
    return next(pages(results, title, roll))[1]


def page_names(count: int) -> list[str]:
    """The file names of the pages of a class with so many submissions."""
    return [page_name(number) for number in _numbers(count)]


def _numbers(count: int) -> range:
    return range(1, max(1, -(-count // ROWS)) + 1)


def page_name(number: int) -> str:
    """The file name of a page, counted from 1."""
    return INDEX if number == 1 else f"index-{number}.html"


def parts_of(results: Sequence[Result]) -> dict[str, list[str]]:
    """The parts of each exercise, in its order."""
    found: dict[str, dict[str, None]] = {}
    for result in results:
        found.setdefault(result.exercise, {}).update(dict.fromkeys(check.part for check in result.checks))
    return {exercise: list(parts) for exercise, parts in found.items()}


def reached(result: Result, parts: Mapping[str, Sequence[str]]) -> list[tuple[str, Sequence[CheckResult]]]:
    """The checks of each part of the result's exercise; none for a part that the result does not have."""
    by_part = words.parts(result.checks)
    return [(name, by_part.get(name, ())) for name in parts[result.exercise]]


def states(result: Result) -> list[str]:
    """The keys of `STATES` that apply to a result."""
    kinds = {line.kind for line in result.final.lines} if result.final else set[str]()
    found = {
        "none": not result.checks and not result.digest,
        "excused": result.excused,
        "ungraded": result.total is None and not result.excused,
        "full": statistics.is_full(result),
        "lost": result.total is not None and not statistics.is_full(result),
        "late": "late" in kinds,
        "decided": bool(kinds & {"override", "points", "excuse"}),
    }
    return [state for state in STATES if found[state]]


def totals_of(results: Sequence[Result]) -> list[Totals]:
    """The totals of each student, in the order of the results."""
    by_student: dict[str, dict[str, Result]] = {}
    for result in results:
        by_student.setdefault(result.student, {})[result.exercise] = result
    return [
        Totals(
            student,
            own,
            sum(each.total for each in own.values() if each.total is not None),
            sum(each.possible for each in own.values() if each.total is not None),
        )
        for student, own in by_student.items()
    ]


class _Row(Struct):
    """A row for the page's script."""

    html: str
    exercise: str = ""
    is_: list[str] = field(default_factory=list[str], name="is")
    section: str = ""
    failed: list[str] = field(default_factory=list[str])
    texts: list[str] = field(default_factory=list[str])
    """What a search finds."""
    keys: list[float | str] = field(default_factory=list[float | str])
    """What each column is sorted by."""


def _data(rows: Sequence[_Row]) -> Markup:
    """Rows as JSON inside a page: nothing in it ends its element, or begins a comment."""
    encoded = msgspec.json.encode([_inert(row) for row in rows]).decode()
    return Markup(encoded.replace("</", "<\\/").replace("<!--", "\\u003c!--"))


def _inert(row: _Row) -> _Row:
    inert = safe_text.inert
    return _Row(
        html=row.html,
        exercise=inert(row.exercise),
        is_=row.is_,
        section=inert(row.section),
        failed=[inert(id) for id in row.failed],
        texts=[safe_text.line(text, 300) for text in row.texts],
        keys=[safe_text.line(key, 300) if isinstance(key, str) else key for key in row.keys],
    )


def _keys(result: Result, parts: Mapping[str, Sequence[str]], columns: int) -> list[float | str]:
    """What each column of the table of submissions is sorted by."""
    points = [sum(check.points for check in checks) if checks else -1.0 for _, checks in reached(result, parts)]
    padded: list[float | str] = [*points, *[-2.0] * (columns - len(points))]
    names = [result.exercise] if len(parts) > 1 else []
    scores = [_percent_of(result), *padded, words.wrong_first(result), result.seconds]
    return [result.student, *names, result.framework, *scores]


def _percent_of(result: Result | None) -> float:
    return _percent(statistics.share(result) if result else None)


def _percent(share: float | None) -> float:
    """For sorting: what has no score comes before what has none of the points."""
    return -1.0 if share is None else round(share, 4)


def _counted_states(results: Sequence[Result]) -> list[tuple[str, str, int]]:
    """Key, name and number of the submissions of each state that there is."""
    found = [state for result in results for state in states(result)]
    return [(key, name, found.count(key)) for key, name in STATES.items() if key in found]


def _failing(results: Sequence[Result]) -> list[tuple[str, str]]:
    """The exercise and id of each check that somebody fails."""
    return list(
        dict.fromkeys(
            (result.exercise, check.id) for result in results for check in result.checks if check.status == "failed"
        )
    )
