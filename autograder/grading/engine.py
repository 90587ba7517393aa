"""Grade many submissions: a local pool that writes each result when it is ready and continues interrupted runs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec import structs

from autograder.authoring.challenges import fresh_seed
from autograder.authoring.exercise import Exercise
from autograder.course.submission import Submission
from autograder.execution.environment import make_undumpable
from autograder.execution.gpus import NO_GPUS, Gpus
from autograder.execution.output import OUTPUT_KEPT
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.results.files import result_path, write_whole
from autograder.results.form import Result, encode, read

if TYPE_CHECKING:
    # SQLAlchemy takes long to import, and most of those who grade record nothing.
    from autograder.results.history.record import History

LISTEN_SECONDS = 0.2
"""How long a signal may wait to be handled."""
PATIENCE = 1.0
"""Seconds that an interrupted grading waits for its threads."""

Item = TypeVar("Item")
Done = TypeVar("Done")


@dataclass(frozen=True)
class Plan:
    """What to grade and how."""

    submissions: Sequence[Submission]
    exercises: dict[str, Exercise]
    results: Path
    seed: int | None = None
    """The same seed gives the same scores; `None` draws a fresh one for each submission."""
    jobs: int = 1
    force: bool = False
    """Regrade submissions that already have a result."""
    allow_weak: bool = False
    """Grade even if student code is not sandboxed."""
    only: str | None = None
    """Complete earlier results: run the deferred checks of this part and keep the rest of each result."""
    gpus: Gpus = NO_GPUS


def run(
    plan: Plan,
    begun: Callable[[Submission], None] = lambda handed_in: None,
    history: History | None = None,
    zygotes: Zygotes | None = None,
) -> Generator[Result]:
    """Grade; each result is written to `<results>/<student>/<exercise>.json` before it is yielded.

    `begun` is called with each submission that is not graded yet. `history`: the record of all gradings; without one,
    only the latest results are kept. `zygotes`: those that the caller keeps for several runs. If the generator is closed
    or interrupted, what is being graded is abandoned, and no worker and no zygote is left.
    """
    make_undumpable()
    with nullcontext(zygotes) if zygotes else Zygotes(plan.allow_weak) as zygotes:

        def one(handed_in: Submission) -> Result:
            exercise = plan.exercises[handed_in.exercise]
            earlier = None if plan.force else _earlier(plan, history, handed_in)
            waiting = _deferred(earlier, plan.only)
            if earlier and not waiting:
                return earlier
            begun(handed_in)
            if earlier:
                known = {check.id: check for check in earlier.checks}
                job = grader.Job(exercise, earlier.seed, zygotes.of, only=waiting, gpus=plan.gpus, known=known)
                result = _completed(earlier, grader.grade(handed_in, job))
            else:
                seed = fresh_seed() if plan.seed is None else plan.seed
                result = grader.grade(handed_in, grader.Job(exercise, seed, zygotes.of, gpus=plan.gpus))
            zygotes.insist()
            _keep(plan, history, handed_in, result, completed=earlier is not None)
            return result

        yield from in_parallel(plan.jobs, one, plan.submissions, zygotes.stop)


def in_parallel(
    jobs: int, one: Callable[[Item], Done], items: Iterable[Item], stop: Callable[[], None]
) -> Generator[Done]:
    """`one` of each item, in `jobs` threads, in the order in which they finish.

    If it is closed or interrupted, or if one raises, it calls `stop`, which is to end the others.
    """
    pool = ThreadPoolExecutor(max(1, jobs))
    started = [pool.submit(one, item) for item in items]
    try:
        waiting = set(started)
        while waiting:
            # A signal that arrives just before a thread begins to wait is handled only when the wait is over.
            done, waiting = wait(waiting, LISTEN_SECONDS, FIRST_COMPLETED)
            for each in done:
                yield each.result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        stop()
        # A check that computes in this process cannot be ended; it writes nothing any more.
        wait(started, PATIENCE)
        raise
    pool.shutdown()


def _deferred(earlier: Result | None, part: str | None) -> list[str]:
    """The ids of the part's checks that an earlier grading deferred."""
    if earlier is None or part is None:
        return []
    return [check.id for check in earlier.checks if check.part == part and check.status == "deferred"]


def _completed(earlier: Result, now: Result) -> Result:
    """The later result, with the notes, output and time of both."""
    notes = list(dict.fromkeys([*earlier.notes, *now.notes]))
    output = (earlier.output + now.output)[:OUTPUT_KEPT]
    return structs.replace(now, notes=notes, output=output, seconds=round(earlier.seconds + now.seconds, 3))


def _earlier(plan: Plan, history: History | None, handed_in: Submission) -> Result | None:
    """The result of an earlier run, if it has a score and the same file, checks and policy."""
    if history:
        recorded = history.current(handed_in.student, handed_in.exercise)
        result = recorded.result if recorded else None
    else:
        try:
            result = read(result_path(plan.results, handed_in.student, handed_in.exercise))
        except ValueError:
            result = None
    if result is None or result.ungraded or plan.seed not in (None, result.seed):
        return None
    digest = grader.digest(handed_in, plan.exercises[handed_in.exercise])
    return result if result.digest == digest or _undecided(history, handed_in, digest) else None


def _undecided(history: History | None, handed_in: Submission, digest: str) -> bool:
    """Whether `regrade` has run the present checks on this file, and a person is to decide whether that counts."""
    proposals = history.proposals(handed_in.student, handed_in.exercise) if history else []
    return any(each.digest == digest for each in proposals)


def _keep(plan: Plan, history: History | None, handed_in: Submission, result: Result, completed: bool) -> None:
    if history:
        from autograder.results.history.gradings import New

        kind = "complete" if completed else "grade"
        content = None if handed_in.withheld else handed_in.content
        history.record(New(result=result, kind=kind, content=content, notes=handed_in.notes))
    else:
        write_whole(result_path(plan.results, handed_in.student, handed_in.exercise), encode(result))
