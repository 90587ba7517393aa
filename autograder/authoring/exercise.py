"""An exercise: its checks, visible and hidden, their dependencies, and where its solution lies."""

from __future__ import annotations

import inspect
import re
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
class Claim:
    """What a check would believe of a worker that lies: a worker is wholly the student's, and may answer whatever it likes."""

    forge: str
    """What a forger would have to do to pass it without the work."""
    so: str
    """What follows from that: `compute it`, `form`, …"""
    closed_by: str = ""
    """What would end it, where the answer is still "lie about it"."""


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
    claim: Claim | None
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
    """Make a function a check. It takes what it names. The first paragraph of its docstring is the title that students see; the
    rest may hold a claim, in lines that begin with `Forge:`, `So:` and `Closed by:` (see `Claim`).

    `needs`: ids without which this check means nothing. `trains`: it trains until a statistical bar, or for dozens of steps,
    and is left out where the tests grade a mistake that names another. `deferred`: why it is not graded yet.
    """

    def collect(body: Body) -> Body:
        found = _collected.get()
        takes = tuple(inspect.signature(body).parameters)
        unknown = [name for name in takes if name not in PARAMETERS]
        if unknown:
            raise UsageError(f"{id} asks for {', '.join(unknown)}; a check may ask for {', '.join(PARAMETERS)}")
        title, _, rest = (inspect.getdoc(body) or "").partition("\n\n")
        title = title.replace("\n", " ")
        if not title:
            raise UsageError(f"{id} has no docstring: it is the title that students see")
        if found is not None:
            ids = (needs,) if isinstance(needs, str) else tuple(needs)
            found.append(Check(id, title, body, takes, ids, trains, deferred, _claim(id, rest)))
        return body

    return collect


_FIELD = re.compile(r"^(Forge|So|Closed by): *((?:.|\n(?!\n|Forge:|So:|Closed by:))+)", re.MULTILINE)


def _claim(id: str, text: str) -> Claim | None:
    """The claim that stands in a docstring below its title. Raises `UsageError` where half of one does."""
    fields = {name: " ".join(said.split()).removesuffix(".") for name, said in _FIELD.findall(text)}
    if not fields:
        return None
    if lacking := [name for name in ("Forge", "So") if not fields.get(name)]:
        raise UsageError(f"{id}: its claim has no line `{lacking[0]}:`")
    return Claim(fields["Forge"], fields["So"], fields.get("Closed by", ""))


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
