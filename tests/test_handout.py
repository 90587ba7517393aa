"""`autograder handout`: the student release works, and has nothing that only instructors have."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from autograder.course.grading_file import load_policy
from tests import command, secret_lines, toy
from tests.catalogue import ROOT, names


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("place", ["release", "release.zip"])
def test_nothing_of_the_instructors(tmp_path: Path, place: str) -> None:
    ended = command.run("handout", place, cwd=tmp_path)
    assert ended.code == 0, ended
    folder = tmp_path / "release"
    if place.endswith(".zip"):
        # The zip has one folder, with the zip's name.
        with zipfile.ZipFile(tmp_path / place) as packed:
            packed.extractall(tmp_path)
    files = _contents(folder)
    assert secret_lines.leaked(files) == {}
    assert [name for name in files if name.startswith(("solutions/", "tests/")) or "__pycache__" in name] == []
    for name in names():
        assert {f"assignments/{name}/{file}" for file in ("README.md", "checks.py", f"{name}_torch.ipynb")} <= set(
            files
        )
    assert {"setup.py", "pyproject.toml", "shared/plots.py", "grading.yml", "autograder/worker/main.py"} <= set(files)
    ours, theirs = load_policy(ROOT / "grading.yml"), load_policy(folder / "grading.yml")
    assert theirs.model_dump() == ours.model_dump()
    # The copy's own policy and checks are valid without the hidden half.
    found = command.run("start", "xor", "mine", "--framework", "torch", cwd=folder)
    assert found.code == 0, found


def test_the_copy_of_a_course_that_extends_another(tmp_path: Path) -> None:
    toy.write(tmp_path / "grading.yml", f"extends: {ROOT / 'grading.yml'}\nupload: To the course's page.\n")
    assert command.run("handout", "release", cwd=tmp_path).code == 0
    policy = (tmp_path / "release" / "grading.yml").read_text()
    assert "extends" not in policy and "To the course's page." in policy and str(ROOT) not in policy


def test_a_place_that_exists_is_kept(tmp_path: Path) -> None:
    for place in ("full", "release.zip"):
        toy.write(tmp_path / "full" / "mine.txt", "mine")
        toy.write(tmp_path / "release.zip", "mine")
        ended = command.run("handout", place, cwd=tmp_path)
        assert (ended.code, ended.err.strip()) == (
            2,
            f"{place} already exists: name a new folder or file, or remove it first",
        )
    assert (tmp_path / "release.zip").read_text() == "mine"


def test_a_notebook_that_its_author_solved_is_not_handed_out(tmp_path: Path) -> None:
    for half in ("assignments", "solutions"):
        shutil.copytree(ROOT / half / "xor", tmp_path / half / "xor")
    text = (ROOT / "grading.yml").read_text()
    toy.write(tmp_path / "grading.yml", text[: text.index("\n  optimal_discriminator:")] + "\n")
    notebook = tmp_path / "assignments" / "xor" / "xor_torch.ipynb"
    notebook.write_text(notebook.read_text().replace("raise NotImplementedError", "return 1  # "))
    ended = command.run("handout", "release", cwd=tmp_path)
    assert ended.code == 2 and f"{notebook} is different: run `autograder release` first" in ended.err, ended
    assert not (tmp_path / "release").exists()
