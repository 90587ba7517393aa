"""What is laid around a worker before it reads the student's file.

Layers, in the order in which they are applied (docs/isolation.md says what each keeps out):

0. always: a process of its own, an empty environment, closed descriptors, private folders;
1. a fresh uid, 2. namespaces, 3. Landlock: not there yet, their places are marked below;
4. limits of the kernel on data, files, time and core dumps, and death with the parent;
5. seccomp: not there yet; it comes last.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import NamedTuple

MEGABYTE = 1 << 20


class Limits(NamedTuple):
    """What one worker may use. Whole numbers, so that they travel as arguments."""

    memory_mb: int
    """Beyond what the framework itself has taken."""
    file_mb: int
    cpu_seconds: int


def present() -> tuple[str, ...]:
    """The layers that `apply` lays around a worker on this machine."""
    layers = ["own process", "empty environment", "private folders"]
    if sys.platform == "linux":
        layers += ["kernel limits", "dies with the grader"]
    return tuple(layers)


def missing() -> tuple[str, ...]:
    """The layers of the plan that are not there."""
    absent = ["own uid", "namespaces", "Landlock", "seccomp"]
    if sys.platform != "linux":
        absent += ["kernel limits", "dies with the grader"]
    return tuple(absent)


def apply(limits: Limits) -> None:
    """Lay the layers around this process. Raises `OSError` where the kernel refuses one."""
    # 1, 2 and 3 belong here: uid, namespaces and Landlock, before the limits.
    if sys.platform != "win32":
        _limit(limits)
    # 5 belongs here: seccomp, last of all.


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent dies. Linux only."""
    import ctypes

    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    # The parent may have died before the call.
    if os.getppid() != parent:
        os._exit(125)


def _limit(limits: Limits) -> None:
    import resource

    def lower(kind: int, value: int) -> None:
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))

    # RLIMIT_DATA, after the imports: RLIMIT_AS counts address space that TensorFlow reserves and never touches.
    if sys.platform == "linux":
        lower(resource.RLIMIT_DATA, _data_now() + limits.memory_mb * MEGABYTE)
    lower(resource.RLIMIT_FSIZE, limits.file_mb * MEGABYTE)
    lower(resource.RLIMIT_CPU, limits.cpu_seconds)
    lower(resource.RLIMIT_CORE, 0)


def _data_now() -> int:
    """Bytes that RLIMIT_DATA counts already."""
    with open("/proc/self/status") as status:  # noqa: PTH123 - read in every fork: pathlib is not free
        for line in status:
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status has no VmData")
