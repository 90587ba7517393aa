"""Scores in nbgrader's gradebook, by its own API; SQLite or PostgreSQL, whatever the URL says.

An exercise is an assignment of its name with one notebook of that name, each of its parts a grade cell. Only the
automatic score is ever written: manual scores, comments and extra credit belong to people.
"""

# nbgrader and nbformat say few of their types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy.exc import SAWarning, SQLAlchemyError
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.authoring.exercise import Exercise
from autograder.course.submission import Submission
from autograder.errors import GraderError, UsageError
from autograder.integrations.nbgrader.course import CONFIG, maxima
from autograder.integrations.nbgrader.feedback import points_of
from autograder.reports import words
from autograder.results.form import Result

DATABASE = "gradebook.db"


@dataclass(frozen=True)
class Handed:
    """A result, and when the student handed in; `None` where nobody noted it."""

    result: Result
    at: datetime | None = None


def url_of(named: str) -> str:
    """The URL of a gradebook: itself; or of the SQLite file, or of that of the course folder, that was named instead."""
    if "://" in named:
        return named
    path = Path(named)
    return f"sqlite:///{(path / DATABASE if path.is_dir() else path).resolve()}"


def write(url: str, handed: Sequence[Handed], exercises: Mapping[str, Exercise], course: Path | None) -> None:
    """Write results into a gradebook. Students that it does not hold yet are added.

    `course` is the folder of an `nbgrader_config.py`: late submissions are penalised by it. Without a course, exercises that
    the gradebook does not hold are added too, and penalties stay as they are.
    Raises `UsageError` where there is no such gradebook, or where it gives an exercise other parts or points.
    """
    config = config_of(course)
    name = config.CourseDirectory.course_id if "course_id" in config.CourseDirectory else "default_course"
    with opened(url, str(name)) as gradebook:
        for exercise in {each.result.exercise for each in handed}:
            if course is None:
                make_assignment(gradebook, exercises[exercise])
            insist_on_points(gradebook, exercises[exercise])
        for each in handed:
            student, exercise = each.result.student, each.result.exercise
            gradebook.update_or_create_student(student)
            when = {} if each.at is None else {"timestamp": each.at}
            gradebook.update_or_create_submission(exercise, student, **when)
            record(gradebook, each.result)
    if course:
        for each in handed:
            penalise(url, each.result, config)


def handed_in_at(handed_in: Submission) -> datetime | None:
    """When it was handed in, UTC, as nbgrader's collecting notes it in `timestamp.txt` beside the file."""
    note = handed_in.path.parent / "timestamp.txt" if handed_in.path else None
    if note is None or note.is_symlink() or not note.is_file():
        return None
    try:
        return parse_utc(note.read_text(encoding="utf-8").strip())
    except (ValueError, OverflowError):
        raise UsageError(f"{note} holds no time such as 2026-11-22 10:00:00 UTC") from None


@contextmanager
def opened(url: str, course: str = "default_course") -> Generator[Any]:
    """A gradebook. Whatever its database refuses is a `UsageError` that names the URL without its password."""
    try:
        with warnings.catch_warnings():
            # Of the order in which nbgrader builds a submission; it is in the session soon after.
            warnings.simplefilter("ignore", SAWarning)
            with _alembic_on_path():
                gradebook = Gradebook(url, course)
            with gradebook:
                yield gradebook
    except (SQLAlchemyError, ImportError) as problem:
        said = str(problem).splitlines()[0]
        raise UsageError(f"The gradebook {without_password(url)} cannot be used: {said}") from problem


def make_assignment(gradebook: Any, exercise: Exercise) -> None:
    """Have the exercise in the gradebook. One that `nbgrader generate_assignment` has made is left as it is."""
    name = exercise.name
    try:
        gradebook.find_notebook(name, name)
    except MissingEntry:
        gradebook.update_or_create_assignment(name)
        gradebook.add_notebook(name, name)
        for part, maximum in maxima(exercise).items():
            gradebook.add_grade_cell(part, name, name, max_score=maximum, cell_type="code")


def insist_on_points(gradebook: Any, exercise: Exercise) -> None:
    """Raise `UsageError` where the gradebook gives the exercise's parts other points than `grading.yml`, or lacks one."""
    name = exercise.name
    make = f"`nbgrader generate_assignment {name} --force`"
    remedy = f"say `autograder nbgrader init … {name} --force` and {make}"
    try:
        there = {cell.name: cell.max_score for cell in gradebook.find_notebook(name, name).grade_cells}
    except MissingEntry:
        raise UsageError(f"The gradebook has no assignment {name} with a notebook {name}: say {make} first") from None
    problems: list[str] = []
    for part, maximum in maxima(exercise).items():
        if part not in there:
            problems.append(f"{name}: the gradebook has no grade cell for the part {part}; {remedy}")
        elif abs(there[part] - maximum) > 1e-6:
            problems.append(
                f"{name}: grading.yml gives the part {part} {words.points(maximum)} points, "
                f"the gradebook {words.points(there[part])}; {remedy}"
            )
    if problems:
        raise UsageError(*problems)


def record(gradebook: Any, result: Result) -> None:
    """Write the automatic score of each part, or none where the grader failed: then each part needs grading.

    What has a manual score keeps it, and needs a look, as after nbgrader's own autograding. So does a part of which a check
    could not be run here: nbgrader's maximum is the same for all, and the points are a person's to give.
    """
    for part, checks in words.parts(result.checks).items():
        grade = gradebook.find_grade(part, result.exercise, result.exercise, result.student)
        points, maximum = points_of(checks)
        waits = maximum < grade.max_score - 1e-6
        grade.auto_score = None if result.ungraded else min(max(points, 0.0), maximum)
        grade.needs_manual_grade = result.ungraded or waits or grade.manual_score is not None
    gradebook.db.commit()


def leave_to_people(gradebook: Any, assignment: str, student: str) -> None:
    """Take the automatic scores of a submission that was not graded, and mark each of its parts: it needs grading."""
    try:
        submission = gradebook.find_submission(assignment, student)
    except MissingEntry:
        return
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            grade.auto_score, grade.needs_manual_grade = None, True
    gradebook.db.commit()


def penalise(url: str, result: Result, config: Config) -> None:
    """Work out the penalty for lateness anew, by nbgrader's own step and the course's settings."""
    names = {"notebook": result.exercise, "assignment": result.exercise, "student": result.student, "db_url": url}
    # The step looks at gradebook and clock only; it is handed a notebook because all of nbgrader's steps are.
    AssignLatePenalties(config=config).preprocess(new_notebook(), ResourcesDict(nbgrader=names))


def config_of(course: Path | None) -> Config:
    """The course's settings; empty without a course. Raises `GraderError` where the file cannot be run."""
    if course is None:
        return Config()
    try:
        return PyFileConfigLoader(CONFIG, path=str(course)).load_config()
    except Exception as problem:
        raise GraderError(f"{course / CONFIG} cannot be run: {type(problem).__name__}: {problem}") from problem


def course_of(named: str, start: Path) -> Path | None:
    """The course's folder: the one named as its gradebook, or that of the nearest `nbgrader_config.py` from `start` upwards.

    Never one that a student handed in.
    """
    if (Path(named) / CONFIG).is_file():
        return Path(named)
    for folder in [start.resolve(), *start.resolve().parents]:
        if (folder / CONFIG).is_file() and "submitted" not in folder.parts:
            return folder
    return None


@contextmanager
def _alembic_on_path() -> Generator[None]:
    """nbgrader calls `alembic` by its name when it makes a new gradebook; it lies beside our interpreter."""
    before = os.environ.get("PATH")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before or os.defpath])
    try:
        yield
    finally:
        if before is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = before


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return repr(url)
