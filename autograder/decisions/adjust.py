"""Record what a person decides about a score, with the reason, the author and the time."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course.people import adjustments, book
from autograder.course.people.adjustments import Adjustment, Kind, points_of, time_of
from autograder.course.people.book import People
from autograder.course.policy import Policy, did_you_mean
from autograder.errors import UsageError
from autograder.reports import words
from autograder.results.form import Result


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One decision about one student and one exercise, as a person gives it."""

    student: str
    """The id, or the code of an anonymous grading."""
    exercise: str
    kind: Kind
    value: str = ""
    """Points, a score or a time, as `kind` needs it; of a comment, its text."""
    reason: str = ""
    author: str


@dataclass(frozen=True)
class Recorded:
    """A decision that has been recorded."""

    student: str
    """The student's id."""
    path: Path
    """The file that it is in."""


def record(decision: Decision, policy: Policy, there: Sequence[Result]) -> Recorded:
    """Add the decision to the course's `adjustments.csv`. The folder of results is left for `folder.refresh`.

    `there`: the latest results. Raises `UsageError` for an unknown student or exercise, for a value of another form,
    if the reason is missing, and if there is nothing to take back; then nothing is recorded.
    """
    policy.exercise(decision.exercise)
    insist_on_value(decision.kind, decision.value)
    kind, said = decision.kind, decision.value if decision.kind == "comment" else decision.reason
    if kind == "comment" and not said.strip():
        raise UsageError("The comment is empty: write what the student is to read")
    if kind not in ("comment", "undo") and not said.strip():
        raise UsageError("The reason is missing: the student reads it, and so do you next month")
    people = book.people_of(policy)
    whose = _known(decision.student, people, there)
    if kind == "undo" and not adjustments.that_count(people.decided(whose, decision.exercise)):
        raise UsageError(
            f"Nothing was decided about {decision.exercise} by {decision.student} that could be taken back"
        )
    made = Adjustment(
        time=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        author=decision.author,
        # As it was given: one who grades without names sees none in the file.
        student=decision.student,
        exercise=decision.exercise,
        kind=kind,
        value="" if kind == "comment" else decision.value,
        reason=said,
        checks=_checks(there, people, whose, decision.exercise),
    )
    path = people.folder / adjustments.ADJUSTMENTS
    adjustments.append(path, made)
    return Recorded(whose, path)


def insist_on_value(kind: Kind, value: str) -> None:
    """Raise `UsageError` if the value is not of the form that this kind of decision needs."""
    try:
        if kind in ("points", "score"):
            number = points_of(value)
            if kind == "score" and number < 0:
                raise ValueError("A score cannot be negative")
        if kind in ("extension", "submitted"):
            time_of(value)
    except ValueError as problem:
        raise UsageError(str(problem)) from None


def _known(name: str, people: People, there: Sequence[Result]) -> str:
    """The student's id. Raises `UsageError` for somebody who is neither in the roster nor among the results."""
    shown = {each.student for each in there} or {each.id for each in people.roster}
    whose = people.real(name)
    known = {*(people.real(each) for each in shown), *(each.id for each in people.roster)}
    if known and whose not in known:
        raise UsageError(f"There is no student {name!r}{did_you_mean(name, sorted(shown))}")
    return whose


def _checks(there: Sequence[Result], people: People, student: str, exercise: str) -> str:
    """The score of the checks that the person sees now."""
    for each in there:
        if (people.real(each.student), each.exercise) == (student, exercise):
            lines = each.final.lines if each.final else []
            score = next((line.points for line in lines if line.kind == "checks"), each.score)
            return "" if score is None else words.points(score)
    return ""
