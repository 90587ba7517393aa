"""The HTML of the served pages: those of the folder, with what is going on and what a person can decide."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import PackageLoader, PrefixLoader
from markupsafe import Markup

from autograder.course.people.adjustments import that_count
from autograder.decisions.folder import underway
from autograder.grading.regrade import Regraded
from autograder.reports import difference
from autograder.reports.pages import class_page, folder, submission
from autograder.reports.pages.folder import Course
from autograder.reports.pages.render import content_policy, environment, script, template
from autograder.results.form import Result, encode
from autograder.serving.state import State, View
from autograder.serving.work import Workshop

MOST_DIFFERENCES = 300
"""Differences that are shown at once; the others follow when these are decided."""
_REST = 4
"""The class's pages are kept at least this many times as long as it took to make them."""
LIVE = "live"
"""The parameter of a request for what is going on: it says what the page shows."""
NEWEST = "newest"
"""The parameter of a request for the page of the newest view."""
KINDS = {
    "points": "add points",
    "score": "set the score",
    "extension": "extend the deadline",
    "submitted": "correct the time of the submission",
    "excuse": "excuse from the exercise",
}
"""The decisions that a form offers, apart from comments."""
_PLACES = {name: Markup(f"<!-- {secrets.token_hex(16)} -->") for name in ("bar", "news", "actions")}
"""Where a page has what differs each time that it is asked for: nobody else can write these into a page."""


@dataclass(frozen=True)
class Form:
    """What a form is filled with, and what is wrong with it."""

    problem: str = ""
    values: dict[str, str] = field(default_factory=dict[str, str])

    def of(self, name: str, **only: str) -> str:
        """The value of a field; empty if it has none, or if other fields do not have these values."""
        same = all(self.values.get(key) == value for key, value in only.items())
        return self.values.get(name, "") if same else ""


EMPTY = Form()


@dataclass(frozen=True)
class Place:
    """Where a page is, and who looks at it."""

    author: str
    """The name that decisions are recorded under."""
    top: str = ""
    """The relative path to the class page's folder."""
    said: Sequence[str] = ()
    """What has just been done."""


class ClassPages:
    """The class's pages of the last view that somebody asked for. Thread-safe.

    They are made again when there is a newer view, but not all the time: a large class takes seconds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = 0
        self._made: dict[str, str] = {}
        self._until = 0.0

    def expire(self) -> None:
        """The next page is made of the newest view: a person who has decided something wants to see it."""
        with self._lock:
            self._until = 0.0

    def page(self, view: View, name: str, newest: bool = False) -> tuple[str, int] | None:
        """A page of the class, and the version of the view that it shows; `None` if there is none of this name.

        `newest`: made of this view, however long that takes.
        """
        with self._lock:
            began = time.monotonic()
            if view.version > self._version and (newest or began >= self._until):
                title, roll = view.policy.title, view.course.roll
                self._made = dict(class_page.pages(view.results, title, roll, among=_ENVIRONMENT, policy=POLICY))
                self._version = view.version
                ended = time.monotonic()
                self._until = ended + _REST * (ended - began)
            return (self._made[name], self._version) if name in self._made else None


def of_class(kept: tuple[str, int], state: State, view: View, workshop: Workshop, place: Place) -> str:
    """A page of the class. `kept`: as `ClassPages` has it."""
    html, version = kept
    news = _going_on("news_class.html", state, view, workshop, place, version)
    return _filled(html, bar=_render("bar.html", place=place), news=news)


def live_of_class(state: State, view: View, workshop: Workshop, place: Place, version: int) -> str:
    """What is going on, for the class page. `version`: of the view that the page shows."""
    return _going_on("live_class.html", state, view, workshop, place, version)


def _going_on(template: str, state: State, view: View, workshop: Workshop, place: Place, version: int) -> str:
    return _render(
        template,
        place=place,
        form=EMPTY,
        view=view,
        version=version,
        newer=view.version != version,
        underway=underway(state.results),
        regrading=workshop.regrading,
        problems=[each for each in (view.problem, workshop.problem) if each],
    )


def of_submission(
    view: View, result: Result, course: Course, place: Place, proposals: Sequence[Regraded], form: Form
) -> str:
    """The page of a submission, with forms.

    `course`: what it shows besides the result. `proposals`: differences of it that nobody has decided about.
    """
    beside = view.beside(result)
    around = folder.around(result, course, beside.previous, beside.following, beside.others)
    page = submission.for_instructors(result, around, course.code(result), among=_ENVIRONMENT, policy=POLICY)
    values = {"place": place, "form": form, "result": result}
    news = _render("news_submission.html", **values, proposals=_shown(proposals), seen=fingerprint(result), newer=False)
    decided = that_count(view.people.decided(result.student, result.exercise))
    actions = _render("actions.html", **values, kinds=KINDS, decided=decided)
    return _filled(page, bar=_render("bar.html", place=place), news=news, actions=actions)


def live_of_submission(result: Result | None, place: Place, seen: str) -> str:
    """Whether there is a newer result than the one that the page shows."""
    newer = result is None or fingerprint(result) != seen
    return _render("live_submission.html", place=place, seen=seen, newer=newer)


def of_regrading(
    view: View, workshop: Workshop, place: Place, proposals: Sequence[Regraded], recorded: bool, form: Form
) -> str:
    """The page from which checks are regraded, with the differences that nobody has decided about."""
    checks = {exercise: list(own.check_points()) for exercise, own in view.policy.exercises.items()}
    page = _render(
        "regrading.html",
        policy=POLICY,
        script="",
        place=place,
        form=form,
        view=view,
        recorded=recorded,
        regrading=workshop.regrading,
        was=_run_of(workshop),
        now=_run_of(workshop),
        checks=checks,
        students=sorted({each.student for each in view.results}),
        proposals=_shown(proposals[:MOST_DIFFERENCES]),
        more=max(0, len(proposals) - MOST_DIFFERENCES),
    )
    return _filled(page, bar=_render("bar.html", place=place))


def live_of_regrading(workshop: Workshop, place: Place, was: str) -> str:
    """How far the regrading is. `was`: what the page said about it."""
    return _render("live_regrading.html", place=place, regrading=workshop.regrading, was=was, now=_run_of(workshop))


def fingerprint(result: Result) -> str:
    """Says which result a page shows."""
    return hashlib.sha256(encode(result)).hexdigest()[:16]


def not_found(place: Place) -> str:
    """The page for a path where there is none."""
    page = _render("not_found.html", policy=POLICY, script="", place=place)
    return _filled(page, bar=_render("bar.html", place=place))


def _run_of(workshop: Workshop) -> str:
    regrading = workshop.regrading
    return "none" if regrading is None else "running" if regrading.running else f"ended-{regrading.number}"


def _shown(proposals: Sequence[Regraded]) -> list[tuple[Regraded, list[difference.Change]]]:
    return [(each, difference.changes(each.was, each.after)) for each in proposals]


def _filled(page: str, **parts: str) -> str:
    for name, html in parts.items():
        page = page.replace(_PLACES[name], html, 1)
    return page


def _render(name: str, **values: Any) -> str:
    return template(name, _ENVIRONMENT).render(**values)


# Templates of the server extend those of the folder, which have the same names there.
_ENVIRONMENT = environment(
    PackageLoader("autograder.serving", "templates"),
    PrefixLoader({"pages": PackageLoader("autograder.reports.pages", "templates")}),
)
_GIVEN: dict[str, Any] = {"places": _PLACES, "htmx": script("htmx.min.js", _ENVIRONMENT)}
_ENVIRONMENT.globals.update(_GIVEN)  # pyright: ignore[reportUnknownMemberType]
_SCRIPTS = ("class.js", "submission.js", "htmx.min.js")
POLICY = content_policy(*(script(name, _ENVIRONMENT) for name in _SCRIPTS), pictures=True, served=True)
"""As that of the pages in a folder, but these may ask the server, and send it forms."""
