"""When a file was submitted, and who says so.

The learning platform's word comes first: `autograder import` records it in `submissions.csv`, which students cannot
write. Then `timestamp.txt`, which nbgrader writes beside what it collects; then the manifest of a hand-in zip, which is
only what the student's machine said; then the file's own date, which copying may change.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.course import handin_zip
from autograder.course.people import tables
from autograder.course.submission import ENDINGS, LARGEST, Submission
from autograder.errors import UsageError
from autograder.results.form import Submitted

SUBMISSIONS = "submissions.csv"
COLUMNS = ("student", "exercise", "file", "sha256", "platform", "number", "submitted", "late", "members", "original")
TIMESTAMP = "timestamp.txt"
_LONGEST_TIME = 100
"""Characters of a time; whoever submits may have written the file."""


@dataclass(frozen=True)
class Imported:
    """A file that `autograder import` placed, as `submissions.csv` records it."""

    student: str
    exercise: str
    file: str
    sha256: str
    """Of what is graded, as in a result's `source`."""
    platform: str
    number: str = ""
    """The platform's number of the student; empty if its archive has none."""
    submitted: str = ""
    """UTC, ISO 8601; empty if the platform does not say."""
    late: str = ""
    """`yes`, `no`, or empty if the platform does not say."""
    members: str = ""
    """The ids of all students who handed it in together, separated by semicolons; empty for one."""
    original: str = ""
    """The path in the archive: an upload of feedback repeats its names."""


def read(folder: Path) -> list[Imported]:
    """What was imported into a course; empty if nothing was. Raises `UsageError` for a file of another form."""
    path = folder / SUBMISSIONS
    if not path.is_file():
        return []
    columns, rows = tables.read(path)
    if missing := [column for column in COLUMNS if column not in columns]:
        raise UsageError(f"{path}, line 1: these columns are missing: {', '.join(missing)}")
    for row in rows:
        try:
            datetime.datetime.fromisoformat(row["submitted"] or "2000-01-01")
        except ValueError:
            raise UsageError(
                f"{row.place}: {row['submitted']!r} is not a time such as 2026-11-20T22:59:00+00:00"
            ) from None
    return [Imported(*(row[column] for column in COLUMNS)) for row in rows]


def append(folder: Path, made: Imported) -> None:
    """Record an imported file."""
    tables.append(folder / SUBMISSIONS, asdict(made))


def of(handed_in: Submission, imported: Sequence[Imported]) -> Submitted | None:
    """When the submission was handed in; `None` if there is no file."""
    path = handed_in.path
    if path is None or path.is_symlink() or not path.is_file():
        return None
    dated = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC)
    return (
        by_platform(imported, handed_in.student, handed_in.exercise, handin_zip.digest(handed_in.content))
        or _by_nbgrader(path)
        or _by_manifest(path)
        or Submitted(at=_utc(dated), source="the file's own date")
    )


def by_platform(imported: Sequence[Imported], student: str, exercise: str, digest: str) -> Submitted | None:
    """What a platform says about a file; `None` if it says nothing. `digest`: of what is graded."""
    # The last one: the same file may have been submitted again.
    for each in reversed(imported):
        same = (each.student, each.exercise, each.sha256) == (student, exercise, digest)
        if same and (each.submitted or each.late):
            return Submitted(at=each.submitted, source=each.platform, late={"yes": True, "no": False}.get(each.late))
    return None


def digest_of(name: str, content: bytes) -> str:
    """The SHA-256 of what is graded of a file: of a zip from `handin`, the file in it."""
    if PurePath(name).suffix.lower() == handin_zip.ENDING:
        with suppress(handin_zip.Refused):
            content = handin_zip.unpack(content, ENDINGS, LARGEST).content
    return handin_zip.digest(content)


def timestamp_beside(path: Path) -> str | None:
    """What nbgrader's `timestamp.txt` beside a file says, bounded; `None` without one. It may be a student's own."""
    note = path.parent / TIMESTAMP
    if note.is_symlink() or not note.is_file():
        return None
    with note.open(encoding="utf-8", errors="replace") as file:
        return file.read(_LONGEST_TIME).strip()


def _by_nbgrader(path: Path) -> Submitted | None:
    text = timestamp_beside(path)
    if text is None:
        return None
    try:
        return Submitted(at=_utc(time_of_nbgrader(text)), source=f"nbgrader's {TIMESTAMP}")
    except (ValueError, OverflowError):
        # It stops nobody else: the next source counts.
        return None


def time_of_nbgrader(text: str) -> datetime.datetime:
    """The time in a `timestamp.txt`: `2026-11-22 10:00:00.000000 CET`; UTC without a zone. Raises `ValueError`."""
    day_and_time, _, zone = text.rpartition(" ")
    if day_and_time and zone[:1].isalpha():
        try:
            return datetime.datetime.fromisoformat(day_and_time.strip()).replace(tzinfo=ZoneInfo(zone))
        except ZoneInfoNotFoundError:
            raise ValueError(f"{zone} is not a time zone") from None
    time = datetime.datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-"))
    return time if time.tzinfo else time.replace(tzinfo=datetime.UTC)


def _by_manifest(path: Path) -> Submitted | None:
    if path.suffix.lower() != handin_zip.ENDING or path.stat().st_size > LARGEST:
        return None
    try:
        manifest = handin_zip.unpack(path.read_bytes(), ENDINGS, LARGEST).manifest
        made = datetime.datetime.fromisoformat(manifest.made) if manifest else None
    except (handin_zip.Refused, ValueError):
        return None
    if made is None or made.tzinfo is None:
        return None
    return Submitted(at=_utc(made), source="the hand-in's manifest, from the student's machine")


def _utc(time: datetime.datetime) -> str:
    return time.astimezone(datetime.UTC).isoformat(timespec="seconds")
