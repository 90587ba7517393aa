"""What a worker and all that it has started use, counted by what they cannot leave.

A control group counts, where this process can make one: then nothing can be hidden, and the kernel counts what has
ended. Elsewhere, the process tree is counted, which the filter of system calls forbids to leave; page tables and
shared memory are included, and the CPU time of processes that were seen, or waited for, before they ended.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Sequence

import psutil

from autograder.execution import process_tree
from autograder.execution.cgroups import Group, Parent, parents

_GONE = (OSError, psutil.Error, ValueError, IndexError)
_NEW_MAPPINGS = 16 << 20
"""Bytes of new addresses after which the slow list of mappings is read again."""
HARD = 1.1
"""The kernel's own limit on memory, relative to the watchdog's: it ends what grows faster than the watchdog looks."""


@functools.cache
def group_parents() -> tuple[Parent, ...]:
    """Where this process can make control groups; looked up once."""
    return tuple(parents())


class Account:
    """The use of one worker and of all its descendants. A worker without student code is admitted in the background."""

    def __init__(self, pid: int, most_threads: int) -> None:
        self._pid = pid
        self._tree = _Tree()
        self._group: Group | None = None
        self._admission: threading.Thread | None = None
        self._admitted = True
        with contextlib.suppress(OSError):
            if group_parents():
                self._group = Group(list(group_parents()))
                if "processes" in self._group.counts:
                    self._group.limit_threads(most_threads)
                self._admission = threading.Thread(target=self._admit, args=(self._group,), name=f"admit {pid}")
                self._admission.start()

    def settle(self) -> None:
        """Wait until the worker is admitted; before any student code runs."""
        if self._admission:
            self._admission.join()
            self._admission = None
            if self._group and not self._admitted:
                self._group.close(0)
                self._group = None

    @property
    def counted_by_group(self) -> frozenset[str]:
        """What a control group counts; a process tree counts the rest."""
        return self._group.counts if self._group else frozenset()

    def processes(self, most: int) -> list[int]:
        """The process ids of those that are running, the worker's first; at most `most`."""
        if self._group:
            with contextlib.suppress(*_GONE):
                others = [pid for pid in self._group.members() if pid != self._pid]
                return [self._pid, *others][:most]
        return process_tree.tree(self._pid, most)

    def cpu_seconds(self, running: Sequence[int] | None = None) -> float:
        """CPU time of all, of those that have ended too. `running`: what `processes` has just returned."""
        if self._group and "cpu" in self._group.counts:
            with contextlib.suppress(*_GONE):
                return self._group.cpu_seconds()
        return self._tree.cpu_seconds(process_tree.tree(self._pid) if running is None else running)

    def memory(self, enough: int, running: Sequence[int] | None = None) -> int:
        """Bytes of memory of all: whether they are more than `enough` is exact, the number itself is a bound.

        `running`: what `processes` has just returned.
        """
        if self._group and "memory" in self._group.counts:
            with contextlib.suppress(*_GONE):
                return self._group.memory()
        return self._tree.memory(enough, process_tree.tree(self._pid) if running is None else running)

    def limit_memory(self, count: int) -> None:
        """Have the kernel end a process when all together have clearly more than this many bytes, if it can."""
        if self._group and "memory" in self._group.counts:
            with contextlib.suppress(OSError):
                self._group.limit_memory(int(count * HARD))

    def ran_out_of_memory(self) -> bool:
        """Whether the kernel has ended a process because of `limit_memory`."""
        with contextlib.suppress(*_GONE):
            return self._group is not None and self._group.ran_out_of_memory()
        return False

    def kill(self) -> None:
        """Kill the worker and all that it has started."""
        process_tree.kill(self._pid)
        if self._group:
            with contextlib.suppress(OSError):
                self._group.kill()

    def close(self) -> None:
        """All have been killed: remove the control group."""
        self.settle()
        if self._group:
            self._group.close()
            self._group = None

    def _admit(self, group: Group) -> None:
        try:
            group.admit(self._pid)
        except OSError:
            # The worker has ended, or the system refuses: the process tree counts.
            self._admitted = False


class _Tree:
    """The use of a process tree, with what is remembered between two looks."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], float] = {}
        self._own: process_tree.Memory | None = None
        self._mapped = 0
        self._shared = 0
        self._lock = threading.Lock()

    def cpu_seconds(self, running: Sequence[int]) -> float:
        """The larger of two lower bounds, since a process that has ended is seen by its parent or by nobody.

        The one sums all processes that were ever seen, the other those that are running with what they waited for.
        """
        waited_for = 0.0
        with self._lock:
            for pid in running:
                with contextlib.suppress(*_GONE):
                    used = process_tree.times(pid)
                    self._seen[pid, used.born] = used.own
                    waited_for += used.own + used.of_children
            return max(waited_for, sum(self._seen.values()))

    def memory(self, enough: int, running: Sequence[int]) -> int:
        found: dict[int, process_tree.Memory] = {}
        for pid in running:
            with contextlib.suppress(*_GONE):
                found[pid] = process_tree.memory(pid)
        if self._own is None:
            self._own = found.get(running[0]) if running else None
        mapped = sum(each.mapped for each in found.values())
        if abs(mapped - self._mapped) > _NEW_MAPPINGS:
            self._mapped, self._shared = mapped, _shared(list(found))
        tables = sum(each.tables for each in found.values())
        shared = max(self._shared, sum(each.shared for each in found.values()))
        total = tables + shared + sum(each.anonymous for each in found.values())
        return total if total <= enough else self._exact(found, tables, enough)

    def _exact(self, found: dict[int, process_tree.Memory], tables: int, enough: int) -> int:
        """The worker's own memory, and the children's by fair shares, less what they share with the zygote."""
        worker, *children = found
        certain = tables + _shared(list(found)) + found[worker].anonymous
        if certain > enough:
            return certain
        # The framework's pages are shared with the worker and the zygote: at most this part of them is a child's.
        framework = self._own.anonymous // (len(children) + 2) if self._own else 0
        by_children = 0
        for pid in children:
            with contextlib.suppress(*_GONE):
                by_children += max(0, process_tree.fair_memory(pid) - framework)
        return certain + by_children


def _shared(pids: list[int]) -> int:
    """Bytes of memory that is shared and has no file, whether a page table shows it at present or not."""
    found: dict[bytes, int] = {}
    for pid in pids:
        with contextlib.suppress(*_GONE):
            for number, count in process_tree.shared_mappings(pid).items():
                found[number] = max(found.get(number, 0), count)
    return sum(found.values())
