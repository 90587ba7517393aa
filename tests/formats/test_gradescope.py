"""Gradescope: both scripts run in the folders that it mounts, in the same way."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from autograder.authoring.loading import load_exercise
from autograder.course.grading_file import load_policy
from autograder.course.policy import GRADING_FILE, Policy
from autograder.errors import UsageError
from autograder.integrations.gradescope import bundle as gradescope_bundle
from autograder.integrations.gradescope import run
from autograder.release import bundle
from tests import command, toy
from tests.catalogue import ROOT
from tests.formats.test_outputs import GRADESCOPE
from tests.test_class import CLASS, ONE_OF_EACH_KIND, SCORES

SECONDS = 300


class Folders:
    """`/autograder` in a temporary folder, with the zip unpacked as by Gradescope."""

    def __init__(self, root: Path, content: bytes) -> None:
        self.root = root
        for name in ("source", "submission", "results"):
            (root / name).mkdir(parents=True)
        packed = root.parent / f"{root.name}.zip"
        packed.write_bytes(content)
        with zipfile.ZipFile(packed) as opened:
            opened.extractall(root / "source")
            for entry in opened.infolist():
                (root / "source" / entry.filename).chmod(entry.external_attr >> 16)
        shutil.copy(root / "source" / "run_autograder", root / "run_autograder")

    def hand_in(self, *files: Path, **texts: str) -> None:
        for path in files:
            shutil.copy(path, self.root / "submission")
        for name, text in texts.items():
            toy.write(self.root / "submission" / name.replace("__", "."), text)

    def run(self, script: str = "run_autograder", **more: str) -> subprocess.CompletedProcess[str]:
        """Run as on Gradescope, in the root folder. The interpreter is that of the tests, so nothing is installed."""
        given = {"AUTOGRADER_ROOT": str(self.root), "AUTOGRADER_PYTHON": sys.executable} | more
        return subprocess.run(
            [str(self.root / script)],
            cwd=self.root,
            env=command.environment(**given),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    @property
    def results(self) -> dict[str, Any]:
        told = json.loads((self.root / "results" / "results.json").read_bytes())
        jsonschema.validate(told, GRADESCOPE)
        return told


@pytest.fixture(scope="session")
def toy_zip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return gradescope_bundle.archive(_toy(tmp_path_factory.mktemp("toy")), "toy")


@pytest.fixture(scope="session")
def class_zip() -> bytes:
    return gradescope_bundle.archive(load_policy(CLASS / "grading.yml"), "xor")


def _toy(folder: Path, hidden: str = "") -> Policy:
    points = {"part": {"first": 5.0, "second": 5.0}, "other": {"third": 10.0}}
    return load_policy(toy.project(folder, points=points, hidden=hidden, solutions={}) / GRADING_FILE)


# ── the zip ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_zip_is_the_same_bytes_each_time_and_holds_both_scripts(tmp_path: Path, class_zip: bytes) -> None:
    assert class_zip == gradescope_bundle.archive(load_policy(CLASS / "grading.yml"), "xor")
    folders = Folders(tmp_path / "autograder", class_zip)
    source = folders.root / "source"
    for name in gradescope_bundle.SCRIPTS:
        assert (source / name).read_bytes().startswith(b"#!/usr/bin/env bash\n")
        assert (source / name).stat().st_mode & stat.S_IXUSR
        assert subprocess.run(["bash", "-n", source / name], check=False).returncode == 0
    assert {path.name for path in (source / "solutions").iterdir()} == {"xor"}, "no other exercise's solutions"
    assert not list(source.rglob("__pycache__")) and not list(source.rglob("variants"))


def test_what_travels_is_graded_alike(tmp_path: Path, class_zip: bytes) -> None:
    """The digest is the same although the policy was rewritten: points, limits and thresholds are the course's."""
    source = Folders(tmp_path / "autograder", class_zip).root / "source"
    there = load_exercise(load_policy(source / GRADING_FILE), "xor")
    assert there.digest == load_exercise(load_policy(CLASS / "grading.yml"), "xor").digest
    assert there.policy.limits.check_seconds == 5, "the course's own, not the project's"


def test_requirements_are_of_the_lock_and_need_no_course_tool() -> None:
    lines = bundle.requirements().splitlines()
    lock = (ROOT / bundle.LOCK).read_text().splitlines()
    assert lines[0] == f"--constraint {bundle.LOCK}"
    assert set(lines[1:]) <= set(lock)
    names = {line.partition("==")[0] for line in lines[1:]}
    assert {"torch", "keras", "tensorflow-cpu", "numpy", "msgspec", "py-landlock", "pyseccomp"} <= names
    assert not names & {"nbgrader", "otter-grader", "jupyterlab", "pytest"}


def test_what_is_not_there_cannot_travel(tmp_path: Path) -> None:
    policy = load_policy(toy.project(tmp_path) / GRADING_FILE)
    with pytest.raises(UsageError, match=r"solutions.toy does not exist"):
        gradescope_bundle.archive(policy, "toy")
    with pytest.raises(UsageError, match="did you mean toy"):
        gradescope_bundle.archive(policy, "tyo")


def test_the_command_writes_where_it_is_told(tmp_path: Path) -> None:
    _toy(tmp_path)
    ended = command.run("gradescope", "toy", cwd=tmp_path)
    assert ended.code == 0
    assert "toy-gradescope.zip  written" in ended.out
    ended = command.run("gradescope", "toy", "--out", "deep/x.zip", "--allow-weak", "--json", cwd=tmp_path)
    assert ended.json == {"written": ["deep/x.zip"]}
    with zipfile.ZipFile(tmp_path / "deep" / "x.zip") as packed:
        assert json.loads(packed.read("gradescope.json")) == {"exercise": "toy", "allow_weak": True}
    with zipfile.ZipFile(tmp_path / "toy-gradescope.zip") as packed:
        assert json.loads(packed.read("gradescope.json"))["allow_weak"] is False
    assert command.run("gradescope", "tyo", cwd=tmp_path).code == 2


# ── which file is the submission ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        (["toy.py"], "toy.py"),
        (["toy_torch.ipynb", "toy.py", "helpers.py"], "toy.py"),
        (["toy_keras.py", "toy_torch.py"], "toy_torch.py"),
        (["my homework (2).ipynb"], "my homework (2).ipynb"),
        (["my homework.ipynb", "helpers.py"], "my homework.ipynb"),
        (["homework.py"], "homework.py"),
        (["upload/toy.ipynb"], "toy.ipynb"),
        (["__MACOSX/toy.py", "a.py"], "a.py"),
        ([".ipynb_checkpoints/toy.ipynb", "b.ipynb"], "b.ipynb"),
        (["a.ipynb", "b.ipynb"], ""),
        (["notes.txt"], ""),
        ([], ""),
    ],
)
def test_which_file_is_graded(tmp_path: Path, files: list[str], chosen: str) -> None:
    for name in files:
        toy.write(tmp_path / name, toy.RIGHT)
    assert run.find(tmp_path, "toy").file == chosen


def test_a_link_is_no_submission(tmp_path: Path) -> None:
    solution = toy.write(tmp_path / "solutions" / "toy_torch.py", toy.RIGHT)
    (tmp_path / "submission").mkdir()
    (tmp_path / "submission" / "toy.py").symlink_to(solution)
    (tmp_path / "submission" / "folder").symlink_to(solution.parent)
    handed_in = run.find(tmp_path / "submission", "toy")
    assert not handed_in.readable and not handed_in.content


# ── the scripts ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_setup_tries_what_grading_needs(tmp_path: Path, toy_zip: bytes) -> None:
    folders = Folders(tmp_path / "autograder", toy_zip)
    done = folders.run("source/setup.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "torch: python" in done.stdout and "keras: python" in done.stdout
    assert not (folders.root / "venv").exists(), "an interpreter was named: nothing is installed"
    (folders.root / "source" / "solutions" / "toy" / "checks.py").write_text("import nowhere\n")
    assert folders.run("source/setup.sh").returncode != 0, "the image is not built on what will not grade"


@pytest.mark.slow
def test_a_right_submission_and_what_lies_in_the_folders_afterwards(tmp_path: Path, toy_zip: bytes) -> None:
    folders = Folders(tmp_path / "autograder", toy_zip)
    folders.hand_in(toy__py=toy.RIGHT)
    before = _listing(folders.root)
    done = folders.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert folders.results["score"] == 20
    # The empty folder is where data would be that is fetched later: a worker's view needs it.
    empty = {"source/build", "source/build/data"}
    assert _listing(folders.root) - before == {"results/results.json", *empty}
    assert stat.S_IMODE((folders.root / "source" / "solutions").stat().st_mode) == 0o700
    again = folders.run()
    assert again.returncode == 0 and folders.results["score"] == 20, "a regrade starts from what the first one left"


@pytest.mark.parametrize("python", ["/bin/false", "/nowhere/python"])
def test_results_stand_there_whole_where_no_interpreter_runs(tmp_path: Path, toy_zip: bytes, python: str) -> None:
    folders = Folders(tmp_path / "autograder", toy_zip)
    folders.hand_in(toy__py=toy.RIGHT)
    (folders.root / "results" / "results.json").write_text('{"score": 20, "output": "of an earlier run"}')
    assert folders.run(AUTOGRADER_PYTHON=python).returncode != 0
    assert "score" not in folders.results and "tests" not in folders.results
    assert "did not finish" in folders.results["output"]


@pytest.mark.slow
def test_results_stand_there_whole_where_the_grader_is_killed(tmp_path: Path, toy_zip: bytes) -> None:
    folders = Folders(tmp_path / "autograder", toy_zip)
    folders.hand_in(toy__py=toy.RIGHT.replace("return 1", "\n    while True: pass"))
    environment = command.environment(AUTOGRADER_ROOT=str(folders.root), AUTOGRADER_PYTHON=sys.executable)
    started = subprocess.Popen(
        [str(folders.root / "run_autograder")], env=environment, start_new_session=True, stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + SECONDS
    while not (folders.root / "results" / "results.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(1)
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    assert "score" not in folders.results and "did not finish" in folders.results["output"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hidden", "policy"),
    [("raise RuntimeError('our own bug')", ""), ("", "exercises: {toy: {points: 3}}"), (None, "")],
)
def test_the_graders_own_failure_is_no_grade(tmp_path: Path, hidden: str | None, policy: str) -> None:
    ours = 'from autograder import check\n@check("more.broken")\ndef _(student):\n    """It works"""\n    raise KeyError("bug")\n'
    points = {"part": {"first": 5.0, "second": 5.0}, "other": {"third": 5.0}, "more": {"broken": 5.0}}
    project = toy.project(tmp_path / "project", points=points, hidden=ours)
    folders = Folders(tmp_path / "autograder", gradescope_bundle.archive(load_policy(project / GRADING_FILE), "toy"))
    folders.hand_in(toy__py=toy.RIGHT)
    if hidden:
        (folders.root / "source" / "solutions" / "toy" / "checks.py").write_text(hidden)
    if policy:
        (folders.root / "source" / GRADING_FILE).write_text(policy)
    assert folders.run().returncode == 3
    assert "score" not in folders.results and "tests" not in folders.results


def _listing(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


# ── from a course to its grades ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.parametrize("student", ONE_OF_EACH_KIND)
def test_the_class_gets_what_grade_gives(tmp_path: Path, class_zip: bytes, student: str) -> None:
    folders = Folders(tmp_path / "autograder", class_zip)
    folders.hand_in(*(CLASS / "submitted" / student / "xor").iterdir())
    done = folders.run()
    assert done.returncode == 0, done.stdout + done.stderr
    told = folders.results
    assert told["score"] == SCORES[student]
    assert sum(test.get("score", 0) for test in told["tests"]) == SCORES[student], "and test by test"
    hidden = [test for test in told["tests"] if test["visibility"] == "after_published"]
    assert hidden and len(hidden) < len(told["tests"])
