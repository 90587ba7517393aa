"""Debian packages that tests need: the tests install them if they run as root."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__)


def install(*packages: str) -> None:
    """Install the packages, one process at a time: tests run in parallel, and apt does not wait for another apt.

    It does nothing without root or on systems other than Debian. Raises `RuntimeError` with apt's message if apt fails.
    """
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    with HERE.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            done = subprocess.run(
                ["apt-get", "--quiet", "-o", "DPkg::Lock::Timeout=600", *command],
                capture_output=True,
                text=True,
                timeout=900,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                check=False,
            )
            if done.returncode:
                raise RuntimeError(f"apt-get {' '.join(command)}: {done.stderr.strip()[-2000:]}")
