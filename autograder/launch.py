"""Start workers, ask them, and end them: the grader's side of the process border."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from autograder import processes
from autograder.errors import GraderError, LimitExceeded, Place, StudentError, UsageError
from autograder.machines import Lease
from autograder.watchdog import Budget, Output, Watchdog
from autograder.worker import sandbox, wire
from autograder.worker.wire import Answer, Failure, Request

FrameworkName = Literal["torch", "keras"]
NO_FORK = "AUTOGRADER_NO_FORK"
"""Set to anything, this environment variable has every worker started as a plain process, as on Windows."""

START_SECONDS = 300.0
"""How long a framework may take to import on a slow, busy machine before we call it broken."""
UNTOUCHED_MB: dict[FrameworkName, int] = {"torch": 0, "keras": 2_000}
"""TensorFlow's allocator reserves what it does not touch: op by op, a GAN on digits was seen to reserve 2,000 MB and use 400."""
GPU_DRIVER_MB = 8_000
"""Address space; what it really uses of it before any student's code counts as the framework's own."""

_TRANSIENT_UIDS = range(61184, 65520)
"""What systemd keeps for users who exist for a moment."""

_PACKAGES: dict[FrameworkName, tuple[str, ...]] = {"torch": ("torch",), "keras": ("keras", "tensorflow")}


def require(framework: FrameworkName) -> None:
    """Raises `UsageError` where a package of the framework is not installed."""
    for package in _PACKAGES[framework]:
        if importlib.util.find_spec(package) is None:
            raise UsageError(
                f"{package} is not installed, and this submission needs it: pip install 'deep-learning-autograder[{framework}]'"
            )


def forks() -> bool:
    """Can workers be forked from a zygote here?"""
    return sys.platform == "linux" and not os.environ.get(NO_FORK)


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


class Zygote:
    """A process that has imported a framework and forks a worker for whoever asks. Threads may share one."""

    def __init__(self, framework: FrameworkName) -> None:
        require(framework)
        self.framework: FrameworkName = framework
        self._folder = Path(tempfile.mkdtemp(prefix="autograder-zygote-"))
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._orders = ours
        self._said = (self._folder / "stderr").open("w+b")
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "autograder.worker.zygote", framework, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=environment(self._folder, FONTS),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=self._said,
                # Ctrl-C in the terminal is for the grader, which ends its zygotes itself.
                start_new_session=True,
            )
        ours.settimeout(START_SECONDS)
        late = ""
        try:
            ready = ours.recv(1 << 12)
        except TimeoutError:
            ready, late = b"", f"not within {START_SECONDS:g} s; is this machine very busy?"
        ours.settimeout(None)
        if not ready:
            said = self.said() or late
            self.close()
            raise GraderError(f"{framework} could not be imported: {said or 'no reason given'}")
        self.layers = tuple(cast(list[sandbox.Layer], json.loads(ready)["layers"]))

    @property
    def alive(self) -> bool:
        """Does it still run?"""
        return self._process.poll() is None

    def said(self) -> str:
        """What the zygote printed, the last of it."""
        self._said.seek(0)
        return self._said.read().decode(errors="replace").strip()[-2000:]

    def fork(self, folder: Path, budget: Budget, gpu: Lease | None = None) -> tuple[Stream, Process, int]:
        """A new worker: its stream, its process, and the descriptor of its output."""
        ours, theirs = socket.socketpair()
        output, output_end = os.pipe()
        report, report_end = os.pipe()
        uid = secrets.choice(_TRANSIENT_UIDS)
        if "uid" in self.layers:
            os.chown(folder, uid, uid)
        order = {
            "folder": str(folder),
            "environment": environment(folder) | dict(gpu.environment if gpu else {}),
            "devices": list(gpu.devices if gpu else ()),
            "limits": list(_limits(self.framework, budget)),
            "layers": list(self.layers),
            "readable": _readable(),
            "uid": uid,
        }
        try:
            socket.send_fds(self._orders, [json.dumps(order).encode()], [theirs.fileno(), output_end, report_end])
        except OSError as problem:
            raise GraderError(f"the {self.framework} zygote is gone: {self.said() or problem}") from problem
        finally:
            theirs.close()
            os.close(output_end)
            os.close(report_end)
        return _Socket(ours), _Forked(report), output

    def close(self) -> None:
        """End it; its workers die with it."""
        self._orders.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Worker:
    """One worker that has loaded nothing yet: ask it, and close it."""

    def __init__(
        self, framework: FrameworkName, budget: Budget, zygote: Zygote | None, gpu: Lease | None = None
    ) -> None:
        self._budget = budget
        self._zygote = zygote
        self._folder = Path(tempfile.mkdtemp(prefix="autograder-"))
        if zygote is None:
            require(framework)
            self._stream, self._process, output = _start_plain(framework, self._folder, budget, gpu)
        else:
            self._stream, self._process, output = zygote.fork(self._folder, budget, gpu)
        # A pipe of a plain worker cannot be closed under a reader; a socket can, whatever a child of the student's holds open.
        hang_up = self._stream.close if isinstance(self._stream, _Socket) else _nothing
        self._watch = Watchdog(self._process.pid, budget, self._folder, hang_up)
        self._output = Output(output, self._watch)
        self.alive = True

    def ask(self, verb: str, *, seconds: float, **fields: Any) -> Any:
        """The answer to a request.

        Raises `StudentError` where the student's code raised, `LimitExceeded` where it ran past a limit, ended its process
        or broke the wire: then this worker is gone, and the next check starts another.
        """
        request = Request(nonce=secrets.randbits(53), verb=verb, **fields)
        self._watch.start_clock(seconds)
        try:
            try:
                wire.send(self._stream, request)
            except wire.WireError as problem:
                raise GraderError(f"this cannot be asked: {problem}") from problem
            reply = wire.receive(self._stream, wire.Reply)
        except (wire.WireError, OSError) as problem:
            raise self._ending(problem) from None
        finally:
            self._watch.stop_clock()
        if self._watch.verdict:
            raise self._ending(wire.WireError("it was stopped while it answered"))
        if reply.nonce != request.nonce:
            raise self._ending(wire.WireError("an answer to no question of ours"))
        if isinstance(reply, Answer) and not _answers(verb, reply.value):
            raise self._ending(wire.WireError("an answer to another question"))
        if verb == "hello":
            self._watch.start_memory()
        if isinstance(reply, Failure):
            raise _student_error(reply)
        return cast(Answer, reply).value

    @property
    def cpu_seconds(self) -> float:
        """What it has computed so far, as the watchdog last saw it."""
        return self._watch.cpu_seconds

    @property
    def output(self) -> str:
        """What the student's code has printed so far: its start, bounded."""
        return self._output.text()

    def close(self) -> None:
        """End the worker and all that it started, and remove its folder."""
        self.alive = False
        processes.kill_tree(self._process.pid)
        self._stream.close()
        self._process.wait(5)
        self._watch.join()
        self._output.join()
        processes.remove(self._folder)

    def _ending(self, problem: Exception) -> LimitExceeded | GraderError:
        """Why there is no answer: the watchdog's verdict, how the process ended, or what it sent."""
        self.alive = False
        status = self._process.wait(1.0)
        verdict = self._watch.verdict
        self.close()
        if self._zygote and not self._zygote.alive:
            return GraderError("the zygote ended, and its workers with it")
        if verdict:
            return verdict
        if status is None:
            return LimitExceeded("wire", f"what it sent is no answer ({problem})", "answers of the worker alone")
        if status < 0:
            name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
            if -status == getattr(signal, "SIGXCPU", None):
                return LimitExceeded("time", f"{self._budget.cpu_seconds} s of CPU", "that in all")
            return LimitExceeded("process", f"the process was killed by {name}", "a process that lives on")
        return LimitExceeded("process", f"the process ended itself with status {status}", "a process that lives on")


FONTS = Path("~/.cache/deep-learning-autograder/matplotlib")
"""Matplotlib lists all fonts when it finds no list: seconds, once for each user instead of once for each worker."""


def environment(folder: Path, fonts: Path | None = None) -> dict[str, str]:
    """All that a worker sees of the environment: private folders, one thread, quiet frameworks."""
    private = {name: str(folder) for name in ("HOME", "TMPDIR", "KERAS_HOME", "TORCHINDUCTOR_CACHE_DIR")}
    private["MPLCONFIGDIR"] = str(fonts.expanduser() if fonts else folder)
    kept = {
        name: os.environ[name]
        for name in ("SYSTEMROOT", "AUTOGRADER_DATA", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES")
        if name in os.environ
    }
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return {
        **private,
        **kept,
        **one_thread,
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "KERAS_BACKEND": "tensorflow",
        "MPLBACKEND": "Agg",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
    }


def _readable() -> list[str]:
    """What a worker may read of ours: the package `shared`, the fetched data, and the worker's own code."""
    from shared import data

    return [str(Path(data.__file__).parent), str(data.DATA_DIR), str(Path(wire.__file__).parent)]


def make_undumpable() -> None:
    """Keep other processes of this user from reading the grader's memory. Linux only; elsewhere nothing."""
    if sys.platform == "linux":
        import ctypes

        pr_set_dumpable = 4
        ctypes.CDLL(None).prctl(pr_set_dumpable, 0)


class _Forked(Process):
    """A worker whose parent is the zygote, which reports on a pipe."""

    def __init__(self, report: int) -> None:
        self._report = open(report, "rb", buffering=0)  # noqa: SIM115 - a descriptor
        self._status: int | None = None
        pid = self._number(START_SECONDS)
        if pid is None:
            self._report.close()
            raise GraderError("the zygote has not started a worker")
        self.pid = pid

    def wait(self, seconds: float) -> int | None:
        if self._status is None and not self._report.closed:
            status = self._number(seconds)
            if status is not None:
                self._status = os.waitstatus_to_exitcode(status)
                self._report.close()
        return self._status

    def _number(self, seconds: float) -> int | None:
        import select

        if not select.select([self._report], [], [], seconds)[0]:
            return None
        data = self._report.read(4) or b""
        return int.from_bytes(data, sys.byteorder, signed=True) if len(data) == 4 else None


class _Plain(Process):
    """A worker whose parent is the grader."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.pid = process.pid

    def wait(self, seconds: float) -> int | None:
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None


class _Socket(Stream):
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


def _start_plain(
    framework: FrameworkName, folder: Path, budget: Budget, gpu: Lease | None
) -> tuple[Stream, Process, int]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "autograder.worker.main", framework, *map(str, _limits(framework, budget))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(folder, FONTS) | dict(gpu.environment if gpu else {}),
        cwd=folder,
        start_new_session=sys.platform != "win32",
    )
    assert process.stdin and process.stdout and process.stderr
    stream = wire.Pipe(os.dup(process.stdout.fileno()), os.dup(process.stdin.fileno()))
    output = os.dup(process.stderr.fileno())
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()
    return stream, _Plain(process), output


def _limits(framework: FrameworkName, budget: Budget) -> sandbox.Limits:
    """The kernel's, which count memory that is never touched; the watchdog's bound is on what is used."""
    # A driver keeps a copy of its kernels, and what it hands to the GPU, in the worker's own memory.
    reserved = UNTOUCHED_MB[framework] + (GPU_DRIVER_MB if budget.gpu_memory_mb else 0)
    return sandbox.Limits(budget.memory_mb + reserved, budget.file_mb, budget.cpu_seconds)


def _answers(verb: str, value: Any) -> bool:
    """Is this what the worker's own code answers to such a question? Only a function's answer may be anything."""
    match verb:
        case "hello" | "parameters" | "buffers" | "gradients":
            return isinstance(value, dict) and (
                verb == "hello"
                or all(isinstance(each, wire.Array | None) for each in cast(dict[Any, Any], value).values())
            )
        case "load":
            return isinstance(value, list) and all(_is_trouble(each) for each in cast(list[Any], value))
        case "has":
            return isinstance(value, bool)
        case "part":
            return isinstance(value, wire.Remote)
        case "forget" | "seed" | "eagerly" | "ready" | "assign":
            return value is None
        case _:
            return True


def _is_trouble(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(cast(list[Any], value)) == 5
        and all(isinstance(each, str) for each in cast(list[Any], value))
    )


def _student_error(failure: Failure) -> StudentError:
    place = Place(failure.where, failure.code) if failure.where else None
    return StudentError(failure.kind[:100], failure.message[:2000], place)


def _nothing() -> None:
    pass
