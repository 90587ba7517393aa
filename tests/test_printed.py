"""What a student's code prints is shown with the check that failed, and with no other."""

from __future__ import annotations

from pathlib import Path

from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.results.form import CheckResult
from tests import toy

PRINTS = """
FRAMEWORK = "torch"
print("while loading")

def one():
    print("in one")
    return 1

def double(x):
    print("in double:", x.shape)
    print("é" * 3000)
    return 3 * x

def three():
    return 4
"""


def graded(folder: Path, zygotes: Zygotes | None, source: str) -> dict[str, CheckResult]:
    exercise = toy.load(toy.project(folder))
    job = grader.Job(exercise, 1, zygotes.of if zygotes else lambda framework: None)
    return {check.id: check for check in grader.grade(toy.handed_in(source), job).checks}


def test_each_failed_check_has_what_was_printed_during_it(tmp_path: Path, zygotes: Zygotes) -> None:
    for each in (zygotes, None):
        checks = graded(tmp_path, each, PRINTS)
        assert checks["part.first"].printed == checks["other.third"].printed == ""
        assert checks["part.second"].printed.startswith("in double: (3,)\né")
        assert "bytes omitted" in checks["part.second"].printed
        assert len(checks["part.second"].printed) < 2_100


def test_a_crash_keeps_what_was_printed_before_it(tmp_path: Path, zygotes: Zygotes) -> None:
    crash = "def three():\n    print('before', flush=True)\n    import os\n    os._exit(1)\n"
    checks = graded(tmp_path, zygotes, toy.RIGHT + crash)
    assert (checks["other.third"].status, checks["other.third"].printed) == ("failed", "before\n")


def test_a_file_that_does_not_load_shows_what_it_printed(tmp_path: Path, zygotes: Zygotes) -> None:
    checks = graded(tmp_path, zygotes, toy.RIGHT + "print('loading', flush=True)\nimport os\nos._exit(1)\n")
    assert checks["part.first"].printed == "loading\n"


def test_a_file_whose_import_fails_says_so_first(tmp_path: Path, zygotes: Zygotes) -> None:
    source = "FRAMEWORK = 'torch'\nimport nunpy as np\n\ndef one():\n    return np.ones(1)\n\ndef three(:\n"
    for check in graded(tmp_path, zygotes, source).values():
        if check.status == "failed":
            assert check.saw.startswith("toy.py, line 7 raised SyntaxError")
    checks = graded(tmp_path, zygotes, source.partition("def three")[0])
    assert checks["part.first"].saw.startswith("toy.py, line 2 raised ModuleNotFoundError: No module named 'nunpy'")
    assert checks["other.third"].saw == "nothing called `three`"
