"""Run the checks of one submission: order, time budget, restarts, score."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from msgspec import structs

from autograder.authoring import expect, figures
from autograder.authoring.causes import Cause, with_the_same_cause
from autograder.authoring.challenges import Draw, Once
from autograder.authoring.exercise import Check, Exercise, Thresholds
from autograder.authoring.student import Student
from autograder.course import handin_zip, submission
from autograder.course.submission import Submission
from autograder.errors import CheckFailed, Deferred, GraderError, LimitExceeded, NotAskedAgain, StudentError, UsageError
from autograder.execution.gpus import NO_GPUS, Gpus
from autograder.grading import diagnose
from autograder.grading.session import ReferenceSession, Session, ZygoteOf
from autograder.grading.slips import Slips
from autograder.grading.symptoms import Symptoms
from autograder.results.form import CheckResult, Layers, Measurement, Picture, Result
from autograder.worker import sandbox
from autograder.worker.names import TRACING

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """How to grade one submission."""

    exercise: Exercise
    seed: int
    zygote_of: ZygoteOf
    visible_only: bool = False
    only: Collection[str] | None = None
    """The ids of the checks to run, together with what they need; `None` for all."""
    progress: Progress = lambda title: None
    gpus: Gpus = NO_GPUS
    """The GPUs for checks on a real GPU."""
    known: Mapping[str, CheckResult] = field(default_factory=dict[str, CheckResult])
    """Results of an earlier grading, kept for checks that are not in `only`."""


def grade(handed_in: Submission, job: Job) -> Result:
    """Grade one submission, whatever its code does; if the grader itself failed, the result has no score."""
    started = time.monotonic()
    exercise = job.exercise
    checks = [check for check in exercise.ordered() if check.visible or not job.visible_only]
    if job.only is not None:
        wanted = exercise.with_needs(list(job.only))
        checks = [
            check for check in checks if check.id in job.only or (check.id in wanted and check.id not in job.known)
        ]
    with Run(handed_in, job) as run:
        for check in checks:
            job.progress(check.title)
            run.results[check.id] = run.result_of(check)
    return _result(handed_in, job, run, time.monotonic() - started)


def regrade(handed_in: Submission, job: Job, outdated: Collection[str]) -> tuple[Result, list[str]]:
    """Run these checks again, and those for which it makes a difference; keep all others of `job.known`.

    It makes a difference for a check if one that it needs passes now and did not before, or the reverse. Returns the
    result and the ids of the checks that were run.
    """
    started = time.monotonic()
    ran: list[Check] = []
    with Run(handed_in, job) as run:

        def is_outdated(check: Check) -> bool:
            return check.id in outdated or any(
                stands(run.results[need]) != stands(job.known[need])
                for need in check.needs
                if need in run.results and need in job.known
            )

        for check in job.exercise.ordered():
            if is_outdated(check) and (check.id in outdated or check.id in job.known):
                job.progress(check.title)
                run.results[check.id] = run.result_of(check)
                ran.append(check)
    return _result(handed_in, job, run, time.monotonic() - started), [check.id for check in ran]


def not_graded(handed_in: Submission, job: Job, reason: str) -> Result:
    """The result of a submission that could not be graded, through no fault of its student: it has no score."""
    with Run(handed_in, job) as run:
        for check in job.exercise.ordered():
            if job.only is None or check.id in job.only:
                run.results[check.id] = run.not_run(check, reason)
    return _result(handed_in, job, run, 0.0)


def stands(result: CheckResult) -> bool:
    """Whether the checks that need this one are run."""
    return result.status in ("passed", "deferred")


def totals(checks: Iterable[CheckResult]) -> tuple[float | None, float]:
    """Score and maximum, without deferred checks; no score if the grader failed in one of them."""
    counted = [check for check in checks if check.status != "deferred"]
    failed_ourselves = any(check.status == "error" for check in counted)
    score = None if failed_ourselves else round(sum(check.points for check in counted), 6)
    return score, round(sum(check.maximum for check in counted), 6)


def digest(handed_in: Submission, exercise: Exercise) -> str:
    """A hash of everything that a result depends on besides the seed: the same digest need not be graded again."""
    return digest_of(exercise, handed_in.file, handin_zip.digest(handed_in.content))


def digest_of(exercise: Exercise, file: str, source: str) -> str:
    """The same for a file of that name whose content has the digest `source`."""
    whole = hashlib.sha256(exercise.digest.encode())
    whole.update(version_here().encode())
    whole.update(file.encode() + b"\0" + source.encode())
    return whole.hexdigest()


@cache
def version_here() -> str:
    """The version of the autograder. Reading it takes longer than the rest of a digest."""
    return version("deep-learning-autograder")


class Run:
    """The state of one grading: its worker and its results so far. A context manager, which ends the worker."""

    def __init__(self, handed_in: Submission, job: Job) -> None:
        self._job = job
        self._exercise = job.exercise
        self._handed_in = handed_in
        self.results: dict[str, CheckResult] = dict(job.known)
        self._once = Once(job.seed, job.exercise.name)
        self.session = Session(handed_in, job.exercise, job.zygote_of)
        self._reference: Session | None = None
        self._pretended: Session | None = None
        self._gpu = contextlib.ExitStack()
        self._asked: list[Session] = []
        """The sessions of the student's file that the present check has used."""
        self.grader_notes: list[str] = []

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()
        if self._reference:
            self._reference.close()
        if self._pretended:
            self._pretended.close()

    def up_to(self, id: str) -> CheckResult:
        """The result of one check, after those that it needs; each check is run only once."""
        wanted = self._exercise.with_needs([id])
        for check in self._exercise.ordered():
            if check.id in wanted and check.id not in self.results:
                self.results[check.id] = self.result_of(check)
        return self.results[id]

    def result_of(self, check: Check) -> CheckResult:
        """Run one check, after those that it needs."""
        self._asked = [self.session]
        started = time.monotonic()
        measured: list[Measurement] = []
        pictures: list[Picture] = []

        def done(status: Any, failure: CheckFailed | None = None) -> CheckResult:
            worth = self._exercise.points(check)
            failure = failure or CheckFailed("", "", "")
            return CheckResult(
                id=check.id,
                title=check.title,
                visible=check.visible,
                points=worth if status == "passed" else 0,
                maximum=worth,
                status=status,
                tried=failure.tried,
                saw=failure.saw,
                expected=failure.expected,
                likely=failure.likely,
                read=""
                if status in ("passed", "deferred", "error")
                else failure.read or f"README, part `{check.part}`",
                place=failure.place,
                printed="".join(session.printed() for session in self._asked) if status == "failed" else "",
                seconds=round(time.monotonic() - started, 3),
                measured=measured,
                pictures=pictures,
                digest=self._exercise.check_digests.get(check.id, ""),
            )

        if check.deferred:
            return done("deferred", CheckFailed("", check.deferred, ""))
        if self._handed_in.withheld:
            return done("error", CheckFailed("to read the file", self._handed_in.withheld, "a readable file"))
        if not self._handed_in.readable:
            return done(
                "failed", CheckFailed("to read your file", " ".join(self._handed_in.notes), "code cells to run")
            )
        lacking = [need for need in check.needs if need in self.results and not stands(self.results[need])]
        if lacking:
            return done("skipped", CheckFailed("", f"because {lacking[0]} did not pass", ""))
        try:
            self._keep_to_the_budget()
            self.session.begin(check)
            with expect.measuring() as measured, figures.collecting() as pictures:
                if not self._passes_eagerly(check):
                    measured.clear()
                    pictures.clear()
                    check.body(**self._arguments(check))
        except CheckFailed as failed:
            return done("failed", self._explained(check, failed))
        except Deferred as reason:
            return done("deferred", CheckFailed("", str(reason), ""))
        except StudentError as problem:
            session, cells = self.session, self._handed_in.cells
            return done("failed", diagnose.raised(problem, check.title, session.raised, cells, session.notes))
        except LimitExceeded as problem:
            return done("failed", diagnose.past_limit(problem, check.title))
        except NotAskedAgain as reason:
            return done("skipped", CheckFailed("", f"because {reason}", ""))
        except GraderError as problem:
            return done("error", self._ours(check, str(problem)))
        except UsageError:
            # A framework is not installed or the sandbox does not work: this concerns no single submission.
            raise
        except Exception as problem:  # noqa: BLE001 - a bug in a check must not cost a student any points
            return done("error", self._bug(check, problem))
        finally:
            self._gpu.close()
        return done("passed")

    def _explained(self, check: Check, failed: CheckFailed) -> CheckFailed:
        """The failure with a likely cause that is seen in the code or in a new model, or with a place to look at last."""
        called, trained = self.session.called, check.trains or check.few_steps
        if slip := next(self._slips.among(called), None):
            likely, place = f"In {slip.where}, {slip.what} {failed.likely}", failed.place or slip.where
            return replace(failed, likely=likely.rstrip(), place=place)
        if symptom := self._symptoms.first():
            return replace(failed, likely=f"{symptom} {failed.likely}".rstrip())
        if setting := next(self._slips.settings_among(called, self._handed_in.framework, trained), None):
            return replace(failed, likely=f"{failed.likely} Look also at {setting.where}: {setting.what}".lstrip())
        return failed

    @cached_property
    def _slips(self) -> Slips:
        return Slips(self._handed_in.cells)

    @cached_property
    def _symptoms(self) -> Symptoms:
        return Symptoms(self.session)

    def not_run(self, check: Check, reason: str) -> CheckResult:
        """The result of a check that could not be run, through no fault of the student."""
        failure = self._ours(check, reason)
        return CheckResult(
            id=check.id,
            title=check.title,
            visible=check.visible,
            points=0,
            maximum=self._exercise.points(check),
            status="error",
            tried=failure.tried,
            saw=failure.saw,
            expected=failure.expected,
            digest=self._exercise.check_digests.get(check.id, ""),
        )

    def _passes_eagerly(self, check: Check) -> bool:
        """Whether a check of few steps passes when nothing is traced. If not, the session is as before."""
        if not (check.few_steps and self._handed_in.framework in TRACING):
            return False
        self.session.ask("eagerly", args=[True])
        try:
            check.body(**self._arguments(check))
        except (CheckFailed, StudentError):
            self.session.begin(check)
            return False
        return True

    def _arguments(self, check: Check) -> dict[str, Any]:
        offered: dict[str, Callable[[], Any]] = {
            "student": lambda: Student(self.session.ask),
            "reference": lambda: Student(self._reference_session().ask),
            "pretended": lambda: Student(self._pretended_session(check).ask),
            "gpu": lambda: Student(self._gpu_session(check).ask),
            "draw": lambda: Draw(self._job.seed, self._exercise.name, check.id),
            "limits": lambda: Thresholds(self._exercise.policy.thresholds),
            "once": lambda: self._once,
        }
        return {name: offered[name]() for name in check.takes}

    def _reference_session(self) -> ReferenceSession:
        if self._reference is None:
            path = self._exercise.reference(self._handed_in.framework)
            file = submission.read(path, "reference", self._exercise.name)
            self._reference = Session(file, self._exercise, self._job.zygote_of)
        ours = ReferenceSession(self._reference)
        ours.begin()
        return ours

    def _pretended_session(self, check: Check) -> Session:
        if self._pretended is None:
            self._pretended = Session(
                self._handed_in, self._exercise, self._job.zygote_of, "pretended", slow=self.session.slow
            )
        self._asked.append(self._pretended)
        self._pretended.begin(check)
        return self._pretended

    def _gpu_session(self, check: Check) -> Session:
        """A session on a GPU, leased until the check ends."""
        lease = self._gpu.enter_context(self._job.gpus.lease())
        session = Session(self._handed_in, self._exercise, self._job.zygote_of, "gpu", lease, self.session.slow)
        self._gpu.callback(session.close)
        self._asked.append(session)
        session.begin(check)
        return session

    def _keep_to_the_budget(self) -> None:
        """What ran past its limit is not counted: one endless loop would cost the points of all later checks."""
        allowed, used = self.session.seconds, self.session.cpu_seconds - self.session.lost_seconds
        if used > allowed:
            raise LimitExceeded("time", f"{used:.0f} s of CPU time in earlier checks", f"{allowed:g} s in total")

    def _ours(self, check: Check, message: str) -> CheckFailed:
        self.grader_notes.append(f"The grader failed in {check.id}: {message}")
        return CheckFailed(check.title, "the grader itself failed; this says nothing about the submission", message)

    def _bug(self, check: Check, problem: Exception) -> CheckFailed:
        """The failure for an exception that a check should not raise, with file and line for the exercise's author."""
        whose, place = _where(problem, self._exercise)
        message = f"{type(problem).__name__}: {problem}"
        name = f"the check {check.id}" if whose == "the check" else whose
        self.grader_notes.append(f"A bug in {name}, {place}: {message}")
        saw = f"a bug in {whose}; this says nothing about the submission"
        return CheckFailed(check.title, saw, message, f"{place}: the author of the exercise must fix this.")


def _result(handed_in: Submission, job: Job, run: Run, seconds: float) -> Result:
    order = [check.id for check in job.exercise.checks if check.id in run.results]
    results = _with_shared_causes([run.results[id] for id in order], job.exercise.causes)
    score, maximum = totals(results)
    notes = [*handed_in.notes, *run.session.notes, *run.grader_notes]
    if job.exercise.solutions is None:
        notes.append("Hidden checks are not available here; only the visible checks were run.")
    return Result(
        student=handed_in.student,
        exercise=handed_in.exercise,
        framework=handed_in.framework,
        file=handed_in.file,
        folder=str(handed_in.folder or ""),
        digest=digest(handed_in, job.exercise),
        source="" if handed_in.withheld else handin_zip.digest(handed_in.content),
        score=score,
        maximum=maximum,
        checks=results,
        notes=notes,
        isolation=_layers(run.session.layers),
        versions={"autograder": version_here(), **run.session.versions},
        seed=job.seed,
        output=run.session.output,
        seconds=round(seconds, 3),
        graded=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        submitted=handed_in.submitted,
    )


def _with_shared_causes(results: Sequence[CheckResult], causes: Sequence[Cause]) -> list[CheckResult]:
    failed = {check.id: check.status == "failed" for check in results if check.status in ("failed", "passed")}
    shared = with_the_same_cause(causes, failed)
    # Results that are kept from an earlier grading may name a check that passes now.
    return [structs.replace(check, same_cause_as=shared.get(check.id, "")) for check in results]


def _layers(holding: Sequence[str]) -> Layers:
    return Layers(sandbox.level(holding), list(holding), [layer for layer in sandbox.LAYERS if layer not in holding])


def _where(problem: Exception, exercise: Exercise) -> tuple[Literal["the check", "the grader"], str]:
    """Whose bug it is, and the last traceback line in the exercise's own files, otherwise the last line of all."""
    frames = traceback.extract_tb(problem.__traceback__)
    folders = [folder.resolve() for folder in (exercise.folder, exercise.solutions) if folder]
    own = [frame for frame in frames if Path(frame.filename).resolve().parent in folders]
    last = (own or frames)[-1]
    return "the check" if own else "the grader", f"{last.filename}, line {last.lineno}"
