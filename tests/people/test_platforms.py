"""From a platform's download to the file of grades that goes back: names right, scores right, nothing lost."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import command, toy
from tests.people import archives
from tests.people.archives import RIGHT_SCORE, WRONG_SCORE
from tests.people.inside import run

pytestmark = pytest.mark.slow

CANVAS_ROSTER = """\
Student,ID,SIS User ID,SIS Login ID,Section,toy (4711)
"    Points Possible",,,,,20
"Lovelace, Ada",12345,u1,ada,Monday,
"Diddley, Bo",12346,u2,bo,Monday,
"Müller, Zoë",12347,u3,zoe,Tuesday,
"""
MOODLE_WORKSHEET = """\
Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (grade),Feedback comments
Participant 1234567,Ada Lovelace,ada@example.org,Submitted,,20,-,
Participant 1234568,Bo Diddley,bo@example.org,Submitted,,20,-,
Participant 1234569,Zoë Müller,zoe@example.org,Submitted,,20,-,
"""
GRADESCOPE_ROSTER = """\
First Name,Last Name,SID,Email,Sections
Ada,Lovelace,001,ada@example.org,Monday
Bo,Diddley,,bo@example.org,Monday
Zoë,Müller,,zoe@example.org,Monday
"""
BRIGHTSPACE_ROSTER = """\
OrgDefinedId,Username,Last Name,First Name,Email
#1001,#ada,Lovelace,Ada,ada@example.org
#1002,#bo,Diddley,Bo,bo@example.org
#1003,#zoe,Müller,Zoë,zoe@example.org
"""


def graded(folder: Path, roster: str, files: Mapping[str, str | bytes]) -> None:
    """Import a download, and grade what was placed."""
    toy.project(folder)
    toy.write(folder / "roster.csv", roster)
    archives.write(folder / "download.zip", files)
    ended = run(folder, "import", "download.zip")
    assert ended.code == 1, ended
    assert "1 could not be placed" in ended.out
    ended = command.run("grade", "submitted", cwd=folder)
    assert ended.code == 0, ended


def exported(folder: Path, platform: str) -> list[dict[str, str]]:
    ended = run(folder, "export", platform, "--out", "grades.csv")
    assert ended.code == 0, ended
    return list(csv.DictReader(io.StringIO((folder / "grades.csv").read_bytes().decode(), newline="")))


def feedback(folder: Path, platform: str) -> dict[str, str]:
    ended = run(folder, "feedback", "--for", platform)
    assert ended.code == 0, ended
    with zipfile.ZipFile(folder / "feedback" / f"toy-feedback-{platform}.zip") as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def test_canvas(tmp_path: Path) -> None:
    graded(tmp_path, CANVAS_ROSTER, archives.CANVAS)
    rows = exported(tmp_path, "canvas")
    assert [(row["Student"], row["ID"], row["SIS User ID"], row["SIS Login ID"], row["Section"]) for row in rows] == [
        ("    Points Possible", "", "", "", ""),
        ("Lovelace, Ada", "12345", "u1", "ada", "Monday"),
        ("Diddley, Bo", "12346", "u2", "bo", "Monday"),
        ("Müller, Zoë", "12347", "u3", "zoe", "Tuesday"),
    ]
    assert [float(row["toy (4711)"]) for row in rows] == [20, RIGHT_SCORE, WRONG_SCORE, RIGHT_SCORE]
    pages = feedback(tmp_path, "canvas")
    assert set(pages) == {
        "lovelaceada_12345_67890_toy-feedback.html",
        "diddleybo_LATE_12346_67891_toy-feedback.html",
        "müllerzoë_12347_67892_toy-feedback.html",
    }
    assert "15 / 20" in pages["diddleybo_LATE_12346_67891_toy-feedback.html"]


def test_moodle(tmp_path: Path) -> None:
    graded(tmp_path, MOODLE_WORKSHEET, archives.MOODLE)
    rows = exported(tmp_path, "moodle")
    assert list(rows[0]) == next(csv.reader([MOODLE_WORKSHEET.splitlines()[0]]))
    assert [(row["Identifier"], row["Full name"], float(row["Grade"])) for row in rows] == [
        ("Participant 1234567", "Ada Lovelace", RIGHT_SCORE),
        ("Participant 1234568", "Bo Diddley", WRONG_SCORE),
        ("Participant 1234569", "Zoë Müller", RIGHT_SCORE),
    ]
    assert "part.second" in rows[1]["Feedback comments"]
    assert set(feedback(tmp_path, "moodle")) == {
        "Ada Lovelace_1234567_assignsubmission_file_toy-feedback.html",
        "Bo Diddley_1234568_assignsubmission_file_toy-feedback.html",
        "Zoë Müller_1234569_assignsubmission_file_toy-feedback.html",
    }


def test_gradescope(tmp_path: Path) -> None:
    graded(tmp_path, GRADESCOPE_ROSTER, archives.GRADESCOPE)
    rows = exported(tmp_path, "gradescope")
    assert [(row["First Name"], row["Last Name"], row["SID"], row["Email"], float(row["toy"])) for row in rows] == [
        ("Ada", "Lovelace", "001", "ada@example.org", RIGHT_SCORE),
        ("Bo", "Diddley", "", "bo@example.org", WRONG_SCORE),
        # Handed in together with Bo.
        ("Zoë", "Müller", "", "zoe@example.org", WRONG_SCORE),
    ]
    assert rows[0]["toy - Submission Time"] == "2026-11-20T21:00:00+00:00"


def test_brightspace(tmp_path: Path) -> None:
    graded(tmp_path, BRIGHTSPACE_ROSTER, archives.BRIGHTSPACE)
    rows = exported(tmp_path, "brightspace")
    assert [tuple(row.values()) for row in rows] == [
        ("#1001", "#ada", str(RIGHT_SCORE), "#"),
        ("#1002", "#bo", str(WRONG_SCORE), "#"),
        ("#1003", "#zoe", str(RIGHT_SCORE), "#"),
    ]
    assert set(feedback(tmp_path, "brightspace")) == {
        "501-77 - Ada Lovelace - Nov 20, 2026 1159 PM/toy-feedback.html",
        "502-77 - Bo Diddley - Nov 20, 2026 301 PM/toy-feedback.html",
        "503-77 - Zoë Müller - Nov 20, 2026 1201 AM/toy-feedback.html",
    }


def test_nbgrader(tmp_path: Path) -> None:
    graded(tmp_path, archives.ROSTER, archives.NBGRADER)
    rows = exported(tmp_path, "csv")
    assert [(row["\ufeffstudent"], float(row["score"]), row["submitted"], row["source"]) for row in rows][:2] == [
        ("ada", RIGHT_SCORE, "2026-11-20T21:00:00+00:00", "nbgrader"),
        ("bo", WRONG_SCORE, "2026-11-20T21:30:00+00:00", "nbgrader"),
    ]


def test_a_download_is_not_graded_as_a_student_s_file(tmp_path: Path) -> None:
    toy.project(tmp_path)
    path = archives.write(tmp_path / "canvas.zip", archives.CANVAS)
    ended = run(tmp_path, "grade", str(path), "--exercise", "toy")
    assert ended.code == 2
    assert f"run `autograder import {path} --to submitted`" in ended.err
    assert not (tmp_path / "results").exists()
