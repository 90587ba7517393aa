"""A check on a submission's page."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from autograder.reports import words
from autograder.reports.pages.code import Place
from autograder.reports.pages.render import template
from autograder.results.form import CheckResult, Picture, Status


class Shown(NamedTuple):
    """All that a page shows of a check."""

    id: str
    anchor: str
    title: str
    visible: bool
    status: Status
    points: str
    said: tuple[tuple[str, str], ...]
    """The sentences, with their names."""
    printed: str
    pictures: tuple[Picture, ...]
    place: Place | None
    """Of the line that it is about."""


def html(check: CheckResult, anchor: str, place: Place | None) -> Markup:
    """A check as an item of a list. `place`: of the line that it is about."""
    shown = Shown(
        check.id,
        anchor,
        check.title,
        check.visible,
        check.status,
        words.check_points(check),
        tuple(words.sentences(check)),
        words.printed(check),
        tuple(check.pictures),
        place,
    )
    return _html(shown) if shown.pictures else _remembered(shown)


def _html(shown: Shown) -> Markup:
    return Markup(template("check.html").render(check=shown))


_remembered = lru_cache(maxsize=1_000)(_html)
"""Most checks of a class say the same of many students: above all those that pass."""
