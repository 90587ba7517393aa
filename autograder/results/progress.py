"""What a running grading is doing, in a small file beside the results, for whoever looks at them meanwhile."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import psutil
from msgspec import Struct, structs

from autograder.results.files import write_whole

PATTERN = ".grading-*.json"
FRESH_SECONDS = 600
"""How long the file of another machine is believed, where nobody can ask whether its process still runs."""
QUIET_SECONDS = 0.5
"""Results that have not changed are done a thousand times a second: they are told so often only."""


class Current(Struct, frozen=True):
    """A submission that is being graded."""

    student: str
    exercise: str
    since: float
    """Unix time."""


class Progress(Struct, frozen=True, kw_only=True):
    """What one grading has done and is doing."""

    machine: str
    process: int
    started: float
    """When the process was started, Unix time: another process may get its number later."""
    began: float
    """When the grading began, Unix time."""
    total: int
    """Submissions."""
    done: int = 0
    running: list[Current] = []


class Reporter:
    """Writes the progress of one grading. Thread-safe; a file that cannot be written stops no grading."""

    def __init__(self, path: Path, total: int) -> None:
        process = psutil.Process()
        self._path = path
        self._lock = threading.Lock()
        self._when = 0.0
        """When the file was written, on the monotonic clock."""
        self._told = Progress(
            machine=socket.gethostname(),
            process=process.pid,
            started=process.create_time(),
            began=time.time(),
            total=total,
        )
        self._tell(self._told)

    def begun(self, student: str, exercise: str) -> None:
        """A submission is being graded now."""
        with self._lock:
            running = [*self._told.running, Current(student, exercise, time.time())]
            self._tell(structs.replace(self._told, running=running))

    def done(self, student: str, exercise: str) -> None:
        """A submission is finished."""
        with self._lock:
            running = [each for each in self._told.running if (each.student, each.exercise) != (student, exercise)]
            unchanged = len(running) == len(self._told.running)
            told = structs.replace(self._told, running=running, done=self._told.done + 1)
            if unchanged and time.monotonic() - self._when < QUIET_SECONDS:
                self._told = told
            else:
                self._tell(told)

    def _tell(self, progress: Progress) -> None:
        self._told, self._when = progress, time.monotonic()
        with suppress(OSError):
            # Only its owner can read it: names of students are in it.
            write_whole(self._path, msgspec.json.encode(progress), durable=False)


@contextmanager
def reported(results: Path, total: int) -> Generator[Reporter]:
    """A reporter, whose file is removed at the end, as are those that killed processes have left."""
    for _, left in _files(results, running=False):
        with suppress(OSError):
            left.unlink(missing_ok=True)
    path = results / f".grading-{socket.gethostname()}-{os.getpid()}.json"
    try:
        yield Reporter(path, total)
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def read(results: Path) -> list[Progress]:
    """The gradings that are running now and write into this folder. Files of processes that have ended are ignored."""
    return [progress for progress, _ in _files(results, running=True)]


def _files(results: Path, running: bool) -> list[tuple[Progress, Path]]:
    """The files of gradings that are running, or of those that are not."""
    found: list[tuple[Progress, Path]] = []
    for path in sorted(results.glob(PATTERN)):
        with suppress(OSError, msgspec.DecodeError):
            progress = msgspec.json.decode(path.read_bytes(), type=Progress)
            if _is_running(progress, path) == running:
                found.append((progress, path))
    return found


def _is_running(progress: Progress, path: Path) -> bool:
    if progress.machine != socket.gethostname():
        return time.time() - path.stat().st_mtime < FRESH_SECONDS
    try:
        return abs(psutil.Process(progress.process).create_time() - progress.started) < 1
    except psutil.NoSuchProcess:
        return False
