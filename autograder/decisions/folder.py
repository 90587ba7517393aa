"""Bring a folder of results up to date: final scores, the table and the pages."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.course.people import book
from autograder.course.people.book import Book, People
from autograder.course.people.roster import Student
from autograder.course.policy import Policy
from autograder.errors import UsageError
from autograder.integrations import csv
from autograder.reports import page
from autograder.results.files import result_path, write_all_whole
from autograder.results.form import Result, encode
from autograder.results.latest import latest

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
) -> Refreshed:
    """Settle all results of the folder, and write its table and pages.

    `history_url`: of the record of gradings, whose earlier attempts may count; by default, the one in the folder.
    `changed` is applied to each result before; `shown` selects those of the table and the pages. `unreadable` is called
    with each file that is not a result of this version.
    """
    people = book.people_of(policy)
    before = latest(folder, unreadable)
    with attempts(folder, policy, history_url) as attempts_of:
        settled = book.settled([changed(each) for each in before], people, policy, attempts_of)
    book.update(folder, settled, before, lambda changed: _write(folder, changed, history_url))
    results = shown(list(settled.results))
    anonymous = any(each.student in people.codes.values() for each in results)
    # Names stay out of the files of an anonymous grading; the key is elsewhere.
    student_of = Student if anonymous else people.student
    csv.write(results, folder / SUMMARY, settled.missing, student_of)
    roll = page.Roll(settled.missing, lambda name: _about(student_of(name)))
    index = page.write(results, folder, policy.title, roll)
    return Refreshed(settled, people, index, folder / SUMMARY)


def _write(folder: Path, changed: Sequence[Result], url: str | None) -> None:
    """Write results, but none over a newer grading that another process is recording at this moment."""
    # SQLAlchemy takes long to import.
    from autograder.results.history import database
    from autograder.results.history.record import History

    if database.exists(database.url_of(folder, url)):
        with History.existing(folder, url) as history:
            history.settle(changed)
    else:
        write_all_whole((result_path(folder, each.student, each.exercise), encode(each)) for each in changed)


@contextmanager
def attempts(folder: Path, policy: Policy, url: str | None) -> Generator[book.Attempts]:
    """What the record says about earlier attempts; nothing if only the last one counts, or if there is no record."""
    if policy.attempt == "last":
        yield lambda last: ()
        return
    # SQLAlchemy takes long to import, and most courses count the last attempt.
    from autograder.results.history import database
    from autograder.results.history.record import History

    if not database.exists(database.url_of(folder, url)):
        yield lambda last: ()
        return
    with History.existing(folder, url) as history:
        yield lambda last: [
            each.result for each in history.attempts(last.student, last.exercise) if each.result.source != last.source
        ]


def insist_on_results(folder: Path) -> None:
    """Raise `UsageError` if the folder contains no result."""
    if not any(folder.glob("*/*.json")):
        raise UsageError(f"--results {folder}: no results are there; grade first, or name their folder")


def _about(student: Student) -> str:
    section = f"section {student.section}" if student.section else ""
    group = f"group {student.group}" if student.group else ""
    return " · ".join(each for each in (student.name, section, group) if each)
