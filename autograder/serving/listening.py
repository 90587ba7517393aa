"""The server: on the loopback device, with a private file that leads in, until it is asked to end."""

from __future__ import annotations

import errno
import logging
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn

from autograder.errors import UsageError
from autograder.execution.environment import make_undumpable
from autograder.results.files import write_whole
from autograder.serving import entrance
from autograder.serving.access import Door
from autograder.serving.actions import Office
from autograder.serving.app import Site

HOST = "127.0.0.1"
LISTEN_SECONDS = 0.2
"""How long a signal may wait to be handled."""
END_SECONDS = 2
"""How long a browser's request may take after the server was asked to end."""


def serve(office: Office, port: int, ready: Callable[[Door, Path], None], waiting: Callable[[], None]) -> None:
    """Serve until `KeyboardInterrupt`, which ends it in good order. `port`: 0 for any that is free.

    `ready` is called with the way in, and with a file that leads through it; only this user can read that file.
    `waiting` is called at the end if the folder of results is not up to date yet. Raises `UsageError` if the port
    cannot be had.
    """
    # The cookies are in this process.
    make_undumpable()
    with _bound(port) as bound, _private_folder() as folder:
        address = f"http://{HOST}:{bound.getsockname()[1]}"
        way_in = folder / "open.html"
        door = Door(
            bound.getsockname()[1],
            lambda code: write_whole(way_in, entrance.private_page(address, code).encode()),
        )
        # What a stranger sends to the port is no news for the terminal.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        server = uvicorn.Server(
            uvicorn.Config(
                Site(office, door).app(),
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=END_SECONDS,
            )
        )
        # Signals belong to the main thread, which hears them as every command does.
        ended = threading.Event()
        thread = threading.Thread(target=_run, args=(server, bound, ended), name="server")
        thread.start()
        try:
            # An interruption is the ordinary end.
            with suppress(KeyboardInterrupt):
                ready(door, way_in)
                # Not `thread.join`: an interrupted one takes the thread for ended.
                while not ended.wait(LISTEN_SECONDS):
                    continue
        finally:
            server.should_exit = True
            ended.wait()
            thread.join()
            if office.workshop.refreshing:
                waiting()
            office.workshop.close()
            office.record.close()


def _run(server: uvicorn.Server, bound: socket.socket, ended: threading.Event) -> None:
    try:
        server.run([bound])
    finally:
        ended.set()


@contextmanager
def _bound(port: int) -> Generator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((HOST, port))
        except OSError as problem:
            if problem.errno in (errno.EADDRINUSE, errno.EACCES):
                raise UsageError(f"--port {port}: {problem.strerror}; use another one, or none") from None
            raise
        # Who comes before the server is ready waits.
        made.listen()
        yield made


@contextmanager
def _private_folder() -> Generator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="autograder-serve-"))
    try:
        yield folder
    finally:
        with suppress(OSError):
            shutil.rmtree(folder)
