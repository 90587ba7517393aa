"""The process tree of a worker: its resource usage, its files, and killing it."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import secrets
import shutil
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, Literal, cast

import psutil

MOST_PROCESSES = 16
"""Per worker, including itself."""
MOST_LOOKED_AT = 1000
"""Processes killed at once; the kernel's limit is lower if the worker has its own user id."""
MOST_FILES = 5_000


def tree(pid: int, most: int = MOST_PROCESSES) -> list[psutil.Process]:
    """The process and its descendants, parents first; on Linux at most `most`."""
    try:
        root = psutil.Process(pid)
        if sys.platform != "linux":
            return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []
    # psutil searches all processes of the machine for children, which takes milliseconds, thirty times a second.
    processes = [root]
    for process in processes:
        with contextlib.suppress(OSError, psutil.Error):
            for thread in Path(f"/proc/{process.pid}/task").iterdir():
                children = (thread / "children").read_text().split()[: most - len(processes)]
                processes += [psutil.Process(int(child)) for child in children]
        if len(processes) >= most:
            break
    return processes


def cpu_seconds(pid: int) -> float:
    """CPU time of the whole tree."""
    total = 0.0
    for process in tree(pid):
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def waited_for_a_core(pid: int) -> float:
    """Seconds in which the worker's threads were runnable but no core was free. 0 if the kernel does not report it."""
    total = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            total = max(total, int((thread / "schedstat").read_text().split()[1]))
    return total / 1e9


def memory(pid: int, enough: int = 0) -> int:
    """Bytes of memory of the whole tree.

    Memory that children share with the worker is counted twice, unless the sum exceeds `enough`: then only the
    children's unique memory counts, which is slow to determine.
    """
    processes = tree(pid)
    total = sum(_bytes(process, "rss") for process in processes)
    if not enough or total <= enough or len(processes) < 2:
        return total
    return _bytes(processes[0], "rss") + sum(_bytes(process, "uss") for process in processes[1:])


def gpu_memory(pid: int) -> int:
    """Bytes of NVIDIA GPU memory of the whole tree. 0 if the driver does not report it, or without the extra `gpu`."""
    try:
        nvml = cast(Any, importlib.import_module("pynvml"))
    except ImportError:
        return 0
    ours = {process.pid for process in tree(pid)}
    try:
        nvml.nvmlInit()
        gpus = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        users = [user for gpu in gpus for user in nvml.nvmlDeviceGetComputeRunningProcesses(gpu)]
    except nvml.NVMLError:
        return 0
    return sum(int(user.usedGpuMemory or 0) for user in users if user.pid in ours)


def files(pid: int, folder: Path) -> tuple[int, int]:
    """Bytes on disk and number of files: those in the folder, and deleted files that are still open."""
    used, count = sum(_unnamed(process.pid) for process in tree(pid)), 0
    waiting = [str(folder)]
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


def _unnamed(pid: int) -> int:
    """Bytes of deleted files that the process keeps open. Linux only; 0 if the kernel does not report it."""
    with contextlib.suppress(OSError):
        try:
            return _unnamed_as_seen(pid)
        except PermissionError:
            # In a container, root may not inspect another user's open files, but that user may.
            with _as_its_user(pid):
                return _unnamed_as_seen(pid)
    return 0


def _unnamed_as_seen(pid: int) -> int:
    """Raises `PermissionError` if access is denied."""
    used = 0
    for descriptor in os.scandir(f"/proc/{pid}/fd"):
        try:
            known = descriptor.stat()
        except PermissionError:
            raise
        except OSError:
            continue  # closed in the meantime
        used += 0 if known.st_nlink else _on_disk(known)
    return used


@contextlib.contextmanager
def _as_its_user(pid: int) -> Generator[None]:
    """Switch this thread, and no other, to the file permissions of the process's user."""
    if sys.platform == "win32":
        raise PermissionError
    owner, libc = Path(f"/proc/{pid}").stat(), ctypes.CDLL(None)
    libc.setfsgid(owner.st_gid)
    libc.setfsuid(owner.st_uid)
    try:
        yield
    finally:
        libc.setfsuid(os.geteuid())
        libc.setfsgid(os.getegid())


def _on_disk(known: os.stat_result) -> int:
    # For a sparse file, the blocks count; Windows does not report them.
    return known.st_blocks * 512 if sys.platform != "win32" else known.st_size


def remove(folder: Path) -> None:
    """Remove a dead worker's folder, even with subfolders without permissions or nested deeper than a path allows."""
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


def _bytes(process: psutil.Process, kind: Literal["rss", "uss"]) -> int:
    try:
        return int(getattr(process.memory_full_info() if kind == "uss" else process.memory_info(), kind))
    except psutil.Error:
        return 0


def kill_tree(pid: int) -> None:
    """Kill a worker and all its descendants.

    They are stopped first, so that none forks in the meantime. The worker is killed last, because it adopts orphans.
    """
    # Each worker leads its own process group, which its children cannot leave in the sandbox.
    _signal_group(pid, "SIGSTOP")
    for signal_ in (psutil.Process.suspend, psutil.Process.kill):
        for process in reversed(tree(pid, MOST_LOOKED_AT)):
            with contextlib.suppress(psutil.Error):
                signal_(process)
    _signal_group(pid, "SIGKILL")


def _signal_group(leader: int, name: str) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.Signals[name])
