"""Verify a release: full marks for the solution, none for the stub, all cells run, and the README's points match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from autograder.authoring.exercise import Exercise
from autograder.course import submission
from autograder.course.policy import Policy
from autograder.grading import grader
from autograder.grading.session import ZygoteOf
from autograder.release.readme import readme_sections
from autograder.reports import words
from autograder.results.form import Result
from autograder.worker.names import FrameworkName

SEED = 20


class Proof(Struct, frozen=True):
    """The outcome for one exercise in one framework."""

    exercise: str
    framework: FrameworkName
    solution: float | None
    """The solution's score; `None` if the grader failed."""
    stub: float | None
    maximum: float
    cells: int
    """Number of cells in the stub."""
    problems: list[str]

    def sentence(self) -> str:
        """A summary of a proof without problems."""
        scored = f"the solution scores {words.points(self.maximum)} of {words.points(self.maximum)}"
        return f"{self.exercise}, {self.framework}: {scored}, the stub 0, and all {self.cells} cells of the stub run"


def prove(exercise: Exercise, zygote_of: ZygoteOf, frameworks: Sequence[FrameworkName]) -> Iterator[Proof]:
    """One proof for each framework."""
    for framework in frameworks:
        place = f"{exercise.name}, {framework}"
        solution = _graded(exercise, exercise.reference(framework), zygote_of)
        notebook = submission.read(exercise.folder / f"{exercise.name}_{framework}.ipynb", "release", exercise.name)
        stub = grader.grade(notebook, grader.Job(exercise, SEED, zygote_of))
        problems: list[str] = []
        if solution.score != solution.maximum:
            wrong = ", ".join(check.id for check in solution.checks if check.status not in ("passed", "deferred"))
            problems.append(f"{place}: the solution scores {solution.score} of {solution.maximum:g}: {wrong}")
        if stub.score != 0:
            right = ", ".join(check.id for check in stub.checks if check.status == "passed")
            problems.append(f"{place}: the stub scores {stub.score}, not 0: {right}")
        problems += [f"{place}: a cell of the stub does not run: {note}" for note in stub.notes]
        yield Proof(
            exercise.name, framework, solution.score, stub.score, solution.maximum, len(notebook.cells), problems
        )


def readme_points(policy: Policy, name: str) -> Iterator[str]:
    """One sentence for each part whose points in the README differ from the exercise's own `grading.yml`.

    A course that extends another course's `grading.yml` may give other points than that course's README.
    """
    root = policy.root_of(name)
    readme = root / "assignments" / name / "README.md"
    if root.resolve() != policy.file.resolve().parent or not readme.is_file():
        return
    place = "/".join(readme.parts[-3:])
    given = policy.exercise(name).points
    for section in readme_sections(readme.read_text(encoding="utf-8"), place):
        if section.part is None:
            continue
        where = f"{place}, line {section.line}"
        if section.part not in given:
            yield f"{where}: part `{section.part}` has no points in {policy.place('exercises', name, 'points')}"
        elif abs(sum(given[section.part].values()) - section.points) > 1e-9:
            worth = words.points(sum(given[section.part].values()))
            yield (
                f"{where}: part `{section.part}` is worth {words.points(section.points)} points here and "
                f"{worth} in {policy.place('exercises', name, 'points', section.part)}"
            )


def _graded(exercise: Exercise, path: Path, zygote_of: ZygoteOf) -> Result:
    return grader.grade(submission.read(path, "release", exercise.name), grader.Job(exercise, SEED, zygote_of))
