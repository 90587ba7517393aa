"""A submission loaded in a worker that is restarted after a crash; checks send their requests through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograder.authoring.exercise import Check, Exercise
from autograder.course.submission import Submission
from autograder.errors import Deferred, GraderError, LimitExceeded, NotAskedAgain, StudentError
from autograder.execution.gpus import DeviceMode, Lease
from autograder.execution.output import OUTPUT_KEPT
from autograder.execution.watchdog import WALL_IN_ALL, WALL_PER_CPU, Budget, Wall
from autograder.execution.worker_process import Worker
from autograder.execution.zygote_client import Zygote
from autograder.grading.allowance import Allowance
from autograder.grading.diagnose import Raised
from autograder.grading.slow import Slow
from autograder.worker import wire
from autograder.worker.names import DEVICE_IMPORTS, SLOW_IMPORTS, FrameworkName

HELLO_SECONDS = 120.0
"""CPU seconds for the worker's first response, before any student code: a plain worker imports the framework then."""

LONG_SECONDS = 1.0
"""CPU seconds above which a cell counts as slow if loading the file exceeds the time limit."""

MOST_HALVINGS = 4
"""The time for reading the file is halved so many times, once for each time that it was not enough."""

NOTED = 20
"""Cells that raised that the notes of a result list."""

_MAKE = ("call", "part", "method")
"""Requests that may return an object of the student's; `shared` returns the grader's."""

ZygoteOf = Callable[[FrameworkName], Zygote | None]


class Session:
    """A file in a worker that is restarted after a crash; `student` and `reference` send their requests through it."""

    def __init__(
        self,
        file: Submission,
        exercise: Exercise,
        zygote_of: ZygoteOf,
        device: DeviceMode = "plain",
        gpu: Lease | None = None,
        slow: Slow | None = None,
    ) -> None:
        limits = exercise.policy.limits
        self._file = file
        self._device: DeviceMode = device
        self._gpu = gpu
        self._allowance = Allowance(exercise, file.framework)
        self.seconds = self._allowance.in_all
        """CPU seconds for all checks together, without those that were lost."""
        longest = self._allowance.for_loading
        self._wall_seconds = limits.wall_seconds or self.seconds * WALL_PER_CPU
        self._budget = Budget(
            limits.memory_mb,
            limits.output_mb,
            limits.file_mb,
            int(self.seconds * WALL_PER_CPU) + 1,
            limits.gpu_memory_mb if gpu else 0,
            (limits.check_wall_seconds or WALL_IN_ALL * longest) / longest,
        )
        self._zygote_of = zygote_of
        self._slow_imports = _slow_imports(file, device)
        self._worker: Worker | None = None
        self._unloadable: LimitExceeded | None = None
        self.slow = slow or Slow(file.cells)
        self._check: Check | None = None
        self.called: set[str] = set()
        """The student's functions and methods that were called since `begin`."""
        self._made: dict[str, tuple[str, dict[str, Any]]] = {}
        """Object of the student's, since `begin` → the request that made it."""
        self._spent = 0.0
        self.lost_seconds = 0.0
        """CPU seconds of requests that a limit ended."""
        self._clock = Wall(0.0, 0.0)
        self.output = ""
        self.notes: list[str] = []
        self.raised: list[Raised] = []
        """The exceptions of cells while the file was loaded."""
        self.versions: dict[str, str] = {}
        self.layers: tuple[str, ...] = ()

    def begin(self, check: Check | None = None) -> None:
        """Make sure that a worker is running, with the file loaded and no state from the previous check.

        `check`: the one whose requests follow. Raises `LimitExceeded` if loading the file ends the process,
        or exceeds a limit other than time; this is not tried again.
        """
        self._check = check
        self.called.clear()
        self._made.clear()
        if self._unloadable:
            raise self._unloadable
        if self._worker and self._worker.alive:
            try:
                self.ask("forget")
                self._mark_output()
                return
            except LimitExceeded:
                # It died between two checks, from a thread of its own: start a new worker.
                self.close()
        while True:
            self._keep_to_the_clock()
            self.close()
            self._start()
            if self._read_file():
                # What the cells print while the file is loaded belongs to no check.
                self._mark_output()
                return

    def _mark_output(self) -> None:
        if self._worker:
            self._worker.mark_output()

    def _start(self) -> None:
        """Start a new worker that has not loaded the file yet."""
        assert self._file.framework != "unknown"
        zygote = self._zygote_of(self._file.framework)
        self.layers = zygote.layers if zygote else ("limits",)
        self._worker = Worker(self._file.framework, self._budget, zygote, self._gpu, self._slow_imports)
        try:
            hello = self._worker.ask("hello", seconds=HELLO_SECONDS, args=[self._device, self._budget.gpu_memory_mb])
        except (LimitExceeded, StudentError) as problem:
            # No student code has been loaded yet.
            if self._device == "pretended":
                raise Deferred(
                    f"the pretended GPU does not work with this version of {self._file.framework}: {problem}"
                ) from problem
            raise GraderError(f"a worker did not start: {problem}") from problem
        self.versions = {str(name): str(number) for name, number in hello["versions"].items()}
        if self._device == "gpu" and not hello["gpu"]:
            self.close()
            raise Deferred(f"needs a GPU; {self._file.framework} finds none here")
        if not hello["draws_repeat"]:
            self.close()
            raise GraderError(
                "the same seed gives different random numbers on this machine: gradings cannot be reproduced"
            )

    def _read_file(self) -> bool:
        """Run the cells in order, all together within the seconds of one request. `False` if they take longer.

        The worker is then gone, and the next one loads only the definitions of slow cells. An experiment left in the
        file thus costs no points.
        """
        assert self._worker
        cells = self._file.cells
        allowed = self._allowance.for_loading
        # Each time, half as long: a file of many endless cells is not read for hours.
        left = allowed / 2 ** min(self.slow.unread, MOST_HALVINGS)
        self.notes = [_not_run(cells[number], allowed) for number in sorted(self.slow.shortened)]
        self.raised = []
        spent: dict[int, float] = {}
        for number, (name, source) in enumerate(cells):
            times = self.slow.shortened.get(number, 0)
            if times > 1:
                continue
            before = self._worker.cpu_seconds
            try:
                troubles = self._worker.ask("load", seconds=max(left, 1.0), args=[[name, source, times == 1]])
            except LimitExceeded as problem:
                if problem.limit == "time":
                    # Only the cell that does not end also loses its definitions: others may be slow because of their
                    # imports.
                    self.slow.shortened |= {each: 1 for each, seconds in spent.items() if seconds > LONG_SECONDS}
                    self.slow.shortened[number] = times + 1
                    self.slow.unread += 1
                    self.lost_seconds += self._worker.cpu_seconds
                    return False
                used = f"{problem.used}, while the file was loaded"
                self._unloadable = LimitExceeded(problem.limit, used, problem.allowed)
                raise self._unloadable from None
            spent[number] = self._worker.cpu_seconds - before
            left -= spent[number]
            raised = [Raised(*trouble) for trouble in troubles]
            self.raised += raised
            self.notes += [f"{each.said()}." for each in raised[: max(0, NOTED - len(self.notes))]]
        if len(self.raised) > NOTED:
            self.notes.append(f"{len(self.raised)} cells raised in all.")
        return True

    def ask(self, verb: str, **fields: Any) -> Any:
        """Send a request; its limit depends on the check (see `Allowance`).

        Raises `NotAskedAgain` for a function that has run past it before (see `Slow`).
        """
        if self._worker is None or not self._worker.alive:
            # A check that continues after its worker has died gets the same error again.
            raise LimitExceeded("process", "the process had ended", "a process that keeps running")
        self._keep_to_the_clock()
        if isinstance(name := fields.get("name"), str):
            self.called.add(name)
        before = self._worker.cpu_seconds
        try:
            with self.slow.watching(self._check.id if self._check else "", verb, fields) as suspected:
                seconds = self._allowance.for_request(self._check, on_gpu=self._device == "gpu", suspected=suspected)
                answer = self._worker.ask(verb, seconds=seconds, **fields)
        except (LimitExceeded, NotAskedAgain):
            self.lost_seconds += self._worker.cpu_seconds - before
            raise
        if isinstance(answer, wire.Remote) and verb in _MAKE:
            self._made.setdefault(answer.name, (verb, fields))
        return answer

    def made_now(self) -> dict[str, str]:
        """The objects of the student's that were made since `begin` → how: `GAN`, `GAN.generator`."""
        paths: dict[str, str] = {}
        for name, (_, fields) in self._made.items():
            owner = paths.get(str(fields.get("target")), "")
            paths[name] = f"{owner}.{fields.get('name')}" if owner else str(fields.get("name"))
        return paths

    def make_again(self, name: str) -> str:
        """The name of another object, made as this one was; empty if the student's code makes none this time."""
        verb, fields = self._made[name]
        if (owner := fields.get("target")) in self._made:
            fields = fields | {"target": self.make_again(str(owner))}
        made = self.ask(verb, **fields)
        return made.name if isinstance(made, wire.Remote) else ""

    def _keep_to_the_clock(self) -> None:
        """A submission that sleeps in every request uses no CPU time, and would never end."""
        clock = self._clock + (self._worker.wall_seconds if self._worker else Wall(0.0, 0.0))
        if clock.exceeds(self._wall_seconds, self._wall_seconds * WALL_IN_ALL / WALL_PER_CPU):
            used = f"{clock.whole:.0f} s of wall-clock time in all requests so far"
            raise LimitExceeded("time", used, f"{self._wall_seconds:g} s in total, without waiting for a core")

    def close(self) -> None:
        """End the worker."""
        if self._worker:
            # Close it first: only then has all of its output been read.
            self._worker.close()
            self.output = (self.output + self._worker.output)[:OUTPUT_KEPT]
            self._spent += self._worker.cpu_seconds
            self._clock += self._worker.wall_seconds
            self._worker = None

    def printed(self) -> str:
        """What the student's code printed since `begin`, cut; if the file could not be loaded, while it was loaded."""
        return self._worker.output_since_mark() if self._worker else ""

    @property
    def cpu_seconds(self) -> float:
        """The CPU time of all workers of this file."""
        return self._spent + (self._worker.cpu_seconds if self._worker else 0.0)


class ReferenceSession:
    """The session of the reference solution: all its failures are the grader's fault."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self) -> None:
        """Like `Session.begin`, but also fails if a cell of the reference solution raised."""
        self._as_ours(self._session.begin)
        if self._session.notes:
            raise GraderError(f"the reference solution: {self._session.notes[0]}")

    def ask(self, verb: str, **fields: Any) -> Any:
        """Like `Session.ask`."""
        return self._as_ours(lambda: self._session.ask(verb, **fields))

    def _as_ours(self, do: Callable[[], Any]) -> Any:
        try:
            return do()
        except (StudentError, LimitExceeded, NotAskedAgain) as problem:
            raise GraderError(f"the reference solution: {problem}") from problem


def _slow_imports(file: Submission, device: DeviceMode) -> list[str]:
    if file.framework == "unknown":
        return []
    needed = () if device == "plain" else DEVICE_IMPORTS[file.framework]
    slow = SLOW_IMPORTS[file.framework]
    return [module for module, words in slow.items() if module in needed or _mentions(file, words)]


def _mentions(file: Submission, words: Sequence[str]) -> bool:
    """Whether one cell contains all the words, as `import scipy.stats` and `from scipy import special, stats` do."""
    return any(all(word in source for word in words) for _, source in file.cells)


def _not_run(cell: tuple[str, str], seconds: float) -> str:
    name, source = cell
    first = next((number for number, line in enumerate(source.splitlines(), 1) if line.strip()), 1)
    return (
        f"{name}, from line {first} on, was not run: loading the file took over {seconds:g} s of CPU time. "
        "Its definitions are available, its results are not."
    )
