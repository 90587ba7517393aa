"""Make the HTML of many submissions' pages, in several processes: a student's code takes long to highlight."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from autograder.reports.pages import submission
from autograder.reports.pages.code import code_of
from autograder.reports.pages.submission import Around
from autograder.results.form import Result

MANY = 500
"""Pages for which processes are started: their start takes as long as a hundred pages of code, or some thousand without.
"""
MOST_PROCESSES = 8
_AT_ONCE = 50
"""Pages whose graded files are in memory at once; a notebook may have some MB."""


@dataclass(frozen=True)
class Page:
    """A submission's page, before it is made."""

    path: Path
    result: Result
    around: Around
    made_from: str
    """A hash of all that it is made from."""


@dataclass(frozen=True)
class Batch:
    """Some pages, and what else they show."""

    pages: Sequence[Page]
    contents: Mapping[str, bytes]
    """The graded files by their SHA-256."""
    assignments: Mapping[str, Path]
    """The folders of the exercises under `assignments/`."""


def batches(pages: Sequence[Page]) -> Iterator[Sequence[Page]]:
    """The pages in pieces whose graded files fit into memory."""
    for start in range(0, len(pages), _AT_ONCE):
        yield pages[start : start + _AT_ONCE]


def made(those: Iterator[Batch], many: bool) -> Iterator[tuple[Path, bytes]]:
    """The paths of the pages, and their HTML. `many`: in several processes."""
    for batch, html in _in_processes(those) if many else ((each, _html(each)) for each in those):
        yield from zip((page.path for page in batch.pages), html, strict=True)


def _html(batch: Batch) -> list[bytes]:
    made: list[bytes] = []
    for page in batch.pages:
        content = batch.contents.get(page.result.source)
        place = batch.assignments[page.result.exercise]
        code = None if content is None else code_of(page.result, content, place)
        made.append(submission.for_instructors(page.result, page.around, code, meta=page.made_from).encode())
    return made


def _in_processes(those: Iterator[Batch]) -> Iterator[tuple[Batch, list[bytes]]]:
    count = min(os.cpu_count() or 1, MOST_PROCESSES)
    # Not forked: other threads of a grading may hold locks at that moment.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin) as pool:
        waiting: deque[tuple[Batch, Future[list[bytes]]]] = deque()
        for batch in those:
            waiting.append((batch, pool.submit(_html, batch)))
            if len(waiting) > 2 * count:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()


def _begin() -> None:
    """Leave Ctrl-C to the parent, and end with it, also if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
