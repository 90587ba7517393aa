"""An nbgrader course folder: settings, its own `grading.yml`, and a source notebook for each exercise.

A source notebook contains the solution between nbgrader's markers. Cells with markers are solution cells, and the check
cell of each part is its grade cell, with the part's points from `grading.yml`.
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

Done = Literal["written", "unchanged", "differs: use --force to overwrite it"]


@dataclass(frozen=True)
class Written:
    """A file of the course and what was done with it."""

    path: Path
    done: Done


def init(folder: Path, policy: Policy, exercises: list[Exercise], force: bool) -> Iterator[Written]:
    """Write a course. Existing files are kept, except notebooks with `force`. Raises `UsageError` for bad solutions."""
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
        raise UsageError(f"The solutions of {exercise.name} are not available here")
    files = (exercise.solutions, exercise.folder / "README.md", framework)
    # Build the students' notebook first, which reports all problems of the solution now.
    notebooks.notebook(*files, hand_in=False)
    made: dict[str, Any] = json.loads(notebooks.notebook(*files, marked=True, hand_in=False))
    return (json.dumps(_marked(made, maxima(exercise)), ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def maxima(exercise: Exercise) -> dict[str, float]:
    """The maximum points of each part, in the exercise's order. Deferred checks count as 0."""
    points: dict[str, float] = {}
    for check in exercise.checks:
        worth = 0.0 if check.deferred else exercise.points(check)
        points[check.part] = round(points.get(check.part, 0.0) + worth, 6)
    return points


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
            # Numbered without the text cells, so that adding or removing one does not rename submitted cells.
            cell["metadata"]["nbgrader"] = _marks(f"{part}-answer-{answers[part]}", solution=True)
    return notebook


def _marks(id: str, **kind: bool) -> dict[str, Any]:
    no = {"grade": False, "locked": False, "solution": False, "task": False}
    return {"schema_version": SCHEMA, "grade_id": id, **no, **kind}


def _once(path: Path, text: str) -> Written:
    if path.exists():
        return Written(path, "unchanged")
    return _write(path, text.encode())


def _notebook(path: Path, content: bytes, force: bool) -> Written:
    if path.exists() and path.read_bytes() == content:
        return Written(path, "unchanged")
    if path.exists() and not force:
        return Written(path, "differs: use --force to overwrite it")
    return _write(path, content)


def _write(path: Path, content: bytes) -> Written:
    write_whole(path, content)
    path.chmod(0o644)
    return Written(path, "written")


def _settings(name: str) -> str:
    return f'''"""nbgrader settings for this course. Change only `course_id`; add other settings below."""

from autograder.integrations.nbgrader import configure

c = get_config()  # noqa: F821 - nbgrader defines it

c.CourseDirectory.course_id = {_identifier(name)!r}

configure(c)  # grade the exercises of grading.yml with autograder
'''


def _identifier(name: str) -> str:
    """The name with only letters, digits, - and _: nbgrader's exchange uses it as a folder name."""
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name) or "course"


def _policy(folder: Path, governed_by: Path, framework: FrameworkName) -> str:
    base = os.path.relpath(governed_by.resolve(), folder.resolve())
    return f"""# This course's policy: the differences from the file that it extends.
extends: {json.dumps(base, ensure_ascii=False)}
framework: {framework}             # torch or keras: for the notebooks that `autograder nbgrader init` writes
"""
