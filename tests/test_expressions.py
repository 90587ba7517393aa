"""Typed formulas: parsed with a whitelist, and any of them is evaluated quickly."""

from __future__ import annotations

import contextlib
import math
from fractions import Fraction

import pytest

from shared import expressions

POINTS = [(Fraction(3, 7), Fraction(11, 5)), (Fraction(10**6), Fraction(1, 10**6))]
MAXIMISER = expressions.A / (expressions.A + expressions.B)


@pytest.mark.parametrize(
    "text",
    [
        "A/(A+B)",
        " A / (B + A) ",
        "(1 + B/A)**-1",
        "1/(1 + B*A**-1)",
        "1 - B/(A+B)",
        "0.5*A/(0.5*A + 0.5*B)",
        "-A/(-A - B)",
        "(A**2)**(1/2)/(A+B)",
        "(A**2 + A*B)/(A**2 + 2*A*B + B**2)",
        "A/(A+B) + 1e300*A - 1e300*A",
        "*".join(["A"] * 24) + "/(" + "*".join(["A"] * 23) + "*(A+B))",
    ],
)
def test_the_maximiser_in_many_forms(text: str) -> None:
    assert expressions.same(expressions.read(text), MAXIMISER, POINTS)


@pytest.mark.parametrize("text", ["B/(A+B)", "A/(A+B) + 1e-20", "A/B", "0.5", "(0-A)**0.5", "A/(A-A)", "(A-A)**-1"])
def test_other_formulas(text: str) -> None:
    assert not expressions.same(expressions.read(text), MAXIMISER, POINTS)


def test_values() -> None:
    assert expressions.value(expressions.read("A/(A+B)"), 3, 1) == 0.75
    assert math.isnan(expressions.value(expressions.read("A/(A-A)"), 3, 1))
    assert math.isnan(expressions.value(expressions.read("(0-A)**0.5"), 3, 1))
    assert expressions.value(expressions.read("(0-A)**3"), 2, 1) == -8


@pytest.mark.parametrize(
    "text",
    [
        "*".join(["A"] * 59),
        "/".join(["A"] * 59),
        "*".join(["(9**64)**64"] * 40),
        "(" * 58 + "A" + "**64)" * 58,
        "(" * 58 + "A" + "**0.9)" * 58,
        "(" * 29 + "9" + "**64)**0.99)" * 20,
        "9" * 490 + "*A",
        "1/" + "1" * 490,
    ],
)
def test_working_it_out_comes_to_an_end(text: str) -> None:
    with contextlib.suppress(expressions.Unreadable):
        expressions.value(expressions.read(text), 3, 1)


@pytest.mark.parametrize(
    "text",
    [
        "", "A/(A+B", "x", "D = A/(A+B)", "__import__('os').system('true')", "A if A else B", "A^2", "(" * 240 + "A" + ")" * 240,
        "A" + "+A" * 300, "A**B", "A**9**9", "True*A", "1e999*A", "A[0]", "A.real", "\x00A", "lambda: A", "A//B", "2**65",
    ],
)  # fmt: skip
def test_what_is_no_formula(text: str) -> None:
    with pytest.raises(expressions.Unreadable):
        expressions.read(text)
