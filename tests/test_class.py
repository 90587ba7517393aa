"""The sample class: each student gets the right score, and no submission affects another."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest

from autograder.results import form
from tests.catalogue import ROOT
from tests.conftest import Once

CLASS = ROOT / "tests" / "class"
EVERYTHING = 20

SCORES = {
    "ada": EVERYTHING,
    "bashir": EVERYTHING,
    "陈伟": EVERYTHING,
    "dörte": EVERYTHING,
    "oscar": EVERYTHING,
    "eli": 0,
    "fatima": 7,
    "goran": EVERYTHING - 3,
    # If the training fails, readiness for a GPU is not tested.
    "hana": EVERYTHING - 3 - 3 - 4 - 1,
    "ivan": EVERYTHING - 4 - 1,
    "jo": EVERYTHING - 3,
    "kemal": EVERYTHING - 3,
    "lena": EVERYTHING - 3,
    "mo": EVERYTHING - 4 - 1,
    "nia": EVERYTHING - 4 - 1,
    "pia": 0,
    "quinn": 0,
    "ravi": 20,
    "sofia": 0,
}
"""Student → score. The names of the checks and the sentences below show what each student did."""

ONE_OF_EACH_KIND = ["ada", "dörte", "eli", "ivan", "kemal", "pia", "quinn", "ravi", "sofia", "陈伟"]
"""For other ways to a grade, which start anew for each student: each form of a file, both frameworks, each way to end.
The checks are the same there."""

SAYS = {
    "fatima": ("model.shape", "NotImplementedError"),
    "goran": ("gates.and", "`and_gate`"),
    "hana": ("model.shape", "shape (5,)"),
    "ivan": ("training.losses", "time limit"),
    "jo": ("by_hand.corners", "exited with status 0"),
    "kemal": ("by_hand.corners", "SystemExit"),
    "lena": ("by_hand.corners", "MemoryError"),
    "mo": ("training.losses", "output limit"),
    "nia": ("training.losses", "NaN"),
    "pia": ("gates.or", "is empty"),
    "quinn": ("gates.or", "is not a notebook"),
    "sofia": ("gates.or", "notes.txt"),
}
"""Student → a failed check, and what the student reads there."""


def grade_the_class(folder: Path) -> None:
    """Grade the class with the command of `make demo`; its output is in `printed.txt`."""
    command = [sys.executable, "-m", "autograder", "grade", str(CLASS), "--results", str(folder / "results")]
    done = subprocess.run([*command, "--jobs", "2"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    (folder / "printed.txt").write_text(done.stdout + done.stderr, encoding="utf-8")


@pytest.fixture(scope="session")
def graded(once: Once) -> Path:
    """The folder with the class's results."""
    return once("class", grade_the_class) / "results"


@pytest.mark.slow
@pytest.mark.xdist_group("class")
def test_what_is_printed(graded: Path) -> None:
    printed = (graded.parent / "printed.txt").read_text(encoding="utf-8")
    assert "Traceback" not in printed
    assert all(student in printed for student in SCORES)


def _result(folder: Path, student: str) -> dict[str, Any]:
    return json.loads((folder / student / "xor.json").read_bytes())


@pytest.mark.slow
@pytest.mark.xdist_group("class")
def test_every_score(graded: Path) -> None:
    assert {student: _result(graded, student)["score"] for student in SCORES} == SCORES


@pytest.mark.slow
@pytest.mark.xdist_group("class")
def test_every_result_is_of_the_documented_form(graded: Path) -> None:
    schema = json.loads((ROOT / "docs" / "result.schema.json").read_bytes())
    assert schema == form.schema()
    for student in SCORES:
        jsonschema.validate(_result(graded, student), schema)


@pytest.mark.slow
@pytest.mark.xdist_group("class")
@pytest.mark.parametrize("student", SAYS)
def test_each_reads_what_went_wrong(graded: Path, student: str) -> None:
    id, words = SAYS[student]
    check = next(check for check in _result(graded, student)["checks"] if check["id"] == id)
    assert check["status"] == "failed"
    assert words in check["saw"]
    assert check["tried"] and check["expected"] and check["read"]


@pytest.mark.slow
@pytest.mark.xdist_group("class")
def test_a_loop_after_a_right_solution_costs_nothing_and_is_named(graded: Path) -> None:
    (note,) = [note for note in _result(graded, "ravi")["notes"] if "was not run" in note]
    assert note.startswith("xor.py, from line")


@pytest.mark.slow
@pytest.mark.xdist_group("class")
def test_table_and_pages(graded: Path) -> None:
    with (graded / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {student: float(row["score"]) for student, row in rows.items()} == SCORES
    index = (graded / "index.html").read_text(encoding="utf-8")
    assert all(student in index for student in SCORES)


@pytest.mark.slow
@pytest.mark.xdist_group("class")
def test_nothing_is_left_behind(graded: Path) -> None:
    """No worker outlives the grading, and none of its files is among the results."""
    workers = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(graded) in " ".join(process.info["cmdline"] or ())
    ]
    assert not workers
    assert {path.suffix for path in graded.rglob("*") if path.is_file()} == {".json", ".csv", ".html", ".sqlite"}
