"""A semester, command by command as docs/semester.md tells it: after each step the book adds up."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import shutil
import warnings
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from sqlalchemy.exc import SAWarning

from tests import command, toy
from tests.catalogue import ROOT
from tests.people import archives
from tests.people.inside import run

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "semester.md"
ROSTER = """\
Student,ID,SIS User ID,SIS Login ID,Section,xor (4711)
"    Points Possible",,,,,20
"Lovelace, Ada",12345,u1,ada,Monday,
"Diddley, Bo",12346,u2,bo,Monday,
"Müller, Zoë",12347,u3,zoe,Tuesday,
"Hopper, Grace",12348,u4,grace,Tuesday,
"""
POLICY = """\
time_zone: Europe/Berlin
late: {percent_per_day: 10, grace_minutes: 15, most_percent: 50}
"""
BETTER = toy.RIGHT.replace("return 3", "return 4")
"""Earns 10 of 20 points."""
FIRST = {"lovelaceada_12345_1_xor.py": archives.WRONG, "diddleybo_LATE_12346_2_xor.py": toy.RIGHT}
SECOND = {**FIRST, "lovelaceada_12345_3_xor-1.py": BETTER}


def commands() -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


class Semester:
    """A course whose exercise `xor` is a small one."""

    def __init__(self, folder: Path) -> None:
        self.folder = toy.project(folder)
        shutil.move(folder / "assignments" / "toy", folder / "assignments" / "xor")
        policy = (folder / "grading.yml").read_text()
        due = "  xor:\n    due: 2026-11-20 23:59\n"
        (folder / "grading.yml").write_text(POLICY + policy.replace("  toy:\n", due))
        toy.write(folder / "roster.csv", ROSTER)
        archives.write(folder / "submissions.zip", FIRST)
        archives.write(folder / "submissions-2.zip", SECOND)

    def type(self, line: str) -> command.Ended:
        arguments = shlex.split(line)[1:]
        # These start processes of students, which the tests' own process must not.
        alone = arguments[0] in ("grade", "regrade")
        ended = command.run(*arguments, cwd=self.folder) if alone else run(self.folder, *arguments)
        assert ended.code == 0, f"$ {line}\n{ended}"
        return ended

    def book(self) -> dict[str, Decimal | None]:
        """The score of each student, which is the same to the cent wherever it is."""
        everywhere = [self._json(), self._pages(), self._summary(), self._canvas()]
        assert all(each == everywhere[0] for each in everywhere), everywhere
        return everywhere[0]

    def _results(self) -> dict[str, dict]:
        paths = sorted((self.folder / "results").glob("*/xor.json"))
        return {path.parent.name: json.loads(path.read_bytes()) for path in paths}

    def _json(self) -> dict[str, Decimal | None]:
        scores: dict[str, Decimal | None] = {}
        for student, result in self._results().items():
            final = result["final"]
            scores[student] = None if final["score"] is None else _cents(final["score"])
            if final["score"] is not None:
                assert sum((_cents(line["points"]) for line in final["lines"]), Decimal(0)) == scores[student]
        return scores

    def _pages(self) -> dict[str, Decimal | None]:
        scores: dict[str, Decimal | None] = {}
        for student in self._results():
            page = (self.folder / "results" / student / "xor.html").read_text(encoding="utf-8")
            total = re.search(r'class="total num">(?:([\d.]+) / 20|excused)', page)
            assert total, student
            scores[student] = _cents(total[1]) if total[1] else None
        return scores

    def _summary(self) -> dict[str, Decimal | None]:
        text = (self.folder / "results" / "summary.csv").read_text(encoding="utf-8-sig")
        rows = [row for row in csv.DictReader(io.StringIO(text)) if row["status"] != "missing"]
        return {row["student"]: _cents(row["score"]) if row["score"] else None for row in rows}

    def _canvas(self) -> dict[str, Decimal | None]:
        rows = list(csv.DictReader(io.StringIO(self.type("autograder export canvas").out)))[1:]
        grades = {row["SIS Login ID"]: row["xor (4711)"] for row in rows}
        return {student: None if grade == "EX" else _cents(grade) for student, grade in grades.items()}

    def gradebook(self) -> dict[str, Decimal]:
        """The scores as nbgrader exports them."""
        warnings.simplefilter("ignore", SAWarning)
        with Gradebook(f"sqlite:///{self.folder}/gradebook.db") as book:
            those: Any = book.assignment_submissions("xor")
            return {each.student.id: _cents(each.score - each.late_submission_penalty) for each in those}

    def missing(self) -> set[str]:
        text = (self.folder / "results" / "summary.csv").read_text(encoding="utf-8-sig")
        return {row["student"] for row in csv.DictReader(io.StringIO(text)) if row["status"] == "missing"}


def _cents(number: object) -> Decimal:
    return Decimal(str(number)).quantize(Decimal("0.01"))


def test_the_semester(tmp_path: Path) -> None:
    semester = Semester(tmp_path)
    said = iter(commands())

    def follow(line: str) -> command.Ended:
        """Type the next command of the page."""
        assert next(said) == line
        return semester.type(line)

    follow("autograder import submissions.zip")
    ended = follow("autograder grade submitted")
    assert "nothing was handed in by zoe, grace" in ended.err
    # Bo is late, and Canvas does not say by how much.
    assert semester.book() == {"ada": 15, "bo": 18}
    assert semester.missing() == {"zoe", "grace"}

    follow("autograder import submissions-2.zip")
    follow("autograder grade submitted")
    assert semester.book() == {"ada": 10, "bo": 18}

    follow('autograder adjust bo xor --extend "2026-11-23 23:59" --reason "conference"')
    assert semester.book() == {"ada": 10, "bo": 20}
    follow('autograder adjust ada xor +1.5 --reason "the text was ambiguous in part 3"')
    follow('autograder adjust zoe xor --excuse --reason "ill, with a certificate"')
    follow('autograder adjust ada xor --comment "A very clear derivation."')
    assert semester.book() == {"ada": Decimal("11.5"), "bo": 20, "zoe": None}
    assert semester.missing() == {"grace"}

    # A check was wrong, and is mended: what people decided survives, and says what has changed.
    checks = tmp_path / "assignments" / "xor" / "checks.py"
    checks.write_text(checks.read_text().replace("expect.equal(student.three(), 3", "expect.equal(student.three(), 4"))
    before = semester.book()
    ended = follow("autograder regrade")
    assert "2 checks run, 4 kept, of 2 results." in ended.out
    assert "1 gains, 1 loses" in ended.out
    assert semester.book() == before, "nothing counts yet"
    follow('autograder regrade --accept all --reason "part 3 asked for 4, and the check for 3"')
    assert semester.book() == {"ada": Decimal("21.5"), "bo": 10, "zoe": None}
    page = (tmp_path / "results" / "ada" / "xor.html").read_text(encoding="utf-8")
    assert "the checks gave 10 when turing decided this, and 20 now" in page

    follow("autograder report")
    book = semester.book()
    assert book == {"ada": Decimal("21.5"), "bo": 10, "zoe": None}
    for _ in range(2):
        semester.type("autograder grade submitted --gradebook gradebook.db")
        assert semester.gradebook() == {student: score for student, score in book.items() if score is not None}
    follow("autograder export canvas --out grades.csv")
    follow("autograder feedback --for canvas")
    assert (tmp_path / "feedback" / "xor-feedback-canvas.zip").is_file()
    follow("autograder grade submitted --anonymous --results anonymous")
    assert next(said, None) is None
    _nothing_names_anybody(tmp_path)


def _nothing_names_anybody(folder: Path) -> None:
    names = re.compile(r"\b(ada|bo|zoe|Lovelace|Diddley|Müller)\b")
    files = [path for path in (folder / "anonymous").rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert not names.search(path.relative_to(folder).as_posix())
        # In a database, two letters may be there by chance.
        found = {each for each in names.findall(path.read_bytes().decode(errors="replace")) if len(each) > 3}
        assert not found if path.suffix == ".sqlite" else not names.search(path.read_text(encoding="utf-8-sig"))
    key = folder / "anonymous-key.csv"
    assert key.stat().st_mode & 0o077 == 0
    assert {row["student"] for row in csv.DictReader(io.StringIO(key.read_text()))} >= {"ada", "bo"}
