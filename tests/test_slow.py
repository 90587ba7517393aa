"""A function that does not end costs its limit once, not in every check."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.errors import LimitExceeded, NotAskedAgain
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.grading.slow import Slow
from tests import toy


def ask(slow: Slow, check: str, name: str, *, ends: bool, limit: str = "time", verb: str = "call") -> bool:
    """Whether the function was suspected."""
    with slow.watching(check, verb, {"name": name}) as suspected:
        if not ends:
            raise LimitExceeded(limit, "9 s", "8 s")  # pyright: ignore[reportArgumentType]
    return suspected


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


CALLS = [("a", "def noise(): pass\ndef step(): noise()\ndef fit(): step()\ndef evaluate(): pass\n")]


def test_what_calls_an_endless_function_has_less_time() -> None:
    slow = Slow(CALLS)
    assert not ask(slow, "part.fit", "evaluate", ends=True)
    with pytest.raises(LimitExceeded):
        ask(slow, "part.noise", "noise", ends=False)
    assert not ask(slow, "part.evaluate", "evaluate", ends=True)
    assert ask(slow, "part.step", "step", ends=True), "it may not always call it"
    assert not ask(slow, "part.step", "step", ends=True), "it returns"
    with pytest.raises(NotAskedAgain, match=r"^`fit` uses `noise`, which ran past its time limit in part\.noise$"):
        ask(slow, "part.fit", "fit", ends=False)


def test_what_calls_a_function_that_has_returned_is_not_suspected() -> None:
    slow = Slow(CALLS)
    ask(slow, "part.example", "noise", ends=True)
    with pytest.raises(LimitExceeded):
        ask(slow, "part.noise", "noise", ends=False)
    assert not ask(slow, "part.fit", "fit", ends=True)
    with pytest.raises(LimitExceeded):
        ask(slow, "part.fit", "fit", ends=False)


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


def test_the_rest_is_graded_with_all_of_its_seconds(zygotes: Zygotes, tmp_path: Path) -> None:
    """The loop takes 2 s of the submission's 2 s, and what calls it no more than its share."""
    checks = "from autograder import check, expect\n"
    for name in ("endless", "caller", "one"):
        checks += f'@check("part.{name}")\ndef _(student):\n    """It is 1"""\n'
        checks += f'    expect.equal(student.{name}(), 1, tried="it")\n'
    points = {"part": {"endless": 5.0, "caller": 5.0, "one": 10.0}}
    limits = "{seconds: 2, check_seconds: 2.5, wall_seconds: 600, memory_mb: 300}"
    exercise = toy.load(toy.project(tmp_path, checks, points, limits=limits))
    source = SOURCE + "def caller():\n    return endless()\n"
    result = grader.grade(toy.handed_in(source), grader.Job(exercise, 1, zygotes.of))
    assert [check.status for check in result.checks] == ["failed", "skipped", "passed"], result.checks
    assert result.checks[1].saw == "because `caller` uses `endless`, which ran past its time limit in part.endless"


def test_a_file_of_endless_cells_is_read_in_twice_the_time_of_one(zygotes: Zygotes, tmp_path: Path) -> None:
    source = "# %%\ndef endless():\n    return 1\ndef one():\n    return 1\n" + "# %%\nwhile True: pass\n" * 3
    points = {"part": {"a": 5.0, "b": 5.0, "c": 5.0, "other": 5.0}}
    limits = "{seconds: 4, check_seconds: 4, wall_seconds: 600, memory_mb: 300}"
    exercise = toy.load(toy.project(tmp_path, CHECKS, points, limits=limits))
    with grader.Run(toy.handed_in(source), grader.Job(exercise, 1, zygotes.of)) as run:
        results = [run.result_of(check) for check in exercise.ordered()]
        assert run.session.lost_seconds < 2 * 4 + 3
    assert [check.status for check in results] == ["passed"] * 4, results
    assert len([note for note in run.session.notes if "was not run" in note]) == 3
