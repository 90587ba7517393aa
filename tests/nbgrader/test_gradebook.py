"""The gradebook: manual scores, extra credit, late penalties, ungradable submissions, and inconsistent points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from nbgrader.plugins import LateSubmissionPlugin

from tests import toy
from tests.nbgrader import course, small
from tests.nbgrader.course import Course
from tests.nbgrader.small import EVERYTHING, RIGHT_DOUBLE, RIGHT_SOFTMAX, answered, notebook

pytestmark = pytest.mark.slow

WRONG = "def softmax(z):\n    return z\n"
OUR_OWN_BUG = "\n@check('double.any')\ndef _(student):\n    '''double(x) is 2x'''\n    raise KeyError('our own bug')\n"


class HalfOff(LateSubmissionPlugin):
    """A course's own late penalty."""

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        return score / 2


def _grade(book: Any, part: str, student: str = "ada") -> Any:
    return book.find_grade(part, "toy", "toy", student)


def test_people_have_the_last_word(made: Course) -> None:
    """Manual scores and extra credit survive every regrading; nbgrader then requests another manual review."""
    made.hand_in("ada", "toy", notebook(WRONG, RIGHT_DOUBLE))
    made.autograde("toy")
    assert made.score("ada", "toy") == 7
    with made.gradebook() as book:
        grade = _grade(book, "softmax")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 5.5, 1.5, False
        book.find_comment("softmax-answer-1", "toy", "toy", "ada").manual_comment = "Nearly."
        book.db.commit()
    assert made.score("ada", "toy") == 14
    made.hand_in("ada", "toy", small.right())
    made.autograde("toy")
    assert made.score("ada", "toy") == 14
    assert made.parts("ada", "toy") == {"softmax": (12.0, True), "double": (7.0, False), "later": (0.0, False)}
    assert "Nearly." in made.feedback("ada", "toy") or "softmax-answer-1" not in made.feedback("ada", "toy")
    with made.gradebook() as book:
        grade = _grade(book, "softmax")
        assert (grade.manual_score, grade.extra_credit) == (5.5, 1.5)
        assert book.find_comment("softmax-answer-1", "toy", "toy", "ada").manual_comment == "Nearly."


def test_late_submissions_are_penalised_by_the_course_s_rule(made: Course) -> None:
    with made.gradebook() as book:
        book.update_or_create_assignment("toy", duedate="2026-11-01 12:00:00 UTC")
    for student, time in {"early": "2026-11-01 11:59:59 UTC", "late": "2026-11-01 12:00:01 UTC"}.items():
        path = made.hand_in(student, "toy", small.right())
        (path.parent / "timestamp.txt").write_text(time)
    ruled = Course(made.folder, AssignLatePenalties={"plugin_class": HalfOff})
    ruled.autograde("toy")
    with made.gradebook() as book:
        penalties = {name: book.find_submission("toy", name).late_submission_penalty for name in ("early", "late")}
        scores = {name: book.find_submission("toy", name).score for name in ("early", "late")}
    assert penalties == {"early": 0, "late": EVERYTHING / 2}
    assert scores == {"early": EVERYTHING, "late": EVERYTHING}
    assert "Score: 9.5 / 19.0" in made.feedback("late", "toy")


def test_where_the_grader_fails_nobody_is_scored(made: Course, tmp_path: Path) -> None:
    """A bug in a check: submissions need manual grading, even with an earlier score, until a rerun after the fix."""
    made.hand_in("ada", "toy", answered(made.released("toy"), softmax=RIGHT_SOFTMAX, double=RIGHT_DOUBLE))
    made.autograde("toy")
    assert made.score("ada", "toy") == EVERYTHING
    checks = tmp_path / "project/solutions/toy/checks.py"
    right = checks.read_text()
    toy.write(checks, right[: right.index('@check("double.any")')] + OUR_OWN_BUG)
    made.hand_in("bob", "toy", made.released("toy"))
    said = made.try_autograde("toy")
    assert "toy by ada was not graded" in said["log"] and "our own bug" in said["log"]
    for student in ("ada", "bob"):
        assert made.parts(student, "toy") == dict.fromkeys(small.POINTS, (None, True))
        states = {each["student"]: each for each in made.api.get_submissions("toy")}
        assert states[student]["needs_manual_grade"] and states[student]["autograded"]
        assert "The grader failed" in made.feedback(student, "toy")
    checks.write_text(right)
    made.autograde("toy")
    assert made.score("ada", "toy") == EVERYTHING
    assert made.parts("bob", "toy") == dict.fromkeys(small.POINTS, (0.0, False))


def test_points_that_changed_are_refused_until_the_gradebook_knows_them(made: Course, tmp_path: Path) -> None:
    made.hand_in("ada", "toy", small.right())
    small.project(tmp_path / "project", points={**small.POINTS, "double": {"of_three": 2.0, "any": 5.0}})
    made.autograde("toy")
    assert made.score("ada", "toy") == EVERYTHING
    small.project(
        tmp_path / "project",
        points={
            "softmax": {"example": 2.5, "sums": 4.25, "values": 4.25},
            "double": {"of_three": 3.0, "any": 5.0},
            "later": {"all": 1.0},
        },
    )
    said = made.try_autograde("toy")
    assert not said["success"]
    assert "the part double has 8 points in grading.yml but 7 in the gradebook" in said["log"]
    assert "Traceback" not in said["log"]
    assert made.parts("ada", "toy") == dict.fromkeys(small.POINTS, (None, True))
    course.init(made.folder, tmp_path / "project/grading.yml", "--force")
    made.generate("toy")
    made.autograde("toy")
    assert made.score("ada", "toy") == EVERYTHING
    assert made.parts("ada", "toy")["double"] == (8.0, False)


def test_an_instructor_s_own_cells_are_left_to_people(made: Course) -> None:
    """A free-text question works as usual; a test cell that is never run does not give full marks."""
    import nbformat

    path = made.folder / "source/toy/toy.ipynb"
    source = nbformat.read(path, as_version=4)

    def marks(id: str, **kind: Any) -> dict[str, Any]:
        none = {"grade": True, "solution": False, "locked": False, "task": False}
        return {"nbgrader": {"schema_version": 3, "grade_id": id, "points": 3, **none, **kind}}

    source.cells += [
        nbformat.v4.new_markdown_cell("The model answer.", metadata=marks("words", solution=True)),
        nbformat.v4.new_code_cell("assert True", metadata=marks("own-test", locked=True)),
    ]
    nbformat.write(source, path)
    released = made.generate("toy")
    assert not any("model answer" in cell.source for cell in released.cells)
    mine = answered(released, softmax=RIGHT_SOFTMAX, double=RIGHT_DOUBLE)
    next(cell for cell in mine.cells if "YOUR ANSWER HERE" in cell.source).source = "My words."
    made.hand_in("ada", "toy", mine)
    made.autograde("toy")
    parts = made.parts("ada", "toy")
    assert parts["words"] == parts["own-test"] == (None, True)
    assert made.score("ada", "toy") == EVERYTHING


def test_marks_of_students_count_for_nothing(made: Course) -> None:
    """Copied, split, deleted, foreign and forged cells: right answers keep their points; other scores do not change."""
    right = {"softmax": RIGHT_SOFTMAX, "double": RIGHT_DOUBLE}

    doubled = answered(made.released("toy"), **right)
    doubled.cells += [cell.copy() for cell in doubled.cells if "nbgrader" in cell.metadata]
    for number, cell in enumerate(doubled.cells):
        cell["id"] = f"cell-{number}"
    made.hand_in("doubled", "toy", doubled)

    deleted = answered(made.released("toy"), **right)
    deleted.cells = [cell for cell in deleted.cells if not cell.metadata.get("nbgrader", {}).get("grade")]
    made.hand_in("deleted", "toy", deleted)

    foreign = answered(made.released("toy"), **right)
    for cell in foreign.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader["grade_id"] += "-of-another-course"
            cell.metadata.nbgrader["schema_version"] = 99
    made.hand_in("foreign", "toy", foreign)

    forged = made.released("toy")
    for cell in forged.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.update(points=100, solution=True, grade=True, locked=False, task=False)
            cell.source = "100"
            cell.metadata["tags"] = []
    made.hand_in("forged", "toy", forged)

    strange = made.released("toy")
    for cell in strange.cells:
        cell.metadata["nbgrader"] = ["no", "mapping"]
    made.hand_in("strange", "toy", strange)

    older = answered(made.released("toy"), **right)
    older.nbformat_minor = 4
    for cell in older.cells:
        cell.pop("id", None)
    older.cells = [cell for cell in older.cells if not cell.metadata.get("nbgrader", {}).get("grade")]
    made.hand_in("older", "toy", older)

    made.autograde("toy")
    scores = {name: made.score(name, "toy") for name in ("doubled", "deleted", "foreign", "forged", "strange", "older")}
    assert scores == {
        "doubled": EVERYTHING,
        "deleted": EVERYTHING,
        "foreign": EVERYTHING,
        "forged": 0,
        "strange": 0,
        "older": EVERYTHING,
    }


def test_a_link_to_the_solution_is_nothing(made: Course) -> None:
    made.hand_in("ada", "toy", small.right())
    path = made.folder / "submitted/eve/toy/toy.ipynb"
    path.parent.mkdir(parents=True)
    path.symlink_to(made.folder / "source/toy/toy.ipynb")
    made.autograde("toy")
    assert made.score("ada", "toy") == EVERYTHING
    assert made.score("eve", "toy") == 0
    assert "is a link to another location" in made.feedback("eve", "toy")


def test_what_is_no_notebook_stops_nobody_else(made: Course) -> None:
    """nbgrader itself cannot read these files; it reports each, and they have no score."""
    made.hand_in("ada", "toy", small.right())
    made.hand_in("empty", "toy", b"")
    made.hand_in("page", "toy", b"<html>Sign in</html>")
    said = made.try_autograde("toy")
    assert not said["success"]
    assert "NotJSONError" in said["log"]
    assert made.score("ada", "toy") == EVERYTHING
    for student in ("empty", "page"):
        assert f"error processing assignment 'toy' for student '{student}'" in said["log"]
        assert {score for score, _ in made.parts(student, "toy").values()} == {None}


def test_a_part_that_cannot_be_graded_here_waits_for_a_person(made: Course, tmp_path: Path) -> None:
    """A check that discovers while running that it cannot run here costs no points without a manual review."""
    checks = tmp_path / "project/solutions/toy/checks.py"
    asks = "\n\nfrom autograder.errors import Deferred\n\n@check('double.any')\ndef _(student):\n"
    checks.write_text(
        checks.read_text().split('@check("double.any")')[0] + asks + "    '''2x'''\n    raise Deferred('needs a GPU')\n"
    )
    made.hand_in("ada", "toy", small.right())
    made.autograde("toy")
    assert made.parts("ada", "toy") == {"softmax": (12.0, False), "double": (3.0, True), "later": (0.0, False)}
