"""Paths of results, and atomic writing of files."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from autograder.errors import GraderError

RECORD = "history.sqlite"
"""The record of all gradings, in the folder of the results."""
SIMILAR_PAGE, SIMILAR_TABLE = "similar.html", "similar.csv"
"""Programs that look alike, in the folder of the results."""
_TAKEN = (
    "",
    ".",
    "..",
    "index.html",
    "summary.csv",
    SIMILAR_PAGE,
    SIMILAR_TABLE,
    RECORD,
    f"{RECORD}-wal",
    f"{RECORD}-shm",
)
"""Names with another meaning in a file system, or among the results."""
_PAGES = re.compile(r"index-\d+\.html", re.IGNORECASE)
"""Further pages of the class."""
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
"""Names that mean a device on Windows, whatever their ending."""
_LONGEST, _KEPT = 200, 60
"""Bytes of a path component, of which most systems allow 255; and the bytes kept from a longer one."""
_THREADS = 4
"""A file system creates and renames files of different folders at the same time."""
_AT_ONCE = 400
"""Files whose contents are in memory at once; fewer than these are not worth the threads."""

Item = TypeVar("Item")
Waiting = dict[Path, str]
"""File → the new one beside it, which is to replace it."""


def result_path(results: Path, student: str, exercise: str) -> Path:
    """The path of a result. Raises `GraderError` for a name that would lead out of the folder."""
    if student in ("", ".", "..") or any(sign in student for sign in "/\\\0"):
        raise GraderError(f"{student!r} is not a valid folder name")
    return results / file_name(student) / f"{exercise}.json"


def results_in(folder: Path) -> list[Path]:
    """The paths `<folder>/<student>/<exercise>.json`, sorted."""
    if not folder.is_dir():
        return []
    # `Path.glob` takes several times as long for ten thousand students.
    students = sorted(entry.path for entry in os.scandir(folder) if entry.is_dir())
    return [Path(student, name) for student in students for name in _results_in(student)]


def _results_in(student: str) -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(student) if entry.name.endswith(".json"))
    except FileNotFoundError:
        return []  # Another process has just removed the folder.


@lru_cache(maxsize=100_000)
def file_name(name: str) -> str:
    """A student's or an exercise's name as a path component: unchanged if possible, and unique for each name."""
    if name.lower() in _TAKEN or _PAGES.fullmatch(name):
        return name.replace(".", "%2E") or "%"
    fit = "".join(quote(sign, safe="", errors="replace") if _unfit(sign) else sign for sign in name)
    if _DEVICES.fullmatch(fit):
        fit = f"%{ord(fit[0]):02X}{fit[1:]}"
    if fit.endswith((".", " ")):
        # Windows drops them, so that two names would be one.
        fit = f"{fit[:-1]}%{ord(fit[-1]):02X}"
    if len(fit.encode()) <= _LONGEST:
        return fit
    start = fit.encode()[:_KEPT].decode(errors="ignore")
    return f"{start}%{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:32]}"


def _unfit(sign: str) -> bool:
    return sign in '/\\%:*?"<>|' or ord(sign) < 0x20 or 0xD800 <= ord(sign) <= 0xDFFF


def write_whole(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file atomically: a reader sees the old content or the new, even after a crash or on a full disk.

    Unless it is to be `durable`, it may be lost if the machine stops. A raised `OSError` names the file.
    """
    new = _beside(path, content, durable=durable)
    _put(new, path)


def write_all_whole(files: Iterable[tuple[Path, bytes]]) -> None:
    """`write_whole` for many files, which waits for the disk only once."""
    put_all(write_beside(files))


def put_all(waiting: Waiting) -> None:
    """Wait for the disk, and `put`."""
    sync(waiting)
    put(waiting)


def write_beside(files: Iterable[tuple[Path, bytes]]) -> Waiting:
    """Write files beside those that they are to replace, which stay as they are until `put`.

    If that fails, none is left. A raised `OSError` names the file.
    """
    waiting: Waiting = {}

    def write_one(file: tuple[Path, bytes]) -> None:
        waiting[file[0]] = _beside(*file, durable=False)

    left = iter(files)
    try:
        while some := list(islice(left, _AT_ONCE)):
            _for_each(write_one, some)
    except BaseException:
        discard(waiting)
        raise
    return waiting


def _for_each(do: Callable[[Item], None], items: Sequence[Item]) -> None:
    """Call `do` with each item, in threads if there are many. What it raises is raised when all threads have ended."""

    def do_all(some: Sequence[Item]) -> None:
        for item in some:
            do(item)

    if len(items) < _AT_ONCE:
        do_all(items)
        return
    with ThreadPoolExecutor(_THREADS) as pool:
        for ended in [pool.submit(do_all, items[first::_THREADS]) for first in range(_THREADS)]:
            ended.result()


def sync(waiting: Waiting) -> None:
    """Wait until the disk has the new files; if that fails, none is left."""
    try:
        if waiting:
            os.sync()
    except BaseException:
        discard(waiting)
        raise


def put(waiting: Waiting) -> None:
    """Replace the old files by the new ones, which are on the disk by now. If that fails, no new one is left waiting."""
    left = dict(waiting)
    try:
        _for_each(lambda path: _put(left.pop(path), path), list(left))
    finally:
        discard(left)


def discard(waiting: Waiting) -> None:
    """Remove new files that are not wanted."""
    for new in waiting.values():
        with suppress(FileNotFoundError):
            os.unlink(new)


def _beside(path: Path, content: bytes, durable: bool) -> str:
    """A new file with that content in the same folder. `durable`: it is on the disk."""
    new = os.path.join(os.path.dirname(path), f".writing-{secrets.token_hex(8)}")
    try:
        _fill(_created(new), content, durable)
        return new
    except BaseException as problem:
        with suppress(OSError):
            os.unlink(new)
        if isinstance(problem, OSError):
            raise _about(path, problem) from problem
        raise


def _created(new: str) -> int:
    """A new file for writing, in a folder that is made if it is missing. Only its owner can read students' names."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    try:
        return os.open(new, flags, 0o600)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(new) or os.curdir, exist_ok=True)
        return os.open(new, flags, 0o600)


def _fill(file: int, content: bytes, durable: bool) -> None:
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(file, left) :]
        if durable:
            os.fsync(file)
    finally:
        os.close(file)


def _put(new: str, path: Path) -> None:
    try:
        os.replace(new, path)
    except BaseException as problem:
        with suppress(FileNotFoundError):
            os.unlink(new)
        if isinstance(problem, OSError):
            raise _about(path, problem) from problem
        raise


def _about(path: Path, problem: OSError) -> OSError:
    """The problem with the name of the file, not of the one beside it."""
    return OSError(problem.errno, problem.strerror, str(path)) if problem.errno else problem
