"""Calls of the Linux kernel that Python has no function for. All raise `OSError` if the kernel refuses."""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import sys

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_CHILD_SUBREAPER = 1, 4, 8, 36
CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x00020000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1,
    2,
    4,
    8,
    32,
    4096,
    16384,
    1 << 18,
)
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SYS_MOUNT_SETATTR = 442
_AT_FDCWD, _AT_RECURSIVE, _MNT_DETACH = -100, 0x8000, 2
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID = 1, 2


def is_root() -> bool:
    """Whether this process is root. `False` on Windows."""
    return sys.platform != "win32" and os.geteuid() == 0


def prctl(option: int, value: int) -> None:
    """Change a property of this process."""
    _checked(_libc().prctl(option, ctypes.c_ulong(value), 0, 0, 0), "prctl")


def set_capabilities(bits: int) -> None:
    """Set exactly these capabilities, permitted and effective; started programs inherit none of them."""
    version_3 = 0x20080522
    header = ctypes.create_string_buffer(struct.pack("<Ii", version_3, 0))
    data = ctypes.create_string_buffer(struct.pack("<IIIIII", bits, bits, 0, 0, 0, 0))
    _checked(_libc().capset(header, data), "capset")


def unshare(flags: int) -> None:
    """Give this process namespaces of its own; a process namespace is for its next child."""
    _checked(_libc().unshare(flags), "unshare")


def join_namespace(descriptor: int, kind: int) -> None:
    """Enter the namespace that the descriptor refers to."""
    _checked(_libc().setns(descriptor, kind), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount a file system."""
    given = [word.encode() or None for word in (source, target, kind)]
    _checked(_libc().mount(*given, ctypes.c_ulong(flags), options.encode() or None), f"mount {target}")


def make_read_only(target: str) -> None:
    """Make a mount and those below it read-only and its programs unprivileged; other restrictions remain. Linux 5.12."""
    attributes = struct.pack("<QQQQ", _MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID, 0, 0, 0)
    answer = _libc().syscall(
        ctypes.c_long(_SYS_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        target.encode(),
        ctypes.c_uint(_AT_RECURSIVE),
        attributes,
        ctypes.c_size_t(len(attributes)),
    )
    _checked(answer, f"mount_setattr {target}")


def change_root(folder: str) -> None:
    """Make a mounted folder the root of this mount namespace, and remove the former root from it."""
    number = _SYS_PIVOT_ROOT.get(os.uname().machine)
    if number is None:
        raise OSError(f"the number of pivot_root on {os.uname().machine} is not known")
    os.chdir(folder)
    _checked(_libc().syscall(ctypes.c_long(number), b".", b"."), "pivot_root")
    _checked(_libc().umount2(b".", _MNT_DETACH), "umount")
    os.chdir("/")


def die_with_parent(parent: int, by: signal.Signals | None = None) -> None:
    """Make the kernel kill this process, or send it a signal, when its parent, with that process id, dies. Linux only."""
    prctl(PR_SET_PDEATHSIG, by or signal.SIGKILL)
    # The parent may have died before the call.
    if os.getppid() != parent:
        os._exit(125)


def adopt_orphans() -> None:
    """Adopt orphaned descendants instead of `init`, so that they stay in this process's tree."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def _checked(answer: int, call: str) -> None:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
