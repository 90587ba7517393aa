"""What a long grading shows while it runs: how far it is, who is being graded, and tables that are up to date."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from autograder.commands.options import err
from autograder.reports import safe_text

SHOWN = 3
"""Names of submissions that are shown as being graded."""
FIRST_SECONDS = 5.0
"""After this time, the tables are made for the first time."""
SHARE = 20.0
"""The tables are made again after this many times as long as that took: they cost a twentieth of the time at most."""


class Shown:
    """The progress of a grading, on standard error."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=total)

    def advance(self) -> None:
        """One more result."""
        self._progress.update(self._task, advance=1)

    def running(self, labels: Sequence[str]) -> None:
        """These are being graded at this moment, perhaps on many machines."""
        more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
        listed = ", ".join(safe_text.line(each, 30) for each in labels[:SHOWN])
        self._progress.update(self._task, description=escape(listed + more))

    def say(self, sentence: str) -> None:
        """A sentence above the bar."""
        self._progress.console.print(Text(safe_text.inert(sentence), style="yellow"), soft_wrap=True)


@contextmanager
def shown(total: int) -> Generator[Shown]:
    """Show the progress of a grading: done, elapsed time, time left, and who is being graded."""
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        yield Shown(progress, total)


class Fresh:
    """Makes the tables and pages again while the grading runs, if there is anything new, but not too often."""

    def __init__(self, refresh: Callable[[], object]) -> None:
        self._refresh = refresh
        self._new = False
        self._next = time.monotonic() + FIRST_SECONDS

    def add(self) -> None:
        """There is a new result."""
        self._new = True

    def look(self) -> None:
        """Make them, if it is time."""
        started = time.monotonic()
        if self._new and started >= self._next:
            self._refresh()
            ended = time.monotonic()
            self._new = False
            self._next = ended + max(FIRST_SECONDS, SHARE * (ended - started))
