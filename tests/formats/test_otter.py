"""The real otter-grader: from `autograder otter` and `otter assign` to the grades that otter writes."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from autograder.course.grading_file import load_policy
from autograder.course.policy import GRADING_FILE
from autograder.integrations.otter import source
from autograder.release import bundle
from tests import command, toy
from tests.catalogue import ROOT
from tests.conftest import Once
from tests.formats import otter_attacks
from tests.test_class import CLASS, ONE_OF_EACH_KIND, SCORES

SECONDS = 600
UNREADABLE = {"pia", "quinn"}
"""An empty file and an HTML page named like a notebook: otter refuses to read them before it calls any plugin."""
NOTHING = {"sofia"}
"""Students who submitted nothing that otter would grade."""
HALVES = [sorted(set(ONE_OF_EACH_KIND) - NOTHING)[start::2] for start in range(2)]


def otter(*arguments: str | Path, cwd: Path) -> None:
    """Run a command of otter, which must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "otter", *map(str, arguments)],
        cwd=cwd,
        env=command.environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def otter_run(packed: Path, *files: Path) -> dict[str, Any]:
    """The results of `otter run` for each file, and the table of `otter grade`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.formats.otter_run", str(packed), *map(str, files)],
        cwd=ROOT,
        env=command.environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout[done.stdout.index('{"files"') :])


@pytest.fixture(scope="session")
def made(once: Once) -> Path:
    """The output of `autograder otter` for the class's exercise."""

    def make(folder: Path) -> None:
        out = folder / "made"
        ended = command.run("otter", "xor", "--config", CLASS / "grading.yml", "--out", out, "--json", cwd=ROOT)
        assert ended.code == 0, ended
        assert ended.json == {"written": [str(out / f"xor_{framework}.ipynb") for framework in ("torch", "keras")]}

    return once("otter", make) / "made"


def _assign(made: Path, framework: str, folder: Path) -> None:
    otter("assign", made / f"xor_{framework}.ipynb", folder, cwd=made.parent)


@pytest.fixture(scope="session")
def assigned(made: Path, once: Once) -> Path:
    """The output of `otter assign` for the PyTorch notebook; it has already graded the solution with the plugin."""
    return once("assigned", lambda folder: _assign(made, "torch", folder / "torch")) / "torch"


@pytest.fixture(scope="session")
def packed(assigned: Path) -> Path:
    (found,) = (assigned / "autograder").glob("*.zip")
    return found


# ── what assign makes ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_students_notebook_is_the_release_with_otters_cells(assigned: Path) -> None:
    cells = json.loads((assigned / "student" / "xor_torch.ipynb").read_bytes())["cells"]
    ours = json.loads((ROOT / "assignments" / "xor" / "xor_torch.ipynb").read_bytes())["cells"]
    by_id = {cell["id"]: "".join(cell["source"]) for cell in cells}
    for cell in ours:
        if cell["id"] not in ("grader-1", "hand-in-1"):
            assert by_id[cell["id"]] == "".join(cell["source"])
    checks = {"".join(cell["source"]) for cell in cells if "check" in cell["metadata"].get("tags", ())}
    parts = load_policy(ROOT / GRADING_FILE).exercise("xor").points
    assert {f'grader.check("{part}")' for part in parts} <= checks
    assert "grader.check_all()" in checks and source.EXPORT in checks
    assert {path.name for path in (assigned / "student").iterdir()} == {"xor_torch.ipynb", "xor.png"}


@pytest.mark.slow
def test_nothing_of_the_solution_reaches_students(assigned: Path) -> None:
    text = (assigned / "student" / "xor_torch.ipynb").read_text()
    assert "# BEGIN" not in text and "# END" not in text and "graded by the plugin" not in text
    tests = json.loads(text)["metadata"]["otter"]["tests"]
    assert all("hidden=True" not in test for test in tests.values())
    solution = (ROOT / "solutions" / "xor" / "xor_torch.py").read_text()
    inside = [block.partition("### END SOLUTION")[0] for block in solution.split("### BEGIN SOLUTION")[1:]]
    lines = [line.strip() for block in inside for line in block.splitlines() if len(line.strip()) > 12]
    assert len(lines) > 10
    assert not [line for line in lines if json.dumps(line)[1:-1] in text]


@pytest.mark.slow
def test_a_check_cell_runs_the_checks_that_students_see(assigned: Path, tmp_path: Path) -> None:
    """In a kernel, as a student runs it: the stub fails with our messages, a right answer passes."""
    notebook = nbformat.read(assigned / "student" / "xor_torch.ipynb", as_version=4)
    keep = ("setup-1", "setup-otter", "gates-2", "gates-3", "lecture-2", "lecture-3")
    notebook.cells = [cell for cell in notebook.cells if cell.id in keep]
    solved = json.loads((assigned / "autograder" / "xor_torch.ipynb").read_bytes())["cells"]
    right = next(cell for cell in solved if cell["id"] == "lecture-2")
    next(cell for cell in notebook.cells if cell.id == "lecture-2").source = "".join(right["source"])
    nbformat.write(notebook, tmp_path / "xor_torch.ipynb")
    client = nbclient.NotebookClient(
        notebook, timeout=SECONDS, allow_errors=True, resources={"metadata": {"path": tmp_path}}
    )
    client.execute(env=command.environment(PYTHONPATH=os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]])))
    said = {cell.id: json.dumps(cell.get("outputs", ""), ensure_ascii=False) for cell in notebook.cells}
    assert "gates.or" in said["gates-3"] and "The stub is still there" in said["gates-3"]
    assert "passed!" in said["lecture-3"]


@pytest.mark.slow
def test_keras_is_assigned_alike(made: Path, tmp_path: Path) -> None:
    """Otter grades the solution with the zip that it has created, and accepts only full marks."""
    assigned = tmp_path / "keras"
    _assign(made, "keras", assigned)
    text = (assigned / "student" / "xor_keras.ipynb").read_text()
    assert 'FRAMEWORK = \\"keras\\"' in text and "keras.Sequential" not in text


@pytest.mark.slow
def test_the_environment_installs_the_course(packed: Path) -> None:
    with zipfile.ZipFile(packed) as opened:
        lines = opened.read("environment.yml").decode().splitlines()
        names = opened.namelist()
    pip = [line.strip().removeprefix("- ") for line in lines[lines.index("  - pip:") + 1 :]]
    assert pip[-1] == source.IN_CONTAINER
    assert "otter-grader[grading,plugins]==7.0.0" in pip
    assert set(bundle.requirements().splitlines()[1:]) <= set(pip)
    assert {"files/course/pyproject.toml", "files/course/autograder/integrations/otter/plugin.py"} <= set(names)
    assert not [name for name in names if name.endswith("mistakes.yml")]


def test_only_its_own_folder_is_written_anew(tmp_path: Path) -> None:
    """An instructor's folder with the same name is kept."""
    mine = toy.write(tmp_path / "xor-otter" / "notes.txt", "mine")
    ended = command.run("otter", "xor", "--config", ROOT / GRADING_FILE, cwd=tmp_path)
    assert ended.code == 2
    assert "already exists" in ended.err
    assert mine.read_text() == "mine"
    assert command.run("otter", "xor", "--config", ROOT / GRADING_FILE, "--out", "a", cwd=tmp_path).code == 0
    stale = toy.write(tmp_path / "a" / "course" / "solutions" / "xor" / "stale.py", "")
    assert command.run("otter", "xor", "--config", ROOT / GRADING_FILE, "--out", "a", cwd=tmp_path).code == 0
    assert not stale.exists()


def test_without_the_extra_there_is_one_sentence(tmp_path: Path) -> None:
    """In an interpreter with the same packages except otter."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(("otter", "__editable__")) and not entry.name.endswith(".pth"):
            (packages / entry.name).symlink_to(entry)
    program = (
        f"import sys; sys.path += [{str(ROOT)!r}, {str(packages)!r}]; "
        "sys.argv = ['autograder', *sys.argv[1:]]; from autograder.commands.app import main; main()"
    )
    for arguments, code in ((["otter", "xor"], 2), (["gradescope", "xor", "--out", "a.zip"], 0)):
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", program, *arguments],
            cwd=tmp_path,
            env=command.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, "otter", "xor"],
        cwd=tmp_path,
        env=command.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.strip() == "otter-grader is not installed here: pip install 'deep-learning-autograder[otter]'"


# ── from a course to its grades ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.parametrize("students", HALVES, ids=["first", "second"])
def test_the_class_gets_what_grade_gives(packed: Path, tmp_path: Path, students: list[str]) -> None:
    files: dict[str, Path] = {}
    for student in students:
        (handed_in,) = (CLASS / "submitted" / student / "xor").iterdir()
        (tmp_path / student).mkdir()
        files[student] = Path(shutil.copy(handed_in, tmp_path / student))
    found = otter_run(packed, *files.values())
    for student, file in files.items():
        told = found["files"][str(file)]
        if student in UNREADABLE:
            assert told["raised"] and not told["wrote"], "no grade; `autograder grade` gives 0"
            continue
        assert "raised" not in told, told
        assert told["total"] == SCORES[student], student
        scores = [test["score"] for test in told["json"]["tests"] if "score" in test]
        assert sum(scores) == SCORES[student]
        assert "graded by autograder" in told["printed"]
    table = {row["file"]: row for row in csv.DictReader(io.StringIO(found["table"]))}
    exported = {
        student: float(table[str(file)]["total_points_earned"]) for student, file in files.items() if str(file) in table
    }
    assert exported == {student: SCORES[student] for student in students if student not in UNREADABLE}


@pytest.mark.slow
def test_the_way_of_a_container(packed: Path, tmp_path: Path) -> None:
    """`otter grade` and Gradescope run otter with a script from the zip, in the folders that they mount."""
    root = tmp_path / "autograder"
    with zipfile.ZipFile(packed) as opened:
        opened.extractall(root / "source")
    for name in ("submission", "results"):
        (root / name).mkdir()
    (root / "submission_metadata.json").write_text("{}")
    shutil.copy(CLASS / "submitted" / "goran" / "xor" / "xor.py", root / "submission")
    script = root / "source" / "run_otter.py"
    assert 'run_autograder("/autograder")' in script.read_text()
    script.write_text(script.read_text().replace('"/autograder"', repr(str(root))))
    environment = command.environment() | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, script], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((root / "results" / "results.json").read_bytes())
    assert sum(test.get("score", 0) for test in told["tests"]) == SCORES["goran"]


# ── attacks ─────────────────────────────────────────────────────────────────────────────────────────────────

STOCK_TEST = """\
OK_FORMAT = False

from otter.test_files import test_case

name = "q"
points = 20

@test_case(hidden=True)
def test_q(one, double, three):
    assert one() == 1
    assert double(3) == 6
    assert three() == 3
"""


def _zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return path


@pytest.fixture(scope="session")
def stock_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An autograder.zip as in otter's documentation: a test in the process of the student's code."""
    files = {"tests/q.py": STOCK_TEST.encode(), "otter_config.json": b"{}"}
    return _zip(tmp_path_factory.mktemp("stock") / "stock.zip", files)


@pytest.fixture(scope="session")
def our_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same question with the plugin: the course, and tests that would give full marks to every submission."""
    folder = tmp_path_factory.mktemp("ours")
    limits = "{seconds: 300, check_seconds: 60, memory_mb: 1500}"
    policy = load_policy(toy.project(folder / "project", hidden="", limits=limits) / GRADING_FILE)
    config = {"plugins": [{source.PLUGIN: {"exercise": "toy"}}]}
    generous = STOCK_TEST.partition("    assert")[0] + "    pass\n"
    files = {"tests/q.py": generous.encode(), "otter_config.json": json.dumps(config).encode()}
    files |= {f"files/{source.COURSE}/{name}": content for name, content in bundle.pack(policy, "toy").items()}
    return _zip(folder / "ours.zip", files)


def _handed_in(idea: str, folder: Path) -> Path:
    files = {name: otter_attacks.content(made) for name, made in otter_attacks.SUBMISSIONS[idea].items()}
    return _zip(folder / "handed_in.zip", files)


@pytest.mark.slow
@pytest.mark.parametrize("idea", otter_attacks.SUBMISSIONS)
def test_the_attack_takes_full_marks_on_stock_otter(stock_zip: Path, tmp_path: Path, idea: str) -> None:
    (told,) = otter_run(stock_zip, _handed_in(idea, tmp_path))["files"].values()
    assert sum(test.get("score", 0) for test in told["json"]["tests"]) == 20


RIGHT = {"toy.py": toy.RIGHT.encode(), "helpers.txt": b"x", "folder/more.txt": b"y"}


@pytest.fixture(scope="session")
def through_the_plugin(our_zip: Path, once: Once) -> dict[str, Any]:
    """The points for each idea and, finally, for a right answer.

    Otter runs them all in one process, because no student code runs in it. Stock otter runs student code, so it is
    started separately for each."""

    def make(folder: Path) -> None:
        files: dict[str, Path] = {}
        for number, idea in enumerate(otter_attacks.SUBMISSIONS):
            (folder / str(number)).mkdir()
            files[idea] = _handed_in(idea, folder / str(number))
        files["right"] = _zip(folder / "right.zip", RIGHT)
        found = otter_run(our_zip, *files.values())["files"]
        (folder / "told.json").write_text(json.dumps({idea: found[str(file)] for idea, file in files.items()}))

    return json.loads((once("ideas", make) / "told.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("idea", otter_attacks.SUBMISSIONS)
def test_the_attack_takes_nothing_through_the_plugin(through_the_plugin: dict[str, Any], idea: str) -> None:
    told = through_the_plugin[idea]
    assert "raised" not in told, told
    assert (told["total"], told["possible"]) == (0, 20)
    assert sum(test.get("score", 0) for test in told["json"]["tests"]) == 0


@pytest.mark.slow
def test_a_right_answer_takes_full_marks_both_ways(
    through_the_plugin: dict[str, Any], stock_zip: Path, tmp_path: Path
) -> None:
    (stock,) = otter_run(stock_zip, _zip(tmp_path / "right.zip", RIGHT))["files"].values()
    for told in (stock, through_the_plugin["right"]):
        assert sum(test.get("score", 0) for test in told["json"]["tests"]) == 20


@pytest.mark.slow
def test_what_the_grader_fails_on_gets_no_grade(tmp_path: Path, our_zip: Path) -> None:
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(our_zip) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    checks = f"files/{source.COURSE}/assignments/toy/checks.py"
    ours = b"raise KeyError('ours')\n    expect.equal(student.three()"
    files[checks] = files[checks].replace(b"expect.equal(student.three()", ours)
    right = _zip(tmp_path / "right.zip", {"toy.py": toy.RIGHT.encode()})
    (told,) = otter_run(_zip(broken, files), right)["files"].values()
    assert "GraderError" in told["raised"] and not told["wrote"]
