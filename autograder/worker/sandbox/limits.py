"""The layer `limits`: the kernel's limits on one process, or on one user id."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

MEGABYTE = 1 << 20
PROCESSES = 64 + 8 * (os.cpu_count() or 8)
"""Per worker, including threads: TensorFlow starts some for each core."""
OPEN_FILES = 256


class Limits(NamedTuple):
    """A worker's limits. Integers, so that they can be passed as arguments."""

    memory_mb: int
    """In addition to what the framework itself has allocated."""
    file_mb: int
    cpu_seconds: int
    all_files_mb: int = 512
    """All files of the scratch folder together, where it is a file system of its own."""
    most_files: int = 5_000
    """Files of the scratch folder, where it is a file system of its own."""


def limit(limits: Limits, own_uid: bool) -> None:
    """Lower the limits of this process; if the worker shares its user id, that of processes is less strict."""
    import resource

    def lower(kind: int, value: int) -> None:
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))

    # RLIMIT_DATA, after the imports: RLIMIT_AS counts address space that TensorFlow reserves and never touches.
    if sys.platform == "linux":
        lower(resource.RLIMIT_DATA, _data_now() + limits.memory_mb * MEGABYTE)
    if sys.platform == "linux":
        # It counts all threads of a user id; for a shared user id, add the threads of the whole machine.
        lower(resource.RLIMIT_NPROC, PROCESSES + (0 if own_uid else _threads_now()))
    lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    lower(resource.RLIMIT_FSIZE, limits.file_mb * MEGABYTE)
    lower(resource.RLIMIT_CPU, limits.cpu_seconds)
    lower(resource.RLIMIT_CORE, 0)


def _data_now() -> int:
    """Bytes that RLIMIT_DATA already counts."""
    with open("/proc/self/status") as status:  # noqa: PTH123 - read in every fork: pathlib is not free
        for line in status:
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status has no VmData")


def _threads_now() -> int:
    """The number of threads on the whole machine."""
    with open("/proc/loadavg") as load:  # noqa: PTH123 - as above
        return int(load.read().split()[3].partition("/")[2])
