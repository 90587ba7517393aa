"""Every exercise's reference, variants and known mistakes as submissions to grade."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from autograder.authoring.catalogue import Mistake, read_mistakes, read_variants, shortfalls
from autograder.authoring.exercise import Exercise
from autograder.authoring.loading import load_exercise
from autograder.course import percent_cells
from autograder.course.grading_file import load_policy
from autograder.course.policy import GRADING_FILE, Policy
from autograder.course.submission import Submission
from autograder.errors import UsageError
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.release import notebooks, solution_markers
from autograder.results.form import CheckResult, Result
from autograder.worker.names import FrameworkName

ROOT = Path(__file__).resolve().parent.parent
FRAMEWORKS: tuple[FrameworkName, ...] = ("torch", "keras")
SEED = 20


@cache
def policy() -> Policy:
    return load_policy(ROOT / GRADING_FILE)


@cache
def load(name: str) -> Exercise:
    return load_exercise(policy(), name)


def names() -> list[str]:
    return list(policy().exercises)


@cache
def reference_source(name: str, framework: FrameworkName) -> str:
    return load(name).reference(framework).read_text(encoding="utf-8")


def frameworks(name: str) -> list[FrameworkName]:
    """The frameworks in which the exercise is available."""
    return notebooks.frameworks_of(_solutions(name))


def variants(name: str, framework: FrameworkName) -> dict[str, str]:
    """Name → source. A variant without its own FRAMEWORK runs after the reference and replaces some of its names."""
    return read_variants(_solutions(name), framework)


@cache
def mistakes(name: str) -> list[Mistake]:
    """The known mistakes. Raises `UsageError` with the problems in `mistakes.yml`."""
    return read_mistakes(policy(), name)


def shortcomings(name: str) -> list[str]:
    """The problems in the exercise's `mistakes.yml`, and what the exercise has too few of: one sentence each."""
    try:
        return shortfalls(load(name), mistakes(name))
    except UsageError as problem:
        return list(problem.problems)


def _solutions(name: str) -> Path:
    return policy().root_of(name) / "solutions" / name


def as_submission(name: str, framework: FrameworkName, source: str, student: str = "somebody") -> Submission:
    cells = tuple((f"{name}.py", cell) for cell in percent_cells.code_cells(source))
    return Submission(student, name, f"{name}.py", framework, cells, source.encode())


def grade(
    zygotes: Zygotes,
    name: str,
    framework: FrameworkName,
    source: str,
    *,
    seed: int = SEED,
    only: list[str] | None = None,
    using: Exercise | None = None,
    known: Mapping[str, CheckResult] | None = None,
) -> Result:
    job = grader.Job(using or load(name), seed, zygotes.of, only=only, known=known or {})
    return grader.grade(as_submission(name, framework, source), job)


def exact_checks(name: str) -> list[str]:
    """Checks without a full training.

    Checks of the part `gpu` are omitted: they start their own worker, and a second for each of 700 mistakes is too much
    for every run of the tests. `make matrix` includes them.
    """
    return [check.id for check in load(name).checks if not check.trains and check.part != "gpu"]


def contract(name: str) -> list[str]:
    """The functions and classes that students write: those that the stub defines."""
    tree = ast.parse(solution_markers.stub(reference_source(name, frameworks(name)[0])))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def by_id(result: Result) -> dict[str, CheckResult]:
    return {check.id: check for check in result.checks}


def not_passed(result: Result) -> str:
    """For the message of a failed test: the checks that did not pass, and why."""
    return "\n".join(
        f"{check.id} {check.status}: tried {check.tried}; saw {check.saw}; expected {check.expected}; likely {check.likely}"
        for check in result.checks
        if check.status not in ("passed", "deferred")
    )


def complaints(mistake: Mistake, result: Result) -> list[str]:
    """What is wrong with a mistake's result. Nothing if it fails the checks that it names, as stated, and no others."""
    checks = by_id(result)
    named = checks[mistake.fails]
    found: list[str] = []
    if named.status != "failed":
        found.append(f"{mistake.fails} is {named.status}, not failed")
    elif mistake.says.casefold() not in named.likely.casefold():
        found.append(f"{mistake.fails} says {named.likely!r}, not {mistake.says!r} (saw {named.saw})")
    for check in result.checks:
        if check.status == "error":
            found.append(f"{check.id}: {check.expected}")
        if check.status == "failed" and check.id != mistake.fails and check.id not in mistake.also_fails:
            found.append(f"{check.id} fails too: saw {check.saw}; likely {check.likely}")
    return found
