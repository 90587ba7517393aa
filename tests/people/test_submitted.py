"""When a file was submitted: which source counts, and that it is said. And the codes of an anonymous grading."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.course import submission
from autograder.course.people import codes, submitted, tables
from autograder.course.people.submitted import Imported
from tests import toy
from tests.people.test_imports import handin

LAST_WEEK = 1_763_640_000
"""2025-11-20T12:00:00 UTC."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = toy.write(tmp_path / "submitted/ada/toy/toy.py", toy.RIGHT)
    os.utime(path, (LAST_WEEK, LAST_WEEK))
    return path


def of(path: Path, *imported: Imported) -> tuple[str, str]:
    when = submitted.of(submission.read(path, "ada", "toy"), imported)
    assert when is not None
    return when.at, when.source


def test_the_file_s_date_is_the_last_resort(file: Path) -> None:
    assert of(file) == ("2025-11-20T12:00:00+00:00", "the file's own date")


def test_a_manifest_counts_more_than_the_file(file: Path) -> None:
    path = file.with_name("toy_Ada.zip")
    path.write_bytes(handin("Ada"))
    assert of(path) == ("2026-11-20T12:00:00+00:00", "the hand-in's manifest, from the student's machine")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-20 21:00:00.123456 UTC", "2026-11-20T21:00:00+00:00"),
        ("2026-11-20 22:00:00 Europe/Berlin", "2026-11-20T21:00:00+00:00"),
        ("2026-11-20 22:00:00 +01:00", "2026-11-20T21:00:00+00:00"),
        ("2026-11-20 21:00:00", "2026-11-20T21:00:00+00:00"),
    ],
)
def test_nbgrader_s_time_counts_more_than_a_manifest(file: Path, text: str, time: str) -> None:
    path = file.with_name("toy_Ada.zip")
    path.write_bytes(handin("Ada"))
    toy.write(path.with_name("timestamp.txt"), text)
    assert of(path) == (time, "nbgrader's timestamp.txt")


def test_a_time_that_is_none_stops_nobody(file: Path) -> None:
    toy.write(file.with_name("timestamp.txt"), "yesterday")
    assert of(file)[1] == "the file's own date"


def test_the_platform_s_word_counts_most_and_only_for_the_same_file(file: Path) -> None:
    toy.write(file.with_name("timestamp.txt"), "2026-11-20 21:00:00 UTC")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    word = Imported("ada", "toy", "toy.py", digest, "Gradescope", submitted="2026-11-19T08:00:00+00:00")
    assert of(file, word) == ("2026-11-19T08:00:00+00:00", "Gradescope")
    assert of(file, replace(word, sha256="0" * 64))[1] == "nbgrader's timestamp.txt"
    assert of(file, replace(word, student="bo"))[1] == "nbgrader's timestamp.txt"


def test_a_row_is_added_to_what_a_spreadsheet_saved(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("\ufeffb;a\r\n2;1".encode())
    tables.append(path, {"a": "3", "b": "4;5\n6"})
    assert [row.cells for row in tables.read(path)[1]] == [{"a": "1", "b": "2"}, {"a": "3", "b": "4;5 6"}]
    assert path.read_bytes().startswith("\ufeffb;a\r\n2;1\n".encode())


def test_codes_stay_and_say_nothing(tmp_path: Path) -> None:
    first = codes.given(tmp_path, ["ada", "bo"])
    again = codes.given(tmp_path, ["ada", "zoe"])
    assert {name: again[name] for name in first} == first
    assert len(set(again.values())) == 3
    assert (tmp_path / codes.KEY).stat().st_mode & 0o077 == 0


def test_an_anonymous_submission_has_no_name_of_a_file(file: Path) -> None:
    path = file.with_name("toy_Ada-Lovelace.zip")
    path.write_bytes(b"no zip")
    read = submission.read(path, "ada", "toy")
    assert "Ada-Lovelace" in read.notes[0]
    shown = codes.anonymised(read, {"ada": "student-abc234"})
    assert (shown.student, shown.file) == ("student-abc234", "toy.zip")
    assert shown.notes == ("toy.zip is damaged or not a zip: write it again with `autograder handin`.",)
    assert codes.anonymised(read, {}) == read
