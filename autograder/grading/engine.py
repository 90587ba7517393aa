"""Grade many submissions: write each result when it is ready, and continue interrupted runs.

Where they are graded is a pool's concern (`pool.py`): the threads of this process, or a cluster's workers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.authoring.challenges import fresh_seed
from autograder.authoring.exercise import Exercise
from autograder.course.submission import Submission
from autograder.execution.environment import make_undumpable
from autograder.execution.gpus import NO_GPUS, Gpus
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.grading.allowance import Allowance
from autograder.grading.orders import Order, by_code, completed, longest_first, said_of
from autograder.grading.pool import LISTEN_SECONDS, Pool, Threads
from autograder.results.files import result_path, write_whole
from autograder.results.form import Result, encode, read
from autograder.worker.names import FRAMEWORKS

if TYPE_CHECKING:
    # SQLAlchemy takes long to import, and most of those who grade record nothing.
    from autograder.results.history.record import History

AT_ONCE = 200
"""Submissions about which the record is asked at once."""

Watch = Callable[[Sequence[Order]], None]
"""Is told several times a second what is being graded."""


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
    history: History | None = None,
    pool: Pool | None = None,
    watch: Watch = lambda running: None,
    zygotes: Zygotes | None = None,
) -> Generator[Result]:
    """Grade; each result is written to `<results>/<student>/<exercise>.json` before it is yielded.

    `history`: the record of all gradings; without one, only the latest results are kept. `pool`: where to grade; by
    default, `plan.jobs` threads of this process. `zygotes`: those that the caller keeps for several runs in this process.
    If the generator is closed or interrupted, what is being graded is abandoned, and no worker and no zygote is left.
    """
    make_undumpable()
    pool = pool or Threads(
        plan.exercises, plan.jobs, zygotes or Zygotes(plan.allow_weak), plan.gpus, keep=zygotes is not None
    )
    try:
        for item in _gradings(plan, history):
            if isinstance(item, Result):
                yield item
                continue
            while not pool.wants_more:
                yield from _kept(plan, history, pool)
                watch(pool.running())
            pool.start(item)
        while pool.busy:
            yield from _kept(plan, history, pool)
            watch(pool.running())
    except BaseException:
        pool.stop()
        raise
    pool.close()


def _gradings(plan: Plan, history: History | None) -> Iterator[Order | Result]:
    """An order for each grading that is needed, and the result for each that is not."""
    limit_of = {
        name: max(Allowance(exercise, each).in_all for each in FRAMEWORKS) for name, exercise in plan.exercises.items()
    }
    submissions = longest_first(plan.submissions, limit_of)
    alike = plan.seed is not None and plan.only is None
    groups = by_code(submissions) if alike else iter([[each] for each in submissions])
    for group, shown in _with_recorded(plan, history, groups):
        waiting: list[Submission] = []
        for handed_in in group:
            earlier = None if plan.force else _earlier(plan, history, handed_in, shown)
            if earlier and (only := _deferred(earlier, plan.only)):
                yield Order(handed_in, earlier.seed, earlier=earlier, only=tuple(only))
            elif earlier:
                yield earlier
            else:
                waiting.append(handed_in)
        if waiting:
            first, *twins = waiting
            yield Order(first, fresh_seed() if plan.seed is None else plan.seed, tuple(twins))


Names = tuple[str, str]
"""Student and exercise."""


def _with_recorded(
    plan: Plan, history: History | None, groups: Iterator[list[Submission]]
) -> Iterator[tuple[list[Submission], Mapping[Names, Result]]]:
    """Each group with what the record says of it; the record is asked about many at once."""
    while some := list(islice(groups, AT_ONCE)):
        names = [(each.student, each.exercise) for group in some for each in group]
        shown = history.up_to_date(names) if history and not plan.force else {}
        yield from ((group, shown) for group in some)


def _kept(plan: Plan, history: History | None, pool: Pool) -> list[Result]:
    """What has finished, recorded and written, all at once."""
    those: list[_Graded] = []
    for order, result in pool.finished(LISTEN_SECONDS):
        if order.earlier:
            result = completed(order.earlier, result)
        those.append(_Graded(order.handed_in, result, completes=order.earlier is not None))
        for twin in order.twins:
            same = said_of(result, order.handed_in, twin, plan.exercises[twin.exercise])
            those.append(_Graded(twin, same))
    if those:
        _keep(plan, history, those)
    return [each.result for each in those]


def _deferred(earlier: Result | None, part: str | None) -> list[str]:
    """The ids of the part's checks that an earlier grading deferred."""
    if earlier is None or part is None:
        return []
    return [check.id for check in earlier.checks if check.part == part and check.status == "deferred"]


def _earlier(
    plan: Plan, history: History | None, handed_in: Submission, shown: Mapping[Names, Result]
) -> Result | None:
    """The result of an earlier run, if it has a score and the same file, checks and policy.

    `shown`: what the record said a while ago; what is to be graded is looked up again.
    """
    before = shown.get((handed_in.student, handed_in.exercise))
    if before and _stands(plan, history, handed_in, before):
        return before
    if history:
        recorded = history.current(handed_in.student, handed_in.exercise)
        result = recorded.result if recorded else None
    else:
        try:
            result = read(result_path(plan.results, handed_in.student, handed_in.exercise))
        except ValueError:
            result = None
    return result if result and _stands(plan, history, handed_in, result) else None


def _stands(plan: Plan, history: History | None, handed_in: Submission, result: Result) -> bool:
    """Whether the submission need not be graded again."""
    if result.ungraded or plan.seed not in (None, result.seed):
        return False
    digest = grader.digest(handed_in, plan.exercises[handed_in.exercise])
    return result.digest == digest or _undecided(history, handed_in, digest)


def _undecided(history: History | None, handed_in: Submission, digest: str) -> bool:
    """Whether `regrade` has run the present checks on this file, and a person is to decide whether that counts."""
    proposals = history.proposals(handed_in.student, handed_in.exercise) if history else []
    return any(each.digest == digest for each in proposals)


@dataclass(frozen=True)
class _Graded:
    handed_in: Submission
    result: Result
    completes: bool = False
    """Whether it completes an earlier result."""


def _keep(plan: Plan, history: History | None, those: Sequence[_Graded]) -> None:
    if not history:
        for each in those:
            path = result_path(plan.results, each.handed_in.student, each.handed_in.exercise)
            write_whole(path, encode(each.result))
        return
    from autograder.results.history.gradings import New

    history.record_all(
        [
            New(
                result=each.result,
                kind="complete" if each.completes else "grade",
                content=None if each.handed_in.withheld else each.handed_in.content,
                notes=each.handed_in.notes,
            )
            for each in those
        ]
    )
