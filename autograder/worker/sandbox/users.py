"""The layer `uid`: as root, a user id of its own for each worker."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from autograder.worker.sandbox import kernel
from autograder.worker.sandbox.files import interpreter

TRANSIENT_UIDS = range(61184, 65520)
"""The user ids that systemd reserves for transient users."""


def become(uid: int) -> None:
    """Switch to another user permanently, keeping a capability to read files if the interpreter needs it."""
    if not kernel.is_root():
        raise OSError(errno.EPERM, "only root can switch to another user")
    keep = not readable_by_all()
    if keep:
        kernel.prctl(kernel.PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if keep:
        dac_read_search = 1 << 2
        kernel.set_capabilities(dac_read_search)
    # After the change of user, root owns /proc/self; no other process has this user id.
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)


def readable_by_all() -> bool:
    """Whether all users can access this interpreter and its packages. Home folders are often closed to others."""
    for path in interpreter():
        for folder in (Path(path).resolve(), *Path(path).resolve().parents):
            if not folder.stat().st_mode & 0o001:
                return False
    return True


def become_root_again() -> None:
    """What the layer forbids: raises `OSError` if it holds."""
    if os.getuid() == 0 or not os.access(os.__file__, os.R_OK, effective_ids=True):
        # Without access to the interpreter's files, every import would fail.
        raise RuntimeError("still root, or the interpreter is out of reach")
    os.setuid(0)
