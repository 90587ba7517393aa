"""Processes of workers as they are seen from outside: their ids differ in a process namespace of their own."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from autograder.execution.zygote_client import Zygote


def zygote_process(zygote: Zygote) -> psutil.Process:
    """The process that forks workers; its parent is the keeper, which the grader has started."""
    keeper = psutil.Process(zygote._process.pid)  # pyright: ignore[reportPrivateUsage]
    (found,) = keeper.children()
    return found


def outside(zygote: Zygote | None, pid: int) -> int:
    """The id of a descendant of the zygote that calls itself `pid`. Raises `LookupError` if there is none."""
    assert zygote
    for process in zygote_process(zygote).children(recursive=True):
        status = Path(f"/proc/{process.pid}/status").read_text()
        if int(status.partition("\nNSpid:")[2].split("\n")[0].split()[-1]) == pid:
            return process.pid
    raise LookupError(f"no process {pid}")


def gone(pid: int, seconds: float = 10.0) -> bool:
    """Whether the process ends within this time; a zombie has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False
