"""A small exercise, so that tests of the infrastructure do not depend on a real one."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.authoring.exercise import Exercise
from autograder.authoring.loading import load_exercise
from autograder.authoring.student import Student
from autograder.course import percent_cells
from autograder.course.grading_file import load_policy
from autograder.course.policy import GRADING_FILE, ExercisePolicy, Limits
from autograder.course.submission import Submission
from autograder.execution.zygote_client import Zygotes
from autograder.grading.session import Session
from autograder.worker.names import FrameworkName

CHECKS = '''
from autograder import check, expect

@check("part.first")
def _(student, draw):
    """one() is 1"""
    expect.equal(student.one(), 1, tried="one()", cause="Return 1.")

@check("part.second", needs="part.first")
def _(student, draw):
    """double(x) is 2x"""
    x = draw.normal(3)
    expect.close(student.double(x), 2 * x, tried="double of 3 numbers")

@check("other.third")
def _(student):
    """three() is 3"""
    expect.equal(student.three(), 3, tried="three()")
'''
POINTS = {"part": {"first": 5.0, "second": 5.0}, "other": {"third": 10.0}}

RIGHT = """
FRAMEWORK = "torch"

def one():
    return 1

def double(x):
    return 2 * x

def three():
    return 3
"""


def project(
    folder: Path,
    checks: str = CHECKS,
    points: dict[str, dict[str, float]] = POINTS,
    *,
    hidden: str | None = None,
    limits: str = "{seconds: 60, check_seconds: 5, memory_mb: 600}",
    thresholds: str = "{}",
    solutions: dict[str, str] | None = None,
) -> Path:
    """Create a folder with grading.yml and the exercise `toy`, and return it."""
    write(folder / "assignments" / "toy" / "checks.py", checks)
    if hidden is not None:
        write(folder / "solutions" / "toy" / "checks.py", hidden)
        for name, text in (solutions or {}).items():
            write(folder / "solutions" / "toy" / name, text)
    lines = "".join(
        f"      {part}: {{{', '.join(f'{idea}: {worth}' for idea, worth in ideas.items())}}}\n"
        for part, ideas in points.items()
    )
    policy = f"exercises:\n  toy:\n    points:\n{lines}    limits: {limits}\n    thresholds: {thresholds}\n"
    write(folder / GRADING_FILE, policy)
    return folder


def load(folder: Path) -> Exercise:
    """The exercise of a project."""
    return load_exercise(load_policy(folder / GRADING_FILE), "toy")


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return path


def handed_in(source: str, framework: FrameworkName = "torch", student: str = "ada") -> Submission:
    """A `.py` file in memory."""
    text = textwrap.dedent(source).lstrip("\n")
    cells = tuple(("toy.py", cell) for cell in percent_cells.code_cells(text))
    return Submission(student, "toy", "toy.py", framework, cells, text.encode())


def notebook(*sources: str | list[str], **metadata: Any) -> dict[str, Any]:
    """A notebook of code cells, as JSON."""
    cells = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}
        for source in sources
    ]
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def with_limits(**limits: Any) -> Exercise:
    """An exercise without checks, for a session."""
    return Exercise("toy", ExercisePolicy(points={}, limits=Limits(**limits)), (), Path(), None)


@contextmanager
def session(
    zygotes: Zygotes | None, file: Submission | str, framework: FrameworkName = "torch", **limits: Any
) -> Iterator[Session]:
    """A running worker with the file loaded; without zygotes, it is a plain process."""
    read = handed_in(file, framework) if isinstance(file, str) else file
    opened = Session(read, with_limits(**limits), zygotes.of if zygotes else lambda name: None)
    try:
        opened.begin()
        yield opened
    finally:
        opened.close()


@contextmanager
def student(
    zygotes: Zygotes | None, source: str, framework: FrameworkName = "torch", **limits: Any
) -> Iterator[Student]:
    """The student object that a check gets for a file."""
    with session(zygotes, source, framework, **limits) as opened:
        yield Student(opened.ask)
