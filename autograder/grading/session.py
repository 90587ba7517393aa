"""A file in a worker that is started afresh after a crash: what a check asks through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.authoring.exercise import Exercise
from autograder.course.submission import Submission
from autograder.errors import Deferred, GraderError, LimitExceeded, StudentError
from autograder.execution.gpus import Lease, Machine
from autograder.execution.watchdog import OUTPUT_KEPT, WALL_PER_CPU, Budget
from autograder.execution.worker_process import Worker
from autograder.execution.zygote_client import Zygote
from autograder.grading import diagnose
from autograder.worker.names import SLOW_IMPORTS, FrameworkName

HELLO_SECONDS = 120.0
"""CPU seconds for the worker's first answer, before any student's code: a plain worker imports the framework in it."""

LONG_SECONDS = 1.0
"""CPU seconds from which on a cell is one of those that make a file slow to read."""

ZygoteOf = Callable[[FrameworkName], Zygote | None]


class Session:
    """A file in a worker that is started afresh after a crash: what `student` and `reference` ask through."""

    def __init__(
        self,
        file: Submission,
        exercise: Exercise,
        zygote_of: ZygoteOf,
        machine: Machine = "plain",
        gpu: Lease | None = None,
        shortened: dict[int, int] | None = None,
    ) -> None:
        limits = exercise.policy.limits
        self._file = file
        self._machine: Machine = machine
        self._gpu = gpu
        self._seconds = limits.check_seconds
        self._budget = Budget(
            limits.memory_mb,
            limits.output_mb,
            limits.file_mb,
            int(limits.seconds * WALL_PER_CPU) + 1,
            limits.gpu_memory_mb if gpu else 0,
        )
        self._zygote_of = zygote_of
        self._slow_imports = [module for module in SLOW_IMPORTS if _mentions(file, module)]
        self._worker: Worker | None = None
        self._unloadable: LimitExceeded | None = None
        self.shortened: dict[int, int] = {} if shortened is None else shortened
        """Cells that are not run as they are, by number: 1 for what they define only, 2 for not at all. Sessions of one file
        share it: what was slow to read once is not tried again."""
        self._spent = 0.0
        self.output = ""
        self.notes: list[str] = []
        self.versions: dict[str, str] = {}
        self.layers: tuple[str, ...] = ()

    def begin(self) -> None:
        """Have a live worker with the file loaded and nothing kept from the check before.

        Raises `LimitExceeded` where reading the file ends the process, or runs past a limit other than that of time: once is
        enough, it is not tried again.
        """
        if self._unloadable:
            raise self._unloadable
        if self._worker and self._worker.alive:
            try:
                self.ask("forget")
                return
            except LimitExceeded:
                # It died between two checks, by a thread of its own: the next one gets a new worker.
                self.close()
        while True:
            self.close()
            self._start()
            if self._read_file():
                return

    def _start(self) -> None:
        """A new worker that has read nothing yet."""
        assert self._file.framework != "unknown"
        zygote = self._zygote_of(self._file.framework)
        self.layers = zygote.layers if zygote else ("limits",)
        self._worker = Worker(self._file.framework, self._budget, zygote, self._gpu, self._slow_imports)
        try:
            hello = self._worker.ask("hello", seconds=HELLO_SECONDS, args=[self._machine, self._budget.gpu_memory_mb])
        except (LimitExceeded, StudentError) as problem:
            # Nothing of the student's has been read yet.
            if self._machine == "pretended":
                raise Deferred(f"no GPU can be pretended with this {self._file.framework}: {problem}") from problem
            raise GraderError(f"a worker did not start: {problem}") from problem
        self.versions = {str(name): str(number) for name, number in hello["versions"].items()}
        if self._machine == "gpu" and not hello["gpu"]:
            self.close()
            raise Deferred(f"needs a GPU; {self._file.framework} finds none here")
        if not hello["draws_repeat"]:
            self.close()
            raise GraderError("the same seed gives different draws on this machine: no grading here can be repeated")

    def _read_file(self) -> bool:
        """Run the cells in order, within a check's seconds together. `False` where they take longer: then the worker is gone, and
        the next one takes of those that compute for long only what they define. Nobody loses points to an experiment left in."""
        assert self._worker
        cells = self._file.cells
        self.notes = [_not_run(cells[number], self._seconds) for number in sorted(self.shortened)]
        spent: dict[int, float] = {}
        for number, (name, source) in enumerate(cells):
            times = self.shortened.get(number, 0)
            if times > 1:
                continue
            before, left = self._worker.cpu_seconds, self._seconds - sum(spent.values())
            try:
                troubles = self._worker.ask("load", seconds=max(left, 1.0), args=[[name, source, times == 1]])
            except LimitExceeded as problem:
                if problem.limit == "time":
                    # Only the cell that does not end loses its definitions too: others may be slow because of what they import.
                    self.shortened |= {each: 1 for each, seconds in spent.items() if seconds > LONG_SECONDS}
                    self.shortened[number] = times + 1
                    return False
                used = f"{problem.used}, while the file was read"
                self._unloadable = LimitExceeded(problem.limit, used, problem.allowed)
                raise self._unloadable from None
            spent[number] = self._worker.cpu_seconds - before
            self.notes += [_cell_note(*trouble) for trouble in troubles]
        return True

    def ask(self, verb: str, **fields: Any) -> Any:
        """A request within the check's seconds."""
        if self._worker is None or not self._worker.alive:
            # A check that goes on after its worker has died learns it again.
            raise LimitExceeded("process", "the process had ended", "a process that lives on")
        return self._worker.ask(verb, seconds=self._seconds, **fields)

    def close(self) -> None:
        """End the worker."""
        if self._worker:
            # Closed first: only then has the last of its output been read.
            self._worker.close()
            self.output = (self.output + self._worker.output)[:OUTPUT_KEPT]
            self._spent += self._worker.cpu_seconds
            self._worker = None

    @property
    def cpu_seconds(self) -> float:
        """What all workers of this file have computed."""
        return self._spent + (self._worker.cpu_seconds if self._worker else 0.0)


class ReferenceSession:
    """The reference's session: whatever goes wrong there is the grader's fault."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self) -> None:
        self._as_ours(self._session.begin)
        if self._session.notes:
            raise GraderError(f"the reference solution: {self._session.notes[0]}")

    def ask(self, verb: str, **fields: Any) -> Any:
        return self._as_ours(lambda: self._session.ask(verb, **fields))

    def _as_ours(self, do: Callable[[], Any]) -> Any:
        try:
            return do()
        except (StudentError, LimitExceeded) as problem:
            raise GraderError(f"the reference solution: {problem}") from problem


def _mentions(file: Submission, module: str) -> bool:
    """Does a cell name all that the module is called by, as `import scipy.stats` and `from scipy import special, stats` do?"""
    names = module.split(".")
    return any(all(name in source for name in names) for _, source in file.cells)


def _not_run(cell: tuple[str, str], seconds: float) -> str:
    name, source = cell
    first = next((number for number, line in enumerate(source.splitlines(), 1) if line.strip()), 1)
    return (
        f"{name}, from line {first} on, was not run: reading the file took over {seconds:g} s of computing. "
        "What it defines is there, what it computes is not."
    )


def _cell_note(cell: str, kind: str, message: str, where: str, code: str) -> str:
    said = diagnose.first_line(message)
    line = f", at `{code}`" if code else ""
    return f"{where or cell} raised {kind}{': ' if said else ''}{said}{line}."
