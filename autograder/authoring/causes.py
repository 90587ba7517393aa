"""Failures with one cause: which checks a mistake that one check names makes fail too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter

from autograder.authoring.generated import read_generated

CAUSES_FILE = "causes.yml"
"""In `assignments/<exercise>/`, so that it is there without the solutions. It contains ids of checks only."""


class Cause(NamedTuple):
    """What fails with a known mistake."""

    check: str
    """The check that names the mistake."""
    explains: frozenset[str]
    """The other checks that fail with it."""


_FORM = TypeAdapter(list[dict[str, list[str]]])


def read_causes(folder: Path) -> tuple[Cause, ...]:
    """The causes of the exercise in this folder, the most frequent first; none if the file is missing.

    Raises `UsageError` if it is malformed.
    """
    entries = read_generated(folder / CAUSES_FILE, _FORM, "python -m tests.causes") or []
    return tuple(Cause(check, frozenset(others)) for entry in entries for check, others in entry.items())


def with_the_same_cause(causes: Sequence[Cause], failed: Mapping[str, bool]) -> dict[str, str]:
    """Check → the check whose failure explains its failure, for those that have one.

    `failed`: whether each check failed, for those that were run. The cause that explains most is taken first, and again
    among the failures that are left; a check that it should have failed, and that passed, counts half against it. Among
    equal causes, the first is taken.
    """
    left = {id for id, did in failed.items() if did}
    passed = failed.keys() - left
    explained: dict[str, str] = {}
    while True:
        possible = [cause for cause in causes if cause.check in left and cause.explains & left]
        if not possible:
            return explained
        best = max(possible, key=lambda cause: len(cause.explains & left) - len(cause.explains & passed) / 2)
        explained |= dict.fromkeys(best.explains & left, best.check)
        left -= {best.check, *best.explains}
