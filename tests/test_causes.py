"""Failures with one cause say so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.authoring.causes import CAUSES_FILE, Cause, read_causes, with_the_same_cause
from autograder.errors import UsageError
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.reports import words
from autograder.results.form import Result
from tests import catalogue, causes, toy
from tests.catalogue import ROOT

RIGHT_FOR_MISTAKES = 0.95
BENDS = Cause("model.bends", frozenset({"training.learns", "training.corners"}))
RATE = Cause("training.learns", frozenset({"training.corners"}))


@pytest.mark.parametrize("name", catalogue.names())
def test_the_files_are_up_to_date(name: str) -> None:
    known = causes.causes(catalogue.mistakes(name))
    path = ROOT / "assignments" / name / CAUSES_FILE
    assert (path.read_text(encoding="utf-8") if path.exists() else "") == (causes.content(known) if known else "")
    assert read_causes(path.parent) == tuple(known)


def test_the_page_is_up_to_date() -> None:
    assert causes.PAGE.read_text(encoding="utf-8") == causes.page()


def test_the_right_check_is_taken_as_the_cause_of_most_mistakes() -> None:
    mistakes = {name: catalogue.mistakes(name) for name in catalogue.names()}
    right = [
        causes.blamed(mistake, causes.causes(known)) == mistake.fails
        for known in mistakes.values()
        for mistake in known
    ]
    assert sum(right) / len(right) >= RIGHT_FOR_MISTAKES


@pytest.mark.parametrize(
    ("failed", "explained"),
    [
        ({"model.bends"}, {}),
        ({"training.corners"}, {}),
        ({"model.bends", "training.corners"}, {"training.corners": "model.bends"}),
        (
            {"model.bends", "training.corners", "training.learns"},
            {"training.corners": "model.bends", "training.learns": "model.bends"},
        ),
        ({"training.corners", "training.learns"}, {"training.corners": "training.learns"}),
        ({"model.bends", "gates.or"}, {}),
    ],
)
def test_the_cause_that_explains_most(failed: set[str], explained: dict[str, str]) -> None:
    ran = ["gates.or", "model.bends", "training.learns", "training.corners"]
    assert with_the_same_cause([RATE, BENDS], {id: id in failed for id in ran}) == explained


def test_what_should_have_failed_and_passed_counts_against_a_cause() -> None:
    whole = Cause("part.whole", frozenset({"part.a", "part.b", "part.c", "part.d"}))
    half = Cause("part.half", frozenset({"part.a"}))
    ran = dict.fromkeys(["part.whole", "part.half", "part.a"], True) | dict.fromkeys(
        ["part.b", "part.c", "part.d"], False
    )
    assert with_the_same_cause([whole, half], ran) == {"part.a": "part.half"}
    not_run = {id: True for id, did in ran.items() if did}
    assert with_the_same_cause([whole, half], not_run) == {"part.a": "part.whole"}


def test_two_causes_at_once() -> None:
    other = Cause("gates.or", frozenset({"gates.and"}))
    failed = dict.fromkeys(["model.bends", "training.corners", "training.learns", "gates.or", "gates.and"], True)
    assert with_the_same_cause([other, BENDS], failed) == {
        "training.corners": "model.bends",
        "training.learns": "model.bends",
        "gates.and": "gates.or",
    }


@pytest.mark.parametrize("content", ["- [", "- model.bends", "model.bends: [training.corners]"])
def test_a_malformed_file_is_refused(tmp_path: Path, content: str) -> None:
    assert read_causes(tmp_path) == ()
    (tmp_path / CAUSES_FILE).write_text(content)
    with pytest.raises(UsageError, match=r"causes\.yml is not what `python -m tests\.causes` writes"):
        read_causes(tmp_path)


def _graded(zygotes: Zygotes, source: str, folder: Path) -> Result:
    toy.project(folder)
    exercise = replace(toy.load(folder), causes=(Cause("part.first", frozenset({"other.third"})),))
    return grader.grade(toy.handed_in(source), grader.Job(exercise, 1, zygotes.of))


WRONG = toy.RIGHT.replace("return 1", "return 4").replace("return 3", "return 4")


def test_a_report_names_the_shared_cause_first(zygotes: Zygotes, tmp_path: Path) -> None:
    result = _graded(zygotes, WRONG, tmp_path)
    first, third = (catalogue.by_id(result)[id] for id in ("part.first", "other.third"))
    assert (first.status, third.status) == ("failed", "failed")
    assert (first.same_cause_as, third.same_cause_as) == ("", "part.first")
    assert dict(words.sentences(first))["likely"] == "Return 1."
    assert dict(words.sentences(third))["likely"].startswith("Probably the same cause as part.first.")


def test_a_kept_result_forgets_a_cause_that_is_gone(zygotes: Zygotes, tmp_path: Path) -> None:
    toy.project(tmp_path)
    exercise = replace(toy.load(tmp_path), causes=(Cause("part.first", frozenset({"other.third"})),))
    before = grader.grade(toy.handed_in(WRONG), grader.Job(exercise, 1, zygotes.of))
    known = catalogue.by_id(before)
    job = grader.Job(exercise, 1, zygotes.of, known=known)
    mended = toy.handed_in(WRONG.replace("def one():\n    return 4", "def one():\n    return 1"))
    after, ran = grader.regrade(mended, job, ["part.first"])
    assert "other.third" not in ran
    third = catalogue.by_id(after)["other.third"]
    assert (known["other.third"].same_cause_as, third.status, third.same_cause_as) == ("part.first", "failed", "")


def test_a_network_without_a_nonlinearity_is_not_blamed_on_training(zygotes: Zygotes) -> None:
    mistake = next(each for each in catalogue.mistakes("xor") if each.title == "no nonlinearity in the hidden layer")
    result = catalogue.grade(zygotes, "xor", mistake.framework, mistake.source())
    failed = {check.id: check.same_cause_as for check in result.checks if check.status == "failed"}
    assert failed.pop(mistake.fails) == ""
    assert failed
    assert set(failed.values()) == {mistake.fails}
