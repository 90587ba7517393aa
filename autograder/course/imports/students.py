"""Whose is it: the student of the course whom an archive means, or why that cannot be told."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autograder.course.imports.layouts import Person, Platform
from autograder.course.people.roster import Roster, Student, key
from autograder.course.people.submitted import Imported

_NUMBERS: dict[Platform, tuple[str, ...]] = {
    "Canvas": ("ID", "Canvas ID"),
    "Brightspace": ("User ID",),
}
"""The columns of a roster with a platform's own numbers. In our own roster, `id` is never a platform's number."""
_ALSO_OURS = "SIS Login ID"
"""Only a roster that Canvas exported has this column: there, `ID` is Canvas' number."""


@dataclass
class Unknown(Exception):
    """The student cannot be told; the sentence says why, and the suggestion what to do."""

    why: str
    suggestion: str


@dataclass(frozen=True)
class Students:
    """Whom the archives of a course mean."""

    roster: Roster
    said: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the user says: a name or a number in an archive → the student's id."""
    earlier: Iterable[Imported] = ()
    """What was imported before: the same number is the same student."""
    doubled: frozenset[str] = frozenset()
    """Names that stand for several numbers in the same archive, in comparable form."""

    def of(self, person: Person, platform: Platform) -> str:
        """The student's id, which becomes the name of a folder. Raises `Unknown`."""
        for each in (person.name, person.number, *person.ids):
            if each and each in self.said:
                return self.said[each]
        student = self._listed(person, platform) if self.roster else self._unlisted(person, platform)
        if student.startswith(".") or any(sign in student for sign in "/\\\0") or not student.isprintable():
            raise Unknown(f"{student[:60]!r} cannot be the name of a student's folder", _say(person, "ID"))
        return student

    def _listed(self, person: Person, platform: Platform) -> str:
        for id in person.ids:
            if student := self.roster.identified(id):
                return student.id
        if person.number:
            numbered = [each for each in self.roster if self._number(each, platform) == person.number]
            if len(numbered) == 1:
                return numbered[0].id
        # nbgrader's folders and a hand-in's manifest name the student in their own words.
        name = person.name or (person.ids[0] if person.ids else "")
        named = self.roster.named(name) or [
            each for each in (self.roster.identified(name), self.roster.by_id(name)) if each is not None
        ]
        if len({each.id for each in named}) == 1:
            return named[0].id
        if named:
            those = ", ".join(each.id for each in named)
            raise Unknown(
                f"{len(named)} students of the roster are called {name!r}: {those}", _say(person, named[0].id)
            )
        near = self._near(name)
        if near:
            raise Unknown(
                f"no student of the roster is called {name!r}; did you mean {near.id} ({near.name or near.id})?",
                _say(person, near.id),
            )
        raise Unknown(
            f"no student of the roster is called {name!r}", f"add them to the roster, or {_say(person, 'ID')}"
        )

    def _unlisted(self, person: Person, platform: Platform) -> str:
        """Without a roster, the platform's own name for the student, with its number where two have the same."""
        if person.ids:
            return person.ids[0]
        if not person.name:
            raise Unknown("the archive does not say whose it is", "name the student with a roster")
        same = {each.number: each.student for each in self.earlier if each.platform == platform}
        if platform != "Moodle" and person.number in same:
            return same[person.number]
        taken = person.name in same.values() and platform != "Moodle"
        if key(person.name) not in self.doubled and not taken:
            return person.name
        if platform == "Moodle":
            # Moodle's numbers are those of submissions, and differ from assignment to assignment.
            raise Unknown(
                f"two students are called {person.name!r}",
                f"{_say(person, 'ID')}, for each of their numbers",
            )
        return f"{person.name}_{person.number}"

    def _number(self, student: Student, platform: Platform) -> str:
        if platform == "Moodle":
            return student.row.get("Identifier", "").removeprefix("Participant ")
        columns = _NUMBERS.get(platform, ())
        return next(
            (
                student.row[column]
                for column in columns
                if student.row.get(column) and (column != "ID" or _ALSO_OURS in student.row)
            ),
            "",
        )

    def _near(self, name: str) -> Student | None:
        by_key = {key(each.name): each for each in self.roster if each.name}
        by_key |= {key("".join(reversed(each.name.partition(" ")))): each for each in self.roster if each.name}
        found = difflib.get_close_matches(key(name), by_key, 1, cutoff=0.75)
        return by_key[found[0]] if found else None


def _say(person: Person, id: str) -> str:
    """The option that tells whom the archive means."""
    return f'use --as "{person.number or person.name or person.ids[0]}={id}"'
