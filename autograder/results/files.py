"""Paths of results, and atomic writing of files."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO
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


def result_path(results: Path, student: str, exercise: str) -> Path:
    """The path of a result. Raises `GraderError` for a name that would lead out of the folder."""
    if student in ("", ".", "..") or any(sign in student for sign in "/\\\0"):
        raise GraderError(f"{student!r} is not a valid folder name")
    return results / file_name(student) / f"{exercise}.json"


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
    waiting: dict[Path, Path] = {}
    try:
        for path, content in files:
            waiting[path] = _beside(path, content, durable=False)
        if waiting:
            os.sync()
        while waiting:
            path, new = waiting.popitem()
            _put(new, path)
    finally:
        for new in waiting.values():
            new.unlink(missing_ok=True)


def _beside(path: Path, content: bytes, durable: bool) -> Path:
    """A new file with that content in the same folder. `durable`: it is on the disk."""
    new = path.parent / f".writing-{secrets.token_hex(8)}"
    try:
        with _created(new) as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        return new
    except BaseException as problem:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        if isinstance(problem, OSError):
            raise _about(path, problem) from problem
        raise


def _created(new: Path) -> BinaryIO:
    """A new file for writing, in a folder that is made if it is missing."""
    try:
        return open(new, "xb", opener=_private)
    except FileNotFoundError:
        new.parent.mkdir(parents=True, exist_ok=True)
        return open(new, "xb", opener=_private)


def _private(name: str, flags: int) -> int:
    """Open a file that only its owner can read: students' names and points are in it."""
    return os.open(name, flags, 0o600)


def _put(new: Path, path: Path) -> None:
    try:
        new.replace(path)
    except BaseException as problem:
        new.unlink(missing_ok=True)
        if isinstance(problem, OSError):
            raise _about(path, problem) from problem
        raise


def _about(path: Path, problem: OSError) -> OSError:
    """The problem with the name of the file, not of the one beside it."""
    return OSError(problem.errno, problem.strerror, str(path)) if problem.errno else problem
