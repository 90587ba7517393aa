"""A private PostgreSQL cluster in a temporary folder, from Debian's packages; it is removed afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests import debian

OWNER = "nobody"
"""PostgreSQL refuses to run as root."""


@contextmanager
def cluster() -> Generator[str]:
    """Start a cluster and return its database's URL. It listens only on a Unix socket in its folder."""
    programs = _programs()
    # A socket's path has at most 107 bytes, and pytest's own folders are closed to other users.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:
        folder = Path(name)
        (folder / "log").touch()
        user: dict[str, Any] = {}
        if os.geteuid() == 0:
            owner = pwd.getpwnam(OWNER)
            user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": ()}
            for path in (folder, folder / "log"):
                os.chown(path, owner.pw_uid, owner.pw_gid)

        def run(*command: str | Path) -> None:
            done = subprocess.run(
                [*map(str, command)], cwd=folder, capture_output=True, text=True, timeout=120, check=False, **user
            )
            assert done.returncode == 0, done.stdout + done.stderr + (folder / "log").read_text()

        run(programs / "initdb", "-D", folder / "data", "-U", "grader", "-A", "trust", "-E", "UTF8", "--no-sync")
        settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        start = [programs / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-w"]
        run(*start, "-o", settings, "start")
        try:
            yield f"postgresql://grader@/postgres?host={quote(str(folder), safe='')}"
        finally:
            run(*start, "-m", "immediate", "stop")


def _programs() -> Path:
    """The folder of `initdb` and `pg_ctl`. If the package is missing, root installs it."""
    if not (found := _installed()):
        debian.install("postgresql")
        found = _installed()
    assert found, "PostgreSQL is not installed: apt-get install postgresql"
    return found


def _installed() -> Path | None:
    there = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    beside = shutil.which("pg_ctl")
    return there[-1] if there else Path(beside).resolve().parent if beside else None
