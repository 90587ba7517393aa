"""Regrade recorded submissions: only checks that have changed are run. Rescore them: nothing is run.

Neither counts by itself: the caller shows the difference and lets a person decide.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import structs

from autograder.authoring.exercise import Check, Exercise
from autograder.course import submission
from autograder.course.submission import Submission
from autograder.execution.environment import make_undumpable
from autograder.execution.gpus import NO_GPUS, Gpus
from autograder.execution.output import OUTPUT_KEPT
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.grading.pool import in_parallel
from autograder.results.form import CheckResult, Result
from autograder.results.history.gradings import Grading, New
from autograder.results.history.record import History

NOT_RUN = "it is new, and was not run yet: `autograder regrade` runs it"


@dataclass(frozen=True)
class Regraded:
    """What a regrade or a rescore makes of a result."""

    before: Grading
    """The grading that counts."""
    was: Result
    """Its result."""
    after: Result
    ran: tuple[str, ...] = ()
    """The ids of the checks that were run."""
    run: int | None = None
    """The number of the proposal in the record; `None` if nothing has changed, or nothing was recorded."""
    lacking: bool = False
    """Whether checks have changed, but the record does not have the file to run them on."""

    @property
    def differs(self) -> bool:
        """Whether anything would change, if only which version of the checks the result is from."""
        return self.after != self.was

    @property
    def gain(self) -> float:
        """Points gained; negative if points are lost. A score where there was none is gained whole."""
        return (self.after.score or 0.0) - (self.was.score or 0.0)


@dataclass(frozen=True)
class Plan:
    """What to regrade, and how."""

    history: History
    exercises: Mapping[str, Exercise]
    only: Collection[str] | None = None
    """The ids of the checks to look at; `None` for all."""
    jobs: int = 1
    allow_weak: bool = False
    gpus: Gpus = NO_GPUS


def regraded(gradings: Iterable[Grading], plan: Plan) -> Iterator[Regraded]:
    """Run what has changed since these gradings, and record each new result as a proposal.

    An earlier proposal that nobody has decided about is continued. Results of other exercises are left out.
    """
    proposals = {each.basis: each for each in plan.history.proposals()}
    make_undumpable()
    with Zygotes(plan.allow_weak) as zygotes:

        def one(before: Grading) -> Regraded:
            exercise = plan.exercises[before.exercise]
            result, proposal = before.result, proposals.get(before.run)
            known = _known(exercise, result, proposal.result if proposal else None, plan.only)
            todo = [id for id in _outdated(exercise, known) if plan.only is None or id in plan.only]
            if todo and before.source is None:
                return Regraded(before, result, result, lacking=True)
            ran: list[str] = []
            if todo:
                handed_in = _handed_in(before, plan.history.source_of(before))
                job = grader.Job(exercise, result.seed, zygotes.of, gpus=plan.gpus, known=known)
                now, ran = grader.regrade(handed_in, job, todo)
                zygotes.insist()
                after = _joined(result, now, exercise)
            else:
                after = _with_checks(result, known.values(), exercise)
            if not ran and proposal and after.checks == proposal.result.checks:
                return Regraded(before, result, proposal.result, run=proposal.run)
            if after == result:
                return Regraded(before, result, result)
            new = New(result=after, kind="regrade", notes=before.notes, basis=before.run)
            (run,) = plan.history.record_all([new], counts=False)
            return Regraded(before, result, after, tuple(ran), run)

        yield from in_parallel(
            plan.jobs, one, [each for each in gradings if each.exercise in plan.exercises], zygotes.stop
        )


def rescored(gradings: Iterable[Grading], exercises: Mapping[str, Exercise]) -> Iterator[Regraded]:
    """Give each result the present points and checks, without running any: a new check is deferred."""
    for before in gradings:
        if exercise := exercises.get(before.exercise):
            result = before.result
            known = {check.id: check for check in result.checks}
            checks = [known.get(check.id) or _not_run(check) for check in exercise.checks]
            yield Regraded(before, result, _with_checks(result, checks, exercise))


def _known(
    exercise: Exercise, result: Result, proposed: Result | None, only: Collection[str] | None
) -> dict[str, CheckResult]:
    """The results to begin with: of the proposal, if it has run a check as it is now, otherwise of what counts."""
    known = {check.id: check for check in result.checks}
    for check in proposed.checks if proposed else ():
        if (only is None or check.id in only) and check.digest == exercise.check_digests.get(check.id):
            known[check.id] = check
    return {check.id: _worth(known[check.id], check, exercise) for check in exercise.checks if check.id in known}


def _outdated(exercise: Exercise, known: Mapping[str, CheckResult]) -> list[str]:
    """The checks whose results are not from their present code, thresholds and needs, and those without a result."""
    return [
        check.id
        for check in exercise.checks
        if check.id not in known
        or known[check.id].digest != exercise.check_digests[check.id]
        or known[check.id].status == "error"
    ]


def _worth(result: CheckResult, check: Check, exercise: Exercise) -> CheckResult:
    """The result with the present points and title."""
    worth = exercise.points(check)
    return structs.replace(
        result,
        title=check.title,
        visible=check.visible,
        points=worth if result.status == "passed" else 0.0,
        maximum=worth,
    )


def _not_run(check: Check) -> CheckResult:
    return CheckResult(
        id=check.id, title=check.title, visible=check.visible, points=0.0, maximum=0.0, status="deferred", saw=NOT_RUN
    )


def _with_checks(result: Result, checks: Iterable[CheckResult], exercise: Exercise) -> Result:
    """The result with these results of checks, in the exercise's order."""
    by_id = {check.id: check for check in checks}
    ordered = [_worth(by_id[check.id], check, exercise) for check in exercise.checks if check.id in by_id]
    score, maximum = grader.totals(ordered)
    digest = result.digest
    if not _outdated(exercise, by_id):
        digest = grader.digest_of(exercise, result.file, result.source)
    return structs.replace(result, checks=ordered, score=score, maximum=maximum, digest=digest)


def _joined(result: Result, now: Result, exercise: Exercise) -> Result:
    """The earlier result with what was run now. Where no worker was started, what the earlier one said stays."""
    started = bool(now.versions.keys() - {"autograder"})
    joined = structs.replace(
        result,
        notes=now.notes if started else result.notes,
        isolation=now.isolation if started else result.isolation,
        versions={**result.versions, **now.versions},
        output=(result.output + now.output)[:OUTPUT_KEPT],
        seconds=round(result.seconds + now.seconds, 3),
        graded=now.graded,
    )
    return _with_checks(joined, now.checks, exercise)


def _handed_in(grading: Grading, content: bytes) -> Submission:
    """The submission as it was graded."""
    read = submission.of_content(Path(grading.result.file), content, grading.student, grading.exercise)
    return replace(read, notes=tuple(grading.notes))
