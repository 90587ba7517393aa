"""Where results lie, and how a file is written whole."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import quote

from autograder.errors import GraderError

_TAKEN = ("", ".", "..", "index.html", "summary.csv")
"""Names that mean something else to a file system, or among the results."""
_LONGEST, _KEPT = 200, 60
"""Bytes of a path's component, of which most systems take 255; and what is kept of a longer one."""


def result_path(results: Path, student: str, exercise: str) -> Path:
    """Where a result lies. Raises `GraderError` for a name that would lead out of the folder."""
    if student in ("", ".", "..") or any(sign in student for sign in "/\\\0"):
        raise GraderError(f"{student!r} is no name for a folder")
    return results / file_name(student) / f"{exercise}.json"


def file_name(name: str) -> str:
    """A student's or an exercise's name as one component of a path: itself where it can be, and no two names share one."""
    if name in _TAKEN:
        return name.replace(".", "%2E") or "%"
    fit = "".join(quote(sign, safe="", errors="replace") if _unfit(sign) else sign for sign in name)
    if len(fit.encode()) <= _LONGEST:
        return fit
    return f"{fit.encode()[:_KEPT].decode(errors='ignore')}%{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:32]}"


def _unfit(sign: str) -> bool:
    return sign in '/\\%:*?"<>|' or ord(sign) < 0x20 or 0xD800 <= ord(sign) <= 0xDFFF


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a reader sees the old content or the new, also after a crash or a full disk.

    The `OSError` that it raises names the file.
    """
    name: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException as problem:
        if name:
            Path(name).unlink(missing_ok=True)
        if isinstance(problem, OSError) and problem.errno:
            raise OSError(problem.errno, problem.strerror, str(path)) from problem
        raise
