"""An exercise: its visible and hidden checks, their dependencies, and the location of its solution."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.authoring.causes import Cause
from autograder.authoring.costs import Costs
from autograder.course.policy import ExercisePolicy
from autograder.errors import UsageError
from autograder.worker.names import FrameworkName

PARAMETERS = ("student", "reference", "pretended", "gpu", "draw", "limits", "once")

Body = Callable[..., None]


@dataclass(frozen=True)
class Claim:
    """What a check would believe from a dishonest worker, which the student controls and may answer anything."""

    forge: str
    """What a forger would have to do to pass the check without doing the work."""
    so: str
    """The consequence: `compute it`, `form`, …"""
    closed_by: str = ""
    """What would prevent it, if the consequence is still "lie about it"."""


@dataclass(frozen=True)
class Check:
    """One idea that is graded."""

    id: str
    title: str
    body: Body
    takes: tuple[str, ...]
    needs: tuple[str, ...]
    trains: bool
    few_steps: bool
    """Whether it is run eagerly first, where a framework traces."""
    deferred: str
    claim: Claim | None
    file: Path
    """The check file."""
    line: int
    """Where in that file the check is registered."""
    visible: bool = True

    @property
    def part(self) -> str:
        """The part of the exercise that the check belongs to."""
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Exercise:
    """What the grader knows about an exercise."""

    name: str
    policy: ExercisePolicy
    checks: tuple[Check, ...]
    """In the order of `grading.yml`."""
    folder: Path
    solutions: Path | None
    """The folder of the instructor's half; `None` in a student's release."""
    digest: str = field(repr=False, default="")
    """SHA-256 of checks, solutions and policy."""
    check_digests: dict[str, str] = field(repr=False, default_factory=dict[str, str])
    """Check id → SHA-256 of what decides its outcome, its points apart (see `check_digests.py`)."""
    costs: Costs = field(repr=False, default_factory=dict[FrameworkName, Mapping[str, float]])
    """What the checks cost the reference solution. They are in no digest: measuring again makes no result outdated."""
    causes: tuple[Cause, ...] = field(repr=False, default=())
    """Which failures have one cause. They are in no digest either: they decide no outcome."""

    def points(self, check: Check) -> float:
        """The maximum points of a check."""
        return self._check_points[check.id]

    @cached_property
    def _check_points(self) -> dict[str, float]:
        return self.policy.check_points()

    def reference(self, framework: str) -> Path:
        """The path of the reference solution. Raises `UsageError` in a student's release."""
        if self.solutions is None:
            raise UsageError(f"The solutions of {self.name} are not available here")
        return self.solutions / f"{self.name}_{framework}.py"

    def ordered(self) -> list[Check]:
        """The checks in an order in which each comes after those that it needs."""
        done: dict[str, Check] = {}
        waiting = list(self.checks)
        while waiting:
            ready = [check for check in waiting if all(need in done for need in check.needs)]
            done |= {check.id: check for check in ready}
            waiting = [check for check in waiting if check.id not in done]
        return list(done.values())

    def with_needs(self, wanted: Sequence[str]) -> set[str]:
        """The given ids and those of all checks that they need, directly or indirectly."""
        by_id = {check.id: check for check in self.checks}
        ids: set[str] = set()
        pending = [name for name in wanted if name in by_id]
        while pending:
            name = pending.pop()
            if name not in ids:
                ids.add(name)
                pending += by_id[name].needs
        return ids


_collected: ContextVar[list[Check] | None] = ContextVar("collected", default=None)


def check(
    id: str, *, needs: str | Sequence[str] = (), trains: bool = False, few_steps: bool = False, deferred: str = ""
) -> Callable[[Body], Body]:
    """Register a function as a check. The names of its parameters say what it receives (see `PARAMETERS`).

    The first paragraph of its docstring is the title that students see; the rest may contain a claim, in lines that
    start with `Forge:`, `So:` and `Closed by:` (see `Claim`).

    `needs`: ids of checks that must pass first. `trains`: the check trains until a statistical threshold, or for dozens
    of steps; the tests skip it when they grade a mistake that must fail another check. `few_steps`: tracing would cost
    more than all its steps, so that they are run eagerly; if the check fails then, it is run again, traced, and that
    counts, because some right programs work only when traced. `deferred`: why it is not graded yet.
    """

    def collect(body: Body) -> Body:
        collected = _collected.get()
        takes = tuple(inspect.signature(body).parameters)
        unknown = [name for name in takes if name not in PARAMETERS]
        if unknown:
            raise UsageError(
                f"{id} has unknown parameters: {', '.join(unknown)}; a check may take {', '.join(PARAMETERS)}"
            )
        title, _, rest = (inspect.getdoc(body) or "").partition("\n\n")
        title = title.replace("\n", " ")
        if not title:
            raise UsageError(f"{id} has no docstring; its first paragraph is the title that students see")
        if collected is not None:
            ids = (needs,) if isinstance(needs, str) else tuple(needs)
            collected.append(
                Check(id, title, body, takes, ids, trains, few_steps, deferred, _claim(id, rest), *_registered_at())
            )
        return body

    return collect


def _registered_at() -> tuple[Path, int]:
    """The check file that is being run, and the line on which it is: a function called there may register the check."""
    frame = inspect.currentframe()
    while frame and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    assert frame, "a check is registered while its file is run"
    return Path(frame.f_code.co_filename), frame.f_lineno


_FIELD = re.compile(r"^(Forge|So|Closed by): *((?:.|\n(?!\n|Forge:|So:|Closed by:))+)", re.MULTILINE)


def _claim(id: str, text: str) -> Claim | None:
    """The claim in a docstring, below its title. Raises `UsageError` if it is incomplete."""
    fields = {name: " ".join(value.split()).removesuffix(".") for name, value in _FIELD.findall(text)}
    if not fields:
        return None
    if lacking := [name for name in ("Forge", "So") if not fields.get(name)]:
        raise UsageError(f"{id}: the claim has no line `{lacking[0]}:`")
    return Claim(fields["Forge"], fields["So"], fields.get("Closed by", ""))


@contextmanager
def collecting() -> Generator[list[Check]]:
    """Collect the checks defined inside the block, in order."""
    checks: list[Check] = []
    token = _collected.set(checks)
    try:
        yield checks
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
