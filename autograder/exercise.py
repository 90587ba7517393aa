"""An exercise: its checks, visible and hidden, their dependencies, and where its solution lies."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import inspect
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.errors import UsageError
from autograder.rubric import Exercise as Rubric
from autograder.rubric import Policy

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
    rubric: Rubric
    checks: tuple[Check, ...]
    """In the order of `grading.yml`."""
    folder: Path
    solutions: Path | None
    """Where the instructor's half lies; `None` in a student's release."""
    digest: str = field(repr=False, default="")
    """SHA-256 of checks, solutions and policy."""

    def points(self, check: Check) -> float:
        """What a check is worth."""
        return self.rubric.check_points()[check.id]

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


def load(policy: Policy, name: str) -> Exercise:
    """An exercise with its checks. Raises `UsageError` where checks and policy do not fit together."""
    rubric = policy.exercise(name)
    folder, solutions = policy.root / "assignments" / name, policy.root / "solutions" / name
    hidden_there = (solutions / "checks.py").is_file()
    package = _package(folder)
    found = [*_from(folder / "checks.py", package, visible=True)]
    if hidden_there:
        found += _from(solutions / "checks.py", package, visible=False)
    by_id = {each.id: each for each in found}
    points, where = rubric.check_points(), ("exercises", name, "points")
    problems = [f"{name}: two checks are called {id}" for id in by_id if sum(each.id == id for each in found) > 1]
    without = [each for each in found if each.id not in points]
    problems += [f"{policy.place(*where)}: the check {each.id} of {name} has no points here" for each in without]
    if hidden_there:
        problems += [
            f"{policy.place(*where, *id.split('.', 1))}: {name} gives points to {id}, and no check has that id"
            for id in points
            if id not in by_id
        ]
    for each in found:
        problems += [
            f"{name}: {each.id} needs {need}, and no check has that id" for need in each.needs if need not in by_id
        ]
        if each.visible and "reference" in each.takes:
            problems.append(f"{name}: {each.id} is visible and asks for the reference, which students do not have")
    problems += _circles(name, by_id)
    if problems:
        raise UsageError(*problems)
    checks = tuple(by_id[id] for id in points if id in by_id)
    half = solutions if hidden_there else None
    return Exercise(name, rubric, checks, folder, half, _digest(folder, half, name, rubric))


def load_all(policy: Policy, names: Iterable[str]) -> dict[str, Exercise]:
    """The exercises by name. Raises `UsageError` with what is wrong with any of them."""
    loaded: dict[str, Exercise] = {}
    problems: list[str] = []
    for name in names:
        try:
            loaded[name] = load(policy, name)
        except UsageError as problem:
            problems += problem.problems
    if problems:
        raise UsageError(*problems)
    return loaded


def _package(folder: Path) -> str:
    """A package of its own for each exercise's folder, so that both check files can say `from .probes import …`."""
    whole = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()
    package = f"exercise_{folder.name}_{whole[:12]}"
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        # An earlier state of the same files.
        del sys.modules[name]
    spec = importlib.machinery.ModuleSpec(package, None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    sys.modules[package] = importlib.util.module_from_spec(spec)
    return package


def _from(path: Path, package: str, *, visible: bool) -> Iterator[Check]:
    if not path.is_file():
        raise UsageError(f"{path} is not there: {path.parent.name} has no checks")
    with _collecting() as found:
        spec = importlib.util.spec_from_file_location(f"{package}.{'visible' if visible else 'hidden'}_checks", path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except UsageError as problem:
            raise UsageError(*(f"{path}: {each}" for each in problem.problems)) from None
        except KeyboardInterrupt:
            raise
        except BaseException as problem:
            raise UsageError(f"{path} cannot be run: {type(problem).__name__}: {problem}") from problem
    for each in found:
        yield replace(each, visible=visible)


@contextmanager
def _collecting() -> Generator[list[Check]]:
    found: list[Check] = []
    token = _collected.set(found)
    try:
        yield found
    finally:
        _collected.reset(token)


def _circles(name: str, by_id: dict[str, Check]) -> list[str]:
    left = dict(by_id)
    while True:
        free = [id for id, each in left.items() if not any(need in left for need in each.needs)]
        if not free:
            return [f"{name}: these checks need each other in a circle: {', '.join(left)}"] if left else []
        for id in free:
            del left[id]


def _digest(folder: Path, solutions: Path | None, name: str, rubric: Rubric) -> str:
    whole = hashlib.sha256(rubric.model_dump_json().encode())
    files = [folder / "checks.py", *folder.glob("probes.py")]
    if solutions:
        files += [solutions / "checks.py", *sorted(solutions.glob(f"{name}_*.py"))]
    for path in files:
        whole.update(path.read_bytes())
    return whole.hexdigest()


class Thresholds:
    """The exercise's `thresholds` as attributes."""

    def __init__(self, values: dict[str, float]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        raise AttributeError(f"grading.yml has no threshold {name}")
