"""Import a framework once, then fork a worker for each submission. Linux only; started by its keeper.

The zygote contains no checks, expected values or student code, runs no operation of the framework, and has a single
thread when it forks: a lock held by a second thread would stay locked in the child forever.

The grader sends one datagram for each worker: the order in JSON, and three descriptors: the worker's end of the wire,
its output, and a pipe on which the zygote reports the worker's process id and, later, its exit status.
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, cast

from autograder.worker import frameworks
from autograder.worker.course_modules import make_importable
from autograder.worker.frameworks import devices
from autograder.worker.main import Stream, import_ahead, serve
from autograder.worker.names import SLOW_IMPORTS, FrameworkName
from autograder.worker.sandbox import Cage, apply, preload
from autograder.worker.sandbox.kernel import adopt_orphans, die_with_parent
from autograder.worker.sandbox.limits import Limits
from autograder.worker.sandbox.namespaces import NO_VIEW, build_view, children, outer_pid
from autograder.worker.sandbox.probing import probe

REPORT = struct.Struct("<i")
"""The format of the report pipe, sent twice: the process id, then the wait status."""

END_SECONDS = 1.0
"""How long its workers may take to die."""
FOLDERS = "autograder-"
"""The names of the folders that the grader makes begin with this."""


def serve_orders(name: str, descriptor: int, readable: Sequence[str], enclosed: bool) -> None:
    """Serve orders from the descriptor, until the grader closes it or dies.

    Workers may read the given paths. `enclosed`: this process is in a process namespace of its own.
    """
    adopt_orphans()
    make_importable()
    # See `import_ahead`.
    gc.disable()
    orders = socket.socket(fileno=descriptor)
    _listen_for_the_end(orders)
    chosen = cast(FrameworkName, name)
    framework = frameworks.load(chosen)
    framework.preload()
    for kind in ("pretended", "real"):
        devices.load(chosen, kind)
    # Nearly every submission imports it; more would only delay the start of the zygote.
    importlib.import_module("jaxtyping")
    preload()
    _share_what_exists()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, _wake_up)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    view = build_view(readable) if enclosed else NO_VIEW
    try:
        orders.send(json.dumps({"layers": probe(view)}).encode())
    except OSError:
        _end({})
    fcntl.fcntl(orders, fcntl.F_SETFL, 0)
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    reports: dict[int, int] = {}
    folders: dict[int, str] = {}
    # Its keeper has ended.
    signal.signal(signal.SIGTERM, lambda number, frame: _end(folders))
    while True:
        ready, _, _ = select.select([orders, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _report_ended(reports)
        if orders in ready:
            message, descriptors, _, _ = socket.recv_fds(orders, 1 << 16, 3)
            if not message:
                _end(folders)
            pid = _start(message, descriptors, framework, reports, view, keep_from_child=[orders.fileno(), woken, wake])
            folders = {each: folder for each, folder in folders.items() if each in reports}
            folders[pid] = str(json.loads(message)["folder"])


def _listen_for_the_end(orders: socket.socket) -> None:
    """Have the kernel say when the grader is gone, while this process imports and reads no order."""

    def look(number: int, frame: object) -> None:
        with suppress(BlockingIOError):
            if not orders.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                _end({})

    signal.signal(signal.SIGIO, look)
    fcntl.fcntl(orders, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(orders, fcntl.F_SETFL, os.O_ASYNC)
    # It may have ended before that.
    look(0, None)


def _end(folders: Mapping[int, str]) -> NoReturn:
    """End the workers, whose folders these are, and this process, and leave no folder: the grader may have been killed."""
    until = time.monotonic() + END_SECONDS
    with suppress(ChildProcessError):
        while time.monotonic() < until:
            # Children of a worker that has been killed become children of this process.
            _kill_orphans({})
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.005)
    for folder in (*map(Path, folders.values()), Path.cwd()):
        # One nested deeper than Python recurses stays.
        with suppress(RecursionError):
            if folder.name.startswith(FOLDERS):
                shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def _share_what_exists() -> None:
    """Keep the children's garbage collector away from existing objects, so that their pages stay shared."""
    gc.collect()
    gc.freeze()
    gc.enable()


def _import_ahead(framework: FrameworkName, requested: Sequence[str]) -> None:
    """Import those slow modules that the next worker will import; none of them starts a thread."""
    new = [module for module in SLOW_IMPORTS[framework] if module in requested and module not in sys.modules]
    if new:
        gc.disable()
        import_ahead(new)
        _share_what_exists()


def _start(
    message: bytes,
    descriptors: list[int],
    framework: frameworks.Framework,
    reports: dict[int, int],
    view: int,
    keep_from_child: list[int],
) -> int:
    """Fork a worker. Returns its process id."""
    order = json.loads(message)
    _import_ahead(framework.NAME, order["imports"])
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads != 1:
        sys.exit(f"the zygote has {threads} threads and cannot fork safely")
    wire_end, output, report = descriptors
    pid = os.fork()
    if pid == 0:
        for kept in [*keep_from_child, report, *reports.values()]:
            os.close(kept)
        _become_worker(_cage(order, view), order["environment"], wire_end, output, framework)
    os.close(wire_end)
    os.close(output)
    reports[pid] = report
    _tell(report, outer_pid(pid))
    return pid


def _become_worker(
    cage: Cage, environment: dict[str, str], wire_end: int, output: int, framework: frameworks.Framework
) -> None:
    status = 70
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        die_with_parent(os.getppid())
        adopt_orphans()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        # Descriptors 0 to 2 are the standard streams and 3 is the wire; all others are closed once the view is entered.
        stream = socket.socket(fileno=os.dup2(wire_end, 3, inheritable=False) if wire_end != 3 else 3)
        os.environ.clear()
        os.environ.update(environment)
        # Its cached value is the zygote's folder, in which a worker may not write: AutoGraph could not store its code.
        tempfile.tempdir = None
        apply(cage)
        os.closerange(4, 4096)
        serve(cast(Stream, stream), framework)
        status = 0
    finally:
        sys.stdout.flush()
        # Not sys.exit: the worker must not run the zygote's exit handlers.
        os._exit(status)


def _wake_up(number: int, frame: object) -> None:
    """Do nothing: only the byte on the wake-up descriptor matters."""


def _cage(order: dict[str, Any], view: int) -> Cage:
    limits, layers, readable = Limits(*order["limits"]), tuple(order["layers"]), tuple(order["readable"])
    return Cage(limits, layers, order["folder"], readable, order["uid"], tuple(order["devices"]), view)


def _report_ended(reports: dict[int, int]) -> None:
    ended: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            break
        if pid == 0:
            break
        if pid in reports:
            ended.append((reports.pop(pid), status))
    # Before reporting: a worker that has ended must not leave processes behind.
    _kill_orphans(reports)
    for report, status in ended:
        _tell(report, status)
        os.close(report)


def _kill_orphans(workers: dict[int, int]) -> None:
    """Kill children that are not workers: the zygote adopted them from a worker that has ended."""
    for _, pid in children():
        if pid not in workers:
            os.kill(pid, signal.SIGKILL)


def _tell(report: int, number: int) -> None:
    try:
        os.write(report, REPORT.pack(number))
    except BrokenPipeError:
        # The grader has given up on this worker and closed the pipe.
        return


# Loaded once here; otherwise a child's first `prctl` would open a library inside the sandbox.
ctypes.CDLL(None)
