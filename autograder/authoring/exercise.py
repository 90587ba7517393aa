"""An exercise: its checks, visible and hidden, their dependencies, and where its solution lies."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.course.policy import ExercisePolicy
from autograder.errors import UsageError

PARAMETERS = ("student", "reference", "pretended", "gpu", "draw", "limits")

Body = Callable[..., None]


@dataclass(frozen=True)
class Check:
    """One idea that is graded."""

    id: str
    title: str
    body: Body
    takes: tuple[str, ...]
    needs: tuple[str, ...]
    trains: bool
    deferred: str
    visible: bool = True

    @property
    def part(self) -> str:
        """The part of the exercise that it belongs to."""
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Exercise:
    """What the grader knows of an exercise."""

    name: str
    policy: ExercisePolicy
    checks: tuple[Check, ...]
    """In the order of `grading.yml`."""
    folder: Path
    solutions: Path | None
    """Where the instructor's half lies; `None` in a student's release."""
    digest: str = field(repr=False, default="")
    """SHA-256 of checks, solutions and policy."""

    def points(self, check: Check) -> float:
        """What a check is worth."""
        return self.policy.check_points()[check.id]

    def reference(self, framework: str) -> Path:
        """The reference solution. Raises `UsageError` where this is a student's release."""
        if self.solutions is None:
            raise UsageError(f"The solutions of {self.name} are not here")
        return self.solutions / f"{self.name}_{framework}.py"

    def ordered(self) -> list[Check]:
        """Each check after those that it needs."""
        done: dict[str, Check] = {}
        waiting = list(self.checks)
        while waiting:
            ready = [check for check in waiting if all(need in done for need in check.needs)]
            done |= {check.id: check for check in ready}
            waiting = [check for check in waiting if check.id not in done]
        return list(done.values())

    def with_needs(self, wanted: Sequence[str]) -> set[str]:
        """The ids and all that they need."""
        by_id = {check.id: check for check in self.checks}
        found: set[str] = set()
        open_ = [name for name in wanted if name in by_id]
        while open_:
            name = open_.pop()
            if name not in found:
                found.add(name)
                open_ += by_id[name].needs
        return found


_collected: ContextVar[list[Check] | None] = ContextVar("collected", default=None)


def check(
    id: str, *, needs: str | Sequence[str] = (), trains: bool = False, deferred: str = ""
) -> Callable[[Body], Body]:
    """Make a function a check. Its docstring is the title that students see; it takes what it names.

    `needs`: ids without which this check means nothing. `trains`: it trains until a statistical bar, or for dozens of steps,
    and is left out where the tests grade a mistake that names another. `deferred`: why it is not graded yet.
    """

    def collect(body: Body) -> Body:
        found = _collected.get()
        takes = tuple(inspect.signature(body).parameters)
        unknown = [name for name in takes if name not in PARAMETERS]
        if unknown:
            raise UsageError(f"{id} asks for {', '.join(unknown)}; a check may ask for {', '.join(PARAMETERS)}")
        title = (inspect.getdoc(body) or "").partition("\n\n")[0].replace("\n", " ")
        if not title:
            raise UsageError(f"{id} has no docstring: it is the title that students see")
        if found is not None:
            found.append(
                Check(id, title, body, takes, (needs,) if isinstance(needs, str) else tuple(needs), trains, deferred)
            )
        return body

    return collect


@contextmanager
def collecting() -> Generator[list[Check]]:
    """The checks that are defined inside, in their order."""
    found: list[Check] = []
    token = _collected.set(found)
    try:
        yield found
    finally:
        _collected.reset(token)


class Thresholds:
    """The exercise's `thresholds` as attributes."""

    def __init__(self, values: dict[str, float]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        raise AttributeError(f"grading.yml has no threshold {name}")
