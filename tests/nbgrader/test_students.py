"""The students' view: `validate` on their notebook, and a round trip through the exchange of a JupyterHub."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbgrader.utils import get_username

from tests.nbgrader.course import Course
from tests.nbgrader.small import EVERYTHING, RIGHT_DOUBLE, RIGHT_SOFTMAX, answered

pytestmark = pytest.mark.slow


def test_validate_says_what_the_checks_say(made: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbgrader.validator import Validator

    wrong = answered(made.released("toy"), softmax="def softmax(z):\n    return z\n", double=RIGHT_DOUBLE)
    path = made.folder / "toy.ipynb"
    nbformat.write(wrong, path)
    monkeypatch.chdir(made.folder)
    # This takes long on a busy machine.
    validator = Validator(config=Course(made.folder, Execute={"timeout": 900}).api.config)
    said = validator.validate(str(path))
    (failed,) = said["failed"]
    assert failed["source"] == 'grader.check("softmax")'
    assert "You forgot the exponential." in failed["raw_error"]
    # nbgrader indents these lines by 4 and cuts them at 87 characters.
    assert max(len(line) for line in failed["raw_error"].splitlines()) <= 82
    nbformat.write(answered(made.released("toy"), softmax=RIGHT_SOFTMAX, double=RIGHT_DOUBLE), path)
    assert validator.validate(str(path)) == {}


def test_stock_nbgrader_gives_nothing_for_our_cells(made: Course) -> None:
    """Without the course's settings, it would give full marks for every cell that only shows a report."""
    made.hand_in("blank", "toy", made.released("toy"))
    (made.folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'course'\n")
    Course(made.folder, Execute={"timeout": 900}).autograde("toy")
    assert made.score("blank", "toy") == 0
    assert "nbgrader_config.py" in (made.folder / "autograded/blank/toy/toy.ipynb").read_text()


def done(said: dict[str, object]) -> None:
    assert said["success"], said


def test_the_exchange_there_and_back(made: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Release, fetch, submit, collect, grade, feedback: each with nbgrader's own command."""
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    home = tmp_path / "student"
    home.mkdir()
    settings = {"root": str(exchange), "cache": str(tmp_path / "cache"), "assignment_dir": str(home)}
    course_ = Course(made.folder, Exchange=settings)
    api, me = course_.api, get_username()
    done(api.release_assignment("toy"))
    monkeypatch.chdir(home)
    api.coursedir.assignment_id = "toy"
    api.exchange.FetchAssignment(coursedir=api.coursedir, authenticator=api.authenticator, parent=api).start()
    path = home / "toy" / "toy.ipynb"
    fetched = nbformat.read(path, as_version=4)
    nbformat.write(answered(fetched, softmax=RIGHT_SOFTMAX, double=RIGHT_DOUBLE), path)
    api.exchange.Submit(coursedir=api.coursedir, authenticator=api.authenticator, parent=api).start()
    monkeypatch.chdir(made.folder)
    done(api.collect("toy"))
    assert [folder.name for folder in (made.folder / "submitted").iterdir()] == [me]
    course_.autograde("toy")
    assert course_.score(me, "toy") == EVERYTHING
    course_.feedback(me, "toy")
    done(api.release_feedback("toy"))
    assert list((exchange / "course" / "feedback").glob("*.html"))
