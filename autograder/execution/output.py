"""Read what a worker prints: bounded, as a whole and since a mark."""

from __future__ import annotations

import io
import select
import sys
import threading
import time

from autograder.execution.watchdog import Watchdog

OUTPUT_KEPT = 64 << 10
"""Bytes kept of all that a worker prints."""
HALF_KEPT = 1_000
"""Bytes kept of the start, and of the end, of what it prints after a mark: a report shows only a few lines."""
CATCH_UP_SECONDS = 0.5
_SELECTS = sys.platform != "win32"
"""Whether this system can tell that a pipe is empty."""


class Output:
    """A thread that reads a worker's output, keeps the start, and counts the rest.

    It also keeps the start and the end of what was printed since the last `mark`.
    """

    def __init__(self, descriptor: int, watch: Watchdog) -> None:
        self._descriptor = descriptor
        self._watch = watch
        self._kept = bytearray()
        self._dropped = 0
        self._start, self._end, self._omitted = bytearray(), bytearray(), 0
        self._reading = threading.Lock()
        self._thread = threading.Thread(target=self._drain, daemon=True, name="output")
        self._thread.start()

    def text(self) -> str:
        """The start of the output, and the number of missing bytes."""
        text = bytes(self._kept).decode(errors="replace")
        return f"{text}\n… {self._dropped:,} bytes more" if self._dropped else text

    def mark(self) -> None:
        """Make `since_mark` start here."""
        self._catch_up()
        with self._reading:
            self._start, self._end, self._omitted = bytearray(), bytearray(), 0

    def since_mark(self) -> str:
        """The start and the end of what was printed since the mark, and the number of bytes omitted between them."""
        self._catch_up()
        with self._reading:
            pieces = [self._start, self._end]
            if self._omitted:
                pieces.insert(1, bytearray(f"\n[… {self._omitted:,} bytes omitted …]\n".encode()))
            return b"".join(pieces).decode(errors="replace")

    def join(self) -> None:
        """Wait briefly for the rest; a grandchild may keep the pipe open forever."""
        self._thread.join(0.5)

    def _drain(self) -> None:
        with open(self._descriptor, "rb", buffering=0) as pipe:  # noqa: PTH123 - a descriptor
            while self._read(pipe):
                pass

    def _read(self, pipe: io.RawIOBase) -> bool:
        if _SELECTS:
            # Waiting happens outside of the lock, so that whoever holds the lock sees all that has left the pipe.
            select.select([pipe], [], [])
            with self._reading:
                return self._take(pipe.read(1 << 16))
        chunk = pipe.read(1 << 16)
        with self._reading:
            return self._take(chunk)

    def _take(self, chunk: bytes | None) -> bool:
        if not chunk:
            return False
        room = max(0, OUTPUT_KEPT - len(self._kept))
        self._kept += chunk[:room]
        self._dropped += max(0, len(chunk) - room)
        room = max(0, HALF_KEPT - len(self._start))
        self._start += chunk[:room]
        self._end += chunk[room:]
        self._omitted += max(0, len(self._end) - HALF_KEPT)
        del self._end[:-HALF_KEPT]
        self._watch.printed(len(chunk))
        return True

    def _catch_up(self) -> None:
        """Wait until the thread has read all that is in the pipe; briefly, since the worker may go on printing."""
        until = time.monotonic() + CATCH_UP_SECONDS
        while self._thread.is_alive() and time.monotonic() < until:
            if not _SELECTS:
                self._thread.join(CATCH_UP_SECONDS)
                return
            try:
                if not select.select([self._descriptor], [], [], 0)[0]:
                    return
            except (OSError, ValueError):
                # The thread has closed it.
                return
            time.sleep(0.001)
