"""Every exercise's reference, variants and known mistakes, as submissions to grade."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from autograder.authoring.exercise import Exercise
from autograder.authoring.loading import load_exercise
from autograder.course import submission
from autograder.course.grading_file import load_policy
from autograder.course.policy import GRADING_FILE, Policy
from autograder.course.submission import Submission
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.release import solution_markers
from autograder.results.form import CheckResult, Result
from autograder.worker.names import FrameworkName

ROOT = Path(__file__).resolve().parent.parent
FRAMEWORKS: tuple[FrameworkName, ...] = ("torch", "keras")
SEED = 20


@dataclass(frozen=True)
class Mistake:
    """A known mistake in one framework: an edit of the solution, the check it must fail, the diagnosis it must get."""

    exercise: str
    framework: FrameworkName
    title: str
    edits: tuple[tuple[str, str], ...]
    fails: str
    says: str
    also_fails: frozenset[str]

    def source(self) -> str:
        """The solution with the mistake in it. `ValueError` where an edit does not apply exactly once."""
        text = reference_source(self.exercise, self.framework)
        for old, new in self.edits:
            if text.count(old) != 1:
                raise ValueError(
                    f"{self.title!r}: {old!r} stands {text.count(old)} times in the {self.framework} solution"
                )
            text = text.replace(old, new)
        return text


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


def variants(name: str, framework: FrameworkName) -> dict[str, str]:
    """Name → source. One without a FRAMEWORK of its own is run after the reference, whose names it replaces."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "solutions" / name / "variants").glob(f"*_{framework}.py")):
        text = path.read_text(encoding="utf-8")
        alone = any(line.startswith("FRAMEWORK") for line in text.splitlines())
        found[path.stem.removesuffix(f"_{framework}")] = (
            text if alone else f"{reference_source(name, framework)}\n\n# %%\n{text}"
        )
    return found


def mistakes(name: str) -> Iterator[Mistake]:
    path = ROOT / "solutions" / name / "mistakes.yml"
    # An exercise without the file yields nothing here and fails `test_the_catalogue_is_full`.
    entries: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else []
    for entry in entries:
        unknown = set(entry) - {"mistake", "seen", "edit", "fails", "says", "also_fails"}
        if unknown:
            raise ValueError(f"{name}: {entry.get('mistake')!r} has keys that nobody reads: {', '.join(unknown)}")
        for framework in FRAMEWORKS:
            edit = entry["edit"].get(framework)
            if edit is None:
                continue
            pairs = [edit] if isinstance(edit[0], str) else edit
            yield Mistake(
                name,
                framework,
                entry["mistake"],
                tuple((old, new) for old, new in pairs),
                entry["fails"],
                entry["says"],
                frozenset(entry.get("also_fails", ())),
            )


def as_submission(name: str, framework: FrameworkName, source: str, student: str = "somebody") -> Submission:
    cells = tuple(submission._percent_cells(source, f"{name}.py"))  # pyright: ignore[reportPrivateUsage]
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
    """Checks that train nothing in earnest. Those of the part `gpu` start a worker of their own: a second for each of
    700 mistakes is too much for every run of the tests, and `make matrix` has them."""
    return [check.id for check in load(name).checks if not check.trains and check.part != "gpu"]


def contract(name: str) -> list[str]:
    """The functions and classes that students write: what the stub defines."""
    tree = ast.parse(solution_markers.stub(reference_source(name, "torch")))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def by_id(result: Result) -> dict[str, CheckResult]:
    return {check.id: check for check in result.checks}


def not_passed(result: Result) -> str:
    """For the message of a failed test: what was not passed and why."""
    return "\n".join(
        f"{check.id} {check.status}: tried {check.tried}; saw {check.saw}; expected {check.expected}; likely {check.likely}"
        for check in result.checks
        if check.status not in ("passed", "deferred")
    )


def complaints(mistake: Mistake, result: Result) -> list[str]:
    """What is wrong with how a mistake was graded: nothing where it fails what it names, as it says, and nothing else."""
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
