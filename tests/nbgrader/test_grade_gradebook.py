"""`autograder grade --gradebook`: the class in a gradebook on SQLite and on PostgreSQL, and what is rejected."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from sqlalchemy.exc import SAWarning

from tests import command, toy
from tests.nbgrader import course, postgres, small
from tests.test_class import CLASS, SCORES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with postgres.cluster() as url:
        yield url


@pytest.fixture(params=["sqlite", "a file", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql")
    return f"sqlite:///{tmp_path}/gradebook.db" if request.param == "sqlite" else str(tmp_path / "gradebook.db")


def _opened(url: str) -> Any:
    warnings.simplefilter("ignore", SAWarning)
    return Gradebook(url if "://" in url else f"sqlite:///{url}")


@pytest.mark.xdist_group("nbgrader-class")
def test_the_class(class_results: Path, url: str, tmp_path: Path) -> None:
    results = shutil.copytree(class_results, tmp_path / "results")
    ended = command.run("grade", CLASS, "--results", results, "--gradebook", url, cwd=tmp_path)
    assert ended.code == 0, ended
    assert "Warning" not in ended.err
    with _opened(url) as book:
        found = {each.student.id: each for each in book.assignment_submissions("xor")}
        assert set(found) == set(SCORES)
        for student, each in found.items():
            result = json.loads((results / student / "xor.json").read_bytes())
            assert (each.score, each.max_score) == (result["score"], result["maximum"])
            assert not each.needs_manual_grade
            parts: dict[str, float] = {}
            for check in result["checks"]:
                part = check["id"].partition(".")[0]
                parts[part] = parts.get(part, 0) + check["points"]
            grades = book.find_submission_notebook("xor", "xor", student).grades
            assert {grade.name: grade.auto_score for grade in grades} == parts
        # Manual scores are kept; another grading rewrites the rest.
        grade = book.find_grade("model", "xor", "xor", "hana")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 2.25, 0.5, False
        book.find_grade("gates", "xor", "xor", "hana").auto_score = 0
        book.db.commit()
    again = command.run("grade", CLASS, "--results", results, "--gradebook", url, "-s", "hana", cwd=tmp_path)
    assert again.code == 0, again
    with _opened(url) as book:
        score = json.loads((results / "hana" / "xor.json").read_bytes())["score"]
        # Her only points for `model` are manual.
        assert book.find_submission("xor", "hana").score == score + 2.25 + 0.5
        grade = book.find_grade("model", "xor", "xor", "hana")
        assert (grade.manual_score, grade.extra_credit, grade.needs_manual_grade) == (2.25, 0.5, True)


def test_a_course_s_own_gradebook(tmp_path: Path) -> None:
    """Lateness according to the course's settings; a `.py` beside a notebook; only cells of `generate_assignment`."""
    policy = small.project(tmp_path / "project")
    made = course.init(tmp_path / "course", policy)
    early = made.hand_in("ada", "toy", small.right())
    (early.parent / "timestamp.txt").write_text("2026-11-01 11:00:00 UTC")
    late = toy.write(made.folder / "submitted/bob/toy/toy.py", small.SETUP + small.RIGHT_SOFTMAX)
    (late.parent / "timestamp.txt").write_text("2026-11-01 13:00:00 UTC\n")
    refused = command.run("grade", "course/submitted", "--gradebook", "course", cwd=tmp_path)
    assert refused.code == 2, refused
    assert "run `nbgrader generate_assignment toy --force` first" in refused.err.replace("\n", " ")
    made.generate("toy")
    with made.gradebook() as book:
        book.update_or_create_assignment("toy", duedate="2026-11-01 12:00:00 UTC")
    with (made.folder / "nbgrader_config.py").open("a") as settings:
        settings.write('c.LateSubmissionPlugin.penalty_method = "zero"\n')
    ended = command.run("grade", "course/submitted", "--gradebook", "course", cwd=tmp_path)
    assert ended.code == 0, ended
    with made.gradebook() as book:
        found = {each.student.id: each for each in book.assignment_submissions("toy")}
        assert {name: each.score for name, each in found.items()} == {"ada": small.EVERYTHING, "bob": 12}
        assert {name: each.late_submission_penalty for name, each in found.items()} == {"ada": 0, "bob": 12}


def test_what_could_not_be_graded_is_left_to_people(tmp_path: Path) -> None:
    policy = small.project(tmp_path / "project")
    checks = policy.parent / "solutions/toy/checks.py"
    right = checks.read_text()
    toy.write(tmp_path / "submitted/ada/toy/toy.py", small.SETUP + small.RIGHT_SOFTMAX + "\n" + small.RIGHT_DOUBLE)
    arguments = ["grade", "submitted", "--config", policy, "--gradebook", "gradebook.db"]
    toy.write(checks, right.replace("student.double(x), 2 * x", "student.double(x), 2 * no_such_name"))
    ended = command.run(*arguments, cwd=tmp_path)
    assert ended.code == 3, ended
    with _opened(str(tmp_path / "gradebook.db")) as book:
        grades = book.find_submission_notebook("toy", "toy", "ada").grades
        assert {(grade.auto_score, grade.needs_manual_grade) for grade in grades} == {(None, True)}
    toy.write(checks, right)
    assert command.run(*arguments, cwd=tmp_path).code == 0
    with _opened(str(tmp_path / "gradebook.db")) as book:
        assert book.find_submission("toy", "ada").score == small.EVERYTHING
        assert not book.find_submission("toy", "ada").needs_manual_grade


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense://x", "The gradebook nonsense://x cannot be used"),
        (
            "postgresql://me:secret@localhost:1/none",
            "The gradebook postgresql://me:***@localhost:1/none cannot be used",
        ),
        ("sqlite:////nowhere/at/all/gradebook.db", "unable to open database file"),
        ("broken.db", "file is not a database"),
    ],
)
def test_no_such_gradebook_is_a_sentence_and_exit_code_2(tmp_path: Path, url: str, said: str) -> None:
    policy = small.project(tmp_path / "project")
    toy.write(tmp_path / "submitted/ada/toy/toy.py", "")
    (tmp_path / "broken.db").write_text("no database" * 100)
    ended = command.run("grade", "submitted", "--config", policy, "--gradebook", url, cwd=tmp_path)
    assert ended.code == 2, ended
    assert said in ended.err.replace("\n", " ")
    assert "secret" not in ended.out + ended.err
    # Existing grades are kept.
    assert (tmp_path / "results/ada/toy.json").is_file()


def test_points_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    policy = small.project(tmp_path / "project")
    toy.write(tmp_path / "submitted/ada/toy/toy.py", "")
    arguments = ["grade", "submitted", "--config", policy, "--gradebook", "gradebook.db"]
    assert command.run(*arguments, cwd=tmp_path).code == 0
    before = shutil.copyfile(tmp_path / "gradebook.db", tmp_path / "before.db").read_bytes()
    policy.write_text(policy.read_text().replace("example: 2.5, sums: 4.25", "example: 3.5, sums: 3.25"))
    assert command.run(*arguments, cwd=tmp_path).code == 0
    policy.write_text(policy.read_text().replace("all: 1.0", "all: 0.5").replace("any: 4.0", "any: 4.5"))
    ended = command.run(*arguments, cwd=tmp_path)
    assert ended.code == 2, ended
    assert "the part double has 7.5 points in grading.yml but 7 in the gradebook" in ended.err.replace("\n", " ")
    assert len(before) == (tmp_path / "gradebook.db").stat().st_size


def test_a_students_timestamp_stops_nobody_else(tmp_path: Path) -> None:
    toy.project(tmp_path, hidden="")
    for student in ("ada", "bob", "eve"):
        toy.write(tmp_path / "submitted" / student / "toy" / "toy.py", "")
    toy.write(tmp_path / "submitted/bob/toy/timestamp.txt", "2026-11-22 10:00:00 UTC")
    toy.write(tmp_path / "submitted/eve/toy/timestamp.txt", "never" * 1_000_000)
    ended = command.run("grade", "submitted", "--gradebook", "gradebook.db", cwd=tmp_path)
    assert ended.code == 0, ended
    assert "the score of eve is not written into the gradebook" in ended.err
    with _opened(str(tmp_path / "gradebook.db")) as book:
        assert {each.student.id for each in book.assignment_submissions("toy")} == {"ada", "bob"}
