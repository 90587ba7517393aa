"""Make and write many submissions' pages, in several processes: a student's code takes long to highlight."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
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
"""Pages that a process makes one after the other."""
_MOST_HELD = 100_000_000
"""Bytes of pages that wait for a process; a notebook may have some MB."""
_PAGE_SIZE = 2_000
"""Bytes of a page that waits, without the graded file: of the toy exercise, with three checks, 1,600."""


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

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return len(self.pages) * _PAGE_SIZE + sum(map(len, self.contents.values()))


def batches(pages: Iterable[Page]) -> Iterator[Sequence[Page]]:
    """The pages in pieces whose graded files fit into memory."""
    left = iter(pages)
    while some := list(islice(left, _AT_ONCE)):
        yield some


@contextmanager
def begun(those: Iterator[Batch], many: bool) -> Generator[Callable[[], files.Waiting]]:
    """Begin to write the pages beside those that they are to replace; yields what waits for them and returns them.

    `many`: in other processes, while the caller does something else. If the caller raises an exception, none is left.
    """
    with _in_processes(those) if many else _here(those) as finish:
        yield finish


@contextmanager
def _here(those: Iterator[Batch]) -> Generator[Callable[[], files.Waiting]]:
    waiting: files.Waiting = {}
    try:
        for batch in those:
            waiting |= _written(batch)
        yield lambda: waiting
    except BaseException:
        files.discard(waiting)
        raise


@contextmanager
def _in_processes(those: Iterator[Batch]) -> Generator[Callable[[], files.Waiting]]:
    waiting: files.Waiting = {}
    futures: deque[tuple[Future[files.Waiting], int]] = deque()

    def finish_until(held: int) -> None:
        while sum(size for _, size in futures) > held:
            waiting.update(futures.popleft()[0].result())

    def finish() -> files.Waiting:
        finish_until(0)
        return waiting

    count = min(os.cpu_count() or 1, MOST_PROCESSES)
    # Not forked: other threads of a grading may hold locks at that moment.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin) as pool:
        try:
            for batch in those:
                futures.append((pool.submit(_written, batch), batch.size))
                finish_until(_MOST_HELD)
            yield finish
        except BaseException:
            for each, _ in futures:
                if not each.cancel() and each.exception() is None:
                    waiting |= each.result()
            files.discard(waiting)
            raise


def _written(batch: Batch) -> files.Waiting:
    return files.write_beside((page.path, _html(page, batch)) for page in batch.pages)


def _html(page: Page, batch: Batch) -> bytes:
    content = batch.contents.get(page.result.source)
    place = batch.assignments[page.result.exercise]
    code = None if content is None else code_of(page.result, content, place)
    return submission.for_instructors(page.result, page.around, code, meta=page.made_from).encode()


def _begin() -> None:
    """Leave Ctrl-C to the parent, and end with it, also if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
