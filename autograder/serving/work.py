"""What takes long, in processes of its own: the server stays quick, and each one reads the checks as they are now.

A process gets its order on standard input, so that no student's name is in the list of processes, and says on standard
output how far it is.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import msgspec
from msgspec import Struct

END_SECONDS = 5.0
"""How long a process may take to end after it was asked to."""


class Regrade(Struct, frozen=True, kw_only=True, tag="regrade"):
    """Run the checks that have changed, and record what comes of it as proposals."""

    results: str
    config: str
    history: str | None = None
    exercise: str | None = None
    student: str | None = None
    checks: list[str] | None = None
    jobs: int = 1
    allow_weak: bool = False


class Refresh(Struct, frozen=True, kw_only=True, tag="refresh"):
    """Bring the table and the pages in the folder of results up to date."""

    results: str
    config: str
    history: str | None = None


class Said(Struct, frozen=True, kw_only=True):
    """A line of a process's output."""

    done: int = 0
    total: int = 0
    ran: int = 0
    """Checks that were run."""
    lacking: int = 0
    """Results that could not be regraded, because the record does not have their file."""
    problem: str = ""
    ended: bool = False


_NOTHING = Said()


@dataclass(frozen=True)
class Regrading:
    """How far a regrading is."""

    number: int
    """Counted from 1."""
    what: str
    """What is regraded, as a person reads it."""
    said: Said = _NOTHING
    running: bool = True
    stopped: bool = False


class Workshop:
    """The server's processes: one regrading at a time, and one refresh at a time. Thread-safe."""

    def __init__(self, refresh: Refresh) -> None:
        self._refresh = refresh
        self._lock = threading.Condition()
        self._regrading: Regrading | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted = False
        self._refreshing = False
        self._problem = ""
        self._closing = False
        self._follower = threading.Thread(target=self._follow, name="refresh", daemon=True)
        self._follower.start()

    @property
    def regrading(self) -> Regrading | None:
        """The regrading that is running, or the last one; `None` if there was none."""
        return self._regrading

    @property
    def problem(self) -> str:
        """Why the pages in the folder could not be brought up to date; empty if they could."""
        return self._problem

    @property
    def refreshing(self) -> bool:
        """Whether the folder is not up to date yet."""
        return self._wanted or self._refreshing

    def regrade(self, order: Regrade, what: str) -> bool:
        """Begin a regrading. Returns whether it was begun: not while another one is running."""
        with self._lock:
            if self._closing or (self._regrading and self._regrading.running):
                return False
            self._process = _started()
            self._regrading = Regrading(self._regrading.number + 1 if self._regrading else 1, what)
        threading.Thread(target=self._watch, args=(self._process, order), name="regrade", daemon=True).start()
        return True

    def stop(self) -> None:
        """End the regrading; what it has recorded stays."""
        with self._lock:
            process, regrading = self._process, self._regrading
            if process is None or regrading is None or not regrading.running:
                return
            self._regrading = replace(regrading, stopped=True)
        _end(process)

    def refresh(self) -> None:
        """Bring the folder up to date soon."""
        with self._lock:
            self._wanted = True
            self._lock.notify_all()

    def close(self) -> None:
        """End the regrading, and wait until the folder is up to date."""
        with self._lock:
            self._closing = True
            self._lock.notify_all()
        self.stop()
        self._follower.join()

    def _watch(self, process: subprocess.Popen[bytes], order: Regrade) -> None:
        def heard(said: Said) -> None:
            if self._regrading:
                self._regrading = replace(self._regrading, said=said)

        _carry_out(process, order, heard)
        with self._lock:
            if self._regrading:
                self._regrading = replace(self._regrading, running=False)

    def _follow(self) -> None:
        while True:
            with self._lock:
                while not self._wanted and not self._closing:
                    self._lock.wait()
                if not self._wanted:
                    return
                self._wanted, self._refreshing = False, True
            said = _NOTHING

            def heard(now: Said) -> None:
                nonlocal said
                said = now

            _carry_out(_started(), self._refresh, heard)
            self._problem = said.problem
            self._refreshing = False


def _started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "autograder.serving.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # Ctrl-C in the terminal is for the server, which ends its processes itself.
        start_new_session=True,
    )


def _carry_out(process: subprocess.Popen[bytes], order: Regrade | Refresh, heard: Callable[[Said], None]) -> None:
    """Give the order, and pass on what the process says until it ends."""
    assert process.stdin and process.stdout
    ended = False
    with process:
        with suppress(BrokenPipeError):
            process.stdin.write(msgspec.json.encode(order) + b"\n")
            process.stdin.close()
        for line in process.stdout:
            with suppress(msgspec.DecodeError):
                said = msgspec.json.decode(line, type=Said)
                ended = ended or said.ended
                heard(said)
    if not ended and process.returncode != -signal.SIGINT:
        heard(Said(problem="The process ended without a result; the terminal of the server says more.", ended=True))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to end, and end it if it does not."""
    process.send_signal(signal.SIGINT)
    until = time.monotonic() + END_SECONDS
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    if process.poll() is None:
        process.kill()
