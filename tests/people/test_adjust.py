"""`autograder adjust`, `report`, `export` and `feedback` on results that are there: nothing is graded here."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from autograder.course.people import adjustments
from autograder.results.files import result_path, write_whole
from autograder.results.form import Result, Submitted, encode, read
from autograder.results.history.gradings import New
from autograder.results.history.record import History
from autograder.results.latest import latest
from tests import toy
from tests.formats.results import check, result
from tests.people.inside import run


def put(folder: Path, *results: Result) -> None:
    for each in results:
        write_whole(result_path(folder / "results", each.student, each.exercise), encode(each))


def at(time: str) -> Submitted:
    return Submitted(at=time, source="Canvas")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Ada and Bo have results; Zoë, of Bo's group, and Grace have none."""
    toy.project(tmp_path)
    rows = ["ada,Ada Lovelace,A,", "bo,Bo Diddley,B,G1", "zoe,Zoë Müller,B,G1", "grace,Grace Hopper,A,"]
    toy.write(tmp_path / "roster.csv", "\n".join(["id,name,section,group", *rows]))
    hidden = check("part.second", "failed", "the-hidden-number", visible=False, expected="the-secret", maximum=10.0)
    put(
        tmp_path,
        result(
            [check("part.first", "passed", points=5.0, maximum=5.0), hidden], submitted=at("2026-11-20T10:00:00+00:00")
        ),
        result([check("part.first", "passed", points=5.0, maximum=5.0)], student="bo"),
    )
    return tmp_path


def final(folder: Path, student: str) -> Any:
    return json.loads((folder / "results" / student / "toy.json").read_bytes())["final"]


def test_a_decision_is_recorded_with_all_that_belongs_to_it(course: Path) -> None:
    ended = run(course, "adjust", "ada", "toy", "-2", "--reason", "copied a line, see mail")
    assert ended.code == 0, ended
    assert "3 / 15" in ended.out
    (made,) = adjustments.read(course / "adjustments.csv")
    assert (made.author, made.student, made.exercise, made.kind) == ("turing", "ada", "toy", "points")
    assert (made.value, made.reason, made.checks) == ("-2", "copied a line, see mail", "5")
    assert final(course, "ada")["score"] == 3
    page = (course / "results/ada/toy.html").read_text(encoding="utf-8")
    assert "copied a line, see mail" in page
    with (course / "results/summary.csv").open(encoding="utf-8-sig", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["student"] == "ada")
    assert (row["score"], row["checks"], row["adjusted"]) == ("3", "5", "-2")


def test_earlier_rows_stay_as_they_are(course: Path) -> None:
    run(course, "adjust", "ada", "toy", "+1", "--reason", "one")
    before = (course / "adjustments.csv").read_bytes()
    # As an editor may leave it.
    (course / "adjustments.csv").write_bytes(before.rstrip(b"\n"))
    run(course, "adjust", "ada", "toy", "--undo")
    after = (course / "adjustments.csv").read_bytes()
    assert after.startswith(before)
    assert final(course, "ada")["score"] == 5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ada", "toy"), "nothing was given"),
        (("ada", "toy", "+1", "--excuse", "--reason", "x"), "points and excuse was given"),
        (("ada", "toy", "+1"), "Say why with --reason"),
        (("ada", "toy", "many", "--reason", "x"), "'many' is not a number of points"),
        (("ada", "toy", "--score", "nan", "--reason", "x"), "'nan' is not a number of points"),
        (("ada", "toy", "--extend", "soon", "--reason", "x"), "'soon' is not a date and a time"),
        (("adda", "toy", "+1", "--reason", "x"), "There is no student 'adda'; did you mean ada?"),
        (("ada", "toys", "+1", "--reason", "x"), "There is no exercise 'toys'; did you mean toy?"),
        (("ada", "toy", "--undo"), "Nothing was decided about toy by ada"),
    ],
)
def test_mistakes_are_said_and_nothing_is_written(course: Path, arguments: tuple[str, ...], said: str) -> None:
    ended = run(course, "adjust", *arguments)
    assert ended.code == 2, ended
    assert said in ended.err.replace("\n", " ")
    assert not (course / "adjustments.csv").exists()


def test_groups_share_a_result_and_keep_their_own_decisions(course: Path) -> None:
    assert run(course, "report").code == 0
    shared = read(result_path(course / "results", "zoe", "toy"))
    assert (shared.handed_in_by, shared.total) == ("bo", 5)
    run(course, "adjust", "zoe", "toy", "+1", "--reason", "presented the result")
    assert (final(course, "zoe")["score"], final(course, "bo")["score"]) == (6, 5)
    assert "handed in by bo for the group" in final(course, "zoe")["lines"][0]["text"]
    # If the group is gone, so is the copy, and the decision stays.
    toy.write(course / "roster.csv", "id,name\nada,Ada\nbo,Bo\nzoe,Zoë\n")
    run(course, "report")
    assert final(course, "zoe")["lines"][0]["points"] == 0
    assert final(course, "zoe")["score"] == 1


def test_the_better_file_of_a_group_counts_for_all(course: Path) -> None:
    better = [
        check("part.first", "passed", points=5.0, maximum=5.0),
        check("part.second", "passed", points=9.0, maximum=10.0),
    ]
    put(course, result(better, student="zoe"))
    text = (course / "grading.yml").read_text()
    (course / "grading.yml").write_text(f"attempt: best\n{text}")
    run(course, "report")
    assert (final(course, "bo")["score"], final(course, "zoe")["score"]) == (14, 14)
    assert read(result_path(course / "results", "bo", "toy")).score == 5, "the checks' own score stays"


def test_who_handed_in_nothing(course: Path) -> None:
    ended = run(course, "report")
    assert "toy: nothing was handed in by grace" in ended.err
    index = (course / "results/index.html").read_text(encoding="utf-8")
    assert "handed in nothing" in index and "Grace Hopper · section A" in index
    run(course, "adjust", "grace", "toy", "--excuse", "--reason", "ill")
    assert final(course, "grace")["excused"] is True
    rows = run(course, "export", "canvas").out.splitlines()
    assert rows[-2].startswith("Grace Hopper,,,grace,A,EX")
    run(course, "adjust", "grace", "toy", "--undo")
    assert not result_path(course / "results", "grace", "toy").exists()


def test_deadlines_of_the_policy(course: Path) -> None:
    text = (course / "grading.yml").read_text().replace("  toy:\n", "  toy:\n    due: 2026-11-19 10:00\n")
    (course / "grading.yml").write_text(f"late: {{percent_per_day: 10}}\n{text}")
    assert run(course, "report").code == 0
    assert final(course, "ada")["score"] == 4.5, "24 hours to the second are one day"
    (course / "grading.yml").write_text(text.replace("2026-11-19 10:00", "tomorrow"))
    ended = run(course, "report")
    assert ended.code == 2
    assert "grading.yml, line 3: due: " in ended.err
    (course / "grading.yml").write_text(f"time_zone: Berlin\n{text}")
    assert "there is no such time zone" in run(course, "report").err.replace("\n", " ")


def test_sections_are_exported_alone(course: Path) -> None:
    out = run(course, "export", "csv", "--section", "B").out
    assert [row["name"] for row in csv.DictReader(out.splitlines())] == ["Bo Diddley", "Zoë Müller"]
    assert run(course, "export", "csv", "--section", "C").code == 2


def test_feedback_shows_hidden_checks_without_what_was_expected(course: Path) -> None:
    assert run(course, "feedback").code == 0
    page = (course / "feedback/ada/toy.html").read_text(encoding="utf-8")
    assert "part.second" in page and "the-hidden-number" in page
    assert "the-secret" not in page
    assert "the-secret" in (course / "results/ada/toy.html").read_text(encoding="utf-8")
    assert "<dt>seed</dt>" not in page and "../index.html" not in page
    feedback = next(
        row for row in csv.DictReader(run(course, "export", "moodle").out.splitlines()) if row["username"] == "ada"
    )
    assert feedback["toy feedback"] == "1 hidden check did not pass (part)"


def test_a_page_is_named_only_where_the_platform_gave_a_name(course: Path) -> None:
    ended = run(course, "feedback", "--for", "canvas")
    assert ended.code == 0
    assert "ada · toy was not imported from there" in ended.err.replace("\n", " ")
    assert not (course / "feedback").exists()


def test_settling_again_writes_nothing(course: Path) -> None:
    run(course, "adjust", "ada", "toy", "+1", "--reason", "one")
    files = sorted((course / "results").glob("*/*.json"))
    before = [path.stat().st_mtime_ns for path in files]
    run(course, "report")
    assert [path.stat().st_mtime_ns for path in files] == before
    assert latest(course / "results")


def test_the_best_attempt_of_the_record_counts_and_derived_results_are_not_recorded(course: Path) -> None:
    def handed_in(source: str, points: float) -> New:
        checks = [check("part.first", "passed", points=points, maximum=15.0)]
        return New(result=result(checks, student="bo", source=source, digest=source), kind="grade")

    with History(course / "results") as history:
        # The one that was there before the record is the first attempt.
        history.record(handed_in("1", 9))
        history.record(handed_in("2", 7))
    run(course, "report")
    assert final(course, "bo")["score"] == 7
    (course / "grading.yml").write_text("attempt: best\n" + (course / "grading.yml").read_text())
    run(course, "report")
    for student, text in (("bo", "attempt 2 of 3 (best)"), ("zoe", "handed in by bo for the group")):
        assert final(course, student)["score"] == 9
        assert text in final(course, student)["lines"][0]["text"]
    with History(course / "results") as history:
        assert {each.student for each in history.latest()} == {"ada", "bo"}
        assert all(each.result.final is None for each in history.gradings())
