"""What travels to a worker for one grading: the code as text, a seed, results that are kept. No object of a student's."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from autograder.course.submission import Submission
from autograder.results.form import CheckResult
from autograder.worker.names import FrameworkName


class Task(Struct, frozen=True, kw_only=True):
    """One grading, without the student's name."""

    exercise: str
    file: str
    framework: FrameworkName
    cells: list[tuple[str, str]]
    seed: int
    on_gpu: bool
    """Whether checks on a GPU may be run; otherwise they are deferred."""
    only: list[str] | None = None
    """The ids of the checks to run; `None` for all."""
    known: list[CheckResult] = []
    """Results of the others."""


def task_of(handed_in: Submission, seed: int, on_gpu: bool, only: list[str] | None, known: list[CheckResult]) -> Task:
    """The task for a submission that has code to run."""
    assert handed_in.framework != "unknown"
    return Task(
        exercise=handed_in.exercise,
        file=handed_in.file,
        framework=handed_in.framework,
        cells=list(handed_in.cells),
        seed=seed,
        on_gpu=on_gpu,
        only=only,
        known=known,
    )


def encode(task: Task) -> bytes:
    """The task as MessagePack."""
    return msgspec.msgpack.encode(task)


def decode(content: bytes) -> Task:
    """The inverse of `encode`. Raises `ValueError` for anything else."""
    return msgspec.msgpack.decode(content, type=Task)


def submission_of(task: Task) -> Submission:
    """The submission as a worker knows it: nobody's."""
    return Submission("", task.exercise, task.file, task.framework, task.cells, b"")
