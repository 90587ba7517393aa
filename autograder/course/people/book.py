"""The book of a course: every result with the score that counts, and who has handed in nothing.

Results of group members and of excused students who handed in nothing are derived here, and so are the final scores:
all of them are made again whenever the book is brought up to date, and only what changed is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from msgspec import structs

from autograder.course.people import adjustments, codes, roster, submitted
from autograder.course.people.adjustments import Adjustment, that_count
from autograder.course.people.final_score import Attempt, Rules, final_score
from autograder.course.people.roster import Roster, Student
from autograder.course.people.submitted import Imported
from autograder.course.policy import Policy, course_folder
from autograder.results.files import result_path
from autograder.results.form import Layers, Result

NOTHING = "Nothing was handed in."
Attempts = Callable[[Result], Sequence[Result]]
"""The results of the files that the student had handed in before the one of this result, in their order."""


@dataclass(frozen=True)
class People:
    """What the course's own files say about people."""

    folder: Path
    roster: Roster
    adjustments: Sequence[Adjustment]
    imported: Sequence[Imported]
    codes: Mapping[str, str]

    @cached_property
    def _by_code(self) -> dict[str, str]:
        return {code: student for student, code in self.codes.items()}

    @cached_property
    def _canvas_numbers(self) -> dict[str, str]:
        """Canvas' numbers of the students, from the names of their files."""
        return {each.student: each.number for each in self.imported if each.platform == "Canvas"}

    @cached_property
    def _decided(self) -> dict[tuple[str, str], list[Adjustment]]:
        by_result: dict[tuple[str, str], list[Adjustment]] = {}
        for each in self.adjustments:
            by_result.setdefault((self.real(each.student), each.exercise), []).append(each)
        return by_result

    @cached_property
    def _together(self) -> dict[tuple[str, str], list[str]]:
        """Who handed in a file together, as the platform says."""
        found: dict[tuple[str, str], list[str]] = {}
        for each in self.imported:
            for member in (members := each.members.split(";")):
                found[member, each.exercise] = members
        return found

    def real(self, name: str) -> str:
        """The student's id, also for a code of an anonymous grading."""
        return self._by_code.get(name, name)

    def decided(self, student: str, exercise: str) -> list[Adjustment]:
        """All decisions about one student, by id or code, and one exercise."""
        return self._decided.get((self.real(student), exercise), [])

    def group_of(self, student: str, exercise: str) -> list[str]:
        """The ids of those who share the student's result, by the roster or by what the platform says."""
        whose = self.real(student)
        together = self._together.get((whose, exercise), [])
        return list(dict.fromkeys([whose, *self.roster.group_of(whose), *together]))

    def student(self, name: str) -> Student:
        """The student of this id or code; known only by id if the roster does not list them."""
        id = self.real(name)
        student = self.roster.by_id(id) or Student(id)
        number = self._canvas_numbers.get(id, "")
        # In our own roster a column `ID` would be something else: Canvas' roster has a login beside it.
        return replace(student, row={**student.row, "ID": number}) if number and not student.row.get("ID") else student


@dataclass(frozen=True)
class Book:
    """The results, settled, and who has none."""

    results: Sequence[Result]
    missing: Mapping[str, Sequence[str]]
    """For each exercise with a result, the students of the roster without one."""


def people_of(policy: Policy) -> People:
    """What the files in the course's folder say. Raises `UsageError` with the mistakes of a file."""
    folder = course_folder(policy)
    return People(
        folder,
        roster.in_folder(folder),
        adjustments.read(folder / adjustments.ADJUSTMENTS),
        submitted.read(folder),
        codes.read(folder),
    )


def settled(results: Iterable[Result], people: People, policy: Policy, attempts_of: Attempts = lambda last: ()) -> Book:
    """Bring the book up to date: final scores, results of group members, and decisions where nothing was handed in."""
    own = {(people.real(each.student), each.exercise): _timed(each, people) for each in results if not each.derived}
    anonymous = any(each.student in people.codes.values() for each in own.values())

    def shown(id: str) -> str:
        return people.codes.get(id, id) if anonymous else id

    found: dict[tuple[str, str], Result] = {}
    for student, exercise in own:
        for id in people.group_of(student, exercise):
            if (id, exercise) not in found:
                holders = [each for mate in people.group_of(id, exercise) if (each := own.get((mate, exercise)))]
                attempts = [
                    Attempt(each.score, each.maximum, each.submitted, "" if last.student == shown(id) else last.student)
                    for last in holders
                    for each in (*attempts_of(last), last)
                ]
                final = final_score(_in_order(attempts), rules_of(policy, exercise), people.decided(id, exercise))
                base = own.get((id, exercise)) or _shared(holders[-1], shown(id))
                found[id, exercise] = structs.replace(base, final=final)
    for made in people.adjustments:
        key = (people.real(made.student), made.exercise)
        decided = people.decided(*key)
        if (
            key not in found
            and made.exercise in policy.exercises
            and any(each.kind in ("excuse", "score", "points") for each in that_count(decided))
        ):
            nothing = _nothing(shown(key[0]), made, policy)
            attempt = Attempt(nothing.score, nothing.maximum)
            final = final_score([attempt], Rules(), decided)
            found[key] = structs.replace(nothing, final=final)
    exercises = sorted({exercise for _, exercise in own})
    missing = {name: [shown(each.id) for each in people.roster if (each.id, name) not in found] for name in exercises}
    return Book(list(found.values()), missing)


def rules_of(policy: Policy, exercise: str) -> Rules:
    """The course's rules for an exercise; none for one that is no longer in the policy."""
    own = policy.exercises.get(exercise)
    if own is None:
        return Rules(zone=policy.time_zone, attempt=policy.attempt)
    return Rules(own.due, own.late or policy.late, policy.time_zone, policy.attempt)


def update(folder: Path, book: Book, before: Iterable[Result], write: Callable[[Sequence[Result]], None]) -> None:
    """`write` the results of the book that differ from those before, and remove derived ones that are gone."""
    old = {(each.student, each.exercise): each for each in before}
    changed = [each for each in book.results if old.pop((each.student, each.exercise), None) != each]
    if changed:
        write(changed)
    for each in old.values():
        if each.derived:
            result_path(folder, each.student, each.exercise).unlink(missing_ok=True)


def _timed(result: Result, people: People) -> Result:
    """The result with the time that the platform names; an import may come after the grading."""
    word = submitted.by_platform(people.imported, people.real(result.student), result.exercise, result.source)
    return structs.replace(result, submitted=word) if word else result


def _shared(result: Result, student: str) -> Result:
    """A member's copy of the group's result."""
    return structs.replace(result, student=student, folder="", handed_in_by=result.student)


def _nothing(student: str, made: Adjustment, policy: Policy) -> Result:
    """The result that a decision is about if nothing was handed in."""
    return Result(
        student=student,
        exercise=made.exercise,
        framework="unknown",
        file="",
        digest="",
        score=0.0,
        maximum=round(sum(policy.exercises[made.exercise].check_points().values()), 6),
        checks=[],
        notes=[NOTHING],
        isolation=Layers("weak", [], []),
        versions={},
        seed=0,
        output="",
        seconds=0.0,
        graded=made.time,
    )


def _in_order(attempts: Sequence[Attempt]) -> list[Attempt]:
    """By the time of submission, if it is known for all."""
    times = [each.submitted.at if each.submitted else "" for each in attempts]
    return sorted(attempts, key=lambda each: each.submitted.at if each.submitted else "") if all(times) else [*attempts]
