"""The action and its workflow: linted, and run on this machine by a runner without GitHub."""

from __future__ import annotations

import base64
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tests import command, toy
from tests.catalogue import ROOT

SECONDS = 600
SCRIPTS = Path(sysconfig.get_path("scripts"))
WORKFLOW = ROOT / ".github" / "workflows" / "grade.yml"
KEPT = "kept"
"""Where the job saves its report: a step that copies it replaces the one that uploads it to GitHub."""

FORGES = """
FRAMEWORK = "torch"
FORGED = "::add-mask::score\\n::error file=forged.py,line=1::forged\\r::notice title=Autograding report::{}%0A::debug::x"
print(FORGED)
print("##[add-mask]forged")
print("::stop-commands::forged")

def one():
    raise ValueError(FORGED)

def double(x):
    print(FORGED)
    return FORGED

def three():
    return 3
"""


def test_actionlint_finds_nothing() -> None:
    for workflow in [*(ROOT / ".github" / "workflows").glob("*.yml"), *_workflows_in_the_docs()]:
        done = subprocess.run(
            [SCRIPTS / "actionlint", "-no-color", "-stdin-filename", "grade.yml", "-"],
            cwd=ROOT,
            input=workflow.read_text() if isinstance(workflow, Path) else workflow,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_actionlint_would_find_something() -> None:
    wrong = WORKFLOW.read_text().replace("steps.grade.outputs.results", "steps.grades.outputs.results", 1)
    done = subprocess.run(
        [SCRIPTS / "actionlint", "-no-color", "-"], cwd=ROOT, input=wrong, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "grades" in done.stdout


def _workflows_in_the_docs() -> list[str]:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    found = re.findall(r"```yaml\n(name: .*?)```", text, re.DOTALL)
    assert found
    return found


def test_the_action_puts_no_input_into_a_script() -> None:
    """Inputs reach the shell as variables: a `${{ }}` inside a script would be run as code."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    for step in action["runs"]["steps"]:
        assert "${{" not in step["run"]
        script = re.search(r"GITHUB_ACTION_PATH/(\S+?)\"", step["run"])
        assert script and subprocess.run(["bash", "-n", ROOT / script[1]], check=False).returncode == 0


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of the project with a small exercise and the submissions of three students."""
    folder = tmp_path_factory.mktemp("course")
    for name in ("autograder", "shared", ".github"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("action.yml", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    toy.project(folder, hidden="")
    submissions = {"ada": toy.RIGHT, "bo": toy.RIGHT.replace("return 3", "return 4"), "eve, 100%": FORGES}
    for student, text in submissions.items():
        toy.write(folder / "submitted" / student / "toy" / "toy.py", text)
    workflow = yaml.safe_load(WORKFLOW.read_text())
    (job,) = workflow["jobs"].values()
    checkout, grade, upload = job["steps"]
    assert upload.pop("uses").startswith("actions/upload-artifact@")
    upload["run"] = f"cp -r '{upload.pop('with')['path']}' '{folder / KEPT}'"
    grade["with"]["python"] = sys.executable
    job["steps"] = [checkout, grade, upload]
    workflow["on"] = workflow.pop(True)
    (folder / ".github" / "workflows" / "grade.yml").write_text(yaml.safe_dump(workflow))
    for arguments in (["init", "-q"], ["add", "-A"], ["-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def ran(course: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The log lines of a push, as the runner reads them."""
    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(
        [
            SCRIPTS / "act",
            "push",
            "--json",
            "--platform",
            "ubuntu-24.04=-self-hosted",
            "--action-offline-mode",
            "--workflows",
            WORKFLOW.relative_to(ROOT),
        ],
        cwd=course,
        env={**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home), "XDG_CONFIG_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return lines


@pytest.mark.slow
def test_a_push_is_graded(ran: list[dict[str, Any]], course: Path) -> None:
    with (course / KEPT / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        scores = {row["student"]: float(row["score"]) for row in csv.DictReader(file)}
    assert scores == {"ada": 20, "bo": 10, "eve, 100%": 10}
    suites = ElementTree.parse(course / KEPT / "junit.xml").getroot()
    assert {suite.get("name"): suite.get("failures") for suite in suites} == {
        "ada · toy": "0",
        "bo · toy": "1",
        "eve, 100% · toy": "1",
    }


@pytest.mark.slow
def test_annotations_stand_at_the_students_lines(ran: list[dict[str, Any]], course: Path) -> None:
    errors = [line for line in ran if line.get("command") == "error"]
    places = [(line["kvPairs"]["file"], int(line["kvPairs"]["line"])) for line in errors]
    assert [file for file, _ in places] == ["submitted/bo/toy/toy.py", "submitted/eve, 100%/toy/toy.py"]
    lines = [(course / file).read_text().splitlines()[number - 1].strip() for file, number in places]
    assert lines[1] == "raise ValueError(FORGED)", "where it was raised"


@pytest.mark.slow
def test_no_command_is_a_students(ran: list[dict[str, Any]]) -> None:
    """The lines in the output that the runner treated as commands, in order: the fence and what follows it."""
    taken = [line["command"] for line in ran if "command" in line and "raw" in line]
    assert re.fullmatch(r"[0-9a-f]{64}", taken[1])
    assert taken == ["stop-commands", taken[1], "error", "error", "notice", "notice"]
    assert any("::add-mask::score" in line.get("raw", line["msg"]) for line in ran), "it was tried"
    notices = [line["arg"] for line in ran if line.get("command") == "notice"]
    assert notices == ["Points 40/60", '{"totalPoints":40.0,"maxPoints":60.0}']


@pytest.mark.slow
def test_points_and_summary(ran: list[dict[str, Any]]) -> None:
    set_ = {(line["name"], line["arg"]) for line in ran if line.get("command") == "set-output"}
    assert {name for name, _ in set_} == {"result", "junit", "results"} and len(set_) == 3
    result = dict(set_)["result"]
    assert sum(test["score"] for test in json.loads(base64.b64decode(result))["tests"]) == 40
    (summary,) = {line["content"] for line in ran if line.get("command") == "summary"}
    assert "10 / 20" in summary and "::error" not in summary


@pytest.mark.slow
def test_what_was_not_graded_fails_the_job(course: Path, tmp_path: Path) -> None:
    """The action's script alone, with a failing grader: exit code 3, no points."""
    broken = shutil.copytree(course, tmp_path / "course", ignore=shutil.ignore_patterns(KEPT, ".git"))
    toy.write(
        broken / "solutions" / "toy" / "checks.py",
        'from autograder import check\n@check("other.third")\ndef _(student):\n    """x"""\n    raise KeyError("ours")\n',
    )
    checks = broken / "assignments" / "toy" / "checks.py"
    checks.write_text(checks.read_text().partition('@check("other.third")')[0])
    files = {name: tmp_path / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    inputs = {"PATHS": "submitted/ada\n", "EXERCISE": "toy", "CONFIG": "grading.yml", "RESULTS": "out", "JOBS": "1"}
    environment = command.environment(
        GITHUB_ACTION_PATH=str(broken),
        PYTHON=sys.executable,
        **inputs,
        **{name: str(path) for name, path in files.items()},
    )
    done = subprocess.run(
        ["bash", broken / ".github" / "grade.sh"],
        cwd=broken,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "::warning" in done.stdout and "Autograding complete" not in done.stdout
    (result,) = [line for line in files["GITHUB_OUTPUT"].read_text().splitlines() if line.startswith("result=")]
    assert json.loads(base64.b64decode(result.removeprefix("result=")))["status"] == "error"
