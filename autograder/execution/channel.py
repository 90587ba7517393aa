"""The grader's handles to a worker, whatever its parent process is: the wire in both directions, and the process."""

from __future__ import annotations

import contextlib
import socket
from typing import Protocol

from autograder.worker import wire


class Stream(wire.Readable, wire.Writable, Protocol):
    """Both directions of the wire, on the grader's side."""

    def close(self) -> None:
        """Close it."""
        ...


class Process(Protocol):
    """A worker's process, whatever its parent is."""

    pid: int

    def wait(self, seconds: float) -> int | None:
        """Wait for the end of the process. Returns its exit status, −signal, or `None` if it is running or unknown."""
        ...


class Socket(Stream):
    """A stream over a socket that another thread may close."""

    def __init__(self, ends: socket.socket) -> None:
        self._socket = ends

    def recv_into(self, buffer: memoryview) -> int:
        """Fill some of the buffer; 0 at the end."""
        return self._socket.recv_into(buffer)

    def sendall(self, data: bytes | memoryview) -> None:
        """Send all of it."""
        self._socket.sendall(data)

    def close(self) -> None:
        """Close the socket, also under a reader in another thread."""
        # Only a shutdown wakes up a reader in another thread.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
