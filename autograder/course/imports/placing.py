"""Place the files of an archive under `submitted/<student>/<exercise>/`; what cannot be placed is listed.

Nothing is overwritten: a file that a newer one replaces is moved to a folder beside `submitted`.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from autograder.course import handin_zip
from autograder.course.imports import archive, layouts
from autograder.course.imports.archive import File, Refused
from autograder.course.imports.layouts import Found, Person
from autograder.course.imports.students import Students, Unknown
from autograder.course.people import submitted
from autograder.course.people.roster import Roster, key
from autograder.course.people.submitted import Imported
from autograder.course.submission import ENDINGS, LARGEST
from autograder.errors import UsageError
from autograder.results.files import write_whole

DEPTH = 3
"""Zips within zips: an archive of archives, of which one contains a student's own zip."""
_AGAIN = re.compile(r"(?:-(?P<canvas>\d{1,3})|\s*\((?P<browser>\d{1,3})\))$")
"""What Canvas and browsers add to the name of a file that is submitted or downloaded again."""


@dataclass(frozen=True)
class Course:
    """What an import needs to know."""

    folder: Path
    """The course's folder, with `submissions.csv`."""
    to: Path
    """Usually `submitted`."""
    roster: Roster
    exercises: Sequence[str]
    zone: ZoneInfo
    exercise: str = ""
    """The exercise of all files whose names do not name one; empty if unknown."""
    said: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Placed:
    """A file of a student that is in `submitted` now."""

    student: str
    exercise: str
    path: Path
    original: str
    platform: str
    done: str
    """`placed`, `replaced an earlier one`, `already there`, or why an earlier file was kept instead."""


@dataclass(frozen=True)
class NotPlaced:
    """A file of the archive that could not be placed, or was not needed."""

    original: str
    why: str
    suggestion: str = ""
    needed: bool = True
    """Whether a person should look at it; a student's picture beside the notebook needs nobody."""
    student: str = ""
    """Whose it is, as far as that is known."""


@dataclass(frozen=True)
class Outcome:
    """What an import has done."""

    placed: Sequence[Placed]
    not_placed: Sequence[NotPlaced]


@dataclass(frozen=True)
class _Candidate:
    """A file that may be a student's submission for an exercise."""

    found: Found
    exercise: str
    named: bool
    """Whether the file is named after the exercise."""
    again: int
    """The number that Canvas or a browser added to the file's name."""

    @property
    def original(self) -> str:
        return str(self.found.file.path)

    @property
    def ending(self) -> str:
        return PurePosixPath(self.found.name).suffix.lower()

    @property
    def rank(self) -> tuple[bool, bool, bool, float, int, int]:
        """Among several, the largest is the submission: named after the exercise, a notebook, the latest one."""
        when = self.found.submitted.timestamp() if self.found.submitted else 0.0
        is_zip, is_notebook = self.ending == handin_zip.ENDING, self.ending == ".ipynb"
        return (self.named, not is_zip, is_notebook, when, self.again, self.found.order)


def place(path: Path, course: Course) -> Outcome:
    """Read an archive or a folder of a learning platform, and place its files.

    Raises `UsageError` if it is not an archive, or if its layout is none that is known.
    """
    not_placed: list[NotPlaced] = []
    found = list(_recognised(archive.files_of(path), course, path.name, not_placed, depth=0))
    if not found and not any(each.needed for each in not_placed):
        raise UsageError(
            f"{path}: this is not the layout of Canvas, Moodle, Gradescope, Brightspace, nbgrader or `autograder "
            "handin`; put the files into submitted/<student>/<exercise>/"
        )
    earlier = submitted.read(course.folder)
    students = Students(course.roster, course.said or {}, earlier, _doubled(found))
    groups: dict[tuple[str, str], list[_Candidate]] = {}
    together: dict[tuple[str, str], tuple[str, ...]] = {}
    for each in found:
        try:
            members = tuple(dict.fromkeys(students.of(person, each.platform) for person in each.people))
            if not members:
                raise Unknown("the archive does not say whose it is", "name the student with a roster")
            candidate = _candidate(each, course)
        except Unknown as problem:
            not_placed.append(NotPlaced(str(each.file.path), problem.why, problem.suggestion))
            continue
        if isinstance(candidate, NotPlaced):
            not_placed.append(replace(candidate, student=members[0]))
            continue
        groups.setdefault((members[0], candidate.exercise), []).append(candidate)
        together[members[0], candidate.exercise] = members
    placed: list[Placed] = []
    for (student, exercise), candidates in sorted(groups.items(), key=lambda group: group[0]):
        best = max(candidates, key=lambda each: each.rank)
        try:
            placed.append(_write(best, student, together[student, exercise], course, earlier))
        except Refused as problem:
            not_placed.append(NotPlaced(best.original, str(problem)))
        not_placed += [
            NotPlaced(each.original, f"{best.original} by {student} was taken instead", student=student)
            for each in candidates
            if each is not best
        ]
    served = {each.student for each in placed}
    return Outcome(placed, [replace(each, needed=each.student not in served) for each in not_placed])


def is_handin(path: Path) -> bool:
    """Whether a zip is one that a student handed in by itself, with or without a manifest."""
    try:
        handin_zip.unpack(path.read_bytes() if path.stat().st_size <= LARGEST else b"", ENDINGS, LARGEST)
    except (handin_zip.Refused, OSError):
        return False
    return True


def advice(path: Path, exercises: Sequence[str]) -> str:
    """What to do with an archive or a folder of a learning platform, which cannot be graded as it is; empty for others."""
    try:
        files = archive.files_of(path)
    except UsageError:
        return ""
    platform = layouts.recognise(files, exercises, ZoneInfo("UTC")).platform
    if platform is None or (platform == "nbgrader" and path.is_dir()):
        return ""
    return (
        f"{path} is what {platform} hands out: run `autograder import {path} --to submitted`, "
        "then `autograder grade submitted`"
    )


def _recognised(
    files: Sequence[File], course: Course, name: str, not_placed: list[NotPlaced], depth: int
) -> Iterator[Found]:
    """The students' files of an archive, also of archives in it."""
    for each in files:
        if each.refused:
            not_placed.append(NotPlaced(str(each.path), each.refused))
    files = [each for each in files if not each.refused]
    recognised = layouts.recognise(files, course.exercises, course.zone)
    for each in recognised.found:
        yield from _opened(each, not_placed, depth)
    for each in recognised.other:
        # In a platform's archive, such a zip is a student's, whose manifest may name somebody else.
        if recognised.platform is None and each.path.suffix.lower() == handin_zip.ENDING:
            yield from _zip_of_its_own(each, course, not_placed, depth)
        elif recognised.platform and each.path.suffix.lower() in (*ENDINGS, handin_zip.ENDING):
            not_placed.append(NotPlaced(str(each.path), f"is not where {recognised.platform} puts submissions"))


def _zip_of_its_own(file: File, course: Course, not_placed: list[NotPlaced], depth: int) -> Iterator[Found]:
    """A zip that is no submission by its name: what `handin` wrote, or an archive in an archive."""
    try:
        content = file.read()
        if person := _manifest_of(content):
            yield Found(file, "hand-in", (person,), file.path.name)
            return
        if depth >= DEPTH:
            raise Refused(f"is a zip within {DEPTH} others")
        nested = [_within(file, each) for each in archive.files_of_nested(content, archive.MOST_FILES_NESTED)]
        inner = list(_recognised(nested, course, file.path.name, not_placed, depth + 1))
    except Refused as problem:
        not_placed.append(NotPlaced(str(file.path), str(problem)))
        return
    if not inner:
        not_placed.append(NotPlaced(str(file.path), "is a zip of a layout that is not known"))
    yield from inner


def _opened(found: Found, not_placed: list[NotPlaced], depth: int) -> Iterator[Found]:
    """The file itself, or the files in a student's own zip."""
    if PurePosixPath(found.name).suffix.lower() != handin_zip.ENDING:
        yield found
        return
    try:
        content = found.file.read()
        if _manifest_of(content):
            yield found
            return
        if depth >= DEPTH:
            raise Refused(f"is a zip within {DEPTH} others")
        nested = [_within(found.file, each) for each in archive.files_of_nested(content)]
    except Refused as problem:
        not_placed.append(NotPlaced(str(found.file.path), str(problem)))
        return
    for each in nested:
        if each.refused:
            not_placed.append(NotPlaced(str(each.path), each.refused))
        else:
            yield from _opened(layouts.inside(found, each), not_placed, depth + 1)


def _within(outer: File, inner: File) -> File:
    return replace(inner, path=outer.path / inner.path)


def _manifest_of(content: bytes) -> Person | None:
    """The student whom the manifest of a hand-in names; `None` for other zips."""
    try:
        manifest = handin_zip.unpack(content, ENDINGS, LARGEST).manifest
    except handin_zip.Refused:
        return None
    return Person(manifest.student, (manifest.student,)) if manifest else None


def _doubled(found: Iterable[Found]) -> frozenset[str]:
    """The names that stand for several of the platform's numbers."""
    numbered = {(key(person.name), person.number) for each in found for person in each.people if person.number}
    counts = Counter(name for name, _ in numbered)
    return frozenset(name for name, count in counts.items() if count > 1)


def _candidate(found: Found, course: Course) -> _Candidate | NotPlaced:
    """The file as a submission for an exercise, or why it is none."""
    original, name = str(found.file.path), PurePosixPath(found.name)
    if name.suffix.lower() not in (*ENDINGS, handin_zip.ENDING):
        return NotPlaced(original, "is no notebook, .py file or zip")
    match = _AGAIN.search(name.stem)
    again = int(match["canvas"] or match["browser"]) if match else 0
    named = _exercise_of(name, course.exercises)
    exercise = found.exercise or named
    if course.exercise and exercise not in ("", course.exercise):
        hint = f"import it without --exercise, or place it in {course.to}/…/{course.exercise}/ yourself"
        return NotPlaced(original, f"is named after {exercise}, not {course.exercise}", hint)
    exercise = exercise or course.exercise
    if not exercise:
        only = course.exercises[0] if len(course.exercises) == 1 else "NAME"
        return NotPlaced(original, "is not named after an exercise", f"use --exercise {only}")
    return _Candidate(found, exercise, named == exercise, again)


def _exercise_of(name: PurePosixPath, exercises: Sequence[str]) -> str:
    """The exercise that a file is named after: `xor-2.ipynb`, `XOR_keras (1).py`, `xor_Ada-Lovelace.zip`."""
    stem = re.sub(r"_(torch|keras)$", "", _AGAIN.sub("", name.stem).lower())
    if stem in exercises:
        return stem
    if name.suffix.lower() != handin_zip.ENDING:
        return ""
    return max((each for each in exercises if stem.startswith(f"{each}_")), key=len, default="")


def _write(
    chosen: _Candidate, student: str, members: tuple[str, ...], course: Course, earlier: Sequence[Imported]
) -> Placed:
    """Place a file, unless it is there already or a later one is. Raises `Refused` if it cannot be read."""
    folder = course.to / student / chosen.exercise
    for each in (course.to / student, folder):
        if each.is_symlink() or (each.exists() and not each.is_dir()):
            raise UsageError(f"{each} is not a folder: move it away, and import again")
    content = chosen.found.file.read()
    digest = hashlib.sha256(content).hexdigest()
    path = folder / _name(chosen)
    there = [each for each in sorted(folder.glob("*")) if each.suffix.lower() in (*ENDINGS, handin_zip.ENDING)]
    placed = Placed(student, chosen.exercise, path, chosen.original, chosen.found.platform, "placed")
    same = [each for each in there if hashlib.sha256(each.read_bytes()).hexdigest() == digest]
    record = _record(chosen, student, members, submitted.digest_of(path.name, content), path)
    if same:
        if replace(record, file=same[0].name) not in earlier:
            submitted.append(course.folder, replace(record, file=same[0].name))
        return replace(placed, path=same[0], done="already there")
    if there and _is_older(record, student, chosen.exercise, earlier):
        _keep(path.name, content, digest, student, chosen.exercise, course)
        return replace(placed, path=there[0], done="older than the file that is there, which stays")
    for each in there:
        old = each.read_bytes()
        _keep(each.name, old, hashlib.sha256(old).hexdigest(), student, chosen.exercise, course)
        each.unlink()
    write_whole(path, content)
    path.chmod(0o644)
    submitted.append(course.folder, record)
    return replace(placed, done="replaced an earlier one" if there else "placed")


def _name(chosen: _Candidate) -> str:
    """The name by which the file is found and its framework is known, without what a platform added to it."""
    stem = _AGAIN.sub("", PurePosixPath(chosen.found.name).stem)
    if chosen.ending == handin_zip.ENDING:
        # `handin` writes the exercise and the name of the student.
        return f"{stem if stem.lower().startswith(chosen.exercise) else chosen.exercise}{chosen.ending}"
    framework = re.search(r"_(torch|keras)$", stem.lower())
    return f"{chosen.exercise}{framework[0] if framework else ''}{chosen.ending}"


def _record(chosen: _Candidate, student: str, members: tuple[str, ...], digest: str, path: Path) -> Imported:
    found = chosen.found
    when = found.submitted.astimezone(datetime.UTC).isoformat(timespec="seconds") if found.submitted else ""
    return Imported(
        student=student,
        exercise=chosen.exercise,
        file=path.name,
        sha256=digest,
        platform=found.platform,
        number=found.people[0].number,
        submitted=when,
        late={True: "yes", False: "no", None: ""}[found.late],
        members=";".join(members) if len(members) > 1 else "",
        original=chosen.original,
    )


def _is_older(record: Imported, student: str, exercise: str, earlier: Sequence[Imported]) -> bool:
    """Whether the file was submitted before the one that is there, as far as both times are known."""
    times = [each.submitted for each in earlier if (each.student, each.exercise) == (student, exercise)]
    latest = max((time for time in times if time), default="")
    return bool(record.submitted and latest) and record.submitted < latest


def _keep(name: str, content: bytes, digest: str, student: str, exercise: str, course: Course) -> None:
    """Keep a file that is not the submission (any longer) beside the folder of submissions."""
    folder = course.to.with_name(f"{course.to.name}-earlier") / student / exercise / digest[:12]
    write_whole(folder / name, content)
