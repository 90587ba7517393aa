"""What the feedback page and the autograded notebook show, to whom, and what they do not reveal."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_output

from tests.nbgrader import course, small
from tests.nbgrader.course import Course
from tests.nbgrader.small import RIGHT_DOUBLE, RIGHT_SOFTMAX, answered, notebook
from tests.pages import sample

PNG = b"\x89PNG\r\n"
PLOT = base64.b64encode(sample.png(8, 4)).decode()

HOSTILE = """\
print("<script>alert('printed')</script>")

def softmax(z):
    raise ValueError("<img src=x onerror=alert('raised')>")
"""


@pytest.fixture(scope="module")
def graded(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Course:
    made = course.copy(pristine, tmp_path_factory.mktemp("feedback"))
    made.hand_in(
        "raw", "toy", answered(made.released("toy"), softmax="def softmax(z):\n    return z\n", double=RIGHT_DOUBLE)
    )
    unnormed = "def softmax(z):\n    return np.exp(z) / np.exp(z).sum(-1).max() / 1.0\n"
    made.hand_in("unnormed", "toy", answered(made.released("toy"), softmax=unnormed, double=RIGHT_DOUBLE))
    made.hand_in("hostile", "toy", notebook(HOSTILE, "broken(", RIGHT_DOUBLE))
    made.hand_in("bare", "toy", notebook(RIGHT_SOFTMAX, "def double(x):\n    return x\n"))
    made.hand_in("plotted", "toy", _plotted(made))
    made.autograde("toy")
    return made


def _plotted(made: Course) -> Any:
    """A notebook whose cells show a plot, text, and what must not be kept."""
    file = answered(made.released("toy"), softmax=RIGHT_SOFTMAX, double="def double(x):\n    return x\n")
    forged = new_output("display_data", {"text/html": "<b>forged</b>", "image/svg+xml": "<svg>forged</svg>"})
    figure = {"image/png": PLOT, "text/plain": "<Figure size 640x480>", "application/javascript": "forged()"}
    shown = [
        new_output("stream", name="stdout", text="epoch 1"),
        new_output("execute_result", figure),
        forged,
        new_output("display_data", {"image/png": base64.b64encode(b"<svg>forged</svg>").decode()}),
        new_output("error", ename="ValueError", evalue="wrong", traceback=["forged"]),
    ]
    file.cells.append(new_code_cell("plot = 1", outputs=shown))
    for part in small.POINTS:
        small.grade_cell(file, part).outputs = [new_output("execute_result", {"text/plain": "12.0"}), forged]
    return file


@pytest.mark.slow
@pytest.mark.xdist_group("nbgrader-feedback")
def test_the_five_sentences(graded: Course) -> None:
    page = graded.feedback("raw", "toy")
    for said in (
        "softmax([[0, 0]])",
        "[0.5, 0.5]",
        "You forgot the exponential.",
        "README, part <code",
        ">softmax</code>",
        "Two equal numbers have equal probabilities",
        "7 of 19 points",
        "0 of 12 points",
        "7 of 7 points",
    ):
        assert said in page, said
    for name in ("tried", "saw", "expected", "likely", "read"):
        assert f">{name}<" in page


@pytest.mark.slow
@pytest.mark.xdist_group("nbgrader-feedback")
def test_pictures(graded: Course) -> None:
    cells = [cell for cell in graded.autograded("raw", "toy").cells if cell.cell_type == "code"]
    pictures = [
        output.data["image/png"]
        for cell in cells
        for output in cell.outputs
        if output.output_type == "display_data" and "image/png" in output.data
    ]
    assert len(pictures) == 1
    assert base64.b64decode(pictures[0]).startswith(PNG)
    page = graded.feedback("raw", "toy")
    assert pictures[0].replace("\n", "") in page.replace("\n", "")


@pytest.mark.slow
@pytest.mark.xdist_group("nbgrader-feedback")
def test_hidden_checks_keep_source_and_expected_values(graded: Course) -> None:
    page = graded.feedback("unnormed", "toy")
    assert "The probabilities sum to one" in page
    assert "Divide by the sum of the row." in page
    written = page + (graded.folder / "autograded/unnormed/toy/toy.ipynb").read_text(encoding="utf-8")
    assert "the-expected-value-of-a-hidden-check" not in written
    assert "THE_SECRET_OF_THE_SOURCE" not in written
    # The instructor sees everything.
    assert "the-expected-value-of-a-hidden-check" in (graded.folder / "results/unnormed/toy.json").read_text()
    for folder in ("autograded", "feedback", "release"):
        assert not list((graded.folder / folder).rglob("*.json"))
        assert not list((graded.folder / folder).rglob("checks.py"))


@pytest.mark.slow
@pytest.mark.xdist_group("nbgrader-feedback")
def test_what_a_student_wrote_is_text(graded: Course) -> None:
    page = graded.feedback("hostile", "toy")
    assert "&lt;img src=x onerror=alert('raised')&gt;" in page
    assert "<img src=x" not in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert "cell 3, line 1 raised SyntaxError" in page


@pytest.mark.slow
@pytest.mark.xdist_group("nbgrader-feedback")
def test_text_and_pictures_of_students_stay_and_nothing_else(graded: Course) -> None:
    cells = graded.autograded("plotted", "toy").cells
    (plot,) = [cell for cell in cells if cell.cell_type == "code" and "plot" in cell.source]
    assert [output.output_type for output in plot.outputs] == ["stream", "display_data", "stream"]
    assert plot.outputs[0].text == "epoch 1"
    assert plot.outputs[1].data == {"image/png": PLOT, "text/plain": "<Figure size 640x480>"}
    assert plot.outputs[2].text == "ValueError: wrong"
    text = (graded.folder / "autograded/plotted/toy/toy.ipynb").read_text(encoding="utf-8")
    assert "forged" not in text
    page = graded.feedback("plotted", "toy")
    assert PLOT in page.replace("\n", "")
    assert "forged" not in page
    assert graded.score("plotted", "toy") == 12, "outputs are worth nothing"


@pytest.mark.slow
@pytest.mark.xdist_group("nbgrader-feedback")
def test_a_notebook_without_grade_cells_gets_them(graded: Course) -> None:
    page = graded.feedback("bare", "toy")
    for part in small.POINTS:
        assert f"<code>{part}</code>" in page
    assert "Score: 12.0 / 19.0" in page
    assert graded.score("bare", "toy") == 12
