"""The folder of results as it is now: read again when something in it changes, and settled in memory."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.course.grading_file import load_policy
from autograder.course.people import adjustments, book, codes, roster, submitted
from autograder.course.people.book import Book, People
from autograder.course.policy import Policy, course_folder
from autograder.course.stamps import Stamp, stamp
from autograder.decisions import folder
from autograder.errors import UsageError
from autograder.reports.pages.folder import Course, in_order
from autograder.results.files import file_name
from autograder.results.form import Result, read
from autograder.serving.record import Record

LOOK_SECONDS = 1.0
_REST = 10
"""Looking at a large folder takes a while: at least this many times as long passes until the next look."""


@dataclass(frozen=True)
class Beside:
    """The results around one of them."""

    previous: Result | None
    following: Result | None
    """Of the students before and after, for the same exercise."""
    others: Sequence[Result]
    """Of the same student, for other exercises."""


@dataclass(frozen=True)
class View:
    """What the pages show at one moment."""

    version: int
    """Larger whenever a result, a score or a person's data has changed."""
    policy: Policy
    people: People
    book: Book
    problem: str = ""
    """Why a change since has not been taken over, if one of the course's files is wrong now."""

    @cached_property
    def results(self) -> list[Result]:
        """All results, by student and exercise, as on the class page."""
        return in_order(self.book.results)

    @cached_property
    def course(self) -> Course:
        """What the pages show besides the results, apart from the record."""
        return folder.course_of(self.results, self.book, self.people, self.policy)

    @cached_property
    def _places(self) -> dict[tuple[str, str], int]:
        return {(file_name(each.student), file_name(each.exercise)): n for n, each in enumerate(self.results)}

    def at(self, student: str, exercise: str) -> Result | None:
        """The result whose page is at these names of a folder and a file."""
        number = self._places.get((student, exercise))
        return None if number is None else self.results[number]

    def beside(self, result: Result) -> Beside:
        """The results around one of them."""
        same = [each for each in self.results if each.exercise == result.exercise]
        number = next(n for n, each in enumerate(same) if each is result)
        return Beside(
            same[number - 1] if number else None,
            same[number + 1] if number + 1 < len(same) else None,
            [each for each in self.results if each.student == result.student and each is not result],
        )


class State:
    """Makes views. Thread-safe; however many ask, it looks at the folder once a second at most."""

    def __init__(self, results: Path, config: Path, record: Record) -> None:
        """`config`: the `grading.yml`. Raises `UsageError` if one of the course's files is wrong."""
        self.results = results
        self.config = config
        self._record = record
        self._lock = threading.Lock()
        self._read: dict[Path, tuple[Stamp, Result | None]] = {}
        self._attempts: dict[tuple[str, str, str], Sequence[Result]] = {}
        self._course: dict[Path, Stamp | None] = {}
        self._next = 0.0
        self._view = self._made(load_policy(config), 1)
        self._course = self._course_stamps(self._view.policy)

    def view(self, fresh: bool = False) -> View:
        """What the pages show now. `fresh`: also what has changed within the last second."""
        with self._lock:
            began = time.monotonic()
            if fresh or began >= self._next:
                self._look()
                ended = time.monotonic()
                self._next = ended + max(LOOK_SECONDS, _REST * (ended - began))
            return self._view

    def _look(self) -> None:
        files = self._files()
        course = self._course_stamps(self._view.policy)
        same = files == {path: at for path, (at, _) in self._read.items()}
        if same and course == self._course and not self._view.problem:
            return
        old = self._view
        try:
            made = self._made(load_policy(self.config), old.version + 1, files)
        except UsageError as problem:
            said = " ".join(problem.problems)
            if said != old.problem:
                self._view = View(old.version + 1, old.policy, old.people, old.book, said)
            return
        self._course = course
        if (made.book, made.people, made.policy, "") != (old.book, old.people, old.policy, old.problem):
            self._view = made

    def _made(self, policy: Policy, version: int, files: dict[Path, Stamp] | None = None) -> View:
        people = book.people_of(policy)
        self._take_in(self._files() if files is None else files)
        there = [result for _, result in self._read.values() if result]
        attempts_of = folder.attempts(self._record.if_any, policy)

        def remembered(last: Result) -> Sequence[Result]:
            key = (last.student, last.exercise, f"{last.digest} {last.seed} {last.graded}")
            if key not in self._attempts:
                self._attempts[key] = attempts_of(last)
            return self._attempts[key]

        return View(version, policy, people, book.settled(there, people, policy, remembered))

    def _take_in(self, files: dict[Path, Stamp]) -> None:
        """Read the files that have changed."""
        known = self._read
        self._read = {
            path: known[path] if path in known and known[path][0] == files[path] else (files[path], _read(path))
            for path in sorted(files)
        }

    def _files(self) -> dict[Path, Stamp]:
        """The files of results."""
        found: dict[Path, Stamp] = {}
        for student in _entries(self.results):
            if student.is_dir(follow_symlinks=False) and not student.name.startswith("."):
                for entry in _entries(student.path):
                    if entry.name.endswith(".json"):
                        # It may have been removed, or replaced, since the folder was listed.
                        with suppress(OSError):
                            status = entry.stat()
                            found[Path(entry.path)] = status.st_mtime_ns, status.st_size
        return found

    def _course_stamps(self, policy: Policy) -> dict[Path, Stamp | None]:
        names = (adjustments.ADJUSTMENTS, roster.ROSTER, submitted.SUBMISSIONS, codes.KEY)
        files = [self.config, *(course_folder(policy) / name for name in names)]
        return {file: stamp(file) for file in files}


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _read(path: Path) -> Result | None:
    try:
        return read(path)
    except ValueError:
        return None
