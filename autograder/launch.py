"""Start workers, watch over them, and end them: the grader's side of the process border.

Limits on time, memory and output are kept here and nowhere else: a watchdog thread for each worker kills it when it
passes one, and whoever waits for its answer is told which.
"""

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
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, cast

import psutil

from autograder.errors import GraderError, LimitExceeded, Place, StudentError, UsageError
from autograder.worker import sandbox, wire
from autograder.worker.wire import Answer, Failure, Request

FrameworkName = Literal["torch", "keras"]
NO_FORK = "AUTOGRADER_NO_FORK"
"""Set to anything, this environment variable has every worker started as a plain process, as on Windows."""

START_SECONDS = 120.0
"""How long a framework may take to import on a slow, busy machine before we call it broken."""
POLL_SECONDS = 0.05
MOST_PROCESSES = 16
"""Of one worker, itself included."""
MOST_LOOKED_AT = 1000
"""So many are killed at once; the kernel's limit is lower where the worker has a user id of its own."""
WALL_PER_CPU = 4.0
"""A check's seconds are CPU seconds of its worker, so that nobody loses points to a busy machine; what sleeps is stopped
after this many times as many on the clock, the time that it waited for a core taken off."""
OUTPUT_KEPT = 64 << 10
ALL_FILES = 8
"""Times as much as one file may have, a worker may have in all its files."""
MOST_FILES = 5_000
MEGABYTE = 1 << 20

_TRANSIENT_UIDS = range(61184, 65520)
"""What systemd keeps for users who exist for a moment."""

_PACKAGES: dict[FrameworkName, tuple[str, ...]] = {"torch": ("torch",), "keras": ("keras", "tensorflow")}


@dataclass(frozen=True)
class Budget:
    """What a worker may use: MB beyond the framework's own, MB printed for each request, MB of one file."""

    memory_mb: int = 1500
    output_mb: int = 10
    file_mb: int = 64
    cpu_seconds: int = 600


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
        try:
            ready = ours.recv(1 << 12)
        except TimeoutError:
            ready = b""
        ours.settimeout(None)
        if not ready:
            said = self.said()
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

    def fork(self, folder: Path, budget: Budget, more: Mapping[str, str] | None = None) -> tuple[Stream, Process, int]:
        """A new worker: its stream, its process, and the descriptor of its output. `more` is added to its environment."""
        ours, theirs = socket.socketpair()
        output, output_end = os.pipe()
        report, report_end = os.pipe()
        uid = secrets.choice(_TRANSIENT_UIDS)
        if "uid" in self.layers:
            os.chown(folder, uid, uid)
        order = {
            "folder": str(folder),
            "environment": environment(folder) | dict(more or {}),
            "limits": list(_limits(budget)),
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
        self, framework: FrameworkName, budget: Budget, zygote: Zygote | None, more: Mapping[str, str] | None = None
    ) -> None:
        self._budget = budget
        self._zygote = zygote
        self._folder = Path(tempfile.mkdtemp(prefix="autograder-"))
        if zygote is None:
            require(framework)
            self._stream, self._process, output = _start_plain(framework, self._folder, budget, more)
        else:
            self._stream, self._process, output = zygote.fork(self._folder, budget, more)
        self._watch = _Watchdog(self._process.pid, budget, self._stream, self._folder)
        self._output = _Output(output, self._watch)
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
        _kill_tree(self._process.pid)
        self._stream.close()
        self._process.wait(5)
        self._watch.join()
        self._output.join()
        _remove(self._folder)

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
    framework: FrameworkName, folder: Path, budget: Budget, more: Mapping[str, str] | None
) -> tuple[Stream, Process, int]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "autograder.worker.main", framework, *map(str, _limits(budget))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(folder, FONTS) | dict(more or {}),
        cwd=folder,
        start_new_session=sys.platform != "win32",
    )
    assert process.stdin and process.stdout and process.stderr
    stream = wire.Pipe(os.dup(process.stdout.fileno()), os.dup(process.stdin.fileno()))
    output = os.dup(process.stderr.fileno())
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()
    return stream, _Plain(process), output


def _limits(budget: Budget) -> sandbox.Limits:
    return sandbox.Limits(budget.memory_mb, budget.file_mb, budget.cpu_seconds)


class _Watchdog:
    """A thread that kills a worker which passes a limit, and remembers which."""

    def __init__(self, pid: int, budget: Budget, stream: Stream, folder: Path) -> None:
        self.verdict: LimitExceeded | None = None
        self._folder = folder
        self.cpu_seconds = 0.0
        self._pid = pid
        self._budget = budget
        self._stream = stream
        self._printed = 0
        self._clock = threading.Condition()
        self._asked: _Clock | None = None
        self._over = False
        self._own_memory: int | None = None
        self._thread = threading.Thread(target=self._watch, daemon=True, name=f"watchdog {pid}")
        self._thread.start()

    def start_clock(self, seconds: float) -> None:
        """A request begins: it may take so many seconds of CPU."""
        with self._clock:
            self._printed = 0
            self._asked = _Clock(seconds, time.monotonic(), _cpu_seconds(self._pid), _waited_for_a_core(self._pid))
            self._clock.notify()

    def stop_clock(self) -> None:
        """The request is answered."""
        self.cpu_seconds = max(self.cpu_seconds, _cpu_seconds(self._pid))
        with self._clock:
            self._asked = None

    def start_memory(self) -> None:
        """What the worker uses now is the framework's; what comes on top is the student's."""
        self._own_memory = _memory(self._pid)

    def printed(self, count: int) -> None:
        """So many bytes more were printed. Judged at once: who prints fast could otherwise answer before the next look."""
        self._printed += count
        if self._asked and self._printed > self._budget.output_mb * MEGABYTE:
            used = f"over {self._printed // MEGABYTE} MB printed"
            self._condemn(LimitExceeded("output", used, f"{self._budget.output_mb} MB"))

    def join(self) -> None:
        """The worker is over."""
        with self._clock:
            self._over = True
            self._clock.notify()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _watch(self) -> None:
        while True:
            with self._clock:
                self._clock.wait_for(lambda: self._asked is not None or self._over)
                if self._over:
                    return
                asked = self._asked
            if asked:
                verdict = self._judge(asked)
                if verdict:
                    self._condemn(verdict)
                    return
            time.sleep(POLL_SECONDS)

    def _condemn(self, verdict: LimitExceeded) -> None:
        if self.verdict:
            return
        self.verdict = verdict
        _kill_tree(self._pid)
        # What a child of the student's holds open would keep the grader waiting.
        if isinstance(self._stream, _Socket):
            self._stream.close()

    def _judge(self, asked: _Clock) -> LimitExceeded | None:
        wall = time.monotonic() - asked.started
        self.cpu_seconds = max(self.cpu_seconds, _cpu_seconds(self._pid))
        cpu = self.cpu_seconds - asked.cpu
        if cpu > asked.seconds:
            return LimitExceeded("time", f"{cpu:.1f} s of computing without an answer", f"{asked.seconds:g} s")
        if wall - (_waited_for_a_core(self._pid) - asked.waited) > asked.seconds * WALL_PER_CPU:
            return LimitExceeded(
                "time", f"{wall:.0f} s on the clock without an answer", f"{asked.seconds:g} s of computing"
            )
        started = len(_tree(self._pid, MOST_PROCESSES + 1))
        if started > MOST_PROCESSES:
            return LimitExceeded("processes", f"over {MOST_PROCESSES} at once", f"{MOST_PROCESSES} processes")
        allowed = self._budget.file_mb * ALL_FILES
        used, count = _files(self._pid, self._folder)
        if used > allowed * MEGABYTE or count > MOST_FILES:
            return LimitExceeded(
                "files", f"{count} files with {used // MEGABYTE} MB", f"{MOST_FILES} files with {allowed} MB"
            )
        if self._own_memory is None:
            return None
        allowed = self._budget.memory_mb * MEGABYTE
        beyond = _memory(self._pid, self._own_memory + allowed) - self._own_memory
        if beyond > allowed:
            return LimitExceeded("memory", f"{beyond // MEGABYTE} MB used", f"{self._budget.memory_mb} MB")
        return None


@dataclass(frozen=True)
class _Clock:
    seconds: float
    started: float
    cpu: float
    waited: float


class _Output:
    """A thread that drains what a worker prints, keeps its start, and counts the rest."""

    def __init__(self, descriptor: int, watch: _Watchdog) -> None:
        self._descriptor = descriptor
        self._watch = watch
        self._kept = bytearray()
        self._dropped = 0
        self._thread = threading.Thread(target=self._drain, daemon=True, name="output")
        self._thread.start()

    def text(self) -> str:
        """The start of the output, and how much is missing."""
        text = bytes(self._kept).decode(errors="replace")
        return f"{text}\n… {self._dropped:,} bytes more" if self._dropped else text

    def join(self) -> None:
        """Wait a moment for the last of it; a grandchild may hold the pipe for ever."""
        self._thread.join(0.5)

    def _drain(self) -> None:
        with open(self._descriptor, "rb", buffering=0) as pipe:  # noqa: PTH123 - a descriptor
            while chunk := pipe.read(1 << 16):
                room = max(0, OUTPUT_KEPT - len(self._kept))
                self._kept += chunk[:room]
                self._dropped += max(0, len(chunk) - room)
                self._watch.printed(len(chunk))


def _tree(pid: int, most: int = MOST_PROCESSES) -> list[psutil.Process]:
    """The process and its descendants, parents first; no more than `most`, where it is Linux."""
    try:
        root = psutil.Process(pid)
        if sys.platform != "linux":
            return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []
    # psutil looks through every process of the machine for children: milliseconds, thirty times a second.
    found = [root]
    for process in found:
        with contextlib.suppress(OSError, psutil.Error):
            for thread in Path(f"/proc/{process.pid}/task").iterdir():
                children = (thread / "children").read_text().split()[: most - len(found)]
                found += [psutil.Process(int(child)) for child in children]
        if len(found) >= most:
            break
    return found


def _cpu_seconds(pid: int) -> float:
    total = 0.0
    for process in _tree(pid):
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def _waited_for_a_core(pid: int) -> float:
    """Seconds in which the worker's threads could have run and no core was free. 0 where the kernel does not say."""
    total = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            total = max(total, int((thread / "schedstat").read_text().split()[1]))
    return total / 1e9


def _memory(pid: int, enough: int = 0) -> int:
    """Bytes of the whole tree. What children share with the worker is counted again, unless that passes `enough`: then they are
    looked at page by page, which is slow, and only what is their own counts."""
    tree = _tree(pid)
    total = sum(_bytes(process, "rss") for process in tree)
    if not enough or total <= enough or len(tree) < 2:
        return total
    return _bytes(tree[0], "rss") + sum(_bytes(process, "uss") for process in tree[1:])


def _files(pid: int, folder: Path) -> tuple[int, int]:
    """Bytes on the disk and number of files: those in the folder, and those without a name that are still open."""
    used, count = sum(_unnamed(process.pid) for process in _tree(pid)), 0
    waiting = [str(folder)]
    while waiting and count <= MOST_FILES:
        try:
            entries = list(os.scandir(waiting.pop()))
        except PermissionError:
            # A folder that is closed to us holds as much as its owner likes.
            return used, MOST_FILES + 1
        except OSError:
            # Gone meanwhile, or nested deeper than a path may be.
            continue
        count += len(entries)
        for entry in entries:
            with contextlib.suppress(OSError):
                used += _on_disk(entry.stat(follow_symlinks=False))
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
    return used, count


def _unnamed(pid: int) -> int:
    """Bytes of files that the process holds open and that no folder lists any more. Linux; 0 where the kernel does not say."""
    used = 0
    with contextlib.suppress(OSError):
        for descriptor in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                known = descriptor.stat()
                used += 0 if known.st_nlink else _on_disk(known)
    return used


def _on_disk(known: os.stat_result) -> int:
    # A file with a hole is as large as what was written into it; Windows does not say.
    return known.st_blocks * 512 if sys.platform != "win32" else known.st_size


def _remove(folder: Path) -> None:
    """Remove a dead worker's folder, whatever it was made into: folders without rights, or nested deeper than a path may be."""
    waiting = [folder]
    try:
        while waiting:
            here = waiting.pop()
            for entry in list(here.iterdir()):
                if entry.is_dir() and not entry.is_symlink():
                    # Moved up first: so no path grows long, and links are never followed.
                    entry.chmod(0o700)
                    waiting.append(entry.rename(folder / secrets.token_hex(8)))
                else:
                    entry.unlink()
            if here != folder:
                here.rmdir()
        folder.rmdir()
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)


def _bytes(process: psutil.Process, kind: Literal["rss", "uss"]) -> int:
    try:
        return int(getattr(process.memory_full_info() if kind == "uss" else process.memory_info(), kind))
    except psutil.Error:
        return 0


def _kill_tree(pid: int) -> None:
    """Kill a worker and all that it has started. Stopped first, so that nothing is forked while we look; the worker last, because
    orphans fall to it while it lives."""
    # Each worker leads a group of its own, which its children cannot leave behind the walls.
    _signal_group(pid, "SIGSTOP")
    for signal_ in (psutil.Process.suspend, psutil.Process.kill):
        for process in reversed(_tree(pid, MOST_LOOKED_AT)):
            with contextlib.suppress(psutil.Error):
                signal_(process)
    _signal_group(pid, "SIGKILL")


def _signal_group(leader: int, name: str) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.Signals[name])


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
        case "forget" | "seed" | "ready" | "assign":
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
