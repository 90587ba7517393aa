"""What several checks of one grading use is computed by the first that asks, with draws of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.authoring.challenges import Draw, Once
from autograder.authoring.exercise import Exercise
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from tests import toy

ASKED = '''
from autograder import check, expect

def doubled(student, once):
    def compute(draw):
        x = draw.normal(3)
        return x, student.double(x)

    x, y = once("doubled", compute)
    expect.at_most(float(x[0]), 100, what="the first of the numbers drawn", tried="double")
    return x, y

@check("part.first")
def _(student, once):
    """double(x) is 2x"""
    x, y = doubled(student, once)
    expect.close(y, 2 * x, tried="double of 3 numbers")

@check("part.second")
def _(student, once):
    """double(x) is not x"""
    x, y = doubled(student, once)
    expect.differ(y, x, tried="double of 3 numbers", by=0)

@check("other.third")
def _(student):
    """three() is 3"""
    expect.equal(student.three(), 3, tried="three()")
'''
SAYS = toy.RIGHT.replace("def double(x):\n", "def double(x):\n    print('doubling')\n")


@pytest.fixture
def exercise(tmp_path: Path) -> Exercise:
    return toy.load(toy.project(tmp_path, checks=ASKED))


def test_the_student_is_asked_once(exercise: Exercise, zygotes: Zygotes) -> None:
    result = grader.grade(toy.handed_in(SAYS), grader.Job(exercise, 1, zygotes.of))
    assert [check.status for check in result.checks] == ["passed"] * 3
    assert result.output.count("doubling") == 1


def test_a_check_by_itself_has_the_same_draws(exercise: Exercise, zygotes: Zygotes) -> None:
    results = [
        grader.grade(toy.handed_in(SAYS), grader.Job(exercise, 1, zygotes.of, only=only))
        for only in (None, ["part.second"])
    ]
    numbers = {check.id: check.measured[0].value for result in results for check in result.checks if check.measured}
    assert [result.output.count("doubling") for result in results] == [1, 1]
    assert numbers["part.first"] == numbers["part.second"]


def test_another_submission_is_asked_again(exercise: Exercise, zygotes: Zygotes) -> None:
    job = grader.Job(exercise, 1, zygotes.of)
    assert grader.grade(toy.handed_in(SAYS), job).checks[0].status == "passed"
    wrong = SAYS.replace("2 * x", "x")
    assert [check.status for check in grader.grade(toy.handed_in(wrong), job).checks[:2]] == ["failed", "failed"]


def test_what_fails_is_tried_again() -> None:
    once = Once(1, "toy")

    def compute(draw: Draw) -> float:
        if attempts.pop():
            raise ValueError
        return draw.seed()

    attempts = [False, True]
    with pytest.raises(ValueError):
        once("seed", compute)
    assert once("seed", compute) == once("seed", compute) == Draw(1, "toy", "seed").seed()
    assert not attempts
