"""The limits on what a worker uses, kept here and nowhere else: a thread for each worker kills it when it passes one, and
whoever waits for its answer is told which.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import LimitExceeded
from autograder.execution import process_tree

POLL_SECONDS = 0.05
WALL_PER_CPU = 4.0
"""A check's seconds are CPU seconds of its worker, so that nobody loses points to a busy machine; what sleeps is stopped
after this many times as many on the clock, the time that it waited for a core taken off."""
OUTPUT_KEPT = 64 << 10
ALL_FILES = 8
"""Times as much as one file may have, a worker may have in all its files."""
GPU_SLACK_MB = 1_000
"""What kernels and libraries of the driver take of a GPU's memory while they are loaded, one by one, beside tensors."""
GPU_LIBRARIES_MB = 3_000
"""What the same take of a worker's own memory: cuDNN, cuBLAS and cuFFT alone have been seen to take 1,500."""
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Budget:
    """What a worker may use: MB beyond the framework's own, MB printed for each request, MB of one file, MB of a GPU."""

    memory_mb: int = 1500
    output_mb: int = 10
    file_mb: int = 64
    cpu_seconds: int = 600
    gpu_memory_mb: int = 0


class Watchdog:
    """A thread that kills a worker which passes a limit, and remembers which."""

    def __init__(self, pid: int, budget: Budget, folder: Path, hang_up: Callable[[], None]) -> None:
        self.verdict: LimitExceeded | None = None
        self._folder = folder
        self.cpu_seconds = 0.0
        self._pid = pid
        self._budget = budget
        self._hang_up = hang_up
        self._printed = 0
        self._clock = threading.Condition()
        self._asked: _Clock | None = None
        self._over = False
        self._own_memory: int | None = None
        self._own_gpu_memory = 0
        self._thread = threading.Thread(target=self._watch, daemon=True, name=f"watchdog {pid}")
        self._thread.start()

    def start_clock(self, seconds: float) -> None:
        """A request begins: it may take so many seconds of CPU."""
        with self._clock:
            self._printed = 0
            self._asked = _Clock(
                seconds,
                time.monotonic(),
                process_tree.cpu_seconds(self._pid),
                process_tree.waited_for_a_core(self._pid),
            )
            self._clock.notify()

    def stop_clock(self) -> None:
        """The request is answered."""
        self.cpu_seconds = max(self.cpu_seconds, process_tree.cpu_seconds(self._pid))
        with self._clock:
            self._asked = None

    def start_memory(self) -> None:
        """What the worker uses now is the framework's; what comes on top is the student's."""
        self._own_memory = process_tree.memory(self._pid)
        if self._budget.gpu_memory_mb:
            self._own_gpu_memory = process_tree.gpu_memory(self._pid)

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
        process_tree.kill_tree(self._pid)
        # What a child of the student's holds open would keep the grader waiting.
        self._hang_up()

    def _judge(self, asked: _Clock) -> LimitExceeded | None:
        wall = time.monotonic() - asked.started
        self.cpu_seconds = max(self.cpu_seconds, process_tree.cpu_seconds(self._pid))
        cpu = self.cpu_seconds - asked.cpu
        if cpu > asked.seconds:
            return LimitExceeded("time", f"{cpu:.1f} s of computing without an answer", f"{asked.seconds:g} s")
        if wall - (process_tree.waited_for_a_core(self._pid) - asked.waited) > asked.seconds * WALL_PER_CPU:
            return LimitExceeded(
                "time", f"{wall:.0f} s on the clock without an answer", f"{asked.seconds:g} s of computing"
            )
        started = len(process_tree.tree(self._pid, process_tree.MOST_PROCESSES + 1))
        if started > process_tree.MOST_PROCESSES:
            return LimitExceeded(
                "processes", f"over {process_tree.MOST_PROCESSES} at once", f"{process_tree.MOST_PROCESSES} processes"
            )
        allowed = self._budget.file_mb * ALL_FILES
        used, count = process_tree.files(self._pid, self._folder)
        if used > allowed * MEGABYTE or count > process_tree.MOST_FILES:
            return LimitExceeded(
                "files",
                f"{count} files with {used // MEGABYTE} MB",
                f"{process_tree.MOST_FILES} files with {allowed} MB",
            )
        if self._own_memory is None:
            return None
        allowed = (self._budget.memory_mb + (GPU_LIBRARIES_MB if self._budget.gpu_memory_mb else 0)) * MEGABYTE
        beyond = process_tree.memory(self._pid, self._own_memory + allowed) - self._own_memory
        if beyond > allowed:
            return LimitExceeded("memory", f"{beyond // MEGABYTE} MB used", f"{self._budget.memory_mb} MB")
        if self._budget.gpu_memory_mb:
            beyond = process_tree.gpu_memory(self._pid) - self._own_gpu_memory
            if beyond > (self._budget.gpu_memory_mb + GPU_SLACK_MB) * MEGABYTE:
                allowed = f"{self._budget.gpu_memory_mb} MB"
                return LimitExceeded("GPU memory", f"{beyond // MEGABYTE} MB of the GPU's memory used", allowed)
        return None


@dataclass(frozen=True)
class _Clock:
    seconds: float
    started: float
    cpu: float
    waited: float


class Output:
    """A thread that drains what a worker prints, keeps its start, and counts the rest."""

    def __init__(self, descriptor: int, watch: Watchdog) -> None:
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
