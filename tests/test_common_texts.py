"""Texts that all READMEs share are written once, and `release` inserts them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.authoring.exercise import Exercise
from autograder.authoring.loading import load_exercise
from autograder.course.grading_file import load_policy
from autograder.course.policy import GRADING_FILE
from autograder.errors import UsageError
from autograder.release import common_texts
from autograder.release.notebooks import Change, release_readmes
from tests import catalogue, toy

README = "# Toy\n\n## How to work\n\n<!-- begin: how_to_work -->\nold\n<!-- end: how_to_work -->\n\nAnd more.\n"


@pytest.fixture
def exercise(tmp_path: Path) -> Exercise:
    project = toy.project(tmp_path, hidden="")
    toy.write(project / "assignments/toy/README.md", README)
    return load_exercise(load_policy(project / GRADING_FILE), "toy")


def test_a_text_replaces_what_stood_between_its_comments(exercise: Exercise) -> None:
    readme = exercise.folder / "README.md"
    assert release_readmes([exercise], check=True) == [Change(readme, "different")]
    assert readme.read_text() == README
    assert release_readmes([exercise]) == [Change(readme, "different")]
    assert release_readmes([exercise]) == release_readmes([exercise], check=True) == []
    text = readme.read_text()
    assert "old" not in text
    assert text.startswith("# Toy\n\n## How to work\n\n<!-- begin: how_to_work -->\n")
    assert text.endswith("<!-- end: how_to_work -->\n\nAnd more.\n")
    assert 'such as `grader.check("part")`' in text


def test_one_framework_is_named_alone(exercise: Exercise) -> None:
    assert "The notebook is for Keras." in common_texts.put_in(README, "README.md", exercise, ["keras"])


def test_a_student_reads_no_comment() -> None:
    assert common_texts.without_comments(README) == "# Toy\n\n## How to work\n\nold\n\nAnd more.\n"
    assert common_texts.without_comments("<!-- begin: gpu -->\ntext\n<!-- end: gpu -->") == "text"


def test_needs_of_other_parts_are_listed() -> None:
    xor = catalogue.load("xor")
    assert common_texts.needs_of_other_parts(xor)["gpu"] == ["gradients.names", "training.losses"]
    assert "- `gpu` needs `gradients.names` and `training.losses`.\n" in common_texts.put_in(
        README, "README.md", xor, ["torch", "keras"]
    )
    alone = replace(xor, checks=tuple(check for check in xor.checks if not check.needs))
    assert common_texts.needs_of_other_parts(alone) == {}
    assert "need checks of other parts" not in common_texts.put_in(README, "README.md", alone, ["torch"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<!-- begin: gpus -->\n<!-- end: gpus -->", "README.md, line 1: there is no common text 'gpus'; did you mean gpu"),
        ("\n<!-- begin: gpu -->\ntext", "README.md, line 2: `<!-- end: gpu -->` is missing"),
        ("<!-- begin: gpu -->\n<!-- begin: gpu -->", "README.md, line 1: `<!-- end: gpu -->` is missing"),
        ("text\n<!-- end: gpu -->", "README.md, line 2: `<!-- begin: gpu -->` is missing above"),
        ("<!-- begin: gpu -->\n<!-- end: how_to_work -->", "README.md, line 2: `<!-- begin: how_to_work -->` is missing"),
    ],
)  # fmt: skip
def test_comments_that_do_not_fit_are_refused(exercise: Exercise, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("(", r"\(")):
        common_texts.put_in(text, "README.md", exercise, ["torch"])
