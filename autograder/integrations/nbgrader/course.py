"""A course folder as nbgrader wants it: settings, a `grading.yml` of its own, and a source notebook for each exercise.

A source notebook holds the solution between nbgrader's markers; cells that hold some are for the student's answer, and
the check cell of each part is its grade cell, worth what `grading.yml` gives the part.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autograder.authoring.exercise import Exercise
from autograder.course.policy import GRADING_FILE, Policy
from autograder.errors import UsageError
from autograder.release import notebooks, solution_markers
from autograder.results.files import write_whole
from autograder.worker.names import FrameworkName

CONFIG = "nbgrader_config.py"
SCHEMA = 3

Done = Literal["written", "as it was", "differs: --force writes it anew"]


@dataclass(frozen=True)
class Written:
    """A file of the course and what became of it."""

    path: Path
    done: Done


def init(folder: Path, policy: Policy, exercises: list[Exercise], force: bool) -> Iterator[Written]:
    """Write a course. Files that are there stay, but notebooks with `force`. Raises `UsageError` for a wrong solution."""
    sources = {each.name: source_notebook(each, policy.framework) for each in exercises}
    yield _once(folder / CONFIG, _settings(folder.resolve().name))
    if policy.file.resolve() != (folder / GRADING_FILE).resolve():
        yield _once(folder / GRADING_FILE, _policy(folder, policy.file, policy.framework))
    folders = {each.name: each.folder for each in exercises}
    for name, content in sources.items():
        target = folder / "source" / name
        yield _notebook(target / f"{name}.ipynb", content, force)
        for picture in notebooks.pictures_of(folders[name]):
            target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(picture, target / picture.name)


def source_notebook(exercise: Exercise, framework: FrameworkName) -> bytes:
    """The source notebook of an exercise, with nbgrader's metadata."""
    if exercise.solutions is None:
        raise UsageError(f"The solutions of {exercise.name} are not here")
    files = (exercise.solutions, exercise.folder / "README.md", framework)
    # What students will receive is made from it by the same rules: whatever is wrong with it, is said now.
    notebooks.notebook(*files)
    made: dict[str, Any] = json.loads(notebooks.notebook(*files, marked=True))
    return (json.dumps(_marked(made, maxima(exercise)), ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def maxima(exercise: Exercise) -> dict[str, float]:
    """What each part is worth at most, in the exercise's order. A part that is not graded yet is worth nothing."""
    found: dict[str, float] = {}
    for check in exercise.checks:
        worth = 0.0 if check.deferred else exercise.points(check)
        found[check.part] = round(found.get(check.part, 0.0) + worth, 6)
    return found


def _marked(notebook: dict[str, Any], points: Mapping[str, float]) -> dict[str, Any]:
    answers: Counter[str] = Counter()
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        part = str(cell["id"]).rpartition("-")[0]
        if source == f'grader.check("{part}")':
            cell["metadata"]["nbgrader"] = _marks(part, grade=True, locked=True) | {"points": points[part]}
        elif solution_markers.BEGIN in source:
            answers[part] += 1
            # Numbered among themselves: a text cell more or less must not rename what students have handed in.
            cell["metadata"]["nbgrader"] = _marks(f"{part}-answer-{answers[part]}", solution=True)
    return notebook


def _marks(id: str, **kind: bool) -> dict[str, Any]:
    no = {"grade": False, "locked": False, "solution": False, "task": False}
    return {"schema_version": SCHEMA, "grade_id": id, **no, **kind}


def _once(path: Path, text: str) -> Written:
    if path.exists():
        return Written(path, "as it was")
    return _write(path, text.encode())


def _notebook(path: Path, content: bytes, force: bool) -> Written:
    if path.exists() and path.read_bytes() == content:
        return Written(path, "as it was")
    if path.exists() and not force:
        return Written(path, "differs: --force writes it anew")
    return _write(path, content)


def _write(path: Path, content: bytes) -> Written:
    write_whole(path, content)
    path.chmod(0o644)
    return Written(path, "written")


def _settings(name: str) -> str:
    return f'''"""Settings of nbgrader for this course. Only `course_id` is yours to choose; add below whatever else you need."""

from autograder.integrations.nbgrader import configure

c = get_config()  # noqa: F821 - nbgrader has it ready

c.CourseDirectory.course_id = {_identifier(name)!r}

configure(c)  # the exercises of grading.yml are graded by autograder
'''


def _identifier(name: str) -> str:
    """Letters, digits, - and _: nbgrader's exchange makes a folder of it."""
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name) or "course"


def _policy(folder: Path, governed_by: Path, framework: FrameworkName) -> str:
    base = os.path.relpath(governed_by.resolve(), folder.resolve())
    return f"""# This course's policy: what differs from the file that it extends.
extends: {json.dumps(base, ensure_ascii=False)}
framework: {framework}             # torch or keras: of the notebooks that `autograder nbgrader init` writes
"""
