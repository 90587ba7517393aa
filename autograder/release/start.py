"""A student's own copy of an exercise: the notebook of one framework, the text and its pictures."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from msgspec import Struct

from autograder.course.policy import Policy
from autograder.errors import UsageError
from autograder.release.notebooks import pictures_of
from autograder.results.files import write_whole
from autograder.worker.names import FRAMEWORKS, FrameworkName

_TITLE = re.compile(r"^# +(.+?) *$", re.MULTILINE)


class Offer(Struct, frozen=True):
    """An exercise as a student chooses it."""

    name: str
    title: str
    """The title of its text; empty if there is no text."""
    points: float
    """The maximum, hidden checks included."""
    frameworks: list[FrameworkName]
    """The frameworks of its notebooks."""


def offers(policy: Policy) -> list[Offer]:
    """All exercises of the course, in the order of `grading.yml`."""
    return [_offer(policy, name) for name in policy.exercises]


def likely_framework(policy: Policy) -> FrameworkName:
    """The framework that is installed here; of several or none, the course's."""
    installed: list[FrameworkName] = [name for name in FRAMEWORKS if importlib.util.find_spec(name)]
    return installed[0] if len(installed) == 1 else policy.framework


def copy(policy: Policy, exercise: str, framework: FrameworkName, folder: Path) -> list[Path]:
    """Copy the notebook, the text and its pictures into the folder; return their paths, the notebook first.

    Raises `UsageError` if there is no such exercise or notebook, or if one of the files exists with other content: it
    may be a student's work.
    """
    policy.exercise(exercise)
    assignment = _assignment(policy, exercise)
    notebook = assignment / f"{exercise}_{framework}.ipynb"
    if not notebook.is_file():
        there = ", ".join(_offer(policy, exercise).frameworks) or "no framework"
        raise UsageError(f"{exercise} has no notebook for {framework}; there is one for {there}")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder")
    sources = [notebook, *(path for path in [assignment / "README.md"] if path.is_file()), *pictures_of(assignment)]
    contents = {folder / path.name: path.read_bytes() for path in sources}
    if changed := [path for path, content in contents.items() if path.exists() and not _holds(path, content)]:
        raise UsageError(*(f"{path} already exists and is kept: name another folder" for path in changed))
    for path, content in contents.items():
        if not path.exists():
            write_whole(path, content)
            path.chmod(0o644)
    return list(contents)


def _offer(policy: Policy, exercise: str) -> Offer:
    assignment = _assignment(policy, exercise)
    readme = assignment / "README.md"
    title = _TITLE.search(readme.read_text(encoding="utf-8")) if readme.is_file() else None
    frameworks: list[FrameworkName] = [
        name for name in FRAMEWORKS if (assignment / f"{exercise}_{name}.ipynb").is_file()
    ]
    points = sum(policy.exercise(exercise).check_points().values())
    return Offer(exercise, title[1] if title else "", round(points, 6), frameworks)


def _assignment(policy: Policy, exercise: str) -> Path:
    return policy.root_of(exercise) / "assignments" / exercise


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content
