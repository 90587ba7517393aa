"""Control groups for workers, of either version: what is in one cannot leave it, and the kernel counts the dead too.

This process must be able to make groups below its own: as root, or where its group was handed over to the user
(`systemd-run --user --scope --property=Delegate=yes autograder grade …`). Linux only.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autograder.execution import process_tree

Resource = Literal["cpu", "memory", "processes"]

_CONTROLLERS: dict[str, Resource] = {"cpuacct": "cpu", "memory": "memory", "pids": "processes"}
"""The controllers of version 1. In version 2, every group counts CPU time, and controllers have the same names."""
_COUNTED_V1 = ("total_rss", "total_shmem")
_COUNTED_V2 = (
    *("anon", "shmem", "kernel_stack", "pagetables", "sec_pagetables", "percpu", "sock", "vmalloc"),
    "slab_unreclaimable",
)
"""What the kernel cannot take back: its cache of files is not the student's memory."""
_PREFIX = "autograder-"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Parent:
    """A group in which this process may make groups, and what it counts."""

    folder: Path
    version: Literal[1, 2]
    counts: frozenset[Resource]


def parents(proc: Path = Path("/proc/self")) -> list[Parent]:
    """The groups in which this process can make others, as few as count all that this system can count."""
    found: list[Parent] = []
    if sys.platform != "linux":
        return found
    with contextlib.suppress(OSError, ValueError):
        for version, controllers, folder in sorted(_own_groups(proc), key=lambda each: -each[0]):
            parent = _usable(version, controllers, folder)
            counted = {resource for each in found for resource in each.counts}
            if parent and parent.counts - counted:
                _remove_leftovers(parent.folder)
                found.append(parent)
    return found


class Group:
    """A worker's own group in each of the parents."""

    def __init__(self, parents: list[Parent]) -> None:
        """Raises `OSError` if a group cannot be made."""
        name = f"{_PREFIX}{os.getpid()}-{next(_numbers)}"
        self._parents = [Parent(parent.folder / name, parent.version, parent.counts) for parent in parents]
        self.counts: frozenset[Resource] = frozenset(each for parent in parents for each in parent.counts)
        try:
            for parent in self._parents:
                parent.folder.mkdir()
        except OSError:
            self.close()
            raise

    def admit(self, pid: int) -> None:
        """Move a process into the group, with all that it will start. Takes 10 ms for each parent, mostly waiting."""
        for parent in self._parents:
            (parent.folder / "cgroup.procs").write_text(str(pid))

    def cpu_seconds(self) -> float:
        """CPU time of all processes that were ever in the group. Only if it counts `cpu`."""
        parent = self._of("cpu")
        if parent.version == 1:
            return int(_read(parent.folder / "cpuacct.usage")) / 1e9
        return _table(parent.folder / "cpu.stat")["usage_usec"] / 1e6

    def memory(self) -> int:
        """Bytes that the kernel cannot take back, its own for the group included. Only if it counts `memory`."""
        parent = self._of("memory")
        used = _table(parent.folder / "memory.stat")
        if parent.version == 2:
            return sum(used.get(name, 0) for name in _COUNTED_V2)
        return sum(used.get(name, 0) for name in _COUNTED_V1) + int(_read(parent.folder / "memory.kmem.usage_in_bytes"))

    def members(self) -> list[int]:
        """The process ids of all processes in the group."""
        return [int(line) for line in _read(self._parents[0].folder / "cgroup.procs").split()]

    def limit_memory(self, count: int) -> None:
        """Have the kernel end a process of the group when they have more than this many bytes."""
        parent = self._of("memory")
        limits, swap = (
            (("memory.limit_in_bytes",), ("memory.memsw.limit_in_bytes", count))
            if parent.version == 1
            else (("memory.max",), ("memory.swap.max", 0))
        )
        for name in limits:
            (parent.folder / name).write_text(str(count))
        with contextlib.suppress(OSError):
            # Not there if the kernel does not count swap.
            (parent.folder / swap[0]).write_text(str(swap[1]))

    def limit_threads(self, count: int) -> None:
        """Have the kernel refuse more threads than this. Only if it counts `processes`."""
        (self._of("processes").folder / "pids.max").write_text(str(count))

    def ran_out_of_memory(self) -> bool:
        """Whether the kernel has ended a process because of `limit_memory`."""
        if "memory" not in self.counts:
            return False
        parent = self._of("memory")
        name = "memory.oom_control" if parent.version == 1 else "memory.events"
        return _table(parent.folder / name).get("oom_kill", 0) > 0

    def kill(self) -> None:
        """Kill all processes of the group."""
        for parent in self._parents:
            if parent.version == 2 and (parent.folder / "cgroup.kill").exists():
                (parent.folder / "cgroup.kill").write_text("1")
                return
        with contextlib.suppress(OSError):
            while members := self.members():
                for pid in members:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                if all(_is_dead(pid) for pid in members):
                    return

    def close(self, seconds: float = 2.0) -> None:
        """Remove the group, whose processes have been killed and end within this time."""
        until = time.monotonic() + seconds
        waiting = [parent.folder for parent in self._parents]
        while waiting:
            waiting = [folder for folder in waiting if not _removed(folder)]
            if time.monotonic() > until:
                # The next grader removes it.
                return
            if waiting:
                time.sleep(0.005)

    def _of(self, resource: Resource) -> Parent:
        return next(parent for parent in self._parents if resource in parent.counts)


def counted(parents: list[Parent], seconds: float = 10.0) -> frozenset[Resource]:
    """What groups below the parents really count: a process in one takes memory, and has a child that computes and ends.

    Takes a tenth of a second.
    """
    found: set[Resource] = set()
    with (
        contextlib.suppress(OSError, subprocess.SubprocessError),
        subprocess.Popen(
            [sys.executable, "-S", "-c", _TRIAL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        ) as process,
    ):
        assert process.stdin and process.stdout
        group = Group(parents)
        try:
            group.admit(process.pid)
            process.stdin.write(b".")
            ready, _, _ = select.select([process.stdout], [], [], seconds)
            if ready and process.stdout.read(1):
                if "cpu" in group.counts and group.cpu_seconds() >= _TRIAL_SECONDS:
                    found.add("cpu")
                if "memory" in group.counts and group.memory() >= _TRIAL_BYTES:
                    found.add("memory")
                if "processes" in group.counts and process.pid in group.members():
                    found.add("processes")
        finally:
            group.kill()
            process.wait()
            group.close()
    return frozenset(found)


_TRIAL_SECONDS, _TRIAL_BYTES = 0.05, 16 << 20
_TRIAL = f"""
import os, sys, time
os.read(0, 1)
taken = b"x" * {_TRIAL_BYTES}
if os.fork() == 0:
    while time.process_time() < {_TRIAL_SECONDS}:
        pass
    os._exit(0)
os.wait()
os.write(1, b".")
os.read(0, 1)
"""


def _own_groups(proc: Path) -> list[tuple[Literal[1, 2], set[str], Path]]:
    """The version, the controllers and the folder of each group that this process is in."""
    mounts: list[tuple[str, str, Literal[1, 2], set[str]]] = []
    for line in (proc / "mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        root, point = fields.split()[3:5]
        kind, _, options = rest.split()[:3]
        if kind in ("cgroup", "cgroup2"):
            mounts.append((root, point, 2 if kind == "cgroup2" else 1, set(options.split(","))))
    found: list[tuple[Literal[1, 2], set[str], Path]] = []
    for line in (proc / "cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for root, point, version, options in mounts:
            ours = version == 2 if not controllers else version == 1 and set(controllers.split(",")) <= options
            if ours and Path(path).is_relative_to(root):
                found.append((version, set(filter(None, controllers.split(","))), point / Path(path).relative_to(root)))
                break
    return found


def _usable(version: Literal[1, 2], controllers: set[str], folder: Path) -> Parent | None:
    if version == 1:
        counts = frozenset(_CONTROLLERS[each] for each in controllers if each in _CONTROLLERS)
    else:
        folder, enabled = _delegate(folder)
        counts: frozenset[Resource] = frozenset({"cpu", *(_CONTROLLERS[each] for each in enabled)})
    trial = folder / f"{_PREFIX}{os.getpid()}-trial"
    try:
        trial.mkdir()
        trial.rmdir()
    except OSError:
        return None
    return Parent(folder, version, counts) if counts else None


def _delegate(folder: Path) -> tuple[Path, set[str]]:
    """Enable the controllers for groups below this one of version 2. Returns those that are enabled.

    A group with processes cannot have them, except the root: if it has only this process and those that it has started,
    they move into a group below.
    """
    wanted = {"memory", "pids"} & set(_read(folder / "cgroup.controllers").split())
    if wanted and not wanted <= set(_read(folder / "cgroup.subtree_control").split()):
        order = " ".join(f"+{each}" for each in sorted(wanted))
        try:
            (folder / "cgroup.subtree_control").write_text(order)
        except OSError:
            with contextlib.suppress(OSError):
                _make_room(folder)
                (folder / "cgroup.subtree_control").write_text(order)
    return folder, wanted & set(_read(folder / "cgroup.subtree_control").split())


def _make_room(folder: Path) -> None:
    """Move this process and those that it has started into a group below. Raises `OSError` if the system refuses, or if
    others are in this group.
    """
    inside = {int(pid) for pid in _read(folder / "cgroup.procs").split()}
    if not inside <= set(process_tree.tree(os.getpid(), process_tree.MOST_LOOKED_AT)):
        raise OSError("other processes are in this group")
    below = folder / f"{_PREFIX}{os.getpid()}-grader"
    below.mkdir(exist_ok=True)
    for pid in inside:
        (below / "cgroup.procs").write_text(str(pid))


def _remove_leftovers(folder: Path) -> None:
    """Remove the groups of graders that were killed."""
    for group in folder.glob(f"{_PREFIX}*"):
        owner = group.name.split("-")[1]
        if owner.isdigit() and not Path("/proc", owner).exists():
            _removed(group)


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _is_dead(pid: int) -> bool:
    """Whether it has ended; its parent may not know yet."""
    try:
        return _read(Path("/proc", str(pid), "stat")).rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def _table(file: Path) -> dict[str, int]:
    """The numbers of a file with a name and a number in each line."""
    return {name: int(number) for name, number in (line.split() for line in _read(file).splitlines())}


def _read(file: Path) -> str:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        return os.read(descriptor, 1 << 16).decode()
    finally:
        os.close(descriptor)
