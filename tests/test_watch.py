"""`check --watch`: which parts a change concerns, and the command itself."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from autograder.course import changes
from autograder.course.submission import Submission
from tests import command, toy

CELLS = (
    'FRAMEWORK = "torch"\nimport numpy as np',
    "def half(x):\n    return x / 2",
    "def one():\n    return 1\n\ndef double(x):\n    return 2 * x",
    "def three():\n    return half(6)",
    "# an experiment\nseen = one()",
)


def of(*cells: str) -> Submission:
    return Submission("you", "toy", "toy.ipynb", "torch", [(f"cell {n}", each) for n, each in enumerate(cells)], b"")


@pytest.fixture
def assignment(tmp_path: Path) -> Path:
    """The folder of `toy`, whose notebook says which part defines which names; the part `gpu` defines none."""
    folder = toy.project(tmp_path) / "assignments" / "toy"
    notebook = toy.notebook("def one(): ...\ndef double(x): ...", "def three(): ...")
    for cell, id in zip(notebook["cells"], ("part-1", "other-1"), strict=True):
        cell["id"] = id
    toy.write(folder / "toy_torch.ipynb", json.dumps(notebook))
    return folder


def concerned(assignment: Path, *cells: str) -> set[str]:
    return changes.concerned(of(*CELLS), of(*cells), {"part", "other", "gpu"}, assignment)


def changed(number: int, old: str, new: str) -> list[str]:
    assert old in CELLS[number]
    return [cell.replace(old, new) if at == number else cell for at, cell in enumerate(CELLS)]


def test_a_change_concerns_the_parts_whose_cells_it_is_in_or_that_use_it(assignment: Path) -> None:
    assert concerned(assignment, *CELLS) == set()
    assert concerned(assignment, *changed(2, "2 * x", "3 * x")) == {"part", "gpu"}
    assert concerned(assignment, *changed(1, "    return", "    seen = three = 0\n    return")) == {"other", "gpu"}
    assert concerned(assignment, *changed(3, "half(6)", "3")) == {"other", "gpu"}
    assert concerned(assignment, *changed(1, "/ 2", "* 0.5")) == {"other", "gpu"}, "`three` uses `half`"
    assert concerned(assignment, *CELLS, "# a remark") == set()
    assert concerned(assignment, *CELLS, "def new():\n    pass") == {"gpu"}
    assert concerned(assignment, *CELLS[:3], *CELLS[4:]) == {"other", "gpu"}, "a cell is gone"


def test_what_cannot_be_told_concerns_every_part(assignment: Path) -> None:
    every = {"part", "other", "gpu"}
    for cells in (
        changed(2, "2 * x", "2 *"),
        changed(0, "import numpy as np", "from numpy import *"),
        [*CELLS, "np.random.seed(1)"],
        [*CELLS, "np.pi = 3"],
        [CELLS[0], CELLS[2], CELLS[1], *CELLS[3:]],
    ):
        assert concerned(assignment, *cells) == every
    other = Submission("you", "toy", "toy.ipynb", "keras", of(*CELLS).cells, b"")
    assert changes.concerned(of(*CELLS), other, every, assignment) == every


def until(process: subprocess.Popen[str], end: str) -> str:
    """What the command prints up to a line with this text."""
    assert process.stdout
    seen: list[str] = []
    for line in process.stdout:
        seen.append(line)
        if end in line:
            break
    return "".join(seen)


def test_a_saved_file_is_checked_again(assignment: Path) -> None:
    project = assignment.parents[1]
    # The parent of every worker is the zygote.
    source = toy.RIGHT.replace("return 3", "import os\n    return f'parent {os.getppid()}'")
    file = toy.write(project / "toy.py", source)
    process = command.start("check", "toy.py", "--watch", cwd=project)
    alarm = threading.Timer(command.SECONDS, process.kill)
    alarm.start()
    try:
        first = until(process, "save the file")
        assert "10 of 20 visible points" in first and "checked part, other" in first
        toy.write(project / "new.py", source.replace("parent", "zygote")).replace(file)
        second = until(process, "save the file")
        assert "checked other;" in second and "part.first" not in second
        assert "10 of 20 visible points" in second
        number = re.compile(r"(?:parent|zygote) (\d+)")
        assert number.findall(first)[0] == number.findall(second)[0]
        toy.write(file, source.replace("parent", "zygote") + "\n# a remark\n")
        assert "no part has changed" in until(process, "saved")
        toy.write(file, toy.RIGHT)
        assert "20 of 20 visible points" in until(process, "save the file")
        os.kill(process.pid, signal.SIGINT)
        ended = command.finish(process)
    finally:
        alarm.cancel()
        process.kill()
    assert (ended.code, ended.err.strip()) == (0, ""), ended
    assert "No longer watching." in ended.out
