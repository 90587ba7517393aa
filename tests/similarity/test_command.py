"""`autograder similar`, as in docs/similarity.md: what it flags, what it writes, and what it leaves alone."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from autograder.commands.similar import similar_
from autograder.course.people import codes
from autograder.errors import UsageError
from autograder.results.form import Layers, Result, encode
from autograder.similarity.threshold import THRESHOLD
from tests import command, toy
from tests.conftest import Once
from tests.similarity.course import HOSTILE, PROGRAMS, hand_in, make
from tests.test_engine import as_a_user, close


@pytest.fixture(scope="module")
def course(once: Once) -> Path:
    return once("similar-course", make)


def result(student: str, folder: Path) -> str:
    """A result that says which folder was graded."""
    graded = Result(
        student=student,
        exercise="toy",
        framework="torch",
        file="toy.py",
        folder=str(folder),
        digest="0",
        score=1,
        maximum=20,
        checks=[],
        isolation=Layers("strong", [], []),
        versions={},
        seed=1,
        output="",
        seconds=1,
        graded="2026-11-20T12:00:00",
    )
    return encode(graded).decode()


class Page(HTMLParser):
    """The tags and the shown text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.shown = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.shown += data


def test_pairs_are_flagged_within_the_class_and_against_an_earlier_year(course: Path, tmp_path: Path) -> None:
    ended = command.run("similar", "submitted", "--against", "2025", "--results", tmp_path, "--json", cwd=course)
    assert ended.code == 0, ended
    (found,) = ended.json["exercises"]
    assert (found["programs"], found["earlier"], found["threshold"], found["flagged"]) == (6, 2, THRESHOLD, 3)
    pairs = {tuple(each["student"] for each in pair["programs"]): pair for pair in found["pairs"]}
    assert pairs.keys() == {("ada", "cleo"), (HOSTILE, "old"), ("bo", "bo")}
    assert [each["earlier year"] for each in pairs[HOSTILE, "old"]["programs"]] == ["", "2025"]
    assert all(pair["similarity"] > 0.9 for pair in pairs.values())
    reasons = {each["student"]: each["reason"] for each in found["not compared"]}
    assert reasons.keys() == {"no-notebook", "short", "linked"}
    assert "is not a notebook" in reasons["no-notebook"]
    assert "too little code" in reasons["short"]
    assert "is a link" in reasons["linked"]
    assert ended.json["written"] == [str(tmp_path / "similar.html"), str(tmp_path / "similar.csv")]

    rows = list(csv.DictReader(io.StringIO((tmp_path / "similar.csv").read_text(encoding="utf-8-sig"))))
    assert {(row["student"], row["other student"], row["earlier year"]) for row in rows} == {
        ("ada", "cleo", ""), ("'" + HOSTILE, "old", "2025"), ("bo", "bo", "2025"),
    }  # fmt: skip
    assert all(int(row["passages"]) >= 1 for row in rows)

    page = Page((tmp_path / "similar.html").read_text(encoding="utf-8"))
    assert "script" not in {tag for tag, _ in page.tags}
    policy = next(each["content"] for tag, each in page.tags if each.get("http-equiv") == "Content-Security-Policy")
    assert policy and policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    # Every link leads to a place of this page.
    places = {each["id"] for _, each in page.tags if "id" in each}
    links = [each["href"] or "" for tag, each in page.tags if tag == "a"]
    assert links and {link.removeprefix("#") for link in links} <= places
    for said in ("A flag is a reason to look", "both in group 7", "the same student, in another year", "no notebook here",
                 "With so few programs", HOSTILE, "def make_windows", "2025"):  # fmt: skip
        assert said in page.shown, said
    assert "\x1b" not in page.shown and "\u202e" not in page.shown


def test_no_result_is_read_or_changed_and_a_folder_of_results_is_enough(course: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    graded = result("ada", course / "submitted")
    toy.write(results / "ada" / "toy.json", graded)
    ended = command.run("similar", results, cwd=course)
    assert ended.code == 0, ended
    assert "toy: 6 programs" in ended.out
    assert "1 flagged" in ended.out
    assert "not a finding" in ended.out
    assert {path.name for path in results.rglob("*") if path.is_file()} == {"toy.json", "similar.html", "similar.csv"}
    assert (results / "ada" / "toy.json").read_text(encoding="utf-8") == graded


def test_an_anonymous_class_stays_anonymous(course: Path, tmp_path: Path) -> None:
    toy.project(tmp_path)
    for student in ("ada", "cleo", "eve"):
        text = (course / "submitted" / student / "toy" / "toy.py").read_text(encoding="utf-8")
        hand_in(tmp_path / "submitted", student, text)
    known = codes.given(tmp_path, ["ada", "cleo", "eve"])
    graded = result(known["ada"], tmp_path / "submitted")
    toy.write(tmp_path / "results" / known["ada"] / "toy.json", graded)
    similar_(tmp_path / "results", results=None, exercise_name=None, against=None, config=None, as_json=True)
    for name in ("similar.html", "similar.csv"):
        written = (tmp_path / "results" / name).read_text(encoding="utf-8")
        assert known["cleo"] in written
        assert "cleo" not in written


@pytest.mark.parametrize(
    ("path", "changed", "said"),
    [
        ("nothing", {}, "nothing is not a folder of submissions"),
        ("submitted", {"against": [Path("nowhere")]}, "nowhere is not a folder of submissions"),
        ("submitted", {"exercise_name": "toi"}, "did you mean toy"),
        ("assignments", {}, "contains no submission"),
    ],
)
def test_wrong_usage_says_what_to_do(
    course: Path, tmp_path: Path, path: str, changed: dict[str, Any], said: str
) -> None:
    options: dict[str, Any] = {"exercise_name": None, "against": None, "config": course / "grading.yml"} | changed
    with pytest.raises(UsageError) as caught:
        similar_(course / path, results=tmp_path, **options)
    assert said in " ".join(caught.value.problems)
    assert not list(tmp_path.iterdir())


def test_a_file_that_the_system_withholds_is_listed_and_ends_with_3(tmp_path: Path) -> None:
    toy.project(tmp_path)
    for student, name in {"ada": "p01", "bo": "p02"}.items():
        hand_in(tmp_path / "submitted", student, PROGRAMS[name])
    close(hand_in(tmp_path / "submitted", "cy", PROGRAMS["p03"]))
    ended = as_a_user("similar", "submitted", cwd=tmp_path)
    assert ended.code == 3, ended
    assert "not compared: cy" in ended.err
    assert "toy: 2 programs" in ended.out
    assert (tmp_path / "results" / "similar.html").is_file()
