"""When files were written, and whether they are still being written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

Stamp = tuple[int, int]
"""When a file was written, in ns, and its size in bytes."""


def stamp(file: Path) -> Stamp | None:
    """The file's stamp; `None` while it is not there."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def below(folder: Path, depth: int, but: Path | None = None) -> dict[Path, Stamp]:
    """The stamps of all files in a folder, and in its folders down to a depth.

    Links, hidden names and the folder `but` are left out.
    """
    found: dict[Path, Stamp] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or Path(entry.path) == but:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    found |= below(Path(entry.path), depth - 1, but) if depth else {}
                elif entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    found[Path(entry.path)] = status.st_mtime_ns, status.st_size
    except OSError:
        # It was removed or closed meanwhile; whoever reads the submissions says so.
        return found
    return found


def moving(before: Mapping[Path, Stamp], now: Mapping[Path, Stamp]) -> set[Path]:
    """The folders with a file that is not as it was before."""
    return {file.parent for file in now if before.get(file) != now[file]}
