"""The folder of results that a command brings up to date, and what is said about it on standard error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from autograder.commands.options import err
from autograder.course.people.book import Book
from autograder.course.policy import Policy
from autograder.decisions import folder
from autograder.decisions.folder import Refreshed
from autograder.results.form import Result

if TYPE_CHECKING:
    # SQLAlchemy takes long to import.
    from autograder.results.history.record import History


def refresh(
    results: Path,
    policy: Policy,
    history_url: str | None = None,
    changed: Callable[[Result], Result] = lambda result: result,
    shown: Callable[[list[Result]], list[Result]] = lambda results: results,
    say: Callable[[Text], None] | None = None,
    record: History | None = None,
) -> Refreshed:
    """`decisions.folder.refresh`, which names each file that is not a result, by default on standard error."""

    def unreadable(path: Path) -> None:
        (say or warn)(_unreadable(path))

    return folder.refresh(results, policy, history_url, changed, shown, unreadable, record)


def say_missing(settled: Book) -> None:
    """Say who handed in nothing."""
    for exercise, students in settled.missing.items():
        if students:
            err.print(
                Text(f"{exercise}: nothing was handed in by {', '.join(students)}", style="yellow"), soft_wrap=True
            )


def warn(warning: Text) -> None:
    """Say it on standard error."""
    err.print(warning, soft_wrap=True)


def _unreadable(path: Path) -> Text:
    return Text(f"{path} is not a result of this version and is omitted from the summary", style="yellow")
