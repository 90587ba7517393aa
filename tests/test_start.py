"""`autograder start`: what a student gets, and that no work of theirs is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import command, toy
from tests.catalogue import ROOT, names


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with the exercise `toy`, in both frameworks."""
    toy.project(tmp_path)
    folder = tmp_path / "assignments" / "toy"
    toy.write(folder / "README.md", "# A toy\n\nText.\n")
    toy.write(folder / "picture.png", "png")
    for framework in ("torch", "keras"):
        toy.write(folder / f"toy_{framework}.ipynb", json.dumps(toy.notebook(f'FRAMEWORK = "{framework}"')))
    return tmp_path


def test_notebook_text_and_pictures(course: Path) -> None:
    ended = command.run("start", "toy", "--framework", "keras", cwd=course)
    assert ended.code == 0, ended
    assert sorted(path.name for path in (course / "toy").iterdir()) == ["README.md", "picture.png", "toy_keras.ipynb"]
    assert "jupyter lab toy/toy_keras.ipynb" in ended.out
    other = command.run("start", "toy", "toy", "--framework", "torch", "--json", cwd=course)
    assert other.json["written"][0] == "toy/toy_torch.ipynb"


def test_a_students_work_is_never_overwritten(course: Path) -> None:
    arguments = ("start", "toy", "mine", "--framework", "torch")
    assert command.run(*arguments, cwd=course).code == 0
    assert command.run(*arguments, cwd=course).code == 0, "the same files again"
    mine = toy.write(course / "mine" / "toy_torch.ipynb", "my work")
    ended = command.run(*arguments, cwd=course)
    assert (ended.code, mine.read_text()) == (2, "my work")
    assert "mine/toy_torch.ipynb already exists and is kept: name another folder" in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Name an exercise: toy. `autograder start --list` describes them"),
        (["tyo"], "There is no exercise 'tyo'; did you mean toy?"),
        (["toy", "grading.yml"], "grading.yml is a file; name a folder"),
    ],
)
def test_wrong_usage(course: Path, arguments: list[str], said: str) -> None:
    ended = command.run("start", *arguments, cwd=course)
    assert (ended.code, ended.err.strip()) == (2, said)


def test_a_framework_without_a_notebook(course: Path) -> None:
    (course / "assignments" / "toy" / "toy_keras.ipynb").unlink()
    ended = command.run("start", "toy", "-l", "--json", cwd=course)
    assert ended.json == [{"name": "toy", "title": "A toy", "points": 20.0, "frameworks": ["torch"]}]
    ended = command.run("start", "toy", "--framework", "keras", cwd=course)
    assert (ended.code, ended.err.strip()) == (2, "toy has no notebook for keras; there is one for torch")


def test_the_list_has_a_line_for_each_exercise(tmp_path: Path) -> None:
    """In a folder without a `grading.yml`: the package's own course."""
    ended = command.run("start", "--list", cwd=tmp_path, COLUMNS="40")
    lines = ended.out.splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(names())
    title = (ROOT / "assignments" / "xor" / "README.md").read_text().splitlines()[0].removeprefix("# ")
    (xor,) = [line for line in lines if line.startswith("xor ")]
    assert title in xor and "20 points" in xor
