"""A worker as the grader holds it, whoever its parent is: both directions of the wire, and a process that ends."""

from __future__ import annotations

import contextlib
import socket
from typing import Protocol

from autograder.worker import wire


class Stream(wire.Readable, wire.Writable, Protocol):
    """Both directions of the wire, as the grader holds them."""

    def close(self) -> None:
        """Close it."""
        ...


class Process(Protocol):
    """A worker's process, whoever is its parent."""

    pid: int

    def wait(self, seconds: float) -> int | None:
        """How it ended: the exit status, −signal, or `None` where it has not or nobody can tell."""
        ...


class Socket(Stream):
    """A stream over a socket that another thread may shut."""

    def __init__(self, ends: socket.socket) -> None:
        self._socket = ends

    def recv_into(self, buffer: memoryview) -> int:
        return self._socket.recv_into(buffer)

    def sendall(self, data: bytes | memoryview) -> None:
        self._socket.sendall(data)

    def close(self) -> None:
        # A reader in another thread wakes up only by a shutdown.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
