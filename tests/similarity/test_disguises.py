"""Copies in disguise are found among independent programs; the published figures are those of the command."""

from __future__ import annotations

import ast
import json
import random
from pathlib import Path

import numpy as np
import pytest

from autograder.reports.pages.similar import percent
from autograder.similarity import given
from autograder.similarity.threshold import MEASURED, THRESHOLD
from benchmarks import similarity as measuring
from tests.catalogue import ROOT
from tests.similarity import disguises, independent
from tests.similarity.disguises import ALL, HALF, WHOLE
from tests.similarity.independent import EXERCISE, File

PROGRAMS = dict(list(independent.programs().items())[::4])
FOLDER = ROOT / "assignments" / EXERCISE


@pytest.mark.parametrize("disguise", [*WHOLE, ALL])
def test_a_disguised_copy_is_flagged(disguise: str) -> None:
    found = measuring.measured(disguise, PROGRAMS, copies=3)
    assert min(found.copies) >= THRESHOLD
    assert max(found.independent) < THRESHOLD


def test_half_a_copy_is_more_alike_than_other_programs() -> None:
    found = measuring.measured(HALF, PROGRAMS, copies=4)
    assert np.median(found.copies) > max(found.independent)


@pytest.mark.parametrize("disguise", [*WHOLE, HALF, ALL])
def test_a_disguised_copy_is_python_and_defines_what_is_asked_for(disguise: str) -> None:
    rng = random.Random(disguise)
    source, own = rng.sample(list(PROGRAMS.values()), 2)
    copy = disguises.disguised(disguise, source, own, rng)
    assert copy.text != source
    text = copy.text
    if copy.name.endswith(".ipynb"):
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code")
    bound = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    bound |= {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    assert bound >= set(independent.GIVEN)


@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_nothing_of_the_released_notebook_counts(framework: str) -> None:
    stub = (FOLDER / f"{EXERCISE}_{framework}.ipynb").read_text(encoding="utf-8")
    assert not len(measuring.prints_of(File("stub.ipynb", stub)))
    # Tags that a student removed change nothing.
    untagged = json.loads(stub)
    for cell in untagged["cells"]:
        cell["metadata"] = {}
    assert not len(measuring.prints_of(File("stub.ipynb", json.dumps(untagged))))


def test_code_in_the_text_of_an_exercise_is_given(tmp_path: Path) -> None:
    code = "rows = [table[sign] for sign in text if sign in table]"
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "README.md").write_text(f"Write `{code}`, or:\n\n```python\n{code} * 5\n```\n", encoding="utf-8")
    taken_out = given.of_exercise(folder)
    assert not taken_out.found
    assert len(taken_out.prints)
    assert not len(given.of_exercise(tmp_path / "nothing").prints)


def test_the_published_figures_are_those_that_pages_name() -> None:
    choosing, reporting = measuring.halves(independent.programs())
    assert measuring.threshold_from(measuring.alone(choosing)) == THRESHOLD
    reported = measuring.alone(reporting)
    assert MEASURED.programs == len(reporting)
    assert MEASURED.pairs == len(reported.independent)
    assert MEASURED.flagged == reported.alarms(THRESHOLD)
    assert round(max(reported.independent), 2) == MEASURED.largest
    page = measuring.PAGE.read_text(encoding="utf-8")
    assert f"{MEASURED.flagged} of {MEASURED.pairs} pairs" in page
    assert f"The threshold is {THRESHOLD}" in page
    assert f"From {percent(THRESHOLD)} on" in (ROOT / "docs" / "similarity.md").read_text(encoding="utf-8")
