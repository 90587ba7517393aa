"""Load an exercise: its visible and hidden checks, validated against its policy."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import CodeType

from autograder.authoring.causes import read_causes
from autograder.authoring.check_digests import check_digests
from autograder.authoring.costs import read_costs
from autograder.authoring.exercise import Check, Exercise, collecting
from autograder.authoring.thresholds import thresholds_that_do_not_fit
from autograder.course.policy import ExercisePolicy, Policy, did_you_mean
from autograder.errors import UsageError


def load_exercise(policy: Policy, name: str) -> Exercise:
    """Load an exercise with its checks. Raises `UsageError` if checks and policy do not match."""
    own = policy.exercise(name)
    root = policy.root_of(name)
    folder, solutions = root / "assignments" / name, root / "solutions" / name
    hidden_there = (solutions / "checks.py").is_file()
    package = _package(folder)
    checks = [*_from(folder / "checks.py", package, visible=True)]
    if hidden_there:
        checks += _from(solutions / "checks.py", package, visible=False)
    by_id = {each.id: each for each in checks}
    points, where = own.check_points(), ("exercises", name, "points")
    problems = [f"{name}: two checks have the id {id}" for id in by_id if sum(each.id == id for each in checks) > 1]
    without = [each for each in checks if each.id not in points]
    problems += [f"{policy.place(*where)}: the check {each.id} of {name} has no points here" for each in without]
    problems += thresholds_that_do_not_fit(policy, name, [folder, *([solutions] if hidden_there else [])], hidden_there)
    for id in points if hidden_there else ():
        if id not in by_id:
            place = policy.place(*where, *id.split(".", 1))
            problems.append(f"{place}: {name} gives points to {id}, but no check has that id{did_you_mean(id, by_id)}")
    for each in checks:
        for need in each.needs:
            if need not in by_id:
                hint = did_you_mean(need, by_id)
                problems.append(f"{name}: {each.id} needs {need}, but no check has that id{hint}")
        if each.visible and "reference" in each.takes:
            problems.append(f"{name}: {each.id} is visible but takes the reference, which students do not have")
    problems += _circles(name, by_id)
    if problems:
        raise UsageError(*problems)
    graded = tuple(by_id[id] for id in points if id in by_id)
    half = solutions if hidden_there else None
    references = sorted(solutions.glob(f"{name}_*.py")) if half else []
    folders = [folder, *([half] if half else [])]
    digests = check_digests(graded, own, folders, references)
    whole = _digest(folder, half, name, own)
    return Exercise(name, own, graded, folder, half, whole, digests, read_costs(folder), read_causes(folder))


def load_exercises(policy: Policy, names: Iterable[str]) -> dict[str, Exercise]:
    """The exercises by name. Raises `UsageError` with the problems of all of them."""
    loaded: dict[str, Exercise] = {}
    problems: list[str] = []
    for name in names:
        try:
            loaded[name] = load_exercise(policy, name)
        except UsageError as problem:
            problems += problem.problems
    if problems:
        raise UsageError(*problems)
    return loaded


def _package(folder: Path) -> str:
    """Create a package for the exercise's folder, so that both check files can use `from .probes import …`."""
    whole = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()
    package = f"exercise_{folder.name}_{whole[:12]}"
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        # Modules from an earlier version of the same files.
        del sys.modules[name]
    spec = importlib.machinery.ModuleSpec(package, None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    sys.modules[package] = importlib.util.module_from_spec(spec)
    probes = folder / "probes.py"
    if probes.is_file():
        _run(f"{package}.probes", probes)
    return package


def _from(path: Path, package: str, *, visible: bool) -> Iterator[Check]:
    if not path.is_file():
        raise UsageError(f"{path} does not exist: {path.parent.name} has no checks")
    with collecting() as checks:
        _run(f"{package}.{'visible' if visible else 'hidden'}_checks", path)
    for each in checks:
        yield replace(each, visible=visible)


class _FromSource(importlib.machinery.SourceFileLoader):
    """Runs the file as it is now.

    Python takes its bytecode for up to date if a file changed within one second and kept its size, as it does where one
    digit is mended. A submission would then be graded by the old check under the digest of the new one.
    """

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _run(name: str, path: Path) -> None:
    """Run a file as the module of that name, which the package's other modules can import."""
    spec = importlib.util.spec_from_file_location(name, path, loader=_FromSource(name, str(path)))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except UsageError as problem:
        raise UsageError(*(f"{path}: {each}" for each in problem.problems)) from None
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        raise UsageError(f"{path} cannot be run: {type(problem).__name__}: {problem}") from problem


def _circles(name: str, by_id: dict[str, Check]) -> list[str]:
    left = dict(by_id)
    while True:
        free = [id for id, each in left.items() if not any(need in left for need in each.needs)]
        if not free:
            return [f"{name}: these checks need each other in a cycle: {', '.join(left)}"] if left else []
        for id in free:
            del left[id]


def _digest(folder: Path, solutions: Path | None, name: str, policy: ExercisePolicy) -> str:
    whole = hashlib.sha256(policy.model_dump_json().encode())
    files = [folder / "checks.py", *folder.glob("probes.py")]
    if solutions:
        files += [solutions / "checks.py", *sorted(solutions.glob(f"{name}_*.py"))]
    for path in files:
        whole.update(path.read_bytes())
    return whole.hexdigest()
