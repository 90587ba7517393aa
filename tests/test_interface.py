"""The Python interface: what `from autograder import grade, grade_many, Result, History` gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import History, Result, grade, grade_many
from autograder.errors import UsageError
from autograder.results.latest import latest
from tests import toy


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a class whose submissions are empty: grading them needs no worker."""
    monkeypatch.chdir(toy.project(tmp_path, hidden=""))
    for student in ("ada", "bob"):
        toy.write(tmp_path / "submitted" / student / "toy" / "toy.py", "")
    return tmp_path


def test_one_file_is_graded_and_nothing_is_written(project: Path) -> None:
    result = grade("submitted/ada/toy/toy.py", seed=7)
    assert isinstance(result, Result)
    assert (result.student, result.exercise, result.seed, result.score, result.maximum) == ("ada", "toy", 7, 0, 20)
    assert grade("submitted/ada/toy/toy.py", student="eve", config=project / "grading.yml").student == "eve"
    assert not (project / "results").exists()


def test_many_are_graded_and_recorded(project: Path) -> None:
    results = list(grade_many(["submitted"]))
    assert sorted(result.student for result in results) == ["ada", "bob"]
    assert [result.student for result in latest(project / "results")] == ["ada", "bob"]
    again = {result.student: result.seed for result in grade_many([project / "submitted"], jobs=2)}
    assert again == {result.student: result.seed for result in results}
    (one,) = grade_many(["submitted"], student="ada", force=True, seed=3)
    with History("results") as history:
        assert [grading.result.seed for grading in history.gradings("ada")] == [again["ada"], 3]
        assert history.gradings("ada")[-1].result == one


def test_what_cannot_be_graded_is_refused_before_anything_is(project: Path) -> None:
    with pytest.raises(UsageError, match="`grade_many` grades the files in it"):
        grade("submitted")
    with pytest.raises(UsageError, match="nowhere does not exist"):
        grade_many(["nowhere"])
    with pytest.raises(UsageError, match="Two submissions of toy by ada"):
        grade_many(["submitted/ada/toy/toy.py", "submitted"])
    with pytest.raises(UsageError, match=r"did you mean toy\?"):
        grade_many(["submitted"], exercise="tyo")
    with pytest.raises(UsageError, match="has a part 'prat'"):
        grade_many(["submitted"], only="prat")
    assert not (project / "results").exists()


def test_files_that_are_no_results_are_named(project: Path) -> None:
    bad = toy.write(project / "results/cleo/toy.json", "{}")
    list(grade_many(["submitted"]))
    named: list[Path] = []
    assert len(latest(project / "results", named.append)) == 2
    assert named == [bad]
