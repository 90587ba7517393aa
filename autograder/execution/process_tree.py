"""The process tree of a worker: its processes, what each of them uses, and killing it.

A worker in the sandbox cannot leave its process group, and its descendants cannot leave its tree: the filter of system
calls forbids it. On Linux, /proc is read directly: psutil searches all processes of the machine for children, which
takes milliseconds, many times a second.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple, cast

import psutil

MOST_PROCESSES = 16
"""Per worker, including itself."""
MOST_LOOKED_AT = 1000
"""Processes killed at once; the kernel's limit is lower if the worker has its own user id."""

LINUX = sys.platform == "linux"
_TICKS = os.sysconf("SC_CLK_TCK") if LINUX else 100
_KILOBYTE = 1024


class Times(NamedTuple):
    """The CPU times of a process, in seconds."""

    born: int
    """Tells apart two processes with the same id."""
    own: float
    of_children: float
    """Of those that have ended and that it has waited for."""


class Memory(NamedTuple):
    """The memory of a process, in bytes."""

    anonymous: int
    shared: int
    """Pages of shared memory that it has touched and still maps."""
    tables: int
    """Page tables, and pages that were swapped out."""
    mapped: int
    """Addresses in use, touched or not."""


def tree(pid: int, most: int = MOST_PROCESSES) -> list[int]:
    """The process and its descendants, parents first; on Linux at most `most`."""
    if not LINUX:
        with contextlib.suppress(psutil.Error):
            root = psutil.Process(pid)
            return [pid, *(each.pid for each in root.children(recursive=True))]
        return []
    if not os.path.exists(f"/proc/{pid}"):  # noqa: PTH110 - many times a second
        return []
    found = [pid]
    for process in found:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{process}/task"):  # noqa: PTH208 - many times a second
                children = read(f"/proc/{process}/task/{thread}/children").split()
                found += [int(child) for child in children[: most - len(found)]]
        if len(found) >= most:
            break
    return found


def times(pid: int) -> Times:
    """The CPU times of one process. Raises `OSError` or `psutil.Error` if it is gone."""
    if LINUX:
        fields = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        user, system, users, systems = (int(each) / _TICKS for each in fields[11:15])
        return Times(int(fields[19]), user + system, users + systems)
    process = psutil.Process(pid)
    known = process.cpu_times()
    return Times(int(process.create_time() * 1000), known.user + known.system, 0.0)


def waited_for_a_core(pid: int) -> float:
    """Seconds in which the worker's threads were runnable but no core was free. 0 if the kernel does not report it."""
    total = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - many times a second
            total = max(total, int(read(f"/proc/{pid}/task/{thread}/schedstat").split()[1]))
    return total / 1e9


def memory(pid: int) -> Memory:
    """The memory of one process, as fast as possible. Raises `OSError` or `psutil.Error` if it is gone."""
    if not LINUX:
        return Memory(int(psutil.Process(pid).memory_info().rss), 0, 0, 0)
    return _from_status(read(f"/proc/{pid}/status"))


def fair_memory(pid: int) -> int:
    """Bytes of one process's own pages, each divided by the number of processes that share it. Slow. Linux only.

    Raises `OSError` if it is gone.
    """
    lines = dict(line.split(b":", 1) for line in _of_its_own(pid, "smaps_rollup").splitlines()[1:])
    return sum(_KILOBYTE * int(lines.get(name, b"0").split()[0]) for name in (b"Pss_Anon", b"SwapPss"))


def shared_mappings(pid: int) -> dict[bytes, int]:
    """Shared memory without a file, by its number: the bytes mapped, whether a page table still shows them or not.

    Raises `OSError` if the process is gone.
    """
    found: dict[bytes, int] = {}
    for line in _of_its_own(pid, "maps").splitlines():
        if line.endswith(b"/dev/zero (deleted)"):
            addresses, _, offset, _, inode = line.split()[:5]
            start, end = (int(each, 16) for each in addresses.split(b"-"))
            found[inode] = max(found.get(inode, 0), int(offset, 16) + end - start)
    return found


def gpu_memory(pids: list[int]) -> int:
    """Bytes of NVIDIA GPU memory of these processes. 0 if the driver does not report it, or without the extra `gpu`."""
    try:
        nvml = cast(Any, importlib.import_module("pynvml"))
    except ImportError:
        return 0
    try:
        nvml.nvmlInit()
        gpus = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        users = [user for gpu in gpus for user in nvml.nvmlDeviceGetComputeRunningProcesses(gpu)]
    except nvml.NVMLError:
        return 0
    return sum(int(user.usedGpuMemory or 0) for user in users if user.pid in pids)


def kill(pid: int) -> None:
    """Kill a worker and all its descendants.

    They are stopped first, so that none forks in the meantime. The worker is killed last, because it adopts orphans.
    """
    # Each worker leads its own process group, which its children cannot leave in the sandbox.
    _signal_group(pid, "SIGSTOP")
    for signal_ in (psutil.Process.suspend, psutil.Process.kill):
        for process in reversed(tree(pid, MOST_LOOKED_AT)):
            with contextlib.suppress(psutil.Error):
                signal_(psutil.Process(process))
    _signal_group(pid, "SIGKILL")


@contextlib.contextmanager
def as_its_user(pid: int) -> Generator[None]:
    """Switch this thread, and no other, to the file permissions of the process's user.

    In a container, root may not inspect another user's process, but that user may.
    """
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


def _of_its_own(pid: int, name: str) -> bytes:
    """A file of /proc, of any length, that says where the process keeps what."""
    file = Path(f"/proc/{pid}/{name}")
    try:
        return file.read_bytes()
    except PermissionError:
        with as_its_user(pid):
            return file.read_bytes()


def read(path: str) -> bytes:
    """The whole of a small file of /proc."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 1 << 16)
    finally:
        os.close(descriptor)


def _from_status(status: bytes) -> Memory:
    def bytes_of(name: bytes) -> int:
        value = status.partition(b"\n" + name + b":")[2]
        return int(value[:32].split()[0]) * _KILOBYTE if value else 0

    tables = bytes_of(b"VmPTE") + bytes_of(b"VmSwap")
    return Memory(bytes_of(b"RssAnon"), bytes_of(b"RssShmem"), tables, bytes_of(b"VmSize"))


def _signal_group(leader: int, name: str) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.Signals[name])
