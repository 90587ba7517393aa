"""Write scores into nbgrader's gradebook through its API; SQLite or PostgreSQL, depending on the URL.

An exercise is an assignment with one notebook, both of its name, and a grade cell for each part. Only automatic scores
are written, never manual scores, comments or extra credit.
"""

# nbgrader and nbformat have few type annotations.
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
from autograder.course.people import submitted
from autograder.course.submission import Submission
from autograder.errors import GraderError, UsageError
from autograder.integrations.nbgrader.course import CONFIG, maxima
from autograder.integrations.nbgrader.feedback import points_of
from autograder.reports import words
from autograder.results.form import Result

DATABASE = "gradebook.db"


@dataclass(frozen=True)
class Handed:
    """A result, and the time of the submission; `None` if it was not recorded."""

    result: Result
    at: datetime | None = None


def url_of(named: str) -> str:
    """The URL of a gradebook given as a URL, an SQLite file or a course folder."""
    if "://" in named:
        return named
    path = Path(named)
    return f"sqlite:///{(path / DATABASE if path.is_dir() else path).resolve()}"


def write(url: str, handed: Sequence[Handed], exercises: Mapping[str, Exercise], course: Path | None) -> None:
    """Write results into a gradebook. Missing students are added.

    `course` is the folder of an `nbgrader_config.py`, whose settings determine late penalties. Without a course,
    missing exercises are added too, and penalties are not changed. Raises `UsageError` if there is no such gradebook,
    or if its parts or points of an exercise differ.
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
    with opened(url, str(name)) as gradebook:
        for each in handed:
            settle(gradebook, each.result, keeps_penalty=course is not None)


def handed_in_at(handed_in: Submission) -> datetime | None:
    """The submission time in UTC, from the `timestamp.txt` that nbgrader writes beside the file on collecting."""
    if handed_in.path is None or (text := submitted.timestamp_beside(handed_in.path)) is None:
        return None
    try:
        return parse_utc(text)
    except (ValueError, OverflowError):
        place = handed_in.path.parent / submitted.TIMESTAMP
        raise UsageError(f"{place} does not contain a time such as 2026-11-22 10:00:00 UTC") from None


@contextmanager
def opened(url: str, course: str = "default_course") -> Generator[Any]:
    """Open a gradebook. Database errors become a `UsageError` that names the URL without its password."""
    try:
        with warnings.catch_warnings():
            # A harmless warning about the order in which nbgrader builds a submission.
            warnings.simplefilter("ignore", SAWarning)
            with _alembic_on_path():
                gradebook = Gradebook(url, course)
            with gradebook:
                yield gradebook
    except (SQLAlchemyError, ImportError) as problem:
        reason = str(problem).splitlines()[0]
        raise UsageError(f"The gradebook {without_password(url)} cannot be used: {reason}") from problem


def make_assignment(gradebook: Any, exercise: Exercise) -> None:
    """Add the exercise to the gradebook, unless it exists, for example from `nbgrader generate_assignment`."""
    name = exercise.name
    try:
        gradebook.find_notebook(name, name)
    except MissingEntry:
        gradebook.update_or_create_assignment(name)
        gradebook.add_notebook(name, name)
        for part, maximum in maxima(exercise).items():
            gradebook.add_grade_cell(part, name, name, max_score=maximum, cell_type="code")


def insist_on_points(gradebook: Any, exercise: Exercise) -> None:
    """Raise `UsageError` if the gradebook lacks a part of the exercise, or its points differ from `grading.yml`."""
    name = exercise.name
    make = f"`nbgrader generate_assignment {name} --force`"
    remedy = f"run `autograder nbgrader init … {name} --force` and {make}"
    try:
        there = {cell.name: cell.max_score for cell in gradebook.find_notebook(name, name).grade_cells}
    except MissingEntry:
        raise UsageError(f"The gradebook has no assignment {name} with a notebook {name}: run {make} first") from None
    problems: list[str] = []
    for part, maximum in maxima(exercise).items():
        if part not in there:
            problems.append(f"{name}: the gradebook has no grade cell for the part {part}; {remedy}")
        elif abs(there[part] - maximum) > 1e-6:
            problems.append(
                f"{name}: the part {part} has {words.points(maximum)} points in grading.yml "
                f"but {words.points(there[part])} in the gradebook; {remedy}"
            )
    if problems:
        raise UsageError(*problems)


def record(gradebook: Any, result: Result) -> None:
    """Write the automatic score of each part, or none if the grader failed: then each part needs manual grading.

    A part with a manual score keeps it and is marked for review, as after nbgrader's own autograding. So is a part with
    a check that could not be run here: nbgrader's maximum is the same for all, so a person must assign those points.
    """
    for part, checks in words.parts(result.checks).items():
        grade = gradebook.find_grade(part, result.exercise, result.exercise, result.student)
        points, maximum = points_of(checks)
        waits = maximum < grade.max_score - 1e-6
        grade.auto_score = None if result.ungraded else min(max(points, 0.0), maximum)
        grade.needs_manual_grade = result.ungraded or waits or grade.manual_score is not None
    gradebook.db.commit()


def settle(gradebook: Any, result: Result, *, keeps_penalty: bool) -> None:
    """Add what the final score takes from the checks' score to nbgrader's late penalty; what it adds counts negative.

    The penalty is nbgrader's only number beside the parts that a person does not set. With it, the score that nbgrader
    exports is the final score. Excused students keep the scores of their parts: nbgrader knows no excuse. Nothing is
    changed where only the checks count. `keeps_penalty`: the course's own late penalty has just been computed.
    """
    if result.total is None or result.score is None or not words.score_lines(result):
        return
    notebook = gradebook.find_submission_notebook(result.exercise, result.exercise, result.student)
    own = (notebook.late_submission_penalty or 0.0) if keeps_penalty else 0.0
    notebook.late_submission_penalty = round(own + result.score - result.total, 6)
    gradebook.db.commit()


def leave_to_people(gradebook: Any, assignment: str, student: str) -> None:
    """Remove the automatic scores of a submission that was not graded, and mark each part for manual grading."""
    try:
        submission = gradebook.find_submission(assignment, student)
    except MissingEntry:
        return
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            grade.auto_score, grade.needs_manual_grade = None, True
    gradebook.db.commit()


def penalise(url: str, result: Result, config: Config) -> None:
    """Recompute the late penalty with nbgrader's own preprocessor and the course's settings."""
    names = {"notebook": result.exercise, "assignment": result.exercise, "student": result.student, "db_url": url}
    # The preprocessor reads only the gradebook and the clock; the notebook is required by its interface.
    AssignLatePenalties(config=config).preprocess(new_notebook(), ResourcesDict(nbgrader=names))


def config_of(course: Path | None) -> Config:
    """The course's settings; empty without a course. Raises `GraderError` if the file cannot be run."""
    if course is None:
        return Config()
    try:
        return PyFileConfigLoader(CONFIG, path=str(course)).load_config()
    except Exception as problem:
        raise GraderError(f"{course / CONFIG} cannot be run: {type(problem).__name__}: {problem}") from problem


def course_of(named: str, start: Path) -> Path | None:
    """The course folder: the one given as gradebook, or that of the nearest `nbgrader_config.py` from `start` upwards.

    Never one that a student submitted.
    """
    if (Path(named) / CONFIG).is_file():
        return Path(named)
    for folder in [start.resolve(), *start.resolve().parents]:
        if (folder / CONFIG).is_file() and "submitted" not in folder.parts:
            return folder
    return None


@contextmanager
def _alembic_on_path() -> Generator[None]:
    """Put the interpreter's folder on the path: nbgrader runs `alembic` when it creates a gradebook."""
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
    """The URL with its password hidden."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return repr(url)
