"""Checks of few steps are run eagerly first, and traced only if they fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.results.form import CheckResult
from tests import catalogue, toy

CHECKS = """
import numpy as np
from autograder import check, expect

@check("part.few", few_steps=True)
def _(student):
    \"\"\"double(x) is 2x\"\"\"
    doubled = student.double(np.ones(3))
    expect.at_most(float(np.ptp(doubled)), 0.1, tried="double of ones", what="a spread", cause="Double each number.")
    expect.close(doubled, 2 * np.ones(3), tried="double of ones", cause="Double it.")

@check("part.next")
def _(student):
    \"\"\"eager() is False\"\"\"
    expect.equal(student.eager(), False, tried="eager()")
"""
SOURCE = """
FRAMEWORK = "keras"
import tensorflow as tf

@tf.function
def traced(x):
    {line}
    return x + x

def double(x):
    print("asked")
    return traced(tf.constant(x))

def eager():
    return bool(tf.function(lambda: tf.executing_eagerly())())
"""


@pytest.fixture
def graded(zygotes: Zygotes, tmp_path: Path):
    toy.project(tmp_path, CHECKS, {"part": {"few": 5.0, "next": 5.0}}, limits="{memory_mb: 1500}")

    def grade(line: str) -> dict[str, CheckResult]:
        file = toy.handed_in(SOURCE.format(line=line), "keras")
        return catalogue.by_id(grader.grade(file, grader.Job(toy.load(tmp_path), 1, zygotes.of)))

    return grade


def test_what_passes_eagerly_is_not_traced(graded) -> None:
    checks = graded("assert tf.executing_eagerly()")
    assert {id: check.status for id, check in checks.items()} == {"part.few": "passed", "part.next": "passed"}
    assert [each.what for each in checks["part.few"].measured] == ["a spread"]


@pytest.mark.parametrize("line", ["assert not tf.executing_eagerly()", "x = x * (5 if tf.executing_eagerly() else 1)"])
def test_what_works_only_when_traced_is_right(graded, line: str) -> None:
    few = graded(line)["part.few"]
    assert (few.status, [each.what for each in few.measured]) == ("passed", ["a spread"])


@pytest.mark.parametrize(("line", "saw"), [("x = 3 * x", "6"), ('raise ValueError("odd")', "odd")])
def test_what_is_wrong_both_ways_fails(graded, line: str, saw: str) -> None:
    few = graded(line)["part.few"]
    assert (few.status, few.printed.strip()) == ("failed", "asked")
    assert saw in few.saw
