"""A class of the toy exercise whose checks write down that they were run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from autograder.grading import grader
from autograder.results.form import CheckResult, Result
from autograder.results.history.gradings import New
from tests import toy
from tests.record import made

COUNTED = '''
import os
from pathlib import Path
from autograder import check, expect

def ran(id):
    """Say that a check was run."""
    with Path(os.environ["TOY_RAN"]).open("a") as file:
        file.write(id + "\\n")

@check("part.first")
def _(student):
    """one() is 1"""
    ran("part.first")
    expect.equal(student.one(), 1, tried="one()")

@check("part.second", needs="part.first")
def _(student):
    """double(x) is 2x"""
    ran("part.second")
    expect.close(student.double([1.0]), [2.0], tried="double(1)")

@check("other.third")
def _(student):
    """three() is 3"""
    ran("other.third")
    expect.equal(student.three(), 3, tried="three()")
'''
LIST = toy.RIGHT.replace("return 2 * x", "return [2.0 * each for each in x]")


def a_class(folder: Path, **files: str) -> Path:
    toy.project(folder, COUNTED, hidden="")
    for student, source in files.items():
        toy.write(folder / "submitted" / student / "toy" / "toy.py", source)
    return folder


def change(folder: Path, old: str, new: str, name: str = "assignments/toy/checks.py") -> None:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def results_of(project: Path, students: Sequence[str], source: bytes) -> list[New]:
    """Full results of a class, as `grade` would write them."""
    exercise = toy.load(project)
    checks = [
        CheckResult(
            id=check.id,
            title=check.title,
            visible=check.visible,
            points=exercise.points(check),
            maximum=exercise.points(check),
            status="passed",
            digest=exercise.check_digests[check.id],
        )
        for check in exercise.checks
    ]
    score, maximum = grader.totals(checks)

    def result(student: str) -> Result:
        made_up = made.result(student, content=source)
        digest = grader.digest_of(exercise, made_up.file, made_up.source)
        return structs.replace(made_up, checks=checks, score=score, maximum=maximum, digest=digest)

    return [New(result=result(student), kind="grade", content=source) for student in students]
