"""Code as tokens: what a copy can change without changing them, and what it cannot."""

from __future__ import annotations

import pytest

from autograder.similarity.tokens import MOST_CHARACTERS, MOST_STATEMENTS, Statement, defined, statements

PLAIN = """
import numpy as np
from torch import nn

def encode(text, size):
    rows = np.zeros((len(text), size))
    for place, sign in enumerate(text):
        rows[place, ord(sign)] = 1.0
    return rows

class Net(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.layer = nn.Linear(size, 3, bias=False)

    def forward(self, x):
        return nn.functional.softmax(self.layer(x), dim=1)
"""
SAME = {
    "names": PLAIN.replace("rows", "r").replace("place", "i").replace("sign", "c").replace("layer", "dense"),
    "a function's name": PLAIN.replace("encode", "to_rows").replace("Net", "Model"),
    "numbers": PLAIN.replace("1.0", "1").replace("3", "7"),
    "comments": PLAIN.replace("    rows =", "    # the rows\n    rows ="),
    "a docstring": PLAIN.replace("size):\n    rows", 'size):\n    """Encode."""\n    rows'),
    "annotations": PLAIN.replace("(text, size)", "(text: str, size: int = 5) -> np.ndarray").replace(" = 5", ""),
    "brackets": PLAIN.replace("np.zeros((len(text), size))", "(np.zeros(((len(text)), (size),)))"),
    "line breaks": PLAIN.replace("size, 3, ", "\n            size,\n            3,\n            "),
    "indentation": PLAIN.replace("    ", "\t"),
    "an import": PLAIN.replace("import numpy as np", "import numpy").replace("np.", "numpy."),
    "another import": PLAIN.replace("nn.functional.softmax", "F.softmax").replace(
        "from torch import nn", "from torch import nn\nimport torch.nn.functional as F"
    ),
    "a longer assignment": PLAIN.replace("rows[place, ord(sign)] = 1.0", "rows[place, ord(sign)] = 1.0; pass"),
}


def tokens(source: str, given: frozenset[str] = frozenset()) -> list[tuple[str, ...]]:
    return [statement.tokens for statement in statements([("cell 1", source)], given)]


@pytest.mark.parametrize("changed", SAME)
def test_what_a_copy_changes_easily_changes_no_token(changed: str) -> None:
    assert SAME[changed] != PLAIN
    assert tokens(SAME[changed]) == tokens(PLAIN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("softmax", "sigmoid"),
        ("enumerate", "zip"),
        ("np.zeros", "np.ones"),
        ("bias=", "dtype="),
        ("return rows", "pass"),
    ],
)
def test_what_the_program_does_is_in_its_tokens(old: str, new: str) -> None:
    assert tokens(PLAIN.replace(old, new)) != tokens(PLAIN)


def test_names_that_the_exercise_gives_stay() -> None:
    cells = [("cell 1", PLAIN)]
    assert defined(cells) == {"encode", "Net", "__init__", "forward"}
    assert ("def", "encode", "V", "V") in tokens(PLAIN, frozenset({"encode"}))
    assert tokens("x += 1") == tokens("total = total + 2")


def test_lines_are_those_of_the_file() -> None:
    source = "\n\ndef f(x):\n    # a comment\n    if x:\n        return (x +\n            1)\n    return 2\n"
    found = statements([("cell 1", "a = 1"), ("cell 2", source)])
    assert [(each.cell, each.first, each.last) for each in found] == [
        (0, 1, 1), (1, 3, 4), (1, 5, 5), (1, 6, 7), (1, 8, 8),
    ]  # fmt: skip


def test_what_is_not_python_costs_only_itself() -> None:
    broken = PLAIN.replace("return rows", "return rows rows(") + "\n%matplotlib inline\n!pip install x\n"
    whole = tokens(PLAIN)
    found = tokens(broken)
    assert [each for each in whole if each[0] == "class"] == [each for each in found if each[0] == "class"]
    assert len(set(whole) & set(found)) >= 5
    # The words of the broken function are there, line by line.
    words = next(each for each in found if "for" in each)
    assert words == ("for", "V", "V", "in", "enumerate", "V")


def test_magic_lines_are_left_out() -> None:
    assert tokens("%matplotlib inline\n!pip install torch\n?print\n" + PLAIN) == tokens(PLAIN)


@pytest.mark.parametrize(
    "source",
    ["x = " + "1 + " * 20_000 + "1", "(" * 5_000, "x = 1\n" * 60_000, "\x00", "'''", "def f(:\n" * 500, "\ud800 = 1"],
    ids=["deep", "open", "long", "null", "quotes", "broken", "surrogate"],
)
def test_hostile_code_is_bounded(source: str) -> None:
    found: list[Statement] = statements([("cell 1", source)])
    assert len(found) <= MOST_STATEMENTS
    assert all(len(each.tokens) <= 100_000 for each in found)


def test_many_cells_are_bounded() -> None:
    assert len(statements([("cell", "x = 1 + 2")] * 2_000)) == 2_000
    assert len(statements([("cell", "x = 1 + 2\n" + "# comment " * 5_000)] * 2_000)) == MOST_CHARACTERS // 50_009
