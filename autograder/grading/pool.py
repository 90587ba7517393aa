"""Where submissions are graded: the interface that the engine uses, and the threads of this process."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol, TypeVar

from autograder.authoring.exercise import Exercise
from autograder.execution.gpus import Gpus
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.grading.orders import Order
from autograder.results.form import Result

LISTEN_SECONDS = 0.2
"""How long a signal may wait to be handled."""
PATIENCE = 1.0
"""Seconds that an interrupted grading waits for its threads."""
AHEAD = 2
"""Orders that wait for a thread, for each thread."""

Item = TypeVar("Item")
Done = TypeVar("Done")


class Pool(Protocol):
    """Grades several submissions at once. The engine closes it once, or stops it if it is interrupted."""

    @property
    def wants_more(self) -> bool:
        """Whether another order should be started now."""
        ...

    @property
    def busy(self) -> bool:
        """Whether an order is not finished."""
        ...

    def running(self) -> Sequence[Order]:
        """The orders that are being graded at this moment."""
        ...

    def start(self, order: Order) -> None:
        """Have it graded."""
        ...

    def finished(self, seconds: float) -> list[tuple[Order, Result]]:
        """The orders that have finished since the last call; waits up to this long for the first one."""
        ...

    def stop(self) -> None:
        """Abandon everything at once; nothing is left running."""
        ...

    def close(self) -> None:
        """Everything is finished."""
        ...


class Threads:
    """A pool of this process's threads. `keep`: the zygotes stay when everything is finished."""

    def __init__(
        self, exercises: dict[str, Exercise], jobs: int, zygotes: Zygotes, gpus: Gpus, *, keep: bool = False
    ) -> None:
        self._exercises = exercises
        self._gpus = gpus
        self._zygotes = zygotes
        self._keep = keep
        self._most = jobs * (1 + AHEAD)
        self._threads = ThreadPoolExecutor(max(1, jobs))
        self._started: dict[Future[Result], Order] = {}
        self._running: dict[int, Order] = {}

    @property
    def wants_more(self) -> bool:
        """Whether another order should be started now."""
        return len(self._started) < self._most

    @property
    def busy(self) -> bool:
        """Whether an order is not finished."""
        return bool(self._started)

    def running(self) -> Sequence[Order]:
        """The orders that are being graded at this moment."""
        return list(self._running.values())

    def start(self, order: Order) -> None:
        """Have it graded."""
        self._started[self._threads.submit(self._grade, order)] = order

    def finished(self, seconds: float) -> list[tuple[Order, Result]]:
        """The orders that have finished since the last call; waits up to this long for the first one."""
        done, _ = wait(self._started, seconds, FIRST_COMPLETED)
        return [(self._started.pop(each), each.result()) for each in done]

    def stop(self) -> None:
        """Abandon everything at once: no worker and no zygote is left."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._zygotes.stop()
        # A check that computes in this process cannot be ended; nobody asks for its result any more.
        wait(self._started, PATIENCE)
        self._zygotes.close()

    def close(self) -> None:
        """Everything is finished: end the zygotes, unless they are kept."""
        self._threads.shutdown()
        if not self._keep:
            self._zygotes.close()

    def _grade(self, order: Order) -> Result:
        self._running[id(order)] = order
        try:
            exercise = self._exercises[order.handed_in.exercise]
            job = job_of(order, exercise, self._zygotes, self._gpus)
            result = grader.grade(order.handed_in, job)
            self._zygotes.insist()
            return result
        finally:
            del self._running[id(order)]


def job_of(order: Order, exercise: Exercise, zygotes: Zygotes, gpus: Gpus) -> grader.Job:
    """How to grade what was ordered."""
    if order.earlier is None:
        return grader.Job(exercise, order.seed, zygotes.of, gpus=gpus)
    known = {check.id: check for check in order.earlier.checks}
    return grader.Job(exercise, order.seed, zygotes.of, only=order.only, gpus=gpus, known=known)


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
