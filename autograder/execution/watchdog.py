"""All limits on a worker's resources: a thread per worker kills it when it exceeds one and reports which."""

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
"""Time limits are CPU seconds of the worker, so that a busy machine costs no points. Code that sleeps is stopped after
this many times as many wall-clock seconds, without the time spent waiting for a core.
"""
ALL_FILES = 8
"""A worker's files together may be this many times as large as one file."""
GPU_SLACK_MB = 1_000
"""GPU memory used by the driver's kernels and libraries, which are loaded one by one, in addition to tensors."""
GPU_LIBRARIES_MB = 3_000
"""Memory of the worker used by them: cuDNN, cuBLAS and cuFFT alone used 1,500 MB in tests."""
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Budget:
    """A worker's limits: MB in addition to the framework's own, MB printed per request, MB per file, MB on a GPU."""

    memory_mb: int = 1500
    output_mb: int = 10
    file_mb: int = 64
    cpu_seconds: int = 600
    gpu_memory_mb: int = 0


class Watchdog:
    """A thread that kills a worker when it exceeds a limit, and records which."""

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
        """A request starts: it may take this many CPU seconds."""
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
        """Count the memory in use now as the framework's, and any further memory as the student's."""
        self._own_memory = process_tree.memory(self._pid)
        if self._budget.gpu_memory_mb:
            self._own_gpu_memory = process_tree.gpu_memory(self._pid)

    def printed(self, count: int) -> None:
        """Record printed bytes and check the limit at once: fast output could finish before the next poll."""
        self._printed += count
        if self._asked and self._printed > self._budget.output_mb * MEGABYTE:
            used = f"over {self._printed // MEGABYTE} MB printed"
            self._condemn(LimitExceeded("output", used, f"{self._budget.output_mb} MB"))

    def join(self) -> None:
        """The worker has ended: stop the thread."""
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
                clock = self._asked
            if clock:
                verdict = self._judge(clock)
                if verdict:
                    self._condemn(verdict)
                    return
            time.sleep(POLL_SECONDS)

    def _condemn(self, verdict: LimitExceeded) -> None:
        if self.verdict:
            return
        self.verdict = verdict
        process_tree.kill_tree(self._pid)
        # A child process of the student's code may keep the stream open, which would block the grader.
        self._hang_up()

    def _judge(self, clock: _Clock) -> LimitExceeded | None:
        wall = time.monotonic() - clock.started
        self.cpu_seconds = max(self.cpu_seconds, process_tree.cpu_seconds(self._pid))
        cpu = self.cpu_seconds - clock.cpu
        if cpu > clock.seconds:
            return LimitExceeded("time", f"{cpu:.1f} s of CPU time without a result", f"{clock.seconds:g} s")
        if wall - (process_tree.waited_for_a_core(self._pid) - clock.waited) > clock.seconds * WALL_PER_CPU:
            return LimitExceeded(
                "time", f"{wall:.0f} s of wall-clock time without a result", f"{clock.seconds:g} s of CPU time"
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
                return LimitExceeded("GPU memory", f"{beyond // MEGABYTE} MB of GPU memory used", allowed)
        return None


@dataclass(frozen=True)
class _Clock:
    seconds: float
    started: float
    cpu: float
    waited: float
