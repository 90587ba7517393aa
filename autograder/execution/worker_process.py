"""One worker: send requests, receive responses, and stop it."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from autograder.errors import GraderError, LimitExceeded, Place, StudentError
from autograder.execution.channel import Process, Socket, Stream
from autograder.execution.environment import FONTS, environment, kernel_limits, require
from autograder.execution.gpus import Lease
from autograder.execution.output import Output
from autograder.execution.scratch import Scratch
from autograder.execution.watchdog import Budget, Wall, Watchdog
from autograder.execution.zygote_client import Zygote
from autograder.worker import wire
from autograder.worker.names import FrameworkName
from autograder.worker.sandbox.namespaces import SCRATCH
from autograder.worker.wire import Answer, Failure, Request


class Worker:
    """One worker process, started without any student code; send requests with `ask`, and `close` it."""

    def __init__(
        self,
        framework: FrameworkName,
        budget: Budget,
        zygote: Zygote | None,
        gpu: Lease | None = None,
        imports: Sequence[str] = (),
    ) -> None:
        self._budget = budget
        self._zygote = zygote
        folder = Path(tempfile.mkdtemp(prefix="autograder-"))
        self._scratch = Scratch(folder)
        self._has_a_view = zygote is not None and "view" in zygote.layers_of(gpu)
        if zygote is None:
            require(framework)
            self._stream, self._process, output = _start_plain(framework, folder, budget, gpu, imports)
        else:
            self._stream, self._process, output = zygote.fork(folder, budget, gpu, imports)
        # A plain worker's pipe cannot be closed under a reader; a socket can, even if a child process keeps it open.
        hang_up = self._stream.close if isinstance(self._stream, Socket) else _nothing
        self._watch = Watchdog(self._process.pid, budget, self._scratch, hang_up)
        self._output = Output(output, self._watch)
        self.alive = True

    def ask(self, verb: str, *, seconds: float, **fields: Any) -> Any:
        """Send a request and return the result.

        Raises `StudentError` if the student's code raised, `LimitExceeded` if it exceeded a limit, ended its process or
        broke the wire: then this worker is gone, and the next check starts another.
        """
        request = Request(nonce=secrets.randbits(53), verb=verb, **fields)
        self._watch.start_clock(seconds)
        try:
            try:
                wire.send(self._stream, request)
            except wire.WireError as problem:
                raise GraderError(f"this request cannot be sent: {problem}") from problem
            reply = wire.receive(self._stream, wire.Reply)
        except (wire.WireError, OSError) as problem:
            raise self._ending(problem) from None
        finally:
            self._watch.stop_clock()
        if self._watch.verdict:
            raise self._ending(wire.WireError("it was stopped while sending the response"))
        if reply.nonce != request.nonce:
            raise self._ending(wire.WireError("a response without a request"))
        if isinstance(reply, Answer) and not _answers(verb, reply.value):
            raise self._ending(wire.WireError("a response of the wrong type"))
        if verb == "hello":
            self._get_ready()
        if isinstance(reply, Failure):
            raise _student_error(reply)
        return cast(Answer, reply).value

    @property
    def cpu_seconds(self) -> float:
        """The CPU time used so far, as last measured by the watchdog."""
        return self._watch.cpu_seconds

    @property
    def wall_seconds(self) -> Wall:
        """The wall-clock time that its requests have taken so far."""
        return self._watch.wall_seconds

    @property
    def output(self) -> str:
        """What the student's code has printed so far, truncated."""
        return self._output.text()

    def mark_output(self) -> None:
        """Make `output_since_mark` start here."""
        self._output.mark()

    def output_since_mark(self) -> str:
        """The start and the end of what the student's code has printed since the mark."""
        return self._output.since_mark()

    def close(self) -> None:
        """Stop the worker and its descendants, and remove its folder."""
        self.alive = False
        self._watch.kill()
        self._stream.close()
        self._process.wait(5)
        self._watch.join()
        self._output.join()
        self._scratch.remove()

    def _get_ready(self) -> None:
        """The worker has answered and has no student code yet: measure what it uses now."""
        if self._has_a_view:
            with contextlib.suppress(OSError):
                # It has ended, and the next request will say so.
                self._scratch.look_inside(self._process.pid, SCRATCH)
        self._watch.start_memory()

    def _ending(self, problem: Exception) -> LimitExceeded | GraderError:
        """Why there is no response: the watchdog's verdict, the exit status, or a malformed response."""
        self.alive = False
        status = self._process.wait(1.0)
        self.close()
        verdict = self._watch.verdict
        if self._zygote and not self._zygote.alive:
            return GraderError("the zygote and its workers have ended")
        if verdict:
            return verdict
        if status is None:
            return LimitExceeded("wire", f"malformed response ({problem})", "responses from the worker itself only")
        if status < 0:
            name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
            if -status == getattr(signal, "SIGXCPU", None):
                return LimitExceeded("time", f"{self._budget.cpu_seconds} s of CPU time", "that in total")
            return LimitExceeded("process", f"the process was killed by {name}", "a process that keeps running")
        return LimitExceeded("process", f"the process exited with status {status}", "a process that keeps running")


class _Plain(Process):
    """A worker process whose parent is the grader."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.pid = process.pid

    def wait(self, seconds: float) -> int | None:
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None


def _start_plain(
    framework: FrameworkName, folder: Path, budget: Budget, gpu: Lease | None, imports: Sequence[str]
) -> tuple[Stream, Process, int]:
    limits = map(str, kernel_limits(framework, budget))
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "autograder.worker.main", framework, " ".join(imports), *limits],
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


def _answers(verb: str, value: Any) -> bool:
    """Whether the response has the type that the worker's own code returns. Only function results may have any type."""
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
