"""The roster: our own form, and the exports of platforms as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course.people import adjustments, roster
from autograder.errors import UsageError
from tests import toy

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,toy (4711),Current Score
"    Points Possible",,,,,20,(read only)
"Lovelace, Ada",12345,u1,ada,Monday,,
"Diddley, Bo",12346,u2,bo,Tuesday,,
"Student, Test",99,,f00,Monday,,
"""
MOODLE = """\
First name,Last name,Email address,Groups
Ada,Lovelace,ada@example.org,G1
Bo,Diddley,bo@example.org,G1
"""
WORKSHEET = """\
Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments
Participant 1234567,Ada Lovelace,ada@example.org,Submitted,,20,
Participant 1234568,Bo Diddley,bo@example.org,Submitted,,20,
"""
GRADESCOPE = """\
First Name,Last Name,SID,Email,Sections
Ada,Lovelace,001,ada@example.org,Monday
Bo,Diddley,002,bo@example.org,Tuesday
"""
BRIGHTSPACE = """\
OrgDefinedId,Username,Last Name,First Name,Email
#1001,#ada,Lovelace,Ada,ada@example.org
#1002,#bo,Diddley,Bo,bo@example.org
"""
OWN = """\
id;name;e-mail;section;group
ada;Ada Lovelace;ada@example.org;Monday;G1
bo;Bo Diddley;bo@example.org;Tuesday;G1
"""


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (CANVAS, ["ada", "bo"]),
        (MOODLE, ["ada@example.org", "bo@example.org"]),
        (WORKSHEET, ["ada@example.org", "bo@example.org"]),
        (GRADESCOPE, ["001", "002"]),
        (BRIGHTSPACE, ["ada", "bo"]),
        (OWN, ["ada", "bo"]),
    ],
    ids=["Canvas", "Moodle", "Moodle's worksheet", "Gradescope", "Brightspace", "our own, with semicolons"],
)
def test_exports_are_read_as_they_are(tmp_path: Path, text: str, ids: list[str]) -> None:
    read = roster.read(toy.write(tmp_path / "roster.csv", text))
    assert [each.id for each in read] == ids
    assert [each.name for each in read] == ["Ada Lovelace", "Bo Diddley"]
    assert read.named("lovelaceada")[0].id == ids[0] == read.named("Ada Lovelace")[0].id
    assert read.named("ADA  lovelace")[0].id == ids[0]


def test_sections_and_groups(tmp_path: Path) -> None:
    read = roster.read(toy.write(tmp_path / "roster.csv", OWN))
    assert [each.section for each in read] == ["Monday", "Tuesday"]
    assert read.group_of("bo") == ["ada", "bo"]
    assert read.group_of("stranger") == ["stranger"]


def test_names_are_compared_without_accents_and_with_several_last_names(tmp_path: Path) -> None:
    text = "id,name\nzoe,Zoë Müller\ngabo,Gabriel García Márquez\n"
    read = roster.read(toy.write(tmp_path / "roster.csv", text))
    assert read.named("mullerzoe")[0].id == "zoe"
    assert read.named("garciamarquezgabriel")[0].id == "gabo"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("points\n3\n", "line 1: no column names the students"),
        ("id,name\nada,Ada\nada,Ada\n", "line 3: ada is also in"),
        ("id,name\n../x,Ada\n", "line 2: '../x' cannot be the name of a folder"),
        ("id,section\n,Monday\n", "line 2: the student has no id"),
    ],
)
def test_mistakes_have_their_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=r"roster\.csv, ") as raised:
        roster.read(toy.write(tmp_path / "roster.csv", text))
    assert said in str(raised.value)


def test_adjustments_with_mistakes_are_refused_with_their_line(tmp_path: Path) -> None:
    head = ",".join(adjustments.COLUMNS)
    rows = ["t,grace,ada,toy,points,many,r,", "t,grace,ada,toy,gift,1,r,", "t,grace,ada,toy,extension,soon,r,"]
    path = toy.write(tmp_path / "adjustments.csv", "\n".join([head, *rows]))
    with pytest.raises(UsageError) as raised:
        adjustments.read(path)
    assert [problem.split(": ")[0][-6:] for problem in raised.value.problems] == ["line 2", "line 3", "line 4"]
