"""Run the checks of one submission: order, budgets, restarts, scores."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from autograder import expect, explain, picture, submission
from autograder.draw import Draw
from autograder.errors import CheckFailed, Deferred, GraderError, LimitExceeded, StudentError, UsageError
from autograder.exercise import Check, Exercise, Thresholds
from autograder.launch import FrameworkName, Worker, Zygote
from autograder.machines import NO_GPUS, Gpus, Lease, Machine
from autograder.result import CheckResult, Layers, Measurement, Picture, Result
from autograder.student import Student
from autograder.submission import Submission
from autograder.watchdog import OUTPUT_KEPT, WALL_PER_CPU, Budget
from autograder.worker import sandbox

HELLO_SECONDS = 120.0
"""CPU seconds for the worker's first answer, before any student's code: a plain worker imports the framework in it."""

LONG_SECONDS = 1.0
"""CPU seconds from which on a cell is one of those that make a file slow to read."""

ZygoteOf = Callable[[FrameworkName], Zygote | None]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """How to grade one submission."""

    exercise: Exercise
    seed: int
    zygote_of: ZygoteOf
    visible_only: bool = False
    only: Collection[str] | None = None
    """Ids of the checks to run, with what they need; `None` for all."""
    progress: Progress = lambda title: None
    gpus: Gpus = NO_GPUS
    """Where checks on a real GPU are run."""
    known: Mapping[str, CheckResult] = field(default_factory=dict[str, CheckResult])
    """What an earlier grading found: it stands where `only` does not ask for it again."""


def grade(handed_in: Submission, job: Job) -> Result:
    """The result of one submission. Whatever its code does, this returns; where the grader itself failed, without a score."""
    started = time.monotonic()
    exercise = job.exercise
    checks = [check for check in exercise.ordered() if check.visible or not job.visible_only]
    if job.only is not None:
        wanted = exercise.with_needs(list(job.only))
        checks = [
            check for check in checks if check.id in job.only or (check.id in wanted and check.id not in job.known)
        ]
    run = _Run(handed_in, job)
    run.results |= job.known
    try:
        for check in checks:
            job.progress(check.title)
            run.results[check.id] = run.result_of(check)
    finally:
        run.close()
    return _result(handed_in, job, run, checks, time.monotonic() - started)


def digest(handed_in: Submission, exercise: Exercise) -> str:
    """What a result depends on besides the seed: the same digest need not be graded again."""
    whole = hashlib.sha256(exercise.digest.encode())
    whole.update(version("deep-learning-autograder").encode())
    whole.update(handed_in.file.encode() + b"\0" + handed_in.content)
    return whole.hexdigest()


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
        limits = exercise.rubric.limits
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
        self._worker = Worker(self._file.framework, self._budget, zygote, self._gpu)
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


class _Run:
    """One grading while it goes on."""

    def __init__(self, handed_in: Submission, job: Job) -> None:
        self._job = job
        self._exercise = job.exercise
        self._handed_in = handed_in
        self.results: dict[str, CheckResult] = {}
        self.session = Session(handed_in, job.exercise, job.zygote_of)
        self._reference: Session | None = None
        self._pretended: Session | None = None
        self._gpu = contextlib.ExitStack()
        self.grader_said: list[str] = []

    def close(self) -> None:
        self.session.close()
        if self._reference:
            self._reference.close()
        if self._pretended:
            self._pretended.close()

    def result_of(self, check: Check) -> CheckResult:
        started = time.monotonic()
        measured: list[Measurement] = []
        pictures: list[Picture] = []

        def done(status: Any, said: CheckFailed | None = None) -> CheckResult:
            worth = self._exercise.points(check)
            said = said or CheckFailed("", "", "")
            return CheckResult(
                id=check.id,
                title=check.title,
                visible=check.visible,
                points=worth if status == "passed" else 0,
                maximum=worth,
                status=status,
                tried=said.tried,
                saw=said.saw,
                expected=said.expected,
                likely=said.likely,
                read="" if status in ("passed", "deferred") else said.read or f"README, part `{check.part}`",
                place=said.place,
                seconds=round(time.monotonic() - started, 3),
                measured=measured,
                pictures=pictures,
            )

        if check.deferred:
            return done("deferred", CheckFailed("", check.deferred, ""))
        if self._handed_in.withheld:
            return done("error", CheckFailed("to read the file", self._handed_in.withheld, "a file that may be read"))
        if not self._handed_in.readable:
            return done(
                "failed", CheckFailed("to read your file", " ".join(self._handed_in.notes), "code cells to run")
            )
        lacking = [
            need
            for need in check.needs
            if need in self.results and self.results[need].status not in ("passed", "deferred")
        ]
        if lacking:
            return done("skipped", CheckFailed("", f"because {lacking[0]} did not pass", ""))
        try:
            self._keep_to_the_budget()
            self.session.begin()
            with expect.measuring() as measured, picture.collecting() as pictures:
                check.body(**self._arguments(check))
        except CheckFailed as failed:
            return done("failed", failed)
        except Deferred as reason:
            return done("deferred", CheckFailed("", str(reason), ""))
        except StudentError as problem:
            return done("failed", explain.raised(self._with_cells_that_raised(problem), check.title))
        except LimitExceeded as problem:
            return done("failed", explain.past_limit(problem, check.title))
        except GraderError as problem:
            return done("error", self._ours(check, str(problem)))
        except UsageError:
            # A framework that is not installed, walls that do not hold: no submission's business.
            raise
        except Exception as problem:  # noqa: BLE001 - a bug in a check is our failure, and must cost no student a point
            return done("error", self._ours(check, f"{type(problem).__name__}: {problem}{_line(problem)}"))
        finally:
            self._gpu.close()
        return done("passed")

    def _arguments(self, check: Check) -> dict[str, Any]:
        offered: dict[str, Callable[[], Any]] = {
            "student": lambda: Student(self.session.ask),
            "reference": lambda: Student(self._reference_session().ask),
            "pretended": lambda: Student(self._pretended_session().ask),
            "gpu": lambda: Student(self._gpu_session().ask),
            "draw": lambda: Draw(self._job.seed, self._exercise.name, check.id),
            "limits": lambda: Thresholds(self._exercise.rubric.thresholds),
        }
        return {name: offered[name]() for name in check.takes}

    def _reference_session(self) -> _OfOurs:
        if self._reference is None:
            path = self._exercise.reference(self._handed_in.framework)
            file = submission.read(path, "reference", self._exercise.name)
            self._reference = Session(file, self._exercise, self._job.zygote_of)
        ours = _OfOurs(self._reference)
        ours.begin()
        return ours

    def _pretended_session(self) -> Session:
        if self._pretended is None:
            self._pretended = Session(
                self._handed_in, self._exercise, self._job.zygote_of, "pretended", shortened=self.session.shortened
            )
        self._pretended.begin()
        return self._pretended

    def _gpu_session(self) -> Session:
        """Until the check ends: others wait for the GPU."""
        lease = self._gpu.enter_context(self._job.gpus.lease())
        session = Session(self._handed_in, self._exercise, self._job.zygote_of, "gpu", lease, self.session.shortened)
        self._gpu.callback(session.close)
        session.begin()
        return session

    def _keep_to_the_budget(self) -> None:
        allowed, used = self._exercise.rubric.limits.seconds, self.session.cpu_seconds
        if used > allowed:
            raise LimitExceeded("time", f"{used:.0f} s of computing in the checks before this", f"{allowed:g} s in all")

    def _with_cells_that_raised(self, problem: StudentError) -> StudentError:
        if problem.kind == "NotThere" and self.session.notes and not problem.likely:
            problem.likely = f"{self.session.notes[0]} What that cell computes after this line is not there."
        return problem

    def _ours(self, check: Check, said: str) -> CheckFailed:
        self.grader_said.append(f"The grader failed in {check.id}: {said}")
        return CheckFailed(check.title, "the grader itself failed; this says nothing about the submission", said)


class _OfOurs:
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


def _result(handed_in: Submission, job: Job, run: _Run, checks: Sequence[Check], seconds: float) -> Result:
    order = [check.id for check in job.exercise.checks if check.id in run.results]
    results = [run.results[id] for id in order]
    counted = [result for result in results if result.status != "deferred"]
    failed_ourselves = any(result.status == "error" for result in results)
    notes = [*handed_in.notes, *run.session.notes, *run.grader_said]
    if job.exercise.solutions is None:
        notes.append("Hidden checks are not present here; only those that students can run were run.")
    return Result(
        student=handed_in.student,
        exercise=handed_in.exercise,
        framework=handed_in.framework,
        file=handed_in.file,
        digest=digest(handed_in, job.exercise),
        score=None if failed_ourselves else round(sum(result.points for result in counted), 6),
        maximum=round(sum(result.maximum for result in counted), 6),
        checks=results,
        notes=notes,
        isolation=_layers(run.session.layers),
        versions={"autograder": version("deep-learning-autograder"), **run.session.versions},
        seed=job.seed,
        output=run.session.output,
        seconds=round(seconds, 3),
        graded=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )


def _layers(holding: Sequence[str]) -> Layers:
    return Layers(sandbox.level(holding), list(holding), [layer for layer in sandbox.LAYERS if layer not in holding])


def _not_run(cell: tuple[str, str], seconds: float) -> str:
    name, source = cell
    first = next((number for number, line in enumerate(source.splitlines(), 1) if line.strip()), 1)
    return (
        f"{name}, from line {first} on, was not run: reading the file took over {seconds:g} s of computing. "
        "What it defines is there, what it computes is not."
    )


def _cell_note(cell: str, kind: str, message: str, where: str, code: str) -> str:
    said = explain.first_line(message)
    line = f", at `{code}`" if code else ""
    return f"{where or cell} raised {kind}{': ' if said else ''}{said}{line}."


def _line(problem: Exception) -> str:
    """Where in our own code it happened, for whoever mends it."""
    trace = problem.__traceback__
    last = ""
    while trace:
        last = f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})"
        trace = trace.tb_next
    return last
