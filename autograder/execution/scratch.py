"""A worker's files: how much they take, and their removal."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from autograder.execution.process_tree import as_its_user

MOST_FILES = 5_000
LOOKS_WITHOUT_CHANGE = 5
"""A mapping could replace another of the same size: after so many looks, mappings are read even if nothing changed."""


class Scratch:
    """The files of one worker: in a folder, or in a file system of its own with a fixed size."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._own: int | None = None
        self._looks = 0
        self._mappings: dict[int, tuple[tuple[object, ...], dict[tuple[int, int], int]]] = {}

    def look_inside(self, pid: int, mounted: str) -> None:
        """The worker has mounted a file system of its own there; before any student code runs.

        Raises `OSError` if this process may not look at it.
        """
        self._own = os.open(f"/proc/{pid}/root{mounted}", os.O_PATH)

    @property
    def in_memory(self) -> int:
        """Bytes of memory that the files take: those of a file system of its own are in memory."""
        if self._own is None or sys.platform == "win32":
            return 0
        known = os.statvfs(self._own)
        return (known.f_blocks - known.f_bfree) * known.f_frsize

    def used(self, pids: Iterable[int], file_bytes: int) -> tuple[int, int]:
        """Bytes on disk and number of files: those in the folder, and deleted ones that the processes still hold.

        A deleted file that only a mapping holds counts as `file_bytes`, the largest that a file can be, if the system
        does not say its size. (0, 0) for a file system of its own, in which the kernel keeps the limit.
        """
        if self._own is not None:
            return 0, 0
        used, count = self._named()
        if count <= MOST_FILES:
            used += self._deleted(pids, file_bytes, (used, count))
        return used, count

    def _named(self) -> tuple[int, int]:
        """Bytes and number of the files in the folder."""
        used, count = 0, 0
        waiting = [str(self.folder)]
        while waiting and count <= MOST_FILES:
            try:
                entries = list(os.scandir(waiting.pop()))
            except PermissionError:
                # A folder that the grader cannot read may contain any amount.
                return used, MOST_FILES + 1
            except OSError:
                # Deleted in the meantime, or nested deeper than a path allows.
                continue
            count += len(entries)
            for entry in entries:
                with contextlib.suppress(OSError):
                    used += _on_disk(entry.stat(follow_symlinks=False))
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        return used, count

    def _deleted(self, pids: Iterable[int], file_bytes: int, named: tuple[int, int]) -> int:
        """Bytes of deleted files that the processes hold: each file counts once. Linux only; else 0."""
        sizes: dict[tuple[int, int], int] = {}
        self._looks += 1
        for pid in pids:
            with contextlib.suppress(OSError):
                try:
                    sizes |= self._mapped_by(pid, file_bytes, named) | _open(pid)
                except PermissionError:
                    # In a container, root may not inspect another user's files, but that user may.
                    with as_its_user(pid):
                        sizes |= self._mapped_by(pid, file_bytes, named) | _open(pid)
        return sum(sizes.values())

    def _mapped_by(self, pid: int, file_bytes: int, named: tuple[int, int]) -> dict[tuple[int, int], int]:
        """As `_mapped`, which takes a millisecond: only if its mappings or the folder have changed, and now and then."""
        state = (*named, Path(f"/proc/{pid}/statm").read_bytes().split()[0], self._looks // LOOKS_WITHOUT_CHANGE)
        known = self._mappings.get(pid)
        if known and known[0] == state:
            return known[1]
        found = _mapped(pid, self.folder, file_bytes)
        self._mappings[pid] = state, found
        return found

    def remove(self) -> None:
        """The worker has ended: remove its files."""
        if self._own is not None:
            os.close(self._own)
            self._own = None
        _remove(self.folder)


def _open(pid: int) -> dict[tuple[int, int], int]:
    """The deleted files that it has open. Raises `PermissionError` if access is denied."""
    found: dict[tuple[int, int], int] = {}
    for descriptor in os.scandir(f"/proc/{pid}/fd"):
        try:
            known = descriptor.stat()
        except PermissionError:
            raise
        except OSError:
            continue  # closed in the meantime
        if not known.st_nlink:
            found[known.st_dev, known.st_ino] = _on_disk(known)
    return found


def _mapped(pid: int, folder: Path, file_bytes: int) -> dict[tuple[int, int], int]:
    """The deleted files of the folder that it has mapped, by their largest possible size; `_open` may know better."""
    found: dict[tuple[int, int], int] = {}
    maps = Path(f"/proc/{pid}/maps").read_bytes()
    if b" (deleted)\n" not in maps:
        return found
    for line in maps.splitlines():
        if line.endswith(b" (deleted)"):
            _, _, _, device, inode, path = line.split(maxsplit=5)
            if path.startswith(bytes(folder)):
                major, minor = (int(each, 16) for each in device.split(b":"))
                found[os.makedev(major, minor), int(inode)] = file_bytes
    return found


def _on_disk(known: os.stat_result) -> int:
    # For a sparse file, the blocks count; Windows does not report them.
    return known.st_blocks * 512 if sys.platform != "win32" else known.st_size


def _remove(folder: Path) -> None:
    """Remove a folder, even with subfolders without permissions or nested deeper than a path allows."""
    waiting = [folder]
    try:
        while waiting:
            here = waiting.pop()
            for entry in list(here.iterdir()):
                if entry.is_dir() and not entry.is_symlink():
                    # Moved up first, so that paths stay short and links are never followed.
                    entry.chmod(0o700)
                    waiting.append(entry.rename(folder / secrets.token_hex(8)))
                else:
                    entry.unlink()
            if here != folder:
                here.rmdir()
        folder.rmdir()
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
