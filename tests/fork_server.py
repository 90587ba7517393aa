"""Run Python programs for the tests: a server imports once what they import, and forks a process for each of them.

Most of the time that a short program takes is the start of Python and its imports. A forked program differs from a
started one in nothing else: it has its own process, group, folder, environment and signals.
"""

from __future__ import annotations

import gc
import importlib
import os
import runpy
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent
_NUMBER = struct.Struct("<i")
_MOST_BYTES = 1 << 20
"""Of an order."""


class Order(msgspec.Struct):
    """`python -m program arguments` in this folder, with this as the whole environment."""

    program: str
    arguments: list[str]
    folder: str
    environment: dict[str, str]


class Server:
    """A server and the connection to it. It ends with the test process, which alone holds the other end.

    `modules` are imported once, in this environment: what they read from it at their import stays.
    """

    def __init__(self, modules: tuple[str, ...], environment: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.fork_server", str(theirs.fileno()), *modules],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def run(self, order: Order, seconds: float) -> tuple[int, str, str]:
        """The exit code, the standard output and the standard error of a program; it is killed after these seconds."""
        with self._lock:
            pipes = [os.pipe(), os.pipe()]
            socket.send_fds(self._orders, [msgspec.json.encode(order)], [end for _, end in pipes])
            for _, end in pipes:
                os.close(end)
            late = threading.Timer(seconds, os.killpg, (self._number(), signal.SIGKILL))
            late.start()
            try:
                # Until no process holds the pipes any more, as with `communicate`.
                with ThreadPoolExecutor(2) as readers:
                    out, err = readers.map(_all_of, [begin for begin, _ in pipes])
                status = self._number()
            finally:
                late.cancel()
        return os.waitstatus_to_exitcode(status), out, err

    def _number(self) -> int:
        answer = self._orders.recv(_NUMBER.size)
        assert answer, f"the server has ended with status {self._process.wait()}"
        return _NUMBER.unpack(answer)[0]


def _all_of(descriptor: int) -> str:
    with open(descriptor, encoding="utf-8") as stream:
        return stream.read()


def main() -> None:
    """Serve orders until the tests end. A child returns from here as well, once its program has ended."""
    orders = socket.socket(fileno=int(sys.argv[1]))
    gc.disable()
    for module in sys.argv[2:]:
        importlib.import_module(module)
    gc.freeze()
    gc.enable()
    while True:
        message, descriptors, _, _ = socket.recv_fds(orders, _MOST_BYTES, 2)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            orders.close()
            _become(msgspec.json.decode(message, type=Order), descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)
        orders.send(_NUMBER.pack(pid))
        orders.send(_NUMBER.pack(os.waitpid(pid, 0)[1]))


def _become(order: Order, descriptors: list[int]) -> None:
    os.setsid()
    for number, descriptor in enumerate(descriptors, start=1):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(order.folder)
    os.environ.clear()
    os.environ.update(order.environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.path[0] = order.folder
    sys.argv = [order.program, *order.arguments]
    runpy.run_module(order.program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
