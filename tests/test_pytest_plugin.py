"""Real runs of pytest: a submission's checks are its items, and other projects are not touched."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests import command, toy

CHECKS = (
    toy.CHECKS
    + '''
@check("other.later", deferred="there is no GPU here")
def _(student):
    """It runs on a GPU"""

@check("other.bug")
def _(student):
    """It works"""
    raise KeyError("our own bug")
'''
)
POINTS = {"part": {"first": 5.0, "second": 5.0}, "other": {"third": 10.0, "later": 1.0, "bug": 1.0}}
WRONG = """
import os
from pathlib import Path

FRAMEWORK = "torch"
Path("imported").touch()

def one():
    print("from one")
    return os.getpid()

def double(x):
    return 2 * x

def three():
    return os.getpid()
"""


def run(folder: Path, *arguments: str | Path) -> tuple[int, str]:
    """The exit code of pytest and what it prints."""
    inherited = ("PYTEST_", "COV_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(inherited)}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *map(str, arguments)],
        cwd=folder,
        env=environment | {"COLUMNS": "120", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=command.SECONDS,
    )
    return ended.returncode, ended.stdout


def ids(folder: Path, *arguments: str | Path) -> list[str]:
    """The ids that pytest collects."""
    _, out = run(folder, "--collect-only", "-q", *arguments)
    return [line for line in out.splitlines() if "::" in line]


def notebook(path: Path, *sources: str) -> Path:
    return toy.write(path, json.dumps(toy.notebook(*sources), indent=1))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return toy.project(tmp_path, CHECKS, POINTS)


def test_each_check_is_an_item(project: Path) -> None:
    notebook(project / "toy_torch.ipynb", *WRONG.split("\n\n", 2))
    code, out = run(project, "toy_torch.ipynb", "--junitxml", "junit.xml")
    assert code == 1, out
    cases = {case.attrib["name"]: case for case in ElementTree.parse(project / "junit.xml").iter("testcase")}
    outcomes = {name: [child.tag for child in case if child.tag != "properties"] for name, case in cases.items()}
    assert outcomes == {
        "part.first": ["failure"],
        "part.second": ["skipped"],
        "other.third": ["failure"],
        "other.later": ["skipped"],
        "other.bug": ["error"],
    }, out
    first, third = (cases[name][1] for name in ("part.first", "other.third"))
    # The sentences, the same process for both checks, and no traceback of ours.
    assert first.text and re.search(r"tried +one\(\)\n +saw +\d+\n +expected +1\n +likely +Return 1\.\n", first.text)
    assert re.search(r"\n +printed +from one$", first.text)
    assert first.attrib["message"] == third.attrib["message"]
    assert cases["part.second"][1].attrib["message"] == "because part.first did not pass"
    assert cases["other.later"][0].attrib["message"] == "there is no GPU here"
    assert "The grader failed, not the student's code." in str(cases["other.bug"][1].text)
    assert "0 of 21 points in 4 visible checks; hidden checks are graded later" in out
    assert "Traceback" not in out and "pytest_plugin.py" not in out


def test_checks_are_chosen_like_tests_and_the_file_is_never_imported(project: Path) -> None:
    toy.write(project / "toy.py", WRONG.replace("def one():", "def one():\n    return 1\n"))
    code, out = run(project, "toy.py", "--doctest-modules", "-v", "-x", "-k", "second or third or other.bug")
    assert code == 1, out
    assert re.search(r"^toy\.py::part::part\.second PASSED", out, re.MULTILINE), "what it needs has run before it"
    assert re.search(r"^toy\.py::other::other\.third FAILED", out, re.MULTILINE)
    assert "1 failed, 1 passed, 2 deselected" in out, "-x stops at the first failure"
    assert "FAILED toy.py::other::other.third - " in out
    assert not (project / "imported").exists()


def test_collection_shows_parts_and_checks_and_runs_nothing(project: Path) -> None:
    file = notebook(project / "assignments/toy/toy_torch.ipynb", 'FRAMEWORK = "torch"', "raise SystemExit", "(")
    code, out = run(project, "--collect-only", "assignments/toy")
    assert code == 0, out
    tree = re.findall(r"^ +<(\w+ [\w.]+)>$", out, re.MULTILINE)
    assert tree[-8:] == [
        "SubmissionFile toy_torch.ipynb",
        "Part part",
        "CheckItem part.first",
        "CheckItem part.second",
        "Part other",
        "CheckItem other.third",
        "CheckItem other.later",
        "CheckItem other.bug",
    ], out
    one = f"{file.relative_to(project)}::other::other.third"
    assert ids(project, one) == [one]


def test_of_a_folder_the_notebooks_of_exercises_are_collected(project: Path) -> None:
    for name in ("toy", "toy_keras", "scratch"):
        notebook(project / f"mine/{name}.ipynb", 'FRAMEWORK = "torch"')
    toy.write(project / "mine/toy.py", toy.RIGHT)
    notebook(project / "submitted/ada/toy/toy.ipynb", 'FRAMEWORK = "torch"')
    assert {id.partition("::")[0] for id in ids(project)} == {"mine/toy.ipynb", "mine/toy_keras.ipynb"}
    assert ids(project, "submitted/ada/toy/toy.ipynb")
    # In a folder without `grading.yml`, a notebook that imports the checks is one of the package's exercises.
    (project / "grading.yml").unlink()
    notebook(project / "xor.ipynb", "from autograder import Notebook")
    assert {id.partition("::")[0] for id in ids(project)} == {"xor.ipynb"}


def test_another_project_is_not_touched(tmp_path: Path) -> None:
    ours = ["autograder", "autograder.integrations", "autograder.integrations.pytest_plugin"]
    toy.write(
        tmp_path / "test_other.py",
        f"""
        import sys

        def test_that_nothing_is_imported():
            assert sorted(name for name in sys.modules if name.partition(".")[0] == "autograder") == {ours}
        """,
    )
    notebook(tmp_path / "xor.ipynb", "import numpy")
    code, out = run(tmp_path)
    assert code == 0 and "1 passed" in out, out
    # Nor where another tool has a `grading.yml`.
    toy.write(tmp_path / "grading.yml", "points: 3")
    toy.write(tmp_path / "sums.py", "def test_sum():\n    assert 1 + 1 == 2\n")
    assert ids(tmp_path, "sums.py") == ["sums.py::test_sum"]
    assert ids(tmp_path) == ["test_other.py::test_that_nothing_is_imported"]


def test_a_mistake_in_grading_yml_is_said(project: Path) -> None:
    toy.write(project / "toy.py", toy.RIGHT)
    policy = project / "grading.yml"
    policy.write_text(policy.read_text().replace("third: 10.0", "third: ten"))
    code, out = run(project, "toy.py")
    assert code == 2, out
    assert "ERROR collecting toy.py" in out and "grading.yml, line 5" in out and "Traceback" not in out


@pytest.mark.slow
def test_several_processes_share_the_checks(project: Path) -> None:
    notebook(project / "toy.ipynb", toy.RIGHT)
    code, out = run(project, "toy.ipynb", "-n", "2", "-k", "not bug")
    assert code == 0 and "3 passed, 1 skipped" in out, out
    assert "20 of 20 points in 3 visible checks" in out
