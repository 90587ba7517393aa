"""Bring a folder of results up to date: final scores, the table and the pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.course.people import book
from autograder.course.people.book import Book, People
from autograder.course.people.roster import Student
from autograder.course.policy import Policy
from autograder.errors import UsageError
from autograder.integrations import csv
from autograder.reports.pages import folder as pages
from autograder.reports.pages.class_page import Roll, Running, Underway
from autograder.reports.pages.folder import Course
from autograder.results import progress
from autograder.results.files import result_path, write_all_whole
from autograder.results.form import Result, encode
from autograder.results.latest import latest

if TYPE_CHECKING:
    from autograder.results.history.record import History

SUMMARY = "summary.csv"


@dataclass(frozen=True)
class Refreshed:
    """A folder of results that is up to date."""

    book: Book
    people: People
    index: Path
    """The class page."""
    summary: Path

    def of(self, student: str, exercise: str) -> Result | None:
        """The result of a student, by id or code."""
        whose = self.people.real(student)
        return next(
            (
                each
                for each in self.book.results
                if (self.people.real(each.student), each.exercise) == (whose, exercise)
            ),
            None,
        )


def refresh(
    folder: Path,
    policy: Policy,
    history_url: str | None = None,
    changed: Callable[[Result], Result] = lambda result: result,
    shown: Callable[[list[Result]], list[Result]] = lambda results: results,
    unreadable: Callable[[Path], None] = lambda path: None,
    record: History | None = None,
) -> Refreshed:
    """Settle all results of the folder, and write its table and pages.

    `history_url`: of the record of gradings, whose earlier attempts may count; by default, the one in the folder.
    `changed` is applied to each result before; `shown` selects those of the table and the pages. `unreadable` is called
    with each file that is not a result of this version. `record`: if it is open already.
    """
    people = book.people_of(policy)
    before = latest(folder, unreadable)
    with nullcontext(record) if record else record_of(folder, history_url) as record:
        there = [changed(each) for each in _with_unfiled(before, record)]
        settled = book.settled(there, people, policy, attempts(record, policy))
        results = shown(list(settled.results))
        course = replace(
            course_of(results, settled, people, policy),
            record=folder if record and history_url is None else None,
            runs=record.runs() if record else {},
            contents_of=files_of(record),
        )
        with pages.being_made(results, folder, course, underway(folder)) as put:
            book.update(folder, settled, before, lambda changed: _write(folder, changed, record))
            csv.write(results, folder / SUMMARY, settled.missing, course.roll.student_of)
            index = put()
    return Refreshed(settled, people, index, folder / SUMMARY)


def underway(folder: Path) -> Underway | None:
    """What the gradings that now write into the folder have done and are doing; `None` if there is none."""
    gradings = progress.read(folder)
    if not gradings:
        return None
    now, done, total = time.time(), sum(each.done for each in gradings), sum(each.total for each in gradings)
    elapsed = now - min(each.began for each in gradings)
    return Underway(
        done,
        total,
        [Running(each.student, each.exercise, now - each.since) for grading in gradings for each in grading.running],
        elapsed / done * (total - done) if done else None,
    )


def course_of(results: Sequence[Result], settled: Book, people: People, policy: Policy) -> Course:
    """What the pages of these results show besides them, apart from the record."""
    anonymous = any(each.student in people.codes.values() for each in results)
    # Names stay out of the files of an anonymous grading; the key is elsewhere.
    student_of = Student if anonymous else people.student
    return Course(policy, Roll(settled.missing, student_of), decided=people.decided)


def _with_unfiled(before: Sequence[Result], record: History | None) -> list[Result]:
    """The results of the files, and those that are recorded, but not in their files yet."""
    newer = record.unfiled() if record else []
    return list({(each.student, each.exercise): each for each in [*before, *newer]}.values())


def _write(folder: Path, changed: Sequence[Result], record: History | None) -> None:
    """Write results, but none over a newer grading that another process is recording at this moment."""
    if record:
        record.settle(changed)
    else:
        write_all_whole((result_path(folder, each.student, each.exercise), encode(each)) for each in changed)


@contextmanager
def record_of(folder: Path, url: str | None) -> Generator[History | None]:
    """The record of gradings, if there is one."""
    # SQLAlchemy takes long to import.
    from autograder.results.history import database
    from autograder.results.history.record import History

    if not database.exists(database.url_of(folder, url)):
        yield None
        return
    with History.existing(folder, url) as history:
        yield history


def files_of(record: History | None) -> Callable[[Iterable[str]], Mapping[str, bytes]]:
    """The files that were graded, by their SHA-256, as far as the record has them."""
    return record.contents if record else lambda digests: {}


def attempts(record: History | None, policy: Policy) -> book.Attempts:
    """What the record says about earlier attempts; nothing if only the last one counts, or if there is no record."""
    if record is None or policy.attempt == "last":
        return lambda last: ()
    return lambda last: [
        each.result for each in record.attempts(last.student, last.exercise) if each.result.source != last.source
    ]


def insist_on_results(folder: Path) -> None:
    """Raise `UsageError` if the folder contains no result."""
    if not any(folder.glob("*/*.json")):
        raise UsageError(f"--results {folder}: no results are there; grade first, or name their folder")
