"""How nbgrader 0.9.6 interprets a grade cell's outputs, and that this does not affect any score here.

Each fact is tested twice: with nbgrader's own `determine_grade`, which detects a new version that changes it, and in a
course of ours, where it is harmless.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_output
from nbgrader.utils import determine_grade

from tests.nbgrader import course, small
from tests.nbgrader.course import Course
from tests.nbgrader.small import EVERYTHING, RIGHT_DOUBLE, RIGHT_SOFTMAX, answered, grade_cell, notebook


def _graded_cell(*outputs: Any) -> Any:
    marks = {
        "grade": True,
        "solution": False,
        "locked": True,
        "points": 12.0,
        "grade_id": "softmax",
        "schema_version": 3,
    }
    return new_code_cell("", metadata={"nbgrader": marks}, outputs=list(outputs))


def _result(text: str) -> Any:
    return new_output("execute_result", {"text/plain": text})


def _printed(name: str) -> Any:
    return new_output("stream", name=name, text="a warning")


FORGED: dict[str, list[Any]] = {
    "nothing": [],
    "true": [_result("True")],
    "numpy": [_result("np.float64(3.0)")],
    "nan": [_result("nan")],
    "negative": [_result("-1")],
    "twelve": [_result("12.0")],
    "twice": [_result("12.0"), _result("0.0")],
}
"""Outputs that give full marks in stock nbgrader."""


@pytest.mark.parametrize("outputs", FORGED.values(), ids=FORGED)
def test_fact_full_marks(outputs: list[Any]) -> None:
    score, maximum = determine_grade(_graded_cell(*outputs))
    assert maximum == 12
    assert score == 12 or math.isnan(score or 0)


def test_fact_an_error_or_any_text_on_stderr_is_nothing() -> None:
    error = new_output("error", ename="E", evalue="", traceback=[])
    assert determine_grade(_graded_cell(error)) == (0, 12)
    assert determine_grade(_graded_cell(_printed("stderr"), _result("12.0"))) == (0, 12)
    assert determine_grade(_graded_cell(_printed("stdout"), _result("3.5"), _result("12.0"))) == (3.5, 12)


def test_fact_more_than_the_maximum_fails_the_submission() -> None:
    with pytest.raises(ValueError, match="greater than maximum"):
        determine_grade(_graded_cell(_result("99")))


@pytest.fixture(scope="module")
def graded(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Students who use these facts, graded in one run."""
    made = course.copy(pristine, tmp_path_factory.mktemp("facts"))
    for name, outputs in {**FORGED, "too-much": [_result("99")]}.items():
        forged = made.released("toy")
        for part in small.POINTS:
            grade_cell(forged, part).outputs = outputs
        made.hand_in(f"forged-{name}", "toy", forged)

    tagged = made.released("toy")
    for cell in tagged.cells:
        cell.metadata["tags"] = [*cell.metadata.get("tags", []), "skip-execution"]
    made.hand_in("tagged", "toy", tagged)
    right = answered(made.released("toy"), softmax=RIGHT_SOFTMAX, double=RIGHT_DOUBLE)
    for cell in right.cells:
        cell.metadata["tags"] = [*cell.metadata.get("tags", []), "skip-execution"]
    made.hand_in("right-tagged", "toy", right)

    loud = 'import sys, warnings\nprint("to stderr", file=sys.stderr)\nwarnings.warn("hm")\n'
    made.hand_in("right-loud", "toy", answered(made.released("toy"), softmax=loud + RIGHT_SOFTMAX, double=RIGHT_DOUBLE))
    made.hand_in("right-then-error", "toy", notebook(RIGHT_SOFTMAX, RIGHT_DOUBLE, "1 / 0", "99", "True"))
    dying = "import os\n\ndef double(x):\n    os._exit(0)\n"
    made.hand_in("dying-in-the-second-part", "toy", answered(made.released("toy"), softmax=RIGHT_SOFTMAX, double=dying))
    made.hand_in("blank", "toy", made.released("toy"))
    made.autograde("toy")
    return made


SCORES = {
    **{f"forged-{name}": 0.0 for name in (*FORGED, "too-much")},
    "tagged": 0.0,
    "right-tagged": EVERYTHING,
    "right-loud": EVERYTHING,
    "right-then-error": EVERYTHING,
    "dying-in-the-second-part": 12.0,
    "blank": 0.0,
}


@pytest.mark.slow
@pytest.mark.xdist_group("nbgrader-facts")
@pytest.mark.parametrize("student", SCORES)
def test_harmless(graded: Course, student: str) -> None:
    assert graded.score(student, "toy") == SCORES[student]
    assert all(score is not None and not person for score, person in graded.parts(student, "toy").values())


@pytest.mark.slow
@pytest.mark.xdist_group("nbgrader-facts")
@pytest.mark.parametrize("student", SCORES)
def test_what_a_cell_shows_is_what_the_gradebook_has(graded: Course, student: str) -> None:
    """One plain, finite float from 0 to the maximum; no error, nothing on stderr."""
    autograded = graded.autograded(student, "toy")
    for part, (score, _) in graded.parts(student, "toy").items():
        cell = grade_cell(autograded, part)
        (text,) = [each.data["text/plain"] for each in cell.outputs if each.output_type == "execute_result"]
        assert repr(float(text)) == text
        assert 0 <= float(text) <= cell.metadata.nbgrader.points
        assert {each.output_type for each in cell.outputs} <= {"display_data", "execute_result"}
        assert determine_grade(cell) == (score, cell.metadata.nbgrader.points)


@pytest.mark.slow
@pytest.mark.xdist_group("nbgrader-facts")
def test_no_execute_changes_nothing(graded: Course) -> None:
    """With `--no-execute`, stock nbgrader gives a blank notebook full marks and accepts forged outputs."""
    switched = Course(graded.folder, Execute={"enabled": False}, ClearOutput={"enabled": False})
    switched.autograde("toy")
    assert {student: switched.score(student, "toy") for student in SCORES} == SCORES
