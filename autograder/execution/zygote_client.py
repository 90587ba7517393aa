"""Processes that have imported a framework and fork workers: start them, request workers, and stop them."""

from __future__ import annotations

import itertools
import json
import os
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast
from weakref import WeakSet

from autograder.errors import GraderError, UsageError
from autograder.execution.channel import Process, Socket, Stream
from autograder.execution.environment import (
    FONTS,
    START_SECONDS,
    environment,
    forks,
    kernel_limits,
    readable,
    require,
)
from autograder.execution.gpus import Lease
from autograder.execution.watchdog import Budget
from autograder.worker import sandbox
from autograder.worker.names import FrameworkName
from autograder.worker.sandbox.namespaces import SCRATCH
from autograder.worker.sandbox.users import TRANSIENT_UIDS

END_SECONDS = 1.5
"""How long a zygote may take to end its workers and itself."""
_uids = itertools.count(secrets.randbelow(len(TRANSIENT_UIDS)))
"""One after the other, so that no two workers of this grader have the same; another grader starts elsewhere."""


class Zygote:
    """A process that has imported a framework and forks workers on request. Thread-safe."""

    def __init__(self, framework: FrameworkName, begun: Callable[[Zygote], None] = lambda zygote: None) -> None:
        """Start it and wait until it has imported the framework.

        `begun` is called before the wait, so that another thread can `end` it while it imports. Raises `GraderError` if
        it does not start.
        """
        require(framework)
        self.framework: FrameworkName = framework
        self.layers: tuple[sandbox.Layer, ...] = ()
        self._folder = Path(tempfile.mkdtemp(prefix="autograder-zygote-"))
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._orders = ours
        self._log = (self._folder / "stderr").open("w+b")
        paths = readable()
        for path in paths:
            # Data that is fetched later would not be seen by a worker whose view has no folder for it.
            with suppress(OSError):
                Path(path).mkdir(parents=True, exist_ok=True)
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", "autograder.worker.keeper"),
                    *(framework, str(theirs.fileno()), *paths),
                ],
                pass_fds=[theirs.fileno()],
                env=environment(self._folder, FONTS),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                # Ctrl-C in the terminal must reach only the grader, which stops its zygotes itself.
                start_new_session=True,
            )
        begun(self)
        ours.settimeout(START_SECONDS)
        late = ""
        try:
            ready = ours.recv(1 << 12)
        except TimeoutError:
            ready, late = b"", f"it took more than {START_SECONDS:g} s; is this machine very busy?"
        except OSError:
            # Another thread has ended it.
            ready = b""
        except KeyboardInterrupt:
            self._process.kill()
            self.close()
            raise
        ours.settimeout(None)
        if not ready:
            reason = self.output() or late
            self.close()
            raise GraderError(f"{framework} could not be imported: {reason or 'no reason given'}")
        self.layers = tuple(cast(list[sandbox.Layer], json.loads(ready)["layers"]))

    @property
    def alive(self) -> bool:
        """Whether it is still running."""
        if self._process.poll() is not None:
            return False
        try:
            # Its keeper ends a moment later, but only the zygote has the other end.
            return not (select.select([self._orders], [], [], 0)[0] and not self._orders.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    def layers_of(self, gpu: Lease | None) -> tuple[sandbox.Layer, ...]:
        """The layers of a worker's sandbox. A GPU's driver needs the machine's own files: then there is no `view`."""
        return tuple(layer for layer in self.layers if layer != "view" or gpu is None)

    def output(self) -> str:
        """The end of the zygote's output; empty once it is closed."""
        if self._log.closed:
            return ""
        self._log.seek(0)
        return self._log.read().decode(errors="replace").strip()[-2000:]

    def fork(
        self, folder: Path, budget: Budget, gpu: Lease | None = None, imports: Sequence[str] = ()
    ) -> tuple[Stream, Process, int]:
        """Fork a worker. Returns its stream, its process, and the descriptor of its output.

        The zygote first imports those of `imports` that are in `SLOW_IMPORTS`.
        """
        ours, theirs = socket.socketpair()
        output, output_end = os.pipe()
        report, report_end = os.pipe()
        uid = TRANSIENT_UIDS[next(_uids) % len(TRANSIENT_UIDS)]
        if "uid" in self.layers:
            os.chown(folder, uid, uid)
        layers = self.layers_of(gpu)
        seen_as = Path(SCRATCH) if "view" in layers else folder
        order = {
            "folder": str(folder),
            "environment": environment(seen_as) | dict(gpu.environment if gpu else {}),
            "devices": list(gpu.devices if gpu else ()),
            "limits": list(kernel_limits(self.framework, budget)),
            "layers": layers,
            "readable": readable(),
            "uid": uid,
            "imports": list(imports),
        }
        try:
            socket.send_fds(self._orders, [json.dumps(order).encode()], [theirs.fileno(), output_end, report_end])
        except OSError as problem:
            raise GraderError(f"the {self.framework} zygote has ended: {self.output() or problem}") from problem
        finally:
            theirs.close()
            os.close(output_end)
            os.close(report_end)
        return Socket(ours), _Forked(report), output

    def hang_up(self) -> None:
        """Make its process end, and its workers with it. Threads that wait for one of them get an error."""
        with suppress(OSError):
            self._orders.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Hang up, and wait until its process has ended."""
        self.hang_up()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """End it, and remove its folder."""
        self.end()
        self._orders.close()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Zygotes:
    """One zygote for each framework, started when the first submission needs it. A context manager.

    Without `allow_weak`, requesting one raises `UsageError` if student code cannot be sandboxed.
    """

    def __init__(self, allow_weak: bool = True) -> None:
        self._allow_weak = allow_weak
        # One lock per framework: a thread that waits for PyTorch need not wait for TensorFlow.
        self._locks: dict[FrameworkName, threading.Lock] = {"torch": threading.Lock(), "keras": threading.Lock()}
        self._started: dict[FrameworkName, Zygote] = {}
        self._stopped = False

    def __enter__(self) -> Zygotes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def stop(self) -> None:
        """End them all at once, also one that is importing its framework; every later request raises `GraderError`."""
        self._stopped = True
        started = list(self._started.values())
        for zygote in started:
            zygote.hang_up()
        for zygote in started:
            zygote.end()

    def insist(self) -> None:
        """Raise `GraderError` after `stop`: a worker that was ended under a check says nothing about a submission."""
        if self._stopped:
            raise GraderError("the grading was interrupted")

    def close(self) -> None:
        """Stop them all; a later request starts new ones."""
        while self._started:
            self._started.popitem()[1].close()

    def of(self, framework: FrameworkName) -> Zygote | None:
        """The framework's zygote; `None` if this system cannot fork: then each worker imports the framework itself."""
        self.insist()
        if not forks():
            self._refuse_weak(())
            return None
        with self._locks[framework]:
            earlier = self._started.get(framework)
            if earlier and not earlier.alive:
                earlier.close()
            if not earlier or not earlier.alive:
                self._started[framework] = Zygote(framework, lambda begun: self._begun(framework, begun))
            self._refuse_weak(self._started[framework].layers)
            return self._started[framework]

    def _begun(self, framework: FrameworkName, zygote: Zygote) -> None:
        self._started[framework] = zygote
        if self._stopped:
            zygote.end()

    def _refuse_weak(self, layers: Sequence[str]) -> None:
        if not self._allow_weak and sandbox.level(layers) == "weak":
            raise UsageError(
                "Student code cannot be sandboxed on this system (`autograder doctor` shows what is missing): "
                "a submission could read the solutions or damage this account. "
                "If you trust the submissions, use --allow-weak"
            )


class Borrowed(Zygotes):
    """The zygotes of an owner that outlives this grading: `stop` ends only the workers that were forked for it."""

    def __init__(self, owner: Zygotes, allow_weak: bool) -> None:
        super().__init__(allow_weak)
        self._owner = owner
        self._streams: WeakSet[Stream] = WeakSet()

    def of(self, framework: FrameworkName) -> Zygote | None:
        """The owner's zygote for the framework; `None` if this system cannot fork."""
        self.insist()
        zygote = self._owner.of(framework)
        self._refuse_weak(zygote.layers if zygote else ())
        return _Lent(zygote, self._streams) if zygote else None

    def stop(self) -> None:
        """Hang up on all workers: their graders end them. Every later request raises `GraderError`."""
        self._stopped = True
        for stream in list(self._streams):
            stream.close()


class _Lent(Zygote):
    """A zygote as one grading sees it, which remembers the workers that are forked for it."""

    def __init__(self, lender: Zygote, streams: WeakSet[Stream]) -> None:
        self.framework = lender.framework
        self.layers = lender.layers
        self._lender = lender
        self._streams = streams

    @property
    def alive(self) -> bool:
        """Whether it is still running."""
        return self._lender.alive

    def fork(
        self, folder: Path, budget: Budget, gpu: Lease | None = None, imports: Sequence[str] = ()
    ) -> tuple[Stream, Process, int]:
        """Like `Zygote.fork`."""
        stream, process, output = self._lender.fork(folder, budget, gpu, imports)
        self._streams.add(stream)
        return stream, process, output


class _Forked(Process):
    """A worker process whose parent is the zygote, which reports on a pipe."""

    def __init__(self, report: int) -> None:
        self._report = open(report, "rb", buffering=0)  # noqa: SIM115 - a descriptor
        self._status: int | None = None
        pid = self._number(START_SECONDS)
        if pid is None:
            self._report.close()
            raise GraderError("the zygote did not start a worker")
        self.pid = pid

    def wait(self, seconds: float) -> int | None:
        if self._status is None and not self._report.closed:
            status = self._number(seconds)
            if status is not None:
                self._status = os.waitstatus_to_exitcode(status)
                self._report.close()
        return self._status

    def _number(self, seconds: float) -> int | None:
        if not select.select([self._report], [], [], seconds)[0]:
            return None
        data = self._report.read(4) or b""
        return int.from_bytes(data, sys.byteorder, signed=True) if len(data) == 4 else None
