"""Where the checked code comes from, in real kernels: first the sure sources, then a guess, then what was run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.notebook.kernel import Run, latest, only_checks
from tests import toy
from tests.notebook.kernels import Kernel, kernel, save

START = "from autograder import Notebook\n\ngrader = Notebook('toy')"
CHECK = "grader.check('part')"
SETUP = 'FRAMEWORK = "torch"'
ONE = "def one():\n    return {}"
DOUBLE = "def double(x):\n    return 2 * x"
RIGHT = (SETUP, ONE.format(1), DOUBLE)
WRONG = (SETUP, ONE.format(7), DOUBLE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return toy.project(tmp_path)


def run_all(started: Kernel, *cells: str) -> None:
    for number, source in enumerate(cells):
        assert not started.run(source, f"cell-{number}").errors


def old(path: Path) -> Path:
    os.utime(path, (1e9, 1e9))
    return path


def test_the_session_file_also_beside_a_newer_one(folder: Path) -> None:
    mine = old(save(folder / "toy-Copy1.ipynb", *WRONG))
    save(folder / "toy_torch.ipynb", *RIGHT)
    with kernel(folder, {"JPY_SESSION_NAME": str(mine)}) as started:
        run_all(started, *WRONG, START)
        said = started.run(CHECK, "check")
        assert said.first_line == "Checked the last saved version of toy-Copy1.ipynb, this notebook."
        assert "✗ part.first" in said.result
        assert "toy-Copy1.ipynb, this notebook" in said.html
        run_all(started, RIGHT[1].replace("1", "8"))
        said = started.run(CHECK, "check")
        assert "In [6] was run after that, and the saved file does not contain it: save the notebook" in said.first_line
        # Renamed since the kernel was started: Jupyter's variable names no file.
        mine.rename(folder / "toy_mine.ipynb")
        assert "several files for toy (toy_mine.ipynb, toy_torch.ipynb)" in started.run(CHECK, "check").first_line


def test_the_file_that_vs_code_names(folder: Path) -> None:
    mine = save(folder / "mine.ipynb", *WRONG)
    save(folder / "toy.ipynb", *RIGHT)
    with kernel(folder) as started:
        started.run(f"__vsc_ipynb_file__ = {str(mine)!r}")
        run_all(started, START)
        assert "Checked the last saved version of mine.ipynb, this notebook." in started.run(CHECK).first_line


def test_a_kernel_without_a_session(folder: Path) -> None:
    """The only file, as long as it contains what was run; then the code that was run, cell by cell."""
    file = save(folder / "toy.ipynb", *RIGHT, START, CHECK)
    with kernel(folder) as started:
        for source in (*RIGHT, START):
            started.run(source)
        said = started.run(CHECK)
        assert said.first_line == "Checked the last saved version of toy.ipynb, the only file for toy in this folder."
        assert "10 of 10 visible points" in said.result
        started.run(ONE.format(7))
        said = started.run(CHECK)
        assert said.first_line == (
            "Checked what this kernel has run (3 cells, the latest version of each): "
            "toy.ipynb, the only file for toy in this folder, does not contain all of it."
        )
        assert "✗ part.first" in said.result
        started.run("one = lambda: 1")
        file.unlink()
        said = started.run(CHECK)
        assert said.first_line.endswith("this folder contains no file for toy.")
        assert "10 of 10 visible points" in said.result
        # A cell that raises is named as Jupyter names it.
        started.run("def one():\n    return 1 / 0")
        assert "cell In[10], line 2" in started.run(CHECK).result


def test_demo_cells_of_the_exercise_are_not_checked_as_code(folder: Path) -> None:
    handed_out = folder / "assignments/toy/toy_torch.ipynb"
    save(handed_out, SETUP, ONE.format(0), "print('a demo')", START, tags={2: "demo", 3: "check"})
    with kernel(folder) as started:
        run_all(started, *RIGHT, "print('a demo')", START)
        assert "(3 cells, " in started.run(CHECK).first_line


def test_nothing_was_run_and_nothing_says_which_file(folder: Path) -> None:
    save(folder / "toy.ipynb", *RIGHT)
    save(folder / "toy_keras.ipynb", *RIGHT)
    with kernel(folder) as started:
        started.run(START)
        said = started.run(CHECK)
        assert "This folder contains several files for toy (toy.ipynb, toy_keras.ipynb)" in said.result
        assert said.result.endswith("no code was run here: use Notebook('toy', 'your_file.ipynb').")
        started.run("grader = Notebook('toy', 'toy.ipynb')")
        assert started.run(CHECK).first_line == "Checked the last saved version of toy.ipynb."


def executed(notebook: Path, **environment: str) -> str:
    """What `grader.check` says when `nbconvert --execute` runs the notebook."""
    done = subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--output", "executed", notebook.name],
        cwd=notebook.parent,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    book = nbformat.read(notebook.parent / "executed.ipynb", as_version=4)
    (notebook.parent / "executed.ipynb").unlink()
    return book.cells[-1].outputs[-1]["data"]["text/plain"]


def test_nbconvert(folder: Path) -> None:
    only = save(folder / "toy.ipynb", *RIGHT, START, CHECK)
    said = executed(only)
    assert said.startswith("Checked the last saved version of toy.ipynb, the only file for toy in this folder.")
    assert "10 of 10 visible points" in said
    # Run from inside another notebook, whose session it inherits.
    wrong = save(folder / "homework.ipynb", *WRONG, START, CHECK)
    said = executed(wrong, JPY_SESSION_NAME=str(only))
    assert "does not contain all of it" in said
    assert "✗ part.first" in said


COLAB = """
import json, pathlib

def blocking_request(request_type, request="", timeout_sec=5, parent=None):
    assert request_type == "get_ipynb"
    return json.loads(pathlib.Path("answer.json").read_text())
"""


def test_the_notebook_that_is_open_in_colab(folder: Path) -> None:
    """Simulated at the function that asks the browser; it answers `None` when time is up."""
    toy.write(folder / "lib/google/colab/__init__.py", "")
    toy.write(folder / "lib/google/colab/_message.py", COLAB)
    book = json.loads(save(folder / "answer.json", *RIGHT, "raise SystemExit", tags={3: "demo"}).read_text())
    book["metadata"]["colab"] = {"name": "Copy of toy"}
    (folder / "answer.json").write_text(json.dumps({"ipynb": book}))
    save(folder / "toy.ipynb", *WRONG)
    with kernel(folder, {"PYTHONPATH": str(folder / "lib")}) as started:
        assert not started.run("import google.colab").errors
        run_all(started, *WRONG, START)
        said = started.run(CHECK, "check")
        assert said.first_line == "Checked Copy of toy.ipynb as it is open in Colab."
        assert "10 of 10 visible points" in said.result
        (folder / "answer.json").write_text("null")
        assert "✗ part.first" in started.run(CHECK, "check").result


def test_two_exercises_whose_names_begin_alike(folder: Path) -> None:
    policy = (folder / "grading.yml").read_text(encoding="utf-8")
    both = policy + policy.removeprefix("exercises:\n").replace("toy:", "toy_two:")
    (folder / "grading.yml").write_text(both, encoding="utf-8")
    toy.write(folder / "toy.py", toy.RIGHT)
    toy.write(folder / "toy_two.py", toy.RIGHT.replace("return 1", "return 2"))
    done = subprocess.run(
        [sys.executable, "-c", "from autograder import Notebook; print(Notebook('toy').check('part'))"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("Checked the last saved version of toy.py, the only file for toy"), done.stderr


def numbers(*runs: Run) -> list[int]:
    return [run.number for run in latest(runs)]


def test_the_latest_source_of_each_cell() -> None:
    assert numbers(Run(1, "a = 1", "x"), Run(2, "b = 1", "y"), Run(3, "a = 2", "x")) == [3, 2]
    assert numbers(Run(1, "a = 1"), Run(2, "b = a"), Run(3, "a = 2\nc = 3", "x")) == [3, 2]
    assert numbers(Run(1, "a = 1", "x"), Run(2, "a = 1", "y")) == [2]
    assert numbers(Run(1, "a = 1", "x"), Run(2, "a = 2", "y")) == [1, 2]
    assert numbers(Run(1, "import numpy as np, torch.nn\nfrom a import b as c"), Run(2, "np = torch = c = 1")) == [2]
    assert numbers(Run(1, "def f(): pass\nclass C: pass"), Run(2, "def f(): pass")) == [1, 2]
    assert numbers(Run(1, "print(1)"), Run(2, "print(2)"), Run(3, "def f(:")) == [1, 2, 3]


@pytest.mark.parametrize(
    ("source", "alone"),
    [
        ("from autograder import Notebook\n\ngrader = Notebook('toy')", True),
        ("grader.check('part')", True),
        ("# once more\nreport = grader.check_all()", True),
        ("%pip install something", True),
        ("def one():\n    return 1\n\ngrader.check('part')", False),
        ("x = compute()", False),
        ("def f(:", False),
    ],
)
def test_cells_that_only_run_checks(source: str, alone: bool) -> None:
    assert only_checks(source) is alone
