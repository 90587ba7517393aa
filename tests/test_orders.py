"""What is graded, and in which order: the same code once where one seed is given, the longest first."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from autograder import Result, grade_many
from autograder.grading.orders import by_code, longest_first
from tests import toy

PRINTS = toy.RIGHT + "\nimport secrets\nprint(secrets.token_hex())\n"
"""What it prints tells one grading from another."""


def test_the_longest_first_and_what_has_no_code_before() -> None:
    short, long = toy.handed_in(toy.RIGHT, student="short"), replace(toy.handed_in(toy.RIGHT), exercise="long")
    keras = toy.handed_in(toy.RIGHT, "keras", student="keras")
    empty = replace(short, cells=(), student="empty")
    ordered = longest_first([short, keras, empty, long], {"toy": 60.0, "long": 600.0})
    assert ordered == [empty, long, keras, short]


def test_the_same_code_is_one_group() -> None:
    ada, bob = toy.handed_in(toy.RIGHT, student="ada"), toy.handed_in(toy.RIGHT, student="bob")
    other = toy.handed_in(f"{toy.RIGHT}\n# other", student="cleo")
    renamed = replace(ada, exercise="other", student="dan")
    nothing = [replace(ada, cells=(), framework="unknown", student=name) for name in ("eve", "fay")]
    assert list(by_code([ada, other, bob, renamed, *nothing])) == [
        [ada, bob],
        [other],
        [renamed],
        *([each] for each in nothing),
    ]


@pytest.mark.slow
def test_the_same_code_is_graded_once_where_one_seed_is_given(tmp_path: Path) -> None:
    """Outputs and texts of a notebook are not code; each result has its own file, digest and notes."""
    toy.project(tmp_path, hidden="")
    plain, run = toy.notebook(PRINTS), toy.notebook(PRINTS)
    run["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "mine"}]
    run["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "My thoughts"})
    for name, notebook in {"ada": plain, "bob": run}.items():
        toy.write(tmp_path / "submitted" / name / "toy" / "toy.ipynb", json.dumps(notebook))
    toy.write(tmp_path / "submitted/bob/toy/toy_torch.py", "# an earlier try")
    toy.write(tmp_path / "submitted/cleo/toy/toy.py", PRINTS)

    def graded(seed: int | None, results: str) -> dict[str, Result]:
        run = grade_many([tmp_path], tmp_path / results, config=tmp_path / "grading.yml", seed=seed)
        return {each.student: each for each in run}

    once = graded(7, "once")
    assert {each.score for each in once.values()} == {20.0}
    assert once["ada"].output == once["bob"].output != once["cleo"].output
    assert once["ada"].source != once["bob"].source and once["ada"].digest != once["bob"].digest
    assert (once["ada"].notes, once["bob"].notes) == (
        [],
        ["toy.ipynb was graded; toy_torch.py was also submitted and was not."],
    )
    each = graded(None, "each")
    assert each["ada"].output != each["bob"].output
    assert graded(7, "once") == once
