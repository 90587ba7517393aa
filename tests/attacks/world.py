"""The environment of an attack, which must be unchanged afterwards: files, listeners, processes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import selectors
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.catalogue import ROOT, reference_source

SHARED_FOLDERS = ("/tmp", "/dev/shm", "/var/tmp")


class World:
    """A world-writable folder, listeners on this machine, and a place for workers' folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.canary = folder / "canary"
        self.secret = secrets.token_hex(16)
        self.token = f"attack-{secrets.token_hex(8)}"
        self._listeners = _listeners(folder)
        self._lay_out()
        self._before = _snapshot(self.canary)

    @property
    def targets(self) -> dict[str, str | int]:
        """Addresses and paths that an attacker could know."""
        tcp, udp, unix, datagrams, abstract = self._listeners
        return {
            "root": str(ROOT),
            "canary": str(self.canary),
            "token": self.token,
            "grader": os.getpid(),
            "uid": os.getuid(),
            "tcp": tcp.getsockname()[1],
            "udp": udp.getsockname()[1],
            "unix": unix.getsockname(),
            "unix_datagrams": datagrams.getsockname(),
            "abstract": abstract.getsockname().decode().removeprefix("\0"),
        }

    def harm(self) -> list[str]:
        """All changes. Call it after the worker has been closed."""
        found = [f"{path} was changed" for path in _differences(self._before, _snapshot(self.canary))]
        found += [f"{where} heard something" for where in self._heard()]
        found += [f"the process {each} is left" for each in _left_running()]
        found += [f"{path} is left" for path in self.folder.glob("autograder-*")]
        for shared in SHARED_FOLDERS:
            found += [f"{path} is left" for path in Path(shared).glob(f"*{self.token}*")]
        return found

    def close(self) -> None:
        """Release the ports."""
        for listener in self._listeners:
            listener.close()

    def _lay_out(self) -> None:
        files = {
            "submitted/honest/xor/xor.py": reference_source("xor", "torch"),
            "results/honest/xor.json": '{"score": 20}',
            "gradebook.db": "honest,20",
            "secret.txt": self.secret,
        }
        for name, text in files.items():
            path = self.canary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        # Only the sandbox protects them.
        for path in (self.canary, *self.canary.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)

    def _heard(self) -> list[str]:
        with selectors.DefaultSelector() as selector:
            for listener in self._listeners:
                selector.register(listener, selectors.EVENT_READ)
            return [str(key.fileobj) for key, _ in selector.select(timeout=0)]


@contextmanager
def world() -> Iterator[World]:
    """A world in a temporary folder, in which the grader also creates its workers' folders."""
    # Not pytest's tmp_path: its parents are closed to the worker's user.
    before, tempfile.tempdir = tempfile.tempdir, None
    folder = Path(tempfile.mkdtemp(prefix="world-"))
    folder.chmod(0o711)
    tempfile.tempdir = str(folder)
    try:
        made = World(folder)
        try:
            yield made
        finally:
            made.close()
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder)


def _listeners(folder: Path) -> tuple[socket.socket, ...]:
    tcp = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    unix, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    unix.bind(str(folder / "service.sock"))
    datagrams.bind(str(folder / "datagrams.sock"))
    for path in folder.glob("*.sock"):
        path.chmod(0o777)
    abstract.bind(f"\0attack-{secrets.token_hex(8)}")
    unix.listen()
    abstract.listen()
    return tcp, udp, unix, datagrams, abstract


Known = tuple[int, int, int, int, str]


def _snapshot(folder: Path) -> dict[Path, Known]:
    found: dict[Path, Known] = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        known = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[path] = known.st_mode, known.st_uid, known.st_mtime_ns, known.st_nlink, digest
    return found


def _differences(before: dict[Path, Known], after: dict[Path, Known]) -> list[Path]:
    return [path for path in before | after if before.get(path) != after.get(path)]


def _left_running(seconds: float = 20.0) -> list[str]:
    """Descendants of the keepers, except zygotes. An orphan is adopted, killed immediately, and ends a moment later."""
    until = time.monotonic() + seconds
    while True:
        found: list[int] = []
        for keeper in psutil.Process().children():
            with contextlib.suppress(psutil.NoSuchProcess):
                zygotes = keeper.children()
                found += [each.pid for each in keeper.children(recursive=True) if each not in zygotes]
        if not found or time.monotonic() > until:
            return [str(pid) for pid in found]
        time.sleep(0.05)
