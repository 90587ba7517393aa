"""A submission's page: for instructors, and for its student."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import Environment
from msgspec import structs

from autograder.course.people.adjustments import Adjustment
from autograder.reports import words
from autograder.reports.pages import check
from autograder.reports.pages.code import Code, anchors
from autograder.reports.pages.render import content_policy, script, template
from autograder.results.form import Result

if TYPE_CHECKING:
    # SQLAlchemy takes long to import.
    from autograder.results.history.gradings import Run

KINDS = {
    "grade": "graded",
    "complete": "completed",
    "found": "taken into the record",
    "regrade": "changed checks run again",
    "rescore": "new points",
}
"""Why there is a grading, for the history."""
DECIDED = {
    "points": "points",
    "score": "score set to",
    "extension": "extension until",
    "submitted": "submitted at",
    "excuse": "excused",
    "comment": "comment",
    "undo": "took the latest decision back",
}
"""What a person decided, for the history."""


@dataclass(frozen=True)
class Link:
    """A link to another submission's page."""

    name: str
    href: str
    """Relative to the page."""


@dataclass(frozen=True)
class Around:
    """What the page for instructors shows besides the result."""

    about: str = ""
    """Name, section and group of the student, on one line."""
    previous: Link | None = None
    following: Link | None = None
    """Of the students before and after, for the same exercise."""
    others: Sequence[Link] = ()
    """Of the same student, for other exercises."""
    runs: Sequence[Run] = ()
    """All gradings, the oldest first."""
    decisions: Sequence[Adjustment] = ()
    """What people decided, the oldest first, also what was taken back."""
    commands: str = ""
    """What repeats the grading."""


@dataclass(frozen=True)
class Event:
    """A line of the history: a grading, or a person's decision."""

    time: str
    what: str
    value: str
    reason: str
    counts: bool = False


NOTHING_AROUND = Around()
INDEX = "../index.html"


def for_instructors(
    result: Result,
    around: Around = NOTHING_AROUND,
    code: Code | None = None,
    *,
    meta: str = "",
    among: Environment | None = None,
    policy: str | None = None,
) -> str:
    """The page of one submission, for instructors: it includes hidden checks.

    `meta`: what the page was made from, for its writer. `among`: templates that extend these. `policy`: a content
    security policy other than that of pages in a folder.
    """
    text = script("submission.js", among) if around.commands else ""
    return template("submission.html", among).render(
        policy=policy or content_policy(*([text] if text else []), pictures=True),
        script=text,
        made_from=meta,
        result=result,
        anchors=anchors(result.checks),
        html_of=check.html,
        code=code,
        around=around,
        events=events(around),
        index=INDEX,
        for_student=False,
    )


def for_student(result: Result, student: str, code: Code | None = None) -> str:
    """The page of one submission for its student: hidden checks without what was expected, and nothing to repeat them.

    `student`: the name on the page, also after an anonymous grading.
    """
    checks = [words.for_students(each) for each in result.checks]
    theirs = structs.replace(result, student=student, checks=checks)
    return template("submission.html").render(
        policy=content_policy(pictures=True),
        script="",
        made_from="",
        result=theirs,
        anchors=anchors(checks),
        html_of=check.html,
        code=code,
        around=NOTHING_AROUND,
        events=[],
        for_student=True,
    )


def events(around: Around) -> list[Event]:
    """The history, the newest first; none if there was a single grading and nobody decided anything."""
    if len(around.runs) < 2 and not around.decisions:
        return []
    found: list[Event] = []
    for run in around.runs:
        what = f"run {run.run}, attempt {run.attempt}: {KINDS[run.kind]}"
        if run.open:
            what += "; nobody has decided about it"
        score = words.NOT_GRADED if run.score is None else f"{words.points(run.score)} / {words.points(run.maximum)}"
        reason = f"accepted by {run.author}: {run.reason}" if run.author else ""
        found.append(Event(run.graded, what, score, reason, run.counts))
    for made in around.decisions:
        reason = f"{made.author}: {made.reason}" if made.reason else made.author
        found.append(Event(made.time, DECIDED[made.kind], made.value, reason))
    return sorted(found, key=lambda event: event.time, reverse=True)
