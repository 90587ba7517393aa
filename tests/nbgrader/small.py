"""A small exercise with a solution and hidden checks, and the notebooks that students submit for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbformat.v4 import new_code_cell, new_notebook

from tests import toy

README = """\
# Toy

Two functions.

## `softmax` · Probabilities · 12 points

Write `softmax`.

## `double` · Twice · 8 points

Write `double`.

## `later` · Not yet · 0 points

Nothing to write.
"""

SOLUTION = '''\
# %%
FRAMEWORK = "torch"

import numpy as np

# %% part="softmax"
def softmax(z):
    """Probabilities, along the last axis."""
    ### BEGIN SOLUTION
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
    ### END SOLUTION

# %% part="double"
def double(x):
    """2x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% part="later"
### BEGIN SOLUTION
LATER = 1
### END SOLUTION
'''

VISIBLE = '''
import numpy as np
from autograder import check, expect, figures

@check("softmax.example")
def _(student):
    """Two equal numbers have equal probabilities"""
    answer = student.softmax(np.array([[0.0, 0.0]]))
    figures.lines("your probabilities", {"softmax": np.ravel(answer)})
    expect.close(
        answer, [[0.5, 0.5]], tried="softmax([[0, 0]])", mistakes={"You forgot the exponential.": [[0.0, 0.0]]}
    )

@check("double.of_three")
def _(student):
    """double(3) is 6"""
    expect.close(student.double(np.array([3.0])), [6.0], tried="double([3])", cause="Multiply by 2.")

@check("later.all", deferred="not graded yet")
def _(student):
    """Later"""
'''

HIDDEN = '''
import numpy as np
from autograder import check, expect

THE_SECRET_OF_THE_SOURCE = 1

@check("softmax.sums")
def _(student, draw):
    """The probabilities sum to one"""
    z = draw.normal(3, 5)
    expect.close(student.softmax(z).sum(-1), np.ones(3), tried="the sums of three rows of probabilities",
                 cause="Divide by the sum of the row.", expected="the-expected-value-of-a-hidden-check")

@check("softmax.values")
def _(student, reference, draw):
    """Right for any numbers"""
    z = draw.normal(2, 4)
    expect.close(student.softmax(z), reference.softmax(z), tried="softmax of drawn numbers")

@check("double.any")
def _(student, draw):
    """double(x) is 2x"""
    x = draw.normal(4)
    expect.close(student.double(x), 2 * x, tried="double of 4 drawn numbers")
'''

POINTS = {
    "softmax": {"example": 2.5, "sums": 4.25, "values": 5.25},
    "double": {"of_three": 3.0, "any": 4.0},
    "later": {"all": 1.0},
}
EVERYTHING = 19.0
"""Without the point for `later`, which is deferred."""


def project(folder: Path, **changes: Any) -> Path:
    """Create the project and return the path of its grading.yml."""
    given: dict[str, Any] = {
        "points": POINTS,
        "hidden": HIDDEN,
        "solutions": {"toy_torch.py": SOLUTION, "toy_keras.py": SOLUTION.replace('"torch"', '"keras"')},
    }
    toy.project(folder, VISIBLE, **{**given, **changes})
    toy.write(folder / "assignments" / "toy" / "README.md", README)
    return folder / "grading.yml"


RIGHT_SOFTMAX = """\
def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
"""
RIGHT_DOUBLE = """\
def double(x):
    return x + x
"""
SETUP = 'FRAMEWORK = "torch"\nimport numpy as np\n'


def notebook(*sources: str, setup: str = SETUP) -> Any:
    """A notebook without any nbgrader metadata."""
    return new_notebook(cells=[new_code_cell(source) for source in (setup, *sources)])


def right() -> Any:
    return notebook(RIGHT_SOFTMAX, RIGHT_DOUBLE)


def answered(released: Any, **sources: str) -> Any:
    """The released notebook with answers: part → source of its answer cell."""
    for cell in released.cells:
        id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        part = id.partition("-answer-")[0]
        if id != part and part in sources:
            cell.source = sources[part]
    return released


def grade_cell(released: Any, part: str) -> Any:
    return next(cell for cell in released.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == part)
