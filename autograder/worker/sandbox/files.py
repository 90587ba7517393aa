"""The layer `landlock`: an allow-list of paths, with one writable scratch folder. The layer `view` shows the same paths."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    # Debian's libraries are reached through links in it.
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/proc/self",
    "/proc/meminfo",
    "/proc/cpuinfo",
    "/proc/stat",
    "/proc/loadavg",
    "/sys/devices/system/cpu",
    "/dev/urandom",
    "/dev/random",
)
WRITABLE_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")
HARDWARE = ("/proc/driver/nvidia", "/proc/devices", "/proc/modules", "/proc/version", "/sys", "/opt/rocm")
"""Paths that GPU drivers read to detect their hardware."""


def interpreter() -> set[str]:
    """The folders of Python and of the installed packages."""
    packages = {path for path in sys.path if path.endswith("-packages") and Path(path).is_dir()}
    return {sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(os.__file__).parent), *packages}


def restrict(scratch: str, readable: Sequence[str], drivers: Sequence[str]) -> None:
    """Restrict this process and all it starts to the system, the interpreter and the given paths."""
    from py_landlock import AccessFs, Landlock

    read, read_all = AccessFs.READ_FILE, AccessFs.READ_FILE | AccessFs.READ_DIR | AccessFs.EXECUTE
    devices = AccessFs.MAKE_CHAR | AccessFs.MAKE_BLOCK | AccessFs.MAKE_SOCK | AccessFs.MAKE_FIFO
    everything = AccessFs(0)
    for access in AccessFs:
        everything |= access
    rules = Landlock(strict=False)
    for path in {*SYSTEM, *interpreter(), *readable, *(HARDWARE if drivers else ())}:
        if Path(path).exists():
            rules.add_path_rule(path, access=read_all if Path(path).is_dir() else read)
    for path in WRITABLE_DEVICES:
        rules.add_path_rule(path, access=read | AccessFs.WRITE_FILE)
    for path in drivers:
        rules.add_path_rule(path, access=read | AccessFs.WRITE_FILE | AccessFs.IOCTL_DEV)
    if drivers:
        # CUDA names its threads by writing there, and fails if it may not.
        rules.add_path_rule("/proc/self", access=AccessFs.WRITE_FILE | AccessFs.TRUNCATE)
    rules.add_path_rule(scratch, access=everything & ~devices)
    rules.apply()
