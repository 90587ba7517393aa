"""The layouts in which learning platforms hand out submissions: whose file is it, when and with whom was it submitted?

Each layout says which files it recognises, from their paths alone. The sources of the layouts are named in
`docs/semester.md`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

import yaml

from autograder.course.imports.archive import File, Refused
from autograder.course.people.submitted import TIMESTAMP, time_of_nbgrader

Platform = Literal["Canvas", "Moodle", "Gradescope", "Brightspace", "nbgrader", "hand-in"]
METADATA = "submission_metadata.yml"


@dataclass(frozen=True)
class Person:
    """What an archive says about a student."""

    name: str = ""
    ids: tuple[str, ...] = ()
    """Ids and e-mail addresses that a roster may contain, the best one first."""
    number: str = ""
    """The platform's own number of the student or the submission."""


@dataclass(frozen=True)
class Found:
    """A file that belongs to a student's submission."""

    file: File
    platform: Platform
    people: tuple[Person, ...]
    """The students who handed it in together; nearly always one."""
    name: str
    """The file's name as the student gave it."""
    exercise: str = ""
    """If the layout says so."""
    submitted: datetime.datetime | None = None
    late: bool | None = None
    order: int = 0
    """Of two files by one student with the same time, the larger number is the later one."""


@dataclass(frozen=True)
class Recognised:
    """The files of an archive by their layout."""

    platform: Platform | None
    found: Sequence[Found] = ()
    other: Sequence[File] = field(default_factory=list[File])
    """Files that belong to no submission, such as the platform's own index."""


_CANVAS = re.compile(r"(?P<name>[^_]+)_(?:(?P<late>LATE|late)_)?(?P<user>\d+)_(?P<file_id>\d+)_(?P<file>.+)")
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)")
_BRIGHTSPACE = re.compile(
    r"(?:(?P<number>\d+)-\d+\s*-\s*)?(?P<name>.+?)\s*-\s*"
    r"(?P<day>[A-Z][a-z]+ \d{1,2}, \d{4}) (?P<hour>\d{1,2})[.:]?(?P<minute>\d{2}) (?P<half>[AP]M)"
)
_INBOUND = re.compile(r"(?P<student>[^+]+)\+(?P<exercise>[^+]+)\+(?P<time>\d{4}-\d\d-\d\d [\d:.]+ \w+)(?:\+.*)?")


def recognise(files: Sequence[File], exercises: Sequence[str], zone: ZoneInfo) -> Recognised:
    """The layout of an archive, which is the one of most of its files, and the files by that layout.

    Students choose names too: one of them cannot make an archive another platform's, nor a file somebody else's. Names
    that a platform gives are nearer to the archive's top than names that students give. `zone`: of the times for which
    a platform names no time zone.
    """
    layouts: dict[Platform, list[Found]] = {
        "Moodle": [each for file in files if (each := _moodle(file, zone))],
        "Brightspace": [each for file in files if (each := _brightspace(file, zone))],
        "Gradescope": list(_gradescope(files)),
        "nbgrader": list(_nbgrader(files, exercises)),
        "Canvas": _nearest_to_the_top([each for file in files if (each := _canvas(file))]),
    }
    platform = max(layouts, key=lambda name: len(layouts[name]))
    found = layouts[platform]
    if not found:
        return Recognised(None, other=files)
    theirs = {id(each.file) for each in found}
    return Recognised(platform, found, [each for each in files if id(each) not in theirs])


def _nearest_to_the_top(found: Sequence[Found]) -> list[Found]:
    top = min((len(each.file.path.parts) for each in found), default=0)
    return [each for each in found if len(each.file.path.parts) == top]


def _canvas(file: File) -> Found | None:
    """`lovelaceada_LATE_12345_67890_xor-2.ipynb`: the name without spaces, last name first, Canvas' ids of the student
    and the file, and the file's name, to which Canvas adds -1, -2, … when it is submitted again."""
    match = _CANVAS.fullmatch(file.path.name)
    if match is None:
        return None
    person = Person(match["name"], number=match["user"])
    # Canvas says of each submission whether it was late, but not when it was made.
    return Found(
        file, "Canvas", (person,), match["file"], late=match["late"] is not None, order=int(match["file_id"][:18])
    )


def _moodle(file: File, zone: ZoneInfo) -> Found | None:
    """`Ada Lovelace_1234567_assignsubmission_file/xor.ipynb`, or the same in one name, without folders."""
    for depth, part in enumerate(file.path.parts):
        if match := _MOODLE.fullmatch(part):
            person = Person(match["name"], number=match["number"])
            name = file.path.name if depth < len(file.path.parts) - 1 else match["file"].lstrip("_")
            # Moodle gives each file in the zip the time at which it was submitted.
            return Found(file, "Moodle", (person,), name, submitted=_local(file.dated, zone))
    return None


def _brightspace(file: File, zone: ZoneInfo) -> Found | None:
    """`12345-67890 - Ada Lovelace - Nov 20, 2026 1159 PM/xor.ipynb`."""
    for part in file.path.parts[:-1]:
        if match := _BRIGHTSPACE.fullmatch(part):
            person = Person(match["name"], number=match["number"] or "")
            text = f"{match['day']} {int(match['hour']):02}:{match['minute']} {match['half']}"
            return Found(file, "Brightspace", (person,), file.path.name, submitted=_local(_spelled_out(text), zone))
    return None


def _spelled_out(text: str) -> datetime.datetime | None:
    for month in ("%b", "%B"):
        try:
            return datetime.datetime.strptime(text, f"{month} %d, %Y %I:%M %p")
        except ValueError:
            continue
    return None


def _nbgrader(files: Sequence[File], exercises: Sequence[str]) -> Iterator[Found]:
    """`ada/xor/xor.ipynb` beside a `timestamp.txt`, as in `submitted/`, or `ada+xor+<time>/xor.ipynb` of its exchange.

    Only files directly in an exercise's folder are submissions.
    """
    stamps = {each.path.parent: each for each in files if each.path.name == TIMESTAMP}
    for file in files:
        parts = file.path.parts
        # Only the topmost folder counts: those below it are the student's.
        match = next((match for part in parts if (match := _INBOUND.fullmatch(part))), None)
        inbound = parts.index(match[0]) if match else len(parts)
        exercise = next((depth for depth, part in enumerate(parts) if depth and part in exercises), len(parts))
        if min(inbound, exercise) != len(parts) - 2 or parts[-1] == TIMESTAMP:
            continue
        if match and inbound < exercise:
            if match["exercise"] in exercises:
                when = _stamp(match["time"].encode())
                yield Found(file, "nbgrader", (_known_as(match["student"]),), parts[-1], match["exercise"], when)
        else:
            when = _noted(stamps.get(file.path.parent))
            yield Found(file, "nbgrader", (_known_as(parts[-3]),), parts[-1], parts[-2], when)


def _known_as(student: str) -> Person:
    return Person(ids=(student,))


def _noted(note: File | None) -> datetime.datetime | None:
    try:
        return _stamp(note.read()) if note and not note.refused else None
    except Refused:
        return None


def _stamp(content: bytes) -> datetime.datetime | None:
    try:
        return time_of_nbgrader(content.decode(errors="replace").strip())
    except ValueError:
        return None


def _gradescope(files: Sequence[File]) -> Iterator[Found]:
    """`submission_1111/xor.ipynb`, with people and times in `submission_metadata.yml`."""
    listings = [each for each in files if each.path.name == METADATA]
    top = min((len(each.path.parts) for each in listings), default=0)
    for listed in [each for each in listings if len(each.path.parts) == top]:
        submissions = _metadata(listed)
        for file in files:
            inside = _relative(file.path, listed.path.parent)
            entry = submissions.get(inside.parts[0]) if inside and len(inside.parts) > 1 else None
            if entry is not None:
                people = tuple(_submitters(entry))
                yield Found(file, "Gradescope", people, file.path.name, submitted=_created(entry))


def _metadata(file: File) -> dict[str, dict[str, Any]]:
    """The submissions by folder. Gradescope writes Ruby's symbols as keys: `:submitters:`, `:created_at:`."""
    try:
        # All values stay text: an id keeps its zeros, and a time its zone.
        value: Any = yaml.load(file.read(), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, Refused, RecursionError, ValueError):
        return {}
    by_folder = cast(dict[Any, Any], value) if isinstance(value, dict) else {}
    return {
        str(folder): {str(key).strip(":"): field for key, field in cast(dict[Any, Any], entry).items()}
        for folder, entry in by_folder.items()
        if isinstance(entry, dict)
    }


def _submitters(entry: dict[str, Any]) -> Iterator[Person]:
    listed: Any = entry.get("submitters")
    for each in cast(list[Any], listed) if isinstance(listed, list) else []:
        if isinstance(each, dict):
            fields = {str(key).strip(":"): value for key, value in cast(dict[Any, Any], each).items()}
            ids = tuple(str(fields[key]) for key in ("sid", "email") if fields.get(key))
            yield Person(str(fields.get("name") or ""), ids)


def _created(entry: dict[str, Any]) -> datetime.datetime | None:
    text = str(entry.get("created_at") or "").strip().replace(" Z", "+00:00").replace(" UTC", "+00:00")
    try:
        time = datetime.datetime.fromisoformat(re.sub(r" ([+-]\d\d:?\d\d)$", r"\1", text))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=datetime.UTC)


def _relative(path: PurePosixPath, folder: PurePosixPath) -> PurePosixPath | None:
    return path.relative_to(folder) if path.is_relative_to(folder) else None


def _local(time: datetime.datetime | None, zone: ZoneInfo) -> datetime.datetime | None:
    return time.replace(tzinfo=zone) if time else None


def inside(found: Found, file: File) -> Found:
    """A file in a student's own zip, which belongs to the same submission."""
    return replace(found, file=file, name=file.path.name)
