"""The zygotes of a kernel: they import each framework once, and stay until the kernel ends."""

from __future__ import annotations

import atexit
import os

from autograder.execution.zygote_client import Zygotes


class Warm:
    """Zygotes that stay between two checks.

    They end with this process, also when it is killed: a zygote ends as soon as the other end of its socket is closed,
    and removes its folder.
    """

    def __init__(self) -> None:
        self._zygotes = Zygotes()
        self._owner = os.getpid()

    def zygotes(self) -> Zygotes:
        """The zygotes of this process. A process that the student's code has forked gets others than its parent."""
        if self._owner != os.getpid():
            self.__init__()
        return self._zygotes

    def close(self) -> None:
        """Stop them, unless they belong to the parent of this process."""
        if self._owner == os.getpid():
            self._zygotes.close()


KERNEL = Warm()
"""The zygotes of this kernel. None is started before the first check."""

atexit.register(KERNEL.close)
