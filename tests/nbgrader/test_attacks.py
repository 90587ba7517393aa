"""Attack ideas that get full marks on stock nbgrader, where tests run in the student's kernel, gain nothing here.

Each is submitted twice: to a course of stock nbgrader, where it must succeed (otherwise the test proves nothing), and
to one of ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.nbgrader import small
from tests.nbgrader.course import Course
from tests.nbgrader.small import EVERYTHING, RIGHT_DOUBLE, RIGHT_SOFTMAX, answered

NOTHING = """
def softmax(z):
    return np.zeros((1, 1))

def double(x):
    return np.zeros((1, 1))
"""

ATTACKS = {
    "comparisons that are always content": NOTHING
    + """
np.testing.assert_allclose = lambda *a, **k: None
np.allclose = lambda *a, **k: True
""",
    "answers that are close to everything": """
class Yes(np.ndarray):
    def __array_function__(self, function, types, args, kwargs):
        return np.array(True)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return np.zeros(self.shape, bool)

def softmax(z):
    return np.zeros(np.shape(z)).view(Yes)

double = softmax
""",
    "an expected value from the caller's frame": """
import sys

def softmax(z):
    return sys._getframe(1).f_globals.get("expected")

def double(x):
    return sys._getframe(1).f_globals.get("expected")
""",
    "code that is no longer run": NOTHING
    + """
async def run_code(*a, **k):
    return False

try:
    get_ipython().run_code = run_code
except NameError:
    pass
""",
    "cells that become empty": NOTHING
    + """
try:
    get_ipython().input_transformers_cleanup.append(lambda lines: ["pass"])
except NameError:
    pass
""",
    "asserts that are taken out": NOTHING
    + """
import ast

class Drop(ast.NodeTransformer):
    def visit_Expr(self, node):
        return ast.copy_location(ast.Pass(), node)

try:
    get_ipython().ast_transformers.append(Drop())
except NameError:
    pass
""",
    "a result before the error": NOTHING
    + """
try:
    get_ipython().events.register("pre_run_cell", lambda info: get_ipython().displayhook(True))
except NameError:
    pass
""",
}
"""What it does → the answer cell of the first part; the answer cell of the second part is left unchanged."""

STOCK_SETTINGS = "c = get_config()\nc.CourseDirectory.course_id = 'stock'\nc.Execute.timeout = 900\n"
STOCK_TESTS = {
    "softmax": """
expected = np.array([[0.5, 0.5]])
np.testing.assert_allclose(softmax(np.array([[0.0, 0.0]])), expected, atol=1e-6)
z = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 4.0]])
expected = np.exp(z) / np.exp(z).sum(-1, keepdims=True)
np.testing.assert_allclose(softmax(z), expected, atol=1e-6)
""",
    "double": """
expected = np.array([2.0, 6.0])
np.testing.assert_allclose(double(np.array([1.0, 3.0])), expected)
""",
}
POINTS = {"softmax": 12.0, "double": 7.0}


def stock(folder: Path) -> Course:
    """A course of stock nbgrader with the same exercise and its tests in cells."""
    source = [new_code_cell(small.SETUP)]
    for part, right in (("softmax", RIGHT_SOFTMAX), ("double", RIGHT_DOUBLE)):
        solution = f"### BEGIN SOLUTION\n{right}### END SOLUTION\n"
        source.append(_cell(solution, f"{part}-answer-1", solution=True, grade=False))
        source.append(_cell(STOCK_TESTS[part], part, solution=False, grade=True, locked=True, points=POINTS[part]))
    path = folder / "source/toy/toy.ipynb"
    path.parent.mkdir(parents=True)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=source, metadata={"kernelspec": kernel}), path)
    (folder / "nbgrader_config.py").write_text(STOCK_SETTINGS)
    return Course(folder)


def _cell(source: str, id: str, **marks: Any) -> Any:
    whole = {"schema_version": 3, "grade_id": id, "locked": False, "task": False, **marks}
    return new_code_cell(source, metadata={"nbgrader": whole})


def _hand_in_all(to: Course) -> None:
    for student, source in ATTACKS.items():
        to.hand_in(_id(student), "toy", answered(to.released("toy"), softmax=source))
    tagged = answered(to.released("toy"), softmax=NOTHING)
    for cell in tagged.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata["tags"] = ["skip-execution"]
    to.hand_in("skipped", "toy", tagged)
    to.hand_in("honest", "toy", answered(to.released("toy"), softmax=RIGHT_SOFTMAX, double=RIGHT_DOUBLE))
    to.hand_in("wrong", "toy", answered(to.released("toy"), softmax=NOTHING))


def _id(title: str) -> str:
    return title.replace(" ", "-").replace("'", "")


STUDENTS = [*map(_id, ATTACKS), "skipped"]


@pytest.mark.slow
def test_stock_nbgrader_falls_for_each(tmp_path: Path) -> None:
    made = stock(tmp_path / "stock")
    made.generate("toy")
    _hand_in_all(made)
    made.autograde("toy")
    assert {student: made.score(student, "toy") for student in STUDENTS} == dict.fromkeys(STUDENTS, EVERYTHING)
    assert made.score("honest", "toy") == EVERYTHING
    assert made.score("wrong", "toy") == 0


@pytest.mark.slow
def test_here_each_takes_nothing(made: Course) -> None:
    _hand_in_all(made)
    made.autograde("toy")
    assert {student: made.score(student, "toy") for student in STUDENTS} == dict.fromkeys(STUDENTS, 0)
    assert made.score("honest", "toy") == EVERYTHING
    assert made.score("wrong", "toy") == 0
