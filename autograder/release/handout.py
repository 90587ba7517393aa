"""The student release: the project without solutions, hidden checks, mistakes and tests, ready to install."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import yaml

from autograder.course.policy import GRADING_FILE, Policy
from autograder.errors import UsageError
from autograder.release import bundle, notebooks, student_files


def files(policy: Policy) -> dict[str, bytes]:
    """The files of the release: path → content.

    Raises `UsageError` if this is not the project's folder, if an exercise has no visible checks, or if a notebook is
    not the one that `release` makes: its author may have solved it in place.
    """
    problems = [f"{name} is not in {bundle.PROJECT}: a student release is made from the project's folder"
                for name in bundle.missing()]  # fmt: skip
    folders = {name: policy.root_of(name) / "assignments" / name for name in policy.exercises}
    problems += [f"{folder} has no checks.py" for folder in folders.values() if not (folder / "checks.py").is_file()]
    if problems:
        raise UsageError(*problems)
    solved = notebooks.solved_exercises(policy)
    solutions = [solved[name] / "solutions" / name for name in solved]
    if changes := notebooks.release_folders(solutions, check=True):
        raise UsageError(*(f"{change.path} is {change.was}: run `autograder release` first" for change in changes))
    released = {name: (bundle.PROJECT / name).read_bytes() for name in bundle.PROJECT_FILES}
    for package in bundle.PACKAGES:
        released |= _read(bundle.PROJECT / package, package, student_files.of_package)
    for name, folder in folders.items():
        released |= _read(folder, f"assignments/{name}", student_files.of_assignment)
    released[GRADING_FILE] = _policy(policy)
    return released


def _read(folder: Path, name: str, chosen: Callable[[Path], Iterable[Path]]) -> dict[str, bytes]:
    return {f"{name}/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in chosen(folder)}


def _policy(policy: Policy) -> bytes:
    """The course's policy in one file: what it extends is not in the release."""
    whole = policy.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False).encode()
