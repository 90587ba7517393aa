"""All limits on a worker's resources: a thread per worker kills it when it exceeds one and reports which."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from autograder.errors import LimitExceeded
from autograder.execution import process_tree
from autograder.execution.account import HARD, Account
from autograder.execution.scratch import MOST_FILES, Scratch
from autograder.worker.sandbox.limits import PROCESSES

POLL_SECONDS = 0.05
FILES_EVERY = 4
"""The watchdog looks at the files only every so often, until half of what is allowed is used."""
WALL_PER_CPU = 4.0
"""Time limits are CPU seconds of the worker, so that a busy machine costs no points. Code that sleeps is stopped after
this many times as many wall-clock seconds, without the time spent waiting for a core that others hold.
"""
WALL_IN_ALL = 20.0
"""The ceiling of a request, waiting included, in the same unit. A class graded with twice as many jobs as cores waits
for half of the time, so that a program at its CPU limit takes twice that, and 10 times as much on a machine with five
times that load.
"""
STOPPED_SECONDS = 2.0
"""A watchdog that has not looked for so long was itself stopped, with the grader (Ctrl-Z, SIGSTOP, a machine that hung):
that time is nobody's.
"""
ALL_FILES = 8
"""A worker's files together may be this many times as large as one file."""
GPU_SLACK_MB = 1_000
"""GPU memory used by the driver's kernels and libraries, which are loaded one by one, in addition to tensors."""
GPU_LIBRARIES_MB = 3_000
"""Memory of the worker used by them: cuDNN, cuBLAS and cuFFT alone used 1,500 MB in tests."""
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Wall:
    """Seconds on the clock: without the time spent waiting for a core that others hold, and all."""

    own: float
    whole: float

    def __add__(self, other: Wall) -> Wall:
        return Wall(self.own + other.own, self.whole + other.whole)

    def exceeds(self, own: float, whole: float) -> bool:
        """Whether one of the two is longer than allowed."""
        return self.own > own or self.whole > whole


@dataclass(frozen=True)
class Budget:
    """A worker's limits: MB in addition to the framework's own, MB printed per request, MB per file, MB on a GPU."""

    memory_mb: int = 1500
    output_mb: int = 10
    file_mb: int = 64
    cpu_seconds: int = 600
    gpu_memory_mb: int = 0
    wall_ceiling: float = WALL_IN_ALL
    """Of one request, waiting included, as a multiple of its CPU seconds."""

    @property
    def all_files_mb(self) -> int:
        """All files together."""
        return self.file_mb * ALL_FILES


class Watchdog:
    """A thread that kills a worker when it exceeds a limit, and records which."""

    def __init__(self, pid: int, budget: Budget, scratch: Scratch, hang_up: Callable[[], None]) -> None:
        self.verdict: LimitExceeded | None = None
        self.cpu_seconds = 0.0
        self.wall_seconds = Wall(0.0, 0.0)
        """Of all requests together."""
        self._scratch = scratch
        self._pid = pid
        self._account = Account(pid, PROCESSES)
        self._budget = budget
        self._hang_up = hang_up
        self._printed = 0
        self._clock = threading.Condition()
        self._asked: _Clock | None = None
        self._over = False
        self._own_memory: int | None = None
        self._own_gpu_memory = 0
        self._looks = 0
        self._many_files = False
        self._thread = threading.Thread(target=self._watch, daemon=True, name=f"watchdog {pid}")
        self._thread.start()

    def start_clock(self, seconds: float) -> None:
        """A request starts: it may take this many CPU seconds."""
        clock = _Clock(
            seconds, time.monotonic(), self._account.cpu_seconds(), process_tree.waited_for_a_core(self._pid)
        )
        with self._clock:
            self._printed = 0
            self._asked = clock
            self._clock.notify()

    def stop_clock(self) -> None:
        """The request is answered."""
        self._measure_cpu()
        with self._clock:
            if self._asked:
                self.wall_seconds += self._wall(self._asked)
            self._asked = None

    def start_memory(self) -> None:
        """Count the memory in use now as the framework's, and any further memory as the student's."""
        self._account.settle()
        self._own_memory = self._account.memory(0)
        self._account.limit_memory(self._own_memory + self._allowed_memory() + self._budget.all_files_mb * MEGABYTE)
        if self._budget.gpu_memory_mb:
            self._own_gpu_memory = process_tree.gpu_memory(self._running())

    def printed(self, count: int) -> None:
        """Record printed bytes and check the limit at once: fast output could finish before the next poll."""
        self._printed += count
        if self._asked and self._printed > self._budget.output_mb * MEGABYTE:
            used = f"over {self._printed // MEGABYTE} MB printed"
            self._condemn(LimitExceeded("output", used, f"{self._budget.output_mb} MB"))

    def kill(self) -> None:
        """Kill the worker and all that it has started."""
        self._measure_cpu()
        if not self.verdict and self._account.ran_out_of_memory():
            self.verdict = self._too_much_memory(int(self._allowed_memory() * HARD))
        self._account.kill()

    def join(self) -> None:
        """The worker has ended: stop the thread."""
        with self._clock:
            self._over = True
            self._clock.notify()
        if self._thread is not threading.current_thread():
            self._thread.join()
        self._account.close()

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
        self._account.kill()
        # A child process of the student's code may keep the stream open, which would block the grader.
        self._hang_up()

    def _judge(self, clock: _Clock) -> LimitExceeded | None:
        self._looks += 1
        running = self._running()
        return (
            self._judge_time(clock, running)
            or self._judge_processes(running)
            or (self._judge_files(running) if self._many_files or self._looks % FILES_EVERY == 1 else None)
            or (self._judge_memory(running) if self._own_memory is not None else None)
        )

    def _judge_time(self, clock: _Clock, running: list[int]) -> LimitExceeded | None:
        cpu = self._measure_cpu(running) - clock.cpu
        if cpu > clock.seconds:
            return LimitExceeded("time", f"{cpu:.1f} s of CPU time without a result", f"{clock.seconds:g} s")
        wall = self._wall(clock)
        if wall.exceeds(clock.seconds * WALL_PER_CPU, clock.seconds * self._budget.wall_ceiling):
            return LimitExceeded(
                "time", f"{wall.whole:.0f} s of wall-clock time without a result", f"{clock.seconds:g} s of CPU time"
            )
        return None

    def _wall(self, clock: _Clock) -> Wall:
        whole = clock.look() - clock.started
        waited = process_tree.waited_for_a_core(self._pid) - clock.waited
        # While the submission's own processes compute, nobody else keeps it waiting.
        forgiven = min(max(waited, 0.0), max(whole - (self.cpu_seconds - clock.cpu), 0.0))
        return Wall(whole - forgiven, whole)

    def _judge_processes(self, running: list[int]) -> LimitExceeded | None:
        most = process_tree.MOST_PROCESSES
        return LimitExceeded("processes", f"over {most} at once", f"{most} processes") if len(running) > most else None

    def _judge_files(self, running: list[int]) -> LimitExceeded | None:
        allowed = self._budget.all_files_mb
        used, count = self._scratch.used(running, self._budget.file_mb * MEGABYTE)
        self._many_files = used > allowed * MEGABYTE // 2 or count > MOST_FILES // 2
        if used <= allowed * MEGABYTE and count <= MOST_FILES:
            return None
        return LimitExceeded(
            "files", f"{count} files with {used // MEGABYTE} MB", f"{MOST_FILES} files with {allowed} MB"
        )

    def _judge_memory(self, running: list[int]) -> LimitExceeded | None:
        own, allowed = self._own_memory or 0, self._allowed_memory()
        in_files = self._scratch.in_memory if "memory" in self._account.counted_by_group else 0
        beyond = self._account.memory(own + allowed, running) - own - in_files
        if beyond > allowed:
            return self._too_much_memory(beyond)
        if self._budget.gpu_memory_mb:
            beyond = process_tree.gpu_memory(running) - self._own_gpu_memory
            if beyond > (self._budget.gpu_memory_mb + GPU_SLACK_MB) * MEGABYTE:
                allowed = f"{self._budget.gpu_memory_mb} MB"
                return LimitExceeded("GPU memory", f"{beyond // MEGABYTE} MB of GPU memory used", allowed)
        return None

    def _too_much_memory(self, used: int) -> LimitExceeded:
        return LimitExceeded("memory", f"{used // MEGABYTE} MB used", f"{self._budget.memory_mb} MB")

    def _allowed_memory(self) -> int:
        """Bytes beyond the framework's own."""
        return (self._budget.memory_mb + (GPU_LIBRARIES_MB if self._budget.gpu_memory_mb else 0)) * MEGABYTE

    def _running(self) -> list[int]:
        return self._account.processes(process_tree.MOST_PROCESSES + 1)

    def _measure_cpu(self, running: list[int] | None = None) -> float:
        self.cpu_seconds = max(self.cpu_seconds, self._account.cpu_seconds(running))
        return self.cpu_seconds


class _Clock:
    """The clock of one request, which stands still while the grader itself is stopped."""

    def __init__(self, seconds: float, started: float, cpu: float, waited: float) -> None:
        self.seconds = seconds
        self.started = started
        self.cpu = cpu
        self.waited = waited
        self._seen = started
        self._lock = threading.Lock()

    def look(self) -> float:
        """The time now; the start moves by the time in which nobody could look."""
        with self._lock:
            now = time.monotonic()
            if now - self._seen > STOPPED_SECONDS:
                self.started += now - self._seen
            self._seen = now
            return now
