"""Regrade and rescore recorded results, and let a person decide whether the difference counts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from autograder.authoring.exercise import Exercise
from autograder.authoring.loading import load_exercises
from autograder.course.policy import Policy, did_you_mean
from autograder.errors import UsageError
from autograder.execution.gpus import Gpus
from autograder.grading import regrade
from autograder.grading.regrade import Regraded
from autograder.results.history.gradings import Grading, New
from autograder.results.history.record import History

ALL, GAINS = "all", "gains"
"""Whom a decision is about: everyone, or everyone who does not lose points; otherwise students by name."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which recorded results to look at, and how to run their checks. `None`: all of them."""

    policy: Policy
    exercise: str | None = None
    student: str | None = None
    checks: Collection[str] | None = None
    """Ids of checks."""
    jobs: int = 1
    allow_weak: bool = False


@dataclass(frozen=True)
class Found:
    """The results in question, their exercises as they are now, and exercises that the policy no longer has."""

    gradings: Sequence[Grading]
    exercises: dict[str, Exercise]
    gone: Sequence[str]


def find(history: History, asked: Asked) -> Found:
    """The results that `asked` is about.

    Raises `UsageError` if there are none, or if no exercise here has one of the checks.
    """
    gradings = history.latest(asked.student, asked.exercise)
    if asked.exercise:
        asked.policy.exercise(asked.exercise)
    names = sorted({each.exercise for each in gradings})
    if not names:
        only = " ".join(f"of {value}" for value in (asked.exercise, asked.student) if value)
        raise UsageError(f"The record has no result {only}".rstrip())
    there = [name for name in names if name in asked.policy.exercises]
    exercises = load_exercises(asked.policy, there)
    known = sorted({check.id for exercise in exercises.values() for check in exercise.checks})
    if unknown := [id for id in asked.checks or () if id not in known]:
        raise UsageError(*(f"No exercise here has a check {id}{did_you_mean(id, known)}" for id in unknown))
    return Found(gradings, exercises, [name for name in names if name not in there])


def run(
    history: History, asked: Asked, found: Found, done: Callable[[Regraded], None] = lambda one: None
) -> list[Regraded]:
    """Run the checks that have changed, and record each new result as a proposal, which does not count.

    Returns what became of each result, by student and exercise. `done` is called with each one when it is finished.
    """
    gpus = Gpus(asked.policy.gpus, asked.policy.jobs_per_gpu)
    only = set(asked.checks) if asked.checks else None
    plan = regrade.Plan(history, found.exercises, only, asked.jobs, asked.allow_weak, gpus)
    outcome: list[Regraded] = []
    for each in regrade.regraded(found.gradings, plan):
        outcome.append(each)
        done(each)
    return sorted(outcome, key=_whose)


def open_differences(history: History, student: str | None = None, exercise: str | None = None) -> list[Regraded]:
    """The regradings that nobody has decided about, by student and exercise."""
    proposals = history.proposals(student, exercise)
    if not proposals:
        return []
    counting = {each.run: each for each in history.latest(student, exercise)}
    found = [
        Regraded(before, before.result, each.result, run=each.run)
        for each in proposals
        if each.basis is not None and (before := counting.get(each.basis))
    ]
    return sorted(found, key=_whose)


def chosen(outcome: Sequence[Regraded], whom: Collection[str]) -> list[Regraded]:
    """Those that a decision for `whom` is about: `ALL`, `GAINS` or students."""
    return [
        each for each in outcome if ALL in whom or each.before.student in whom or (GAINS in whom and each.gain >= 0)
    ]


def accept(history: History, those: Sequence[Regraded], author: str, reason: str, files: bool = True) -> list[Regraded]:
    """Let these proposals count. Returns those that do: another grading may count by now where one was made from.

    `files`: write their JSON files, unless `folder.refresh` does it next. Raises `UsageError` without a reason.
    """
    _insist_on_reason(reason)
    runs = set(history.accept([each.run for each in those if each.run is not None], author, reason, files))
    return [each for each in those if each.run in runs]


def accept_scores(history: History, those: Sequence[Regraded], author: str, reason: str) -> None:
    """Record these rescored results, which count from now on. `folder.refresh` is to write their files next.

    Raises `UsageError` without a reason.
    """
    _insist_on_reason(reason)
    history.record_all(
        [
            New(
                result=each.after,
                kind="rescore",
                notes=each.before.notes,
                basis=each.before.run,
                author=author,
                reason=reason,
            )
            for each in those
        ],
        files=False,
    )


def _insist_on_reason(reason: str) -> None:
    if not reason.strip():
        raise UsageError("The reason is missing: it is recorded with the new grades")


def _whose(each: Regraded) -> tuple[str, str]:
    return each.before.student, each.before.exercise
