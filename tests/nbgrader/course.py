"""An nbgrader course in its own folder, controlled through nbgrader's API, which its formgrader also uses."""

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
    """A fresh course, created with the command."""
    ended = command.run("nbgrader", "init", folder, *exercises, "--config", policy, cwd=folder.parent)
    assert ended.code == 0, ended
    return Course(folder)


def copy(pristine: Path, folder: Path) -> Course:
    """Copy the course and its project instead of creating both again."""
    for name in ("project", "course"):
        shutil.copytree(pristine / name, folder / name)
    return Course(folder / "course")


class Course:
    """A course folder and its operations. `settings`: changes to its configuration, such as `Execute={…}`."""

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
        """Run `nbgrader generate_assignment` and return the released notebook."""
        _succeeded(self.api.generate_assignment(exercise))
        return self.released(exercise)

    def released(self, exercise: str) -> Any:
        return nbformat.read(self.folder / "release" / exercise / f"{exercise}.ipynb", as_version=4)

    def hand_in(self, student: str, exercise: str, notebook: Path | bytes | Any) -> Path:
        """Put a notebook where `nbgrader collect` would put it."""
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
        """Run `nbgrader autograde --force` and return its result."""
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
        """Grade cell → the automatic score, and whether it needs manual grading."""
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
