"""A function that does not end costs its limit once, not in every check."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.errors import LimitExceeded, NotAskedAgain
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.grading.slow import Slow
from tests import toy


def ask(slow: Slow, check: str, name: str, *, ends: bool, limit: str = "time", verb: str = "call") -> None:
    with slow.watching(check, verb, {"name": name}):
        if not ends:
            raise LimitExceeded(limit, "9 s", "8 s")  # pyright: ignore[reportArgumentType]


def test_a_function_that_never_returned_is_not_asked_again() -> None:
    slow = Slow()
    with pytest.raises(LimitExceeded):
        ask(slow, "training.losses", "train", ends=False)
    with pytest.raises(NotAskedAgain, match=r"^`train` ran past its time limit in training\.losses$"):
        ask(slow, "training.learns", "train", ends=True)
    with pytest.raises(NotAskedAgain):
        ask(slow, "gradients.moves", "train", ends=True, verb="gradient")
    ask(slow, "training.learns", "evaluate", ends=True)


def test_a_function_that_has_returned_may_run_past_the_limit_twice() -> None:
    """A right function may be slow for large inputs only."""
    slow = Slow()
    ask(slow, "training.losses", "train", ends=True)
    for check in ("training.learns", "training.curve"):
        with pytest.raises(LimitExceeded):
            ask(slow, check, "train", ends=False)
        if check == "training.learns":
            ask(slow, "training.seed", "train", ends=True)
    with pytest.raises(NotAskedAgain, match=r"training\.learns"):
        ask(slow, "training.seed", "train", ends=True)


@pytest.mark.parametrize(("limit", "verb"), [("memory", "call"), ("process", "method"), ("time", "forward")])
def test_other_failures_do_not_count(limit: str, verb: str) -> None:
    slow = Slow()
    for _ in range(3):
        with pytest.raises(LimitExceeded):
            ask(slow, "training.losses", "train", ends=False, limit=limit, verb=verb)


CHECKS = '''
from autograder import check, expect

for number in range(3):
    @check(f"part.{'abc'[number]}")
    def _(student):
        """endless() is 1"""
        expect.equal(student.endless(), 1, tried="endless()")

@check("part.other")
def _(student):
    """one() is 1"""
    expect.equal(student.one(), 1, tried="one()")
'''
SOURCE = """
def one():
    return 1

def endless():
    print("asked")
    while True:
        pass
"""


def test_an_endless_loop_costs_one_limit(zygotes: Zygotes, tmp_path: Path) -> None:
    points = {"part": {"a": 5.0, "b": 5.0, "c": 5.0, "other": 5.0}}
    exercise = toy.load(toy.project(tmp_path, CHECKS, points, limits="{seconds: 60, check_seconds: 1, memory_mb: 300}"))
    result = grader.grade(toy.handed_in(SOURCE), grader.Job(exercise, 1, zygotes.of))
    assert [check.status for check in result.checks] == ["failed", "skipped", "skipped", "passed"]
    assert result.checks[1].saw == "because `endless` ran past its time limit in part.a"
    assert result.output.count("asked") == 1
    assert result.score == 5
