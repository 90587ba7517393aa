"""A course of nbgrader's in a folder of its own, run through nbgrader's own API: what its formgrader calls, too."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from sqlalchemy.exc import SAWarning
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from tests import command


def init(folder: Path, policy: Path, *exercises: str) -> Course:
    """A fresh course, made by the command."""
    ended = command.run("nbgrader", "init", folder, *exercises, "--config", policy, cwd=folder.parent)
    assert ended.code == 0, ended
    return Course(folder)


def copy(pristine: Path, folder: Path) -> Course:
    """A course of its own, and its project, in the place of making both again."""
    for name in ("project", "course"):
        shutil.copytree(pristine / name, folder / name)
    return Course(folder / "course")


class Course:
    """A course folder and what is done with it. `settings`: changes of its configuration, such as `Execute={…}`."""

    def __init__(self, folder: Path, **settings: dict[str, Any]) -> None:
        self.folder = folder
        config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
        config.CourseDirectory.root = str(folder)
        config.Exchange.root = str(folder / "exchange")
        config.merge(Config(settings))
        self.api: Any = NbGraderAPI(config=config)

    @property
    def url(self) -> str:
        return self.api.coursedir.db_url

    def generate(self, exercise: str) -> Any:
        """`nbgrader generate_assignment`; the released notebook comes back."""
        _succeeded(self.api.generate_assignment(exercise))
        return self.released(exercise)

    def released(self, exercise: str) -> Any:
        return nbformat.read(self.folder / "release" / exercise / f"{exercise}.ipynb", as_version=4)

    def hand_in(self, student: str, exercise: str, notebook: Path | bytes | Any) -> Path:
        """Put a notebook where collecting puts it."""
        path = self.folder / "submitted" / student / exercise / f"{exercise}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(notebook, Path):
            shutil.copyfile(notebook, path)
        elif isinstance(notebook, bytes):
            path.write_bytes(notebook)
        else:
            nbformat.write(notebook, path)
        return path

    def try_autograde(self, exercise: str, student: str = "*") -> dict[str, Any]:
        """`nbgrader autograde --force`, and how it ended."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)
            return self.api.autograde(exercise, student)

    def autograde(self, exercise: str, student: str = "*") -> None:
        _succeeded(self.try_autograde(exercise, student))

    def autograded(self, student: str, exercise: str) -> Any:
        return nbformat.read(self.folder / "autograded" / student / exercise / f"{exercise}.ipynb", as_version=4)

    def feedback(self, student: str, exercise: str) -> str:
        """The page that the student reads."""
        _succeeded(self.api.generate_feedback(exercise, student))
        return (self.folder / "feedback" / student / exercise / f"{exercise}.html").read_text(encoding="utf-8")

    def score(self, student: str, exercise: str) -> float:
        with self.gradebook() as book:
            return book.find_submission(exercise, student).score

    def parts(self, student: str, exercise: str) -> dict[str, tuple[float | None, bool]]:
        """By grade cell: the automatic score, and whether a person is to look."""
        with self.gradebook() as book:
            notebook = book.find_submission_notebook(exercise, exercise, student)
            return {grade.name: (grade.auto_score, grade.needs_manual_grade) for grade in notebook.grades}

    @contextmanager
    def gradebook(self) -> Generator[Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)
            with Gradebook(self.url, self.api.coursedir.course_id) as book:
                yield book


def _succeeded(said: dict[str, Any]) -> None:
    assert said["success"], said.get("log", "") + said.get("error", "")
