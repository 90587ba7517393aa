"""A release proves itself: the solution scores everything, the stub nothing, and every cell of the stub runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from autograder import grader, submission
from autograder.exercise import Exercise
from autograder.launch import FrameworkName
from autograder.result import Result

SEED = 20
FRAMEWORKS: tuple[FrameworkName, ...] = ("torch", "keras")


def prove(
    exercise: Exercise, zygote_of: grader.ZygoteOf, frameworks: tuple[FrameworkName, ...] = FRAMEWORKS
) -> Iterator[str]:
    """What is wrong with an exercise's release, a sentence each; nothing where it holds."""
    for framework in frameworks:
        solution = _graded(exercise, exercise.reference(framework), zygote_of)
        if solution.score != solution.maximum:
            wrong = ", ".join(check.id for check in solution.checks if check.status not in ("passed", "deferred"))
            yield f"{exercise.name}, {framework}: the solution scores {solution.score} of {solution.maximum:g}: {wrong}"
        stub = _graded(exercise, exercise.folder / f"{exercise.name}_{framework}.ipynb", zygote_of)
        if stub.score != 0:
            right = ", ".join(check.id for check in stub.checks if check.status == "passed")
            yield f"{exercise.name}, {framework}: the stub scores {stub.score}, not 0: {right}"
        for note in stub.notes:
            yield f"{exercise.name}, {framework}: a cell of the stub does not run: {note}"


def _graded(exercise: Exercise, path: Path, zygote_of: grader.ZygoteOf) -> Result:
    handed_in = submission.read(path, "release", exercise.name)
    return grader.grade(handed_in, grader.Job(exercise, SEED, zygote_of))
