"""The roster: who is in the course. Exports of Canvas, Moodle, Gradescope and Brightspace are read as they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from autograder.course.people import tables
from autograder.errors import UsageError

ROSTER = "roster.csv"

_IDS = ("id", "sis login id", "username", "sid", "id number", "orgdefinedid", "sis user id", "email", "email address")
"""Columns whose first filled one is a student's id, the name of the student's folder; in a roster of Canvas, its own number
`ID` is the last resort."""
_NAMES = ("name", "student", "full name")
_FIRST = ("first name",)
_LAST = ("last name", "surname")
_EMAILS = ("email", "e-mail", "email address", "e-mail address")
_SECTIONS = ("section", "sections")
_GROUPS = ("group", "groups")
_OTHER_IDS = (*_IDS, "identifier", "canvas id")
_NO_STUDENTS = re.compile(r"\s*(points possible|student, test)\s*|\s*.*\(read only\)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Student:
    """A student of the course."""

    id: str
    """The name of the student's folder."""
    name: str = ""
    """`Ada Lovelace`."""
    email: str = ""
    section: str = ""
    group: str = ""
    row: dict[str, str] = field(default_factory=dict[str, str])
    """The roster's own columns, which an export for the same platform repeats."""

    @property
    def known_as(self) -> set[str]:
        """Everything that identifies the student, in comparable form."""
        # Beside a login, `ID` is Canvas' own number, which may be the id of somebody else on another platform.
        others = [column for column in self.row if column != "ID" or "SIS Login ID" not in self.row]
        ids = {self.row[column] for column in others if column.casefold() in _OTHER_IDS}
        return {key(each) for each in (self.id, self.email, *ids) if each}


@dataclass(frozen=True)
class Roster:
    """All students of the course, in the order of the file."""

    students: Sequence[Student] = ()

    def __iter__(self) -> Iterator[Student]:
        return iter(self.students)

    def __bool__(self) -> bool:
        return bool(self.students)

    def by_id(self, id: str) -> Student | None:
        """The student whose folder has this name."""
        return self._by_id.get(id)

    @cached_property
    def _by_id(self) -> dict[str, Student]:
        return {each.id: each for each in reversed(self.students)}

    def identified(self, text: str) -> Student | None:
        """The one student with this id, number or e-mail address; `None` if there is none, or if several have it."""
        return _only([each for each in self.students if key(text) in each.known_as])

    def named(self, name: str) -> list[Student]:
        """The students of this name, with their first or their last name first, and with or without spaces."""
        return [each for each in self.students if key(name) in _spellings(each.name)]

    def group_of(self, id: str) -> list[str]:
        """The ids of the members of the student's group, the student included."""
        student = self.by_id(id)
        if student is None or not student.group:
            return [id]
        return [each.id for each in self.students if each.group == student.group]


def read(path: Path) -> Roster:
    """Read a roster. Raises `UsageError`, with every mistake and its line, if it names no student or one twice."""
    columns, rows = tables.read(path)
    by_column = {column.casefold(): column for column in columns}
    if not any(column in by_column for column in (*_IDS, *_NAMES, *_LAST)):
        raise UsageError(f"{path}, line 1: no column names the students: the first line must contain id and name")
    students: list[Student] = []
    problems: list[str] = []
    places: dict[str, str] = {}
    canvas = "sis login id" in by_column and "student" in by_column
    for row in rows:
        cells = {column.casefold(): row[column] for column in columns}
        whose = _first(cells, _NAMES)
        if canvas and (not whose or _NO_STUDENTS.fullmatch(whose)):
            continue
        student = _student(row, cells, canvas)
        if not student.id:
            problems.append(f"{row.place}: the student has no id")
        elif any(sign in student.id for sign in "/\\\0") or student.id in (".", ".."):
            problems.append(f"{row.place}: {student.id!r} cannot be the name of a folder; use another id")
        elif student.id in places:
            problems.append(f"{row.place}: {student.id} is also in {places[student.id]}; remove one")
        places.setdefault(student.id, row.place)
        students.append(student)
    if problems:
        raise UsageError(*problems)
    return Roster(students)


def in_folder(folder: Path) -> Roster:
    """The roster of a course's folder; empty if there is none."""
    path = folder / ROSTER
    return read(path) if path.is_file() else Roster()


def key(text: str) -> str:
    """A name or an id in comparable form: lower case, without accents, spaces and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if sign.isalnum() or sign in "@.+")


def _student(row: tables.Row, cells: dict[str, str], canvas: bool) -> Student:
    name = _first(cells, _NAMES)
    if not name:
        name = f"{_first(cells, _FIRST)} {_first(cells, _LAST)}".strip()
    # Canvas' gradebook calls its own number `ID`; students are known by their login.
    ids = [column for column in _IDS if column != "id"] if canvas else list(_IDS)
    id = _first(cells, ids) or cells.get("id", "") or _first(cells, _EMAILS) or name
    return Student(
        # Brightspace writes # before ids, so that spreadsheets do not take them for numbers.
        id=id.removeprefix("#") if "orgdefinedid" in cells else id,
        name=_first_name_first(name),
        email=_first(cells, _EMAILS),
        section=_first(cells, _SECTIONS),
        group=_first(cells, _GROUPS),
        row=row.cells,
    )


def _first(cells: dict[str, str], columns: Sequence[str]) -> str:
    return next((cells[column] for column in columns if cells.get(column)), "")


def _first_name_first(name: str) -> str:
    """`Ada Lovelace` also for `Lovelace, Ada`."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and "," not in first else name


def _spellings(name: str) -> set[str]:
    """`adalovelace` and `lovelaceada`; the last name may have several words."""
    words = name.split()
    turned = {key(" ".join([*words[cut:], *words[:cut]])) for cut in range(1, len(words))}
    return {key(name), *turned} - {""}


def _only(students: Sequence[Student]) -> Student | None:
    return students[0] if len(students) == 1 else None
