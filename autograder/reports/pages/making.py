"""Make and write many submissions' pages, in several processes: a student's code takes long to highlight."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from autograder.reports.pages import submission
from autograder.reports.pages.code import code_of
from autograder.reports.pages.submission import Around
from autograder.results import files
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


def batches(pages: Iterable[Page]) -> Iterator[Sequence[Page]]:
    """The pages in pieces whose graded files fit into memory."""
    left = iter(pages)
    while some := list(islice(left, _AT_ONCE)):
        yield some


def write_beside(those: Iterator[Batch], many: bool) -> files.Waiting:
    """Write the pages beside those that they are to replace. `many`: in several processes."""
    waiting: files.Waiting = {}
    try:
        for written in _in_processes(those) if many else map(_written, those):
            waiting |= written
    except BaseException:
        files.discard(waiting)
        raise
    return waiting


def _written(batch: Batch) -> files.Waiting:
    return files.write_beside((page.path, _html(page, batch)) for page in batch.pages)


def _html(page: Page, batch: Batch) -> bytes:
    content = batch.contents.get(page.result.source)
    place = batch.assignments[page.result.exercise]
    code = None if content is None else code_of(page.result, content, place)
    return submission.for_instructors(page.result, page.around, code, meta=page.made_from).encode()


def _in_processes(those: Iterator[Batch]) -> Iterator[files.Waiting]:
    count = min(os.cpu_count() or 1, MOST_PROCESSES)
    # Not forked: other threads of a grading may hold locks at that moment.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin) as pool:
        waiting: deque[Future[files.Waiting]] = deque()
        try:
            for batch in those:
                waiting.append(pool.submit(_written, batch))
                if len(waiting) > 2 * count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for each in waiting:
                if not each.cancel() and each.exception() is None:
                    files.discard(each.result())


def _begin() -> None:
    """Leave Ctrl-C to the parent, and end with it, also if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
