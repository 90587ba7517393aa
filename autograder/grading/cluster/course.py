"""What a worker must have exactly as the client has it, and why one is refused."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.authoring.exercise import Exercise
from autograder.authoring.loading import load_exercises
from autograder.course.grading_file import load_policy
from autograder.course.policy import Policy, find_policy
from autograder.errors import UsageError
from autograder.grading import grader
from autograder.worker.names import FrameworkName

CONFIG = "AUTOGRADER_CONFIG"
"""The environment variable with a worker's own `grading.yml`."""


@dataclass(frozen=True)
class Digests:
    """What an exercise consists of, as digests."""

    whole: str
    checks: Mapping[str, str]


@dataclass(frozen=True)
class Course:
    """What the client grades by. It travels to each worker, which compares it with its own."""

    version: str
    """Of the autograder."""
    config: str
    """The client's `grading.yml`; a worker may have its own elsewhere."""
    exercises: Mapping[str, Digests]
    frameworks: tuple[FrameworkName, ...]
    """Those of the submissions."""
    allow_weak: bool


def course_of(
    exercises: Mapping[str, Exercise], config: Path, frameworks: Iterable[FrameworkName], allow_weak: bool
) -> Course:
    """What the client grades by."""
    digests = {name: _digests(exercise) for name, exercise in exercises.items()}
    return Course(grader.version_here(), str(config.resolve()), digests, tuple(frameworks), allow_weak)


def own_policy(course: Course) -> Policy:
    """The policy of this machine: named by its environment, at the client's path, or the nearest one.

    Raises `UsageError` if there is none.
    """
    named = os.environ.get(CONFIG)
    if named:
        return load_policy(Path(named))
    there = Path(course.config)
    return load_policy(there if there.is_file() else find_policy())


def own_exercises(course: Course, policy: Policy) -> dict[str, Exercise]:
    """The exercises of this machine. Raises `UsageError`, a sentence for each that differs from the client's."""
    if (here := grader.version_here()) != course.version:
        raise UsageError(f"it has version {here} of the autograder, and the client has {course.version}")
    exercises = load_exercises(policy, course.exercises)
    problems = [
        f"its {name} is not the client's: {difference} (it uses {policy.file})"
        for name, digests in course.exercises.items()
        if (difference := _difference(_digests(exercises[name]), digests))
    ]
    if problems:
        raise UsageError(*problems)
    return exercises


def _digests(exercise: Exercise) -> Digests:
    return Digests(exercise.digest, dict(exercise.check_digests))


def _difference(here: Digests, there: Digests) -> str:
    """What differs, in words; empty if nothing does."""
    ids = sorted(here.checks.keys() | there.checks.keys())
    different = [id for id in ids if here.checks.get(id) != there.checks.get(id)]
    if different:
        more = f" and {len(different) - 5} more" if len(different) > 5 else ""
        return f"the checks {', '.join(different[:5])}{more} differ"
    return "" if here.whole == there.whole else "points, thresholds, checks or solutions differ"
