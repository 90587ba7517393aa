"""The instructor's page, command by command: from a fresh folder to exported grades, with the sample class."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.release import solution_markers
from tests import command
from tests.catalogue import ROOT
from tests.conftest import Once
from tests.nbgrader.course import Course
from tests.nbgrader.small import answered
from tests.test_class import CLASS, ONE_OF_EACH_KIND, SCORES

PAGE = ROOT / "docs" / "nbgrader.md"
UNREADABLE = {"pia", "quinn"}
"""Their files are not notebooks: nbgrader reports this and stops at them."""
NOTHING = {"sofia"}
IN_NBGRADER = set(ONE_OF_EACH_KIND) - UNREADABLE - NOTHING
"""Those whose notebooks nbgrader runs; `autograder grade` puts the rest of the class into the same gradebook."""


def _commands() -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


def _python() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def _as_notebook(path: Path) -> Any:
    """A percent file converted to a notebook."""
    if path.suffix == ".ipynb":
        return None
    found = new_notebook()
    for part in re.split(r"(?m)^(?=# %%)", path.read_text(encoding="utf-8")):
        head, _, body = part.partition("\n") if part.startswith("# %%") else ("", "", part)
        cell = new_code_cell(body.strip("\n"))
        cell.metadata["tags"] = re.findall(r'"(\w+)"', head.partition("tags=")[2])
        found.cells.append(cell)
    return found


class Reader:
    """Runs the page's commands in order, and carries out the steps that the page describes in words."""

    def __init__(self, scratch: Path) -> None:
        self.folder = scratch
        self.before: dict[str, Callable[[], None]] = {
            "nbgrader zip_collect xor": self.download,
            "nbgrader validate xor.ipynb": self.solve,
            "autograder grade submitted --gradebook . --jobs 2": self.hand_in_the_rest,
        }

    def type(self, line: str) -> str:
        if line.startswith("cd "):
            self.folder /= line.removeprefix("cd ")
            return ""
        self.before.get(line, lambda: None)()
        done = subprocess.run(
            line, shell=True, cwd=self.folder, env=command.environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
        return done.stdout + done.stderr

    def download(self) -> None:
        """The archive as a learning platform provides it, and the page's pattern for it."""
        with (self.folder / "nbgrader_config.py").open("a") as settings:
            # On a busy machine, a student's whole notebook takes long.
            settings.write(_python()[1] + "c.Execute.timeout = 900\n")
        archive = self.folder / "downloaded/xor/archive"
        archive.mkdir(parents=True)
        with zipfile.ZipFile(archive / "class.zip", "w") as packed:
            for student in sorted(IN_NBGRADER):
                (path,) = (CLASS / "submitted" / student / "xor").iterdir()
                notebook = _as_notebook(path)
                text = path.read_text(encoding="utf-8") if notebook is None else nbformat.writes(notebook)
                packed.writestr(f"{student}_xor.ipynb", text)

    def solve(self) -> None:
        """The released notebook, solved."""
        folder = self.folder
        source: Any = nbformat.read(folder / "source/xor/xor.ipynb", as_version=4)
        solutions = {
            cell.metadata.nbgrader.grade_id.partition("-")[0]: solution_markers.solved(cell.source)
            for cell in source.cells
            if cell.metadata.get("nbgrader", {}).get("solution")
        }
        nbformat.write(answered(Course(folder).released("xor"), **solutions), folder / "xor.ipynb")

    def hand_in_the_rest(self) -> None:
        for student in set(SCORES) - IN_NBGRADER:
            shutil.copytree(CLASS / "submitted" / student, self.folder / "submitted" / student)


def type_the_page(scratch: Path) -> None:
    """Run each command of the page; its output is saved in `said.json`."""
    (scratch / "grading.yml").write_text(f"extends: {json.dumps(os.fspath(CLASS / 'grading.yml'))}\n")
    reader = Reader(scratch)
    said = {line: reader.type(line) for line in _commands() if not line.startswith("pip ")}
    (scratch / "said.json").write_text(json.dumps(said))


@pytest.fixture(scope="session")
def scratch(once: Once) -> Path:
    """The folder in which the page was followed."""
    return once("page", type_the_page)


@pytest.fixture(scope="session")
def read(scratch: Path) -> dict[str, str]:
    """Each command of the page → its output."""
    return json.loads((scratch / "said.json").read_text())


pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("nbgrader-class")]


def _scores(results: Path) -> dict[str, float]:
    return {path.parent.name: json.loads(path.read_bytes())["score"] for path in results.glob("*/xor.json")}


def test_what_the_page_installs_there_is() -> None:
    (line,) = [line for line in _commands() if line.startswith("pip ")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = re.fullmatch(r"pip install '([\w-]+)\[([\w,]+)\]'", line)
    assert found and found[1] == project["name"]
    assert set(found[2].split(",")) <= set(project["optional-dependencies"])


def test_exported_grades_are_those_of_autograder_grade(
    read: dict[str, str], scratch: Path, class_results: Path
) -> None:
    expected = _scores(class_results)
    with (scratch / "course/grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {student: float(row["score"]) for student, row in rows.items()} == {
        student: expected[student] for student in IN_NBGRADER
    }
    assert all(float(row["max_score"]) == max(expected.values()) for row in rows.values())


def test_every_student_has_a_page(read: dict[str, str], scratch: Path, class_results: Path) -> None:
    expected = _scores(class_results)
    for student in IN_NBGRADER:
        page = (scratch / "course/feedback" / student / "xor/xor.html").read_text(encoding="utf-8")
        assert f"(Score: {round(float(expected[student]), 2)} / {max(expected.values())})" in page
        for check in json.loads((class_results / student / "xor.json").read_bytes())["checks"]:
            assert check["id"] in page


def test_the_whole_class_is_in_the_gradebook_at_last(read: dict[str, str], scratch: Path, class_results: Path) -> None:
    with Course(scratch / "course").gradebook() as book:
        found = {each.student.id: each for each in book.assignment_submissions("xor")}
        assert {student: each.score for student, each in found.items()} == _scores(class_results)
        assert set(found) == set(SCORES)
        assert not any(each.needs_manual_grade for each in found.values())


def test_a_right_notebook_validates(read: dict[str, str]) -> None:
    assert "Success! Your notebook passes all the tests." in read["nbgrader validate xor.ipynb"]


def test_the_settings_of_an_existing_course_are_what_init_writes(read: dict[str, str], scratch: Path) -> None:
    settings = (scratch / "course/nbgrader_config.py").read_text()
    for line in _python()[0].split("  #")[0].split("\n\n"):
        assert line.strip() in settings
