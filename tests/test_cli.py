"""The commands: exit codes, JSON and messages, without any traceback of ours (`command` checks every output)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from autograder.results import form
from tests import command, toy

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = [
    "start", "check", "handin", "import", "grade", "adjust", "report", "export", "feedback", "regrade", "rescore",
    "history", "diff", "forget", "handout", "release", "new", "doctor", "data",
    "similar",
]  # fmt: skip
HALF = toy.RIGHT.replace("return 3", "return 4")

OURS = '''
from autograder import check

@check("part.all")
def _(student):
    """It works"""
    raise KeyError("our own bug")
'''


def holds(value: Any) -> None:
    jsonschema.Draft202012Validator(form.schema()).validate(value)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return toy.project(tmp_path, hidden="")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_worth_reading(tmp_path: Path, name: str) -> None:
    ended = command.run(name, "--help", cwd=tmp_path)
    assert ended.code == 0
    assert len(ended.out.splitlines()) > 5
    assert "--json" in ended.out


def test_help_names_every_command_and_the_exit_codes(tmp_path: Path) -> None:
    ended = command.run("--help", cwd=tmp_path)
    assert ended.code == 0
    assert all(name in ended.out for name in [*COMMANDS, "Exit codes"])
    assert all(name in (bare := command.run(cwd=tmp_path)).out + bare.err for name in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chekc"], "No such command"),
        (["check"], "Missing argument"),
        (["check", "nowhere.py"], "nowhere.py does not exist"),
        (["check", "."], "is a folder"),
        (["check", "/dev/null"], "/dev/null is not a file; name a notebook"),
        (["check", "odd.py"], "which exercise is this"),
        (["check", "toy.py", "--format", "junit", "--out", "assignments"], "--out assignments: this is a folder"),
        (["check", "toy.py", "--part", "prat"], "no part 'prat'; did you mean part?"),
        (["check", "toy.py", "--exercise", "tyo"], "did you mean toy?"),
        (["check", "toy.py", "--config", "nowhere.yml"], "nowhere.yml cannot be read"),
        (["check", "toy.py", "--nonsense"], "No such option"),
        (["check", "toy.py", "--watch", "--json"], "leave out --format and --json"),
        (["grade", "nowhere"], "nowhere does not exist"),
        (["grade", "assignments"], "contains no submission"),
        (["grade", "toy.py", "--jobs", "0"], "jobs"),
        (["grade", "toy.py", "--cluster", "tls://nowhere:1", "--jobs", "2"], "how many --jobs they do: leave it out"),
        (["grade", "toy.py", "--seed", "-1"], "seed"),
        (["grade", "toy.py", "--seed", "x"], "seed"),
        (["grade", "toy.py", "--exercise", "tyo"], "did you mean toy?"),
        (["grade", "toy.py", "toy.py"], "Two submissions of toy by toy"),
        (["grade", "."], "contains no submission"),
        (["release", "nowhere"], "nowhere"),
    ],
)
def test_wrong_usage_is_a_sentence_and_exit_code_2(project: Path, arguments: list[str], said: str) -> None:
    toy.write(project / "toy.py", toy.RIGHT)
    toy.write(project / "odd.py", toy.RIGHT)
    ended = command.run(*arguments, cwd=project)
    assert ended.code == 2, ended
    assert said in ended.err.replace("\n", " ")


def test_every_mistake_in_grading_yml_is_said(project: Path) -> None:
    policy = project / "grading.yml"
    policy.write_text(policy.read_text().replace("third: 10.0", "third: ten").replace("limits", "limit"))
    toy.write(project / "toy.py", toy.RIGHT)
    for arguments in (["check", "toy.py"], ["grade", "toy.py"], ["doctor"]):
        ended = command.run(*arguments, cwd=project)
        assert ended.code == 2, ended
        assert "line 5" in ended.err and "line 6" in ended.err
        assert "did you mean 'limits'?" in ended.err.replace("\n", " ")


def test_what_does_not_fit_to_the_checks_is_said_of_every_exercise(project: Path) -> None:
    policy = project / "grading.yml"
    text = policy.read_text().replace("third", "fourth")
    policy.write_text(text + text.partition("\n")[2].replace("toy", "more"))
    toy.write(project / "assignments/more/checks.py", toy.CHECKS)
    for name in ("toy", "more"):
        toy.write(project / f"submitted/ada/{name}/{name}.py", toy.RIGHT)
    ended = command.run("grade", "submitted", cwd=project)
    assert ended.code == 2, ended
    for line, name in ((3, "toy"), (9, "more")):
        assert f"grading.yml, line {line}: the check other.third of {name} has no points here" in ended.err


def test_check_says_what_is_wrong(project: Path) -> None:
    toy.write(project / "toy.py", HALF)
    wrong = command.run("check", "toy.py", cwd=project)
    assert wrong.code == 1, wrong
    for said in ("three() is 3", "3", "4", "part"):
        assert said in wrong.out
    part = command.run("check", "toy.py", "--part", "part", cwd=project)
    assert part.code == 0, part
    as_json = command.run("check", "toy.py", "--json", cwd=project)
    assert as_json.code == 1
    holds(as_json.json)
    assert {check["id"]: check["status"] for check in as_json.json["checks"]} == {
        "part.first": "passed",
        "part.second": "passed",
        "other.third": "failed",
    }
    assert list(project.glob("results")) == []


def test_check_shows_output_when_asked(project: Path) -> None:
    toy.write(project / "toy.py", toy.RIGHT + "\nprint('hello from [bold]here[/]')\n")
    assert "hello from [bold]here[/]" in command.run("check", "toy.py", "--output", cwd=project).out
    assert "hello from" not in command.run("check", "toy.py", cwd=project).out


@pytest.mark.parametrize("content", ["", "\0", "{}", "import torch\nimport os; os._exit(0)"])
def test_check_of_what_cannot_be_run(project: Path, content: str) -> None:
    (project / "toy.ipynb").write_text(content if content.startswith(("{", "\0")) or not content else "")
    (project / "toy.py").write_text(content)
    for name in ("toy.py", "toy.ipynb"):
        ended = command.run("check", name, cwd=project)
        assert ended.code == 1, ended


def test_an_error_of_ours_is_exit_code_3(tmp_path: Path) -> None:
    toy.project(tmp_path, OURS, {"part": {"all": 20}}, hidden="")
    toy.write(tmp_path / "toy.py", toy.RIGHT)
    ended = command.run("check", "toy.py", cwd=tmp_path)
    assert ended.code == 3, ended
    graded = command.run("grade", "toy.py", "--json", cwd=tmp_path)
    assert graded.code == 3
    assert graded.json[0]["score"] is None
    holds(graded.json[0])


def test_grade_writes_results_summary_and_index(project: Path) -> None:
    toy.write(project / "submitted/ada/toy/toy.py", toy.RIGHT)
    toy.write(project / "submitted/bob/toy/toy.py", HALF)
    toy.write(project / "submitted/cleo/toy/toy.py", "")
    ended = command.run("grade", "submitted", "--json", "--seed", "3", cwd=project)
    assert ended.code == 0, ended
    assert [(each["student"], each["score"], each["maximum"]) for each in ended.json] == [
        ("ada", 20, 20),
        ("bob", 10, 20),
        ("cleo", 0, 20),
    ]
    for each in ended.json:
        holds(each)
        written = json.loads((project / "results" / each["student"] / "toy.json").read_text())
        assert written == each
    table = command.run("grade", "submitted", "--seed", "3", cwd=project)
    assert all(name in table.out for name in ("ada", "bob", "cleo", "index.html", "summary.csv"))
    summary = (project / "results/summary.csv").read_text(encoding="utf-8-sig")
    assert all(name in summary for name in ("ada", "bob", "cleo"))


def test_a_format_of_one_submission_is_refused_before_many_are_graded(project: Path) -> None:
    for student in ("ada", "bob"):
        toy.write(project / f"submitted/{student}/toy/toy.py", "")
    ended = command.run("grade", "submitted", "--format", "gradescope", cwd=project)
    assert (ended.code, "2 were given; name one file" in ended.err) == (2, True), ended
    assert not (project / "results").exists()


def test_one_file_with_a_name(project: Path) -> None:
    toy.write(project / "somewhere/any.py", "")
    ended = command.run("grade", "somewhere/any.py", "-e", "toy", "-s", "ada", "--results", "out", cwd=project)
    assert ended.code == 0, ended
    assert (project / "out/ada/toy.json").is_file()


def test_a_students_grading_yml_changes_nothing(project: Path) -> None:
    folder = project / "submitted/eve/toy"
    toy.write(folder / "toy.py", "")
    toy.write(folder / "grading.yml", "exercises: {toy: {points: {easy: {all: 20}}}}")
    toy.write(folder.parent / "grading.yml", "nonsense")
    for place in ("submitted", "submitted/eve", "submitted/eve/toy", "submitted/eve/toy/toy.py"):
        ended = command.run("grade", place, "--json", "--force", cwd=project)
        assert ended.code == 0, ended
        assert [check["id"] for check in ended.json[0]["checks"]] == ["part.first", "part.second", "other.third"]


def test_a_grading_yml_among_a_students_files_is_refused(project: Path) -> None:
    toy.write(project / "downloads" / "eve" / "toy" / "toy.py", "")
    toy.write(project / "downloads" / "eve" / "grading.yml", "exercises: {toy: {points: {part: {first: 20}}}}")
    ended = command.run("grade", "downloads/eve", cwd=project)
    assert ended.code == 2 and "is among the files of eve" in ended.err and "--config" in ended.err


def test_who_is_no_longer_handed_in_is_left_out_of_the_summary(project: Path) -> None:
    for student in ("ada", "evelyn"):
        toy.write(project / "submitted" / student / "toy" / "toy.py", "")
    assert command.run("grade", "submitted", cwd=project).code == 0
    shutil.rmtree(project / "submitted" / "evelyn")
    ended = command.run("grade", "submitted", cwd=project)
    assert "toy by evelyn is no longer in submitted: its result is kept but omitted from the summary" in ended.err
    for name in ("results/index.html", "results/summary.csv"):
        assert "ada" in (project / name).read_text(encoding="utf-8-sig")
        assert "evelyn" not in (project / name).read_text(encoding="utf-8-sig"), name
    assert (project / "results" / "evelyn" / "toy.json").is_file()


def test_the_output_names_the_policy_and_a_wrong_one_is_not_passed_over(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    toy.write(project / "toy.py", "")
    ended = command.run("grade", "toy.py", cwd=project)
    assert f"policy   {project / 'grading.yml'}" in ended.out
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    toy.write(elsewhere / "ada" / "toy" / "toy.py", toy.RIGHT)
    (project / "grading.yml").write_text("nonsense")
    ended = command.run("grade", elsewhere, cwd=project)
    assert ended.code == 2 and "grading.yml, line 1" in ended.err


def test_release_where_there_is_no_solution_is_refused(project: Path) -> None:
    """It once reported that every notebook is right, although there was none."""
    shutil.rmtree(project / "solutions")
    ended = command.run("release", cwd=project)
    assert ended.code == 2 and "contains no exercise: a release needs the solutions" in ended.err


def test_release_check_as_json() -> None:
    ended = command.run("release", "--check", "--json", "xor", cwd=ROOT)
    assert ended.code in (0, 1), ended
    assert set(ended.json) == {"changes", "problems", "proofs"}
    assert bool(ended.json["changes"] or ended.json["problems"]) is (ended.code == 1)
    assert all(set(change) == {"path", "was"} for change in ended.json["changes"])


@pytest.mark.slow
def test_doctor(project: Path) -> None:
    ended = command.run("doctor", "--json", cwd=project)
    assert ended.code in (0, 3), ended
    about = {finding["about"]: finding for finding in ended.json}
    assert all(set(finding) == {"about", "state", "said"} for finding in ended.json)
    assert {"python", "torch", "keras", "isolation", "accounting", "exercise: toy"} <= set(about)
    assert about["torch"]["state"] == "good"
    assert about["exercise: toy"] == {
        "about": "exercise: toy",
        "state": "good",
        "said": "3 checks, 0 of them hidden",
    }


def test_whoever_reads_may_stop_reading(project: Path) -> None:
    toy.write(project / "toy.py", "")
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder", "check", "toy.py"],
        cwd=project,
        env=command.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout and process.stderr
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    process.wait()
    assert "Traceback" not in said
    assert "Exception ignored" not in said


def test_the_schema_in_the_docs_is_the_code_s() -> None:
    assert json.loads((ROOT / "docs/result.schema.json").read_text()) == form.schema()
