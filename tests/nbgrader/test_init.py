"""`autograder nbgrader init`: the files that it writes, and those that it leaves unchanged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from tests import catalogue, command
from tests.catalogue import FRAMEWORKS, ROOT
from tests.nbgrader import small


def _read(path: Path) -> Any:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    return notebook


def _marked(notebook: Any, kind: str) -> dict[str, Any]:
    return {
        cell.metadata.nbgrader.grade_id: cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get(kind, False)
    }


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_exercise_becomes_a_source_notebook(tmp_path: Path, framework: str) -> None:
    policy = tmp_path / "course" / "grading.yml"
    policy.parent.mkdir()
    policy.write_text(f"extends: {json.dumps(str(ROOT / 'grading.yml'))}\nframework: {framework}\n")
    ended = command.run("nbgrader", "init", "course", cwd=tmp_path)
    assert ended.code == 0, ended
    assert policy.read_text().endswith(f"framework: {framework}\n")
    for name in catalogue.names():
        exercise = catalogue.load(name)
        notebook = _read(tmp_path / "course" / "source" / name / f"{name}.ipynb")
        assert any(f'FRAMEWORK = "{framework}"' in cell.source for cell in notebook.cells)
        points = {id: cell.metadata.nbgrader.points for id, cell in _marked(notebook, "grade").items()}
        expected: dict[str, float] = {}
        for check in exercise.checks:
            expected[check.part] = expected.get(check.part, 0) + (0 if check.deferred else exercise.points(check))
        assert points == pytest.approx(expected)
        for id, cell in _marked(notebook, "grade").items():
            assert cell.source == f'grader.check("{id}")'
            assert cell.metadata.nbgrader.locked
        answers = _marked(notebook, "solution")
        assert answers
        for cell in notebook.cells:
            held = cell.cell_type == "code" and "### BEGIN SOLUTION" in cell.source
            assert held == (cell.metadata.get("nbgrader", {}).get("grade_id") in answers)
        pictures = {path.name for path in (ROOT / "assignments" / name).glob("*.png")}
        assert {path.name for path in (tmp_path / "course" / "source" / name).glob("*.png")} == pictures


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return small.project(tmp_path / "project").parent


def test_the_nearest_grading_yml_governs(project: Path, tmp_path: Path) -> None:
    ended = command.run("nbgrader", "init", project / "inside", cwd=tmp_path)
    assert ended.code == 0, ended
    assert (project / "inside/grading.yml").read_text().splitlines()[1] == 'extends: "../grading.yml"'
    assert (project / "inside/source/toy/toy.ipynb").is_file()
    elsewhere = command.run("nbgrader", "init", tmp_path / "a/b", "--config", project / "grading.yml", cwd=tmp_path)
    assert elsewhere.code == 0, elsewhere
    assert "../../project/grading.yml" in (tmp_path / "a/b/grading.yml").read_text()


def test_what_is_there_stays(project: Path, tmp_path: Path) -> None:
    def init(*more: str) -> command.Ended:
        return command.run("nbgrader", "init", "course", "--config", project / "grading.yml", *more, cwd=tmp_path)

    assert init().out.count("written") == 3
    assert [each["done"] for each in init("--json").json] == ["unchanged"] * 3
    files = {path: path.read_bytes() for path in (tmp_path / "course").rglob("*") if path.is_file()}
    assert init().out.count("unchanged") == 3
    assert {path: path.read_bytes() for path in (tmp_path / "course").rglob("*") if path.is_file()} == files
    for name in ("nbgrader_config.py", "grading.yml"):
        with (tmp_path / "course" / name).open("a") as file:
            file.write("# mine\n")
    notebook = tmp_path / "course/source/toy/toy.ipynb"
    notebook.write_text("mine")
    said = init()
    assert "toy.ipynb  differs: use --force to overwrite it" in said.out
    assert notebook.read_text() == "mine"
    assert init("--force").code == 0
    assert notebook.read_bytes() == files[notebook]
    for name in ("nbgrader_config.py", "grading.yml"):
        assert (tmp_path / "course" / name).read_text().endswith("# mine\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nbgrader", "init"], "Missing argument"),
        (["nbgrader", "init", "file"], "file is a file; name a folder"),
        (["nbgrader", "init", "course", "tyo"], "did you mean toy?"),
        (["nbgrader", "init", "course", "--config", "nowhere.yml"], "nowhere.yml cannot be read"),
        (["nbgrader", "inti"], "No such command"),
    ],
)
def test_wrong_usage_is_a_sentence_and_exit_code_2(project: Path, arguments: list[str], said: str) -> None:
    (project / "file").touch()
    ended = command.run(*arguments, cwd=project)
    assert ended.code == 2, ended
    assert said in ended.err.replace("\n", " ")
    assert not (project / "course").exists()


def test_a_release_without_solutions_makes_no_course(project: Path) -> None:
    (project / "solutions").rename(project / "elsewhere")
    ended = command.run("nbgrader", "init", "course", cwd=project)
    assert ended.code == 2, ended
    assert "solutions contains no exercise" in ended.err


def test_a_solution_that_cannot_be_released_makes_no_course(project: Path) -> None:
    solution = project / "solutions/toy/toy_torch.py"
    solution.write_text(solution.read_text().replace("    ### END SOLUTION\n", "", 1))
    ended = command.run("nbgrader", "init", "course", cwd=project)
    assert ended.code == 2, ended
    assert "solutions/toy/toy_torch.py, line" in ended.err
    assert not (project / "course").exists()


@pytest.fixture(scope="module")
def without_nbgrader(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which everything except nbgrader is installed."""
    import nbgrader

    packages = Path(nbgrader.__file__).parent.parent
    folder = tmp_path_factory.mktemp("packages")
    for path in packages.iterdir():
        if not path.name.startswith("nbgrader"):
            (folder / path.name).symlink_to(path)
    return {**command.environment(), "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])}


@pytest.mark.parametrize(
    "arguments", [["nbgrader", "init", "course"], ["grade", "toy.py", "--gradebook", "sqlite:///gradebook.db"]]
)
def test_without_the_extra_one_sentence(project: Path, without_nbgrader: dict[str, str], arguments: list[str]) -> None:
    (project / "toy.py").touch()
    # Without `site`, Python sees only the paths in PYTHONPATH, not its virtual environment.
    command_line = [sys.executable, "-S", "-m", "autograder", *arguments]
    ended = subprocess.run(
        command_line, cwd=project, env=without_nbgrader, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 2, ended
    assert ended.stderr == "nbgrader is not installed here: pip install 'deep-learning-autograder[nbgrader]'\n"
    assert not (project / "results").exists()
    helped = subprocess.run(
        [*command_line[:4], "--help"], cwd=project, env=without_nbgrader, capture_output=True, text=True, check=False
    )
    assert helped.returncode == 0
    assert "nbgrader" in helped.stdout
