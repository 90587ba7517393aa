"""The class's pages: figures of each exercise, every check, totals of students, and a row for each submission.

The first page has all rows, for its script to search, filter and sort. Without a script it shows the first of them, and
each further page shows some more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jinja2 import Environment
from markupsafe import Markup

from autograder.course.people.roster import Student
from autograder.reports import words
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

    missing: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
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
    among: Environment | None = None,
    policy: str | None = None,
) -> Iterator[tuple[str, str]]:
    """The class's pages, in order: the name of each file, and its HTML.

    `among`: templates that extend these. `policy`: a content security policy other than that of pages in a folder.
    """
    roll = roll or Roll()
    people = {each.student: roll.student_of(each.student) for each in results}
    code = script("class.js", among)
    parts = parts_of(results)
    shared = {
        "title": title,
        "roll": roll,
        "people": people,
        "about": {name: Roll.line(student) for name, student in people.items()},
        "parts": parts,
        "columns": max((len(names) for names in parts.values()), default=0),
        "share": statistics.share,
    }
    row = template("row.html", among)
    rows = [
        Markup(row.render(shared, result=each, flags=states(each), reached=reached(each, parts))) for each in results
    ]
    totals = totals_of(results)
    figures = statistics.exercises(results)
    names = [each.name for each in figures]
    total = template("total.html", among)
    lines = [Markup(total.render(shared, totals=each, names=names)) for each in totals] if len(names) > 1 else []
    numbers = range(1, max(1, -(-len(rows) // ROWS)) + 1)
    first = template("class.html", among).render(
        shared,
        policy=policy or content_policy(code),
        script=code,
        results=results,
        rows=rows,
        lines=lines,
        names=names,
        totals=totals,
        most=ROWS,
        exercises=figures,
        underway=underway,
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
