"""Regrading runs what has changed and nothing else; nothing counts before a person decides; rescoring runs nothing."""

from __future__ import annotations

import csv
import dataclasses
import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from autograder.course import layout
from autograder.grading import engine, regrade
from autograder.reports import difference
from autograder.results.files import RECORD
from autograder.results.form import CheckResult, Result, read
from autograder.results.history.gradings import New
from autograder.results.history.record import History
from tests import command, toy
from tests.record import made
from tests.record.classes import LIST, a_class, change, results_of

FOUR = LIST.replace("return 3", "return 4")
TWO = LIST.replace("return 1", "return 2")


@pytest.fixture
def counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file to which the checks write that they were run."""
    monkeypatch.setenv("TOY_RAN", str(tmp_path / "ran"))
    return tmp_path / "ran"


def counted(counts: Path) -> dict[str, int]:
    """Check id → how often it was run since the last call."""
    lines = counts.read_text().split() if counts.exists() else []
    counts.unlink(missing_ok=True)
    return dict(Counter(lines))


def scores(folder: Path) -> dict[str, float | None]:
    return {path.parent.name: read(path).score for path in sorted((folder / "results").glob("*/toy.json"))}


def run(*arguments: str, cwd: Path) -> Any:
    ended = command.run(*arguments, "--json", cwd=cwd)
    assert ended.code == 0, ended
    return ended.json


@pytest.mark.slow
def test_a_wrong_check_is_mended(tmp_path: Path, counts: Path) -> None:
    """The whole way: the difference is shown, a person decides, and what was decided stays."""
    a_class(tmp_path, ada=LIST, bob=FOUR, cleo=TWO)
    run("grade", ".", "--jobs", "2", cwd=tmp_path)
    assert scores(tmp_path) == {"ada": 20, "bob": 10, "cleo": 10}
    seeds = {path.parent.name: read(path).seed for path in (tmp_path / "results").glob("*/toy.json")}
    counted(counts)
    change(tmp_path, "student.three(), 3", "student.three(), 4")

    first = run("regrade", cwd=tmp_path)
    assert counted(counts) == {"other.third": 3}
    assert (first["ran"], first["kept"], first["results"]) == (3, 6, 3)
    gained = {each["student"]: (each["before"], each["after"], each["counts"]) for each in first["changes"]}
    assert gained == {"ada": (20, 10, False), "bob": (10, 20, False), "cleo": (10, 0, False)}
    assert list(first["changes"][0]["checks"]) == ["other.third"]
    assert first["changes"][0]["checks"]["other.third"]["why"].startswith("the check changed: ")
    assert scores(tmp_path) == {"ada": 20, "bob": 10, "cleo": 10}

    shown = command.run("regrade", cwd=tmp_path)
    assert counted(counts) == {}
    assert "0 checks run, 9 kept, of 3 results." in shown.out
    assert "1 gains, 2 lose, 0 keep their points." in shown.out
    assert "Nothing counts yet: autograder regrade --accept all" in shown.out
    refused = command.run("regrade", "--accept", "all", cwd=tmp_path)
    assert (refused.code, "say why with --reason" in refused.err) == (2, True)
    # While nobody has decided, `grade` does not decide either.
    run("grade", ".", cwd=tmp_path)
    assert (counted(counts), scores(tmp_path)) == ({}, {"ada": 20, "bob": 10, "cleo": 10})

    decided = run("regrade", "--accept", "gains", "--accept", "cleo", "--reason", "4 was wanted", cwd=tmp_path)
    assert {each["student"] for each in decided["changes"] if each["counts"]} == {"bob", "cleo"}
    assert (counted(counts), scores(tmp_path)) == ({}, {"ada": 20, "bob": 20, "cleo": 0})
    assert {path.parent.name: read(path).seed for path in (tmp_path / "results").glob("*/toy.json")} == seeds
    assert "bob,toy,torch,toy.py,20" in (tmp_path / "results/summary.csv").read_text()
    runs = command.run("history", "bob", "toy", "--json", cwd=tmp_path).json
    assert [(each["kind"], each["counts"], each["reason"]) for each in runs] == [
        ("grade", False, ""),
        ("regrade", True, "4 was wanted"),
    ]
    assert runs[1]["author"] and runs[1]["decided"] and runs[1]["attempt"] == 1
    compared = run("diff", str(runs[0]["run"]), str(runs[1]["run"]), cwd=tmp_path)
    assert compared["score"] == [10, 20]
    assert compared["checks"]["other.third"]["why"] == "the check changed"
    assert "other.third" in command.run("diff", str(runs[0]["run"]), str(runs[1]["run"]), cwd=tmp_path).out
    run("grade", ".", cwd=tmp_path)
    assert (counted(counts), scores(tmp_path)) == ({}, {"ada": 20, "bob": 20, "cleo": 0})


@pytest.mark.slow
def test_who_needs_a_changed_check_is_run_or_skipped(tmp_path: Path, counts: Path) -> None:
    a_class(tmp_path, ada=LIST, cleo=TWO)
    run("grade", ".", cwd=tmp_path)
    counted(counts)
    change(tmp_path, "student.one(), 1", "student.one(), 2")
    changes = {each["student"]: each["checks"] for each in run("regrade", cwd=tmp_path)["changes"]}
    # Nothing of cleo's second check was known, and nothing of ada's has to be run.
    assert counted(counts) == {"part.first": 2, "part.second": 1}
    assert changes["cleo"]["part.second"] == {"gain": 5, "why": "what it needs passes now"}
    assert changes["ada"]["part.second"] == {"gain": -5, "why": "because part.first did not pass"}


@pytest.mark.slow
def test_one_check_one_student_and_a_new_check(tmp_path: Path, counts: Path) -> None:
    a_class(tmp_path, ada=LIST, bob=FOUR)
    run("grade", ".", cwd=tmp_path)
    counted(counts)
    change(tmp_path, "student.three(), 3", "student.three(), 4")
    change(tmp_path, "student.one(), 1", "student.one() + 0, 1")
    one = run("regrade", "--check", "other.third", "--student", "bob", cwd=tmp_path)
    assert (one["ran"], one["results"], counted(counts)) == (1, 1, {"other.third": 1})
    toy.write(
        tmp_path / "solutions/toy/checks.py",
        'from autograder import check, expect\n\n@check("other.new")\ndef _(student):\n    """New"""\n'
        '    expect.equal(student.one(), 1, tried="one()")\n',
    )
    change(tmp_path, "third: 10.0", "third: 5.0, new: 5.0", "grading.yml")
    # Of bob, what was run for the proposal is kept.
    both = run("regrade", "--accept", "all", "--reason", "a new check", cwd=tmp_path)
    assert counted(counts) == {"part.first": 2, "other.third": 1}
    assert (both["ran"], scores(tmp_path)) == (5, {"ada": 15, "bob": 20})
    assert both["changes"][0]["checks"]["other.new"]["why"] == "the check is new"


@pytest.mark.slow
def test_a_thousand_results_and_one_changed_check(tmp_path: Path, counts: Path) -> None:
    a_class(tmp_path)
    students = [f"student{number:04}" for number in range(1_000)]
    with History(tmp_path / "results") as history:
        history.record_all(results_of(tmp_path, students, LIST.encode()))
        change(tmp_path, "student.three(), 3", "student.three(), 4")
        plan = regrade.Plan(history, {"toy": toy.load(tmp_path)}, jobs=2)
        outcome = list(regrade.regraded(history.latest(), plan))
        assert counted(counts) == {"other.third": 1_000}
        assert {each.ran for each in outcome} == {("other.third",)}
        assert sorted(each.before.student for each in outcome) == students
        assert {(each.before.score, each.after.score) for each in outcome} == {(20, 10)}
        assert len(history.proposals()) == 1_000
        assert [each for each in regrade.regraded(history.latest(), plan) if each.ran] == []
        assert {each.score for each in history.latest()} == {20}


@pytest.mark.slow
def test_a_thousand_results_get_new_points(tmp_path: Path, counts: Path) -> None:
    a_class(tmp_path)
    students = [f"student{number:04}" for number in range(1_000)]
    with History(tmp_path / "results") as history:
        history.record_all(results_of(tmp_path, students, b""))
    change(tmp_path, "third: 10.0", "third: 30.0", "grading.yml")
    ended = run("rescore", "--accept", "all", "--reason", "counts more", cwd=tmp_path)
    assert counted(counts) == {}
    assert (ended["ran"], ended["kept"], len(ended["changes"])) == (0, 3_000, 1_000)
    assert said_everywhere(tmp_path, students) == {
        "files": {"40 40"},
        "table": {"40"},
        "class": {"40 / 40"},
        "pages": {"40 / 40 "},
    }
    with History.existing(tmp_path / "results") as history:
        assert {(each.kind, each.reason, each.counts) for each in history.gradings("student0007")} == {
            ("grade", "", False),
            ("rescore", "counts more", True),
        }


def said_everywhere(project: Path, students: Sequence[str]) -> dict[str, set[str]]:
    """What the files of these students, the table, the class page and the pages say about the score."""
    results = project / "results"
    files = [read(results / student / "toy.json") for student in students]
    with (results / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        table = {row["student"]: row["score"] for row in csv.DictReader(file)}
    rows = re.findall(r'class="score num"[^>]*>\s*([^<]+)', (results / "index.html").read_text("utf-8"))
    pages = [(results / student / "toy.html").read_text("utf-8") for student in students]
    return {
        "files": {f"{each.score:g} {each.final.score:g}" if each.final and each.score else "" for each in files},
        "table": {table.get(student, "") for student in students},
        "class": {each.strip() for each in rows},
        "pages": {total[1] if (total := re.search(r'<p class="total num">([^<]+)', page)) else "" for page in pages},
    }


NEW = {"files": {"43.33 43.33"}, "table": {"43.33"}, "class": {"43.33 / 43.33"}, "pages": {"43.33 / 43.33 "}}


@pytest.mark.parametrize("moment", ["recorded", "filed", "pages"])
def test_a_rescore_that_is_killed_is_mended_by_the_next(tmp_path: Path, counts: Path, moment: str) -> None:
    """SIGKILL when the record has the new results, when the first file has, and when the first page is written."""
    a_class(tmp_path)
    students = [f"student{number:04}" for number in range(600)]
    results = tmp_path / "results"
    with History(results) as history:
        history.record_all(results_of(tmp_path, students, LIST.encode()))
    assert command.run("report", cwd=tmp_path).code == 0
    old = said_everywhere(tmp_path, students)
    assert old["files"] == {"20 20"} and old["pages"] == {"20 / 20 "}
    change(tmp_path, "third: 10.0", "third: 33.33", "grading.yml")
    pages = {path: path.stat().st_ino for path in results.glob("*/toy.html")}

    def reached() -> bool:
        with sqlite3.connect(f"file:{results / RECORD}?mode=ro", uri=True) as connection:
            recorded = connection.execute("SELECT count(*) FROM gradings WHERE kind = 'rescore'").fetchone() != (0,)
        if not recorded or moment == "recorded":
            return recorded
        if moment == "filed":
            return any(b"33.33" in (results / student / "toy.json").read_bytes() for student in students)
        return any(path.stat().st_ino != was for path, was in pages.items())

    doomed = command.start("rescore", "--accept", "all", "--reason", "counts more", cwd=tmp_path)
    while not reached():
        assert doomed.poll() is None
    doomed.kill()
    command.finish(doomed)
    again = run("rescore", "--accept", "all", "--reason", "again", cwd=tmp_path)
    assert again["changes"] == []
    assert said_everywhere(tmp_path, students).items() >= NEW.items()
    with History.existing(results) as history:
        assert len(history.gradings()) == 1_200
    assert counted(counts) == {}


def test_new_points_and_another_set_of_checks(tmp_path: Path, counts: Path) -> None:
    """Nothing is run, and after it `grade` finds that all is as it should be, unless a check is still to be run."""
    a_class(tmp_path, ada="")
    with History(tmp_path / "results") as history:
        history.record_all(results_of(tmp_path, ["ada"], b""))
    change(tmp_path, "first: 5.0", "first: 7.0", "grading.yml")
    seen = run("rescore", cwd=tmp_path)
    assert seen["changes"][0]["checks"] == {"part.first": {"gain": 2, "why": "its points changed"}}
    assert scores(tmp_path) == {"ada": 20}
    run("rescore", "--accept", "ada", "--reason", "fairer", cwd=tmp_path)
    assert scores(tmp_path) == {"ada": 22}
    path = tmp_path / "results/ada/toy.json"
    before = read(path)
    run("grade", ".", cwd=tmp_path)
    # What `grade` adds is when the file was submitted, which the record of this test does not say.
    after = read(path)
    assert structs.replace(after, submitted=None, final=None) == structs.replace(before, submitted=None, final=None)
    assert (after.final and after.final.score) == (before.final and before.final.score) == 22

    text = (tmp_path / "assignments/toy/checks.py").read_text()
    dropped, new = '@check("other.third")', '@check("other.fourth")'
    toy.write(tmp_path / "assignments/toy/checks.py", text.replace(dropped, new))
    change(tmp_path, "third:", "fourth:", "grading.yml")
    changed = run("rescore", "--accept", "all", "--reason", "another check", cwd=tmp_path)["changes"][0]["checks"]
    assert changed["other.third"]["why"] == "the check was dropped"
    assert changed["other.fourth"]["why"].startswith("the check is new: it is new, and was not run yet")
    result = read(tmp_path / "results/ada/toy.json")
    assert (result.score, result.maximum) == (12, 12)
    assert counted(counts) == {}


def test_a_result_whose_file_is_not_in_the_record(tmp_path: Path, counts: Path) -> None:
    a_class(tmp_path)
    (new,) = results_of(tmp_path, ["ada"], b"")
    with History(tmp_path / "results") as history:
        history.record(New(result=new.result, kind="found"))
    change(tmp_path, "student.three(), 3", "student.three(), 4")
    ended = command.run("regrade", cwd=tmp_path)
    assert ended.code == 0
    assert "1 result could not be regraded: the record does not have the file." in ended.out
    assert counted(counts) == {}


def test_what_could_not_be_read_or_was_not_there(tmp_path: Path, counts: Path) -> None:
    """A file without a score is left to `grade`; where nothing was handed in, no check passes now either."""
    a_class(tmp_path, ada="")
    (tmp_path / "submitted/bob/toy").mkdir(parents=True)
    exercise = toy.load(tmp_path)
    read_ones = {each.student: each for each in layout.find(tmp_path / "submitted", ["toy"], None, None)}
    withheld = dataclasses.replace(read_ones["ada"], withheld="ada's file cannot be read", content=b"")
    plan = engine.Plan([withheld, read_ones["bob"]], {"toy": exercise}, tmp_path / "results")
    with History(tmp_path / "results") as history:
        assert {each.student: each.score for each in engine.run(plan, history=history)} == {"ada": None, "bob": 0}
        change(tmp_path, "student.three(), 3", "student.three(), 4")
        regrading = regrade.Plan(history, {"toy": toy.load(tmp_path)})
        ada, bob = sorted(regrade.regraded(history.latest(), regrading), key=lambda each: each.before.student)
        assert (ada.lacking, ada.ran, ada.after.score) == (True, (), None)
        assert (bob.ran, bob.after.score) == (("other.third",), 0)
        assert bob.after.checks[2].saw == bob.was.checks[2].saw == " ".join(bob.was.notes[:1])
        assert bob.after.notes == bob.was.notes


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["regrade", "--check", "part.frist"], "No exercise here has a check part.frist; did you mean part.first?"),
        (["regrade", "--student", "eve"], "The record has no result of eve"),
        (["regrade", "--accept", "eve", "--reason", "x"], "--accept eve: no such student"),
        (["rescore", "--accept", "all"], "--accept changes grades: say why"),
        (["rescore", "--exercise", "tyo"], "did you mean toy?"),
        (["diff", "1", "99"], "There is no run 99"),
        (["forget", "eve"], "Nothing is recorded of 'eve'"),
        (["forget", "ada"], "ada has 1 runs in results/history.sqlite"),
        (["regrade", "--results", "nowhere"], "nowhere/history.sqlite does not exist"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str], said: str) -> None:
    a_class(tmp_path)
    with History(tmp_path / "results") as history:
        history.record_all(results_of(tmp_path, ["ada"], b""))
    ended = command.run(*arguments, cwd=tmp_path)
    assert (ended.code, said in ended.err.replace("\n", " ")) == (2, True), ended


def test_who_is_forgotten_is_named_nowhere(tmp_path: Path) -> None:
    a_class(tmp_path)
    with History(tmp_path / "results") as history:
        history.record_all(results_of(tmp_path, ["Ada Lovelace", "bob"], b"# the same\n"))
        history.record_all(results_of(tmp_path, ["Ada Lovelace"], b"# Ada Lovelace\n"))
    results = tmp_path / "results"
    assert any(b"Ada Lovelace" in path.read_bytes() for path in results.iterdir() if path.is_file())
    counts = run("forget", "Ada Lovelace", "--yes", cwd=tmp_path)
    assert counts == [{"exercise": "toy", "gradings": 2, "attempts": 2}]
    left = [path for path in results.rglob("*") if path.is_file()]
    assert results / "bob/toy.json" in left and results / "index.html" in left
    assert not [path for path in left if b"Ada" in path.read_bytes() or "Ada" in str(path)]
    with History.existing(results) as history:
        assert [each.student for each in history.gradings()] == ["bob"]
        assert history.source_of(history.latest("bob")[0]) == b"# the same\n"
        assert history.forgotten() == [("toy", 1, 2)]


def test_attempts_and_decisions_in_the_record(tmp_path: Path, url: str | None) -> None:
    with History(tmp_path, url) as history:
        first = history.record(made.new(content=b"one", score=1))
        (proposed,) = history.record_all(
            [New(result=made.result(content=b"one", score=2), kind="regrade", basis=first)], counts=False
        )
        assert [each.run for each in history.proposals()] == [proposed]
        second = history.record(made.new(content=b"two", score=0))
        # Its basis does not count any more.
        assert history.proposals() == []
        assert history.accept([proposed], "someone", "too late") == []
        assert [each.run for each in history.attempts("ada", "toy")] == [first, second]
        (again,) = history.record_all(
            [New(result=made.result(content=b"two", score=2), kind="regrade", basis=second)], counts=False
        )
        assert history.accept([again], "someone", "a reason") == [again]
        assert history.accept([again], "someone", "twice") == []
        assert [each.run for each in history.attempts("ada", "toy")] == [first, again]
        decided = history.grading(again)
        assert (decided.counts, decided.author, decided.reason) == (True, "someone", "a reason")
        assert read(tmp_path / "ada/toy.json").score == 2


def test_why_a_check_differs() -> None:
    def check(status: Any, digest: str = "a", points: float = 1, saw: str = "") -> Result:
        one = CheckResult(
            id="part.one", title="One", visible=True, points=points if status == "passed" else 0, maximum=points,
            status=status, digest=digest, saw=saw,
        )  # fmt: skip
        return structs.replace(made.result(), checks=[one])

    def why(before: Result, after: Result) -> list[str]:
        return [change.why for change in difference.changes(before, after)]

    passed, failed = check("passed"), check("failed", saw="4")
    none = structs.replace(passed, checks=[])
    assert why(passed, passed) == []
    assert why(passed, failed) == ["4"]
    assert why(passed, check("failed", "b", saw="4")) == ["the check changed: 4"]
    assert why(failed, check("passed", "b")) == ["the check changed"]
    assert why(passed, check("passed", points=2)) == ["its points changed"]
    assert why(passed, check("passed", "b", points=2)) == ["the check and its points changed"]
    assert why(none, passed) == ["the check is new"]
    assert why(passed, none) == ["the check was dropped"]
    assert why(check("skipped"), passed) == ["what it needs passes now"]
    assert why(failed, passed) == ["another run of the same check"]
