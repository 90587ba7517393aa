"""A pool of Dask's workers. Results come back as bytes and are written by this process; a lost task is sent again."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from distributed import Client
from distributed.scheduler import KilledWorker

from autograder.authoring.exercise import Exercise
from autograder.errors import GraderError, UsageError
from autograder.grading import grader
from autograder.grading.cluster import task
from autograder.grading.cluster.course import Course
from autograder.grading.cluster.plugin import GPU, RUNNING, Forgetting, Grading, Warm, decision, graded, plugin_name
from autograder.grading.orders import Order, completed, said_of
from autograder.results.form import Result, decode

WINDOW = 4
"""Tasks that the scheduler holds, for each thread of all workers: 100,000 at once would be gigabytes."""
MOST_TRIES = 3
"""How often a task is sent that fails through no fault of its submission."""
LOOK_SECONDS = 1.0
"""How often this process asks the scheduler who is there."""
CLOSE_SECONDS = 5

Say = Callable[[str], None]


@dataclass(frozen=True)
class _Sent:
    """An order on its way."""

    order: Order
    future: Any
    """Dask's own; its types are mostly unknown."""
    tries: int
    on_gpu: bool
    before_gpu: Result | None = None
    """The result without the checks that this task runs on a GPU."""


class Cluster:
    """A pool of the workers of one scheduler. `say` tells people what happens to them."""

    def __init__(
        self,
        client: Client,
        course: Course,
        exercises: dict[str, Exercise],
        say: Say,
        end: Callable[[], None] = lambda: None,
        grading: type[Grading] = Grading,
    ) -> None:
        """Register with the scheduler, and have each worker compare itself with this process.

        `end` is called when the pool is closed; `grading` is what each worker gets. Raises `UsageError`, a sentence for
        each worker that is refused.
        """
        # Its types are mostly unknown.
        self._client: Any = client
        self._exercises = exercises
        self._say = say
        self._end = end
        self._name = plugin_name(client.id)
        self._sent: dict[str, _Sent] = {}
        self._ready: deque[tuple[Order, Result]] = deque()
        self._done: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._threads = 0
        self._any_gpu = False
        self._running: set[str] = set()
        self._looked = 0.0
        self._alone = False
        try:
            self._register(grading(self._name, course))
        except BaseException:
            self.stop()
            raise
        self._look_around()

    @property
    def wants_more(self) -> bool:
        """Whether another order should be started now."""
        return len(self._sent) + len(self._ready) < WINDOW * self._threads

    @property
    def busy(self) -> bool:
        """Whether an order is not finished."""
        return bool(self._sent or self._ready)

    def running(self) -> Sequence[Order]:
        """The orders that workers said they were grading, at most a second or two ago."""
        return [sent.order for key, sent in self._sent.items() if key in self._running]

    def start(self, order: Order) -> None:
        """Have it graded; here, if there is no code to run."""
        if order.handed_in.readable and not order.handed_in.withheld:
            self._send(order, on_gpu=self._needs_gpu(order) and self._any_gpu)
            return
        job = grader.Job(self._exercises[order.handed_in.exercise], order.seed, _no_zygote)
        self._ready.append((order, grader.grade(order.handed_in, job)))

    def finished(self, seconds: float) -> list[tuple[Order, Result]]:
        """The orders that have finished since the last call; waits up to this long for the first one.

        Raises `GraderError` if the scheduler is gone.
        """
        self._look_around()
        keys = self._done_keys(0.0 if self._ready else seconds)
        found = [sent for key in keys if (sent := self._sent.pop(key, None))]
        for sent, outcome in zip(found, self._outcomes(found), strict=True):
            if isinstance(outcome, bytes):
                self._arrived(sent, self._result(sent.order, outcome))
            else:
                self._failed(sent, outcome)
        ready = list(self._ready)
        self._ready.clear()
        return ready

    def stop(self) -> None:
        """Abandon everything at once: when this client has closed, workers end what they run for it."""
        self._sent.clear()
        self.close()

    def close(self) -> None:
        """Have the workers end what they hold for this client, and leave the scheduler."""
        # A worker that hangs would hold up the end; what is missed here happens when the scheduler sees this client go.
        leaving = threading.Thread(target=self._leave, name="leaving the cluster", daemon=True)
        leaving.start()
        leaving.join(CLOSE_SECONDS)
        self._client.close(CLOSE_SECONDS)
        self._end()

    def _leave(self) -> None:
        with contextlib.suppress(Exception):
            self._client.unregister_worker_plugin(self._name)

    def _register(self, grading: Grading) -> None:
        self._client.subscribe_topic(self._name, self._refused_later)
        try:
            self._client.register_plugin(Forgetting())
            self._client.register_plugin(Warm())
            self._client.register_plugin(grading, name=self._name)
            # A worker that ends meanwhile answers with an error of its connection, and is asked again when it is back.
            answers = self._client.run(decision, self._name, on_error="return")
        except OSError as problem:
            raise self._gone() from problem
        except Exception as problem:
            raise UsageError(_unfit(problem)) from problem
        refused = [each for each in answers.values() if isinstance(each, str) and each]
        refused += [_unfit(each) for each in answers.values() if isinstance(each, Exception) and not _is_lost(each)]
        if refused:
            raise UsageError(*dict.fromkeys(refused))

    def _refused_later(self, event: tuple[float, Any]) -> None:
        """A worker that joined during the grading is refused."""
        if self._looked:
            self._say(str(event[1]))

    def _needs_gpu(self, order: Order) -> bool:
        return any("gpu" in check.takes for check in self._exercise(order).checks if check.id in order.only)

    def _exercise(self, order: Order) -> Exercise:
        return self._exercises[order.handed_in.exercise]

    def _send(self, order: Order, *, on_gpu: bool, tries: int = 1, before_gpu: Result | None = None) -> None:
        handed_in = order.handed_in
        key = f"{handed_in.exercise}-{handed_in.framework}{'-gpu' if on_gpu else ''}-{uuid.uuid4().hex}"
        resources = {self._name: 1, **({GPU: 1} if on_gpu else {})}
        earlier = before_gpu or order.earlier
        only = self._deferred_for_a_gpu(order, before_gpu) if before_gpu else order.only if order.earlier else None
        content = task.encode(
            task.task_of(
                handed_in, order.seed, on_gpu, None if only is None else list(only), earlier.checks if earlier else []
            )
        )
        future = self._client.submit(graded, self._name, content, key=key, pure=False, resources=resources)
        self._sent[key] = _Sent(order, future, tries, on_gpu, before_gpu)
        future.add_done_callback(self._note)

    def _note(self, future: Any) -> None:
        self._done.put(future.key)

    def _done_keys(self, seconds: float) -> list[str]:
        keys: list[str] = []
        try:
            keys.append(self._done.get(timeout=seconds) if seconds else self._done.get_nowait())
            while True:
                keys.append(self._done.get_nowait())
        except queue.Empty:
            return keys

    def _outcomes(self, found: Sequence[_Sent]) -> list[bytes | BaseException]:
        """What each task returned, or why it did not."""
        if all(sent.future.status == "finished" for sent in found):
            try:
                return self._client.gather([sent.future for sent in found])
            except Exception:  # noqa: BLE001 - one of them was lost after all: each by itself
                return [_outcome(sent.future) for sent in found]
        return [_outcome(sent.future) for sent in found]

    def _result(self, order: Order, content: bytes) -> Result:
        """A worker's result as this submission's."""
        nobody = replace(order.handed_in, notes=())
        return said_of(decode(content), nobody, order.handed_in, self._exercise(order))

    def _arrived(self, sent: _Sent, result: Result) -> None:
        if sent.before_gpu:
            self._ready.append((sent.order, completed(sent.before_gpu, result)))
            return
        if self._any_gpu and not sent.order.earlier and self._deferred_for_a_gpu(sent.order, result):
            self._send(sent.order, on_gpu=True, before_gpu=result)
            return
        self._ready.append((sent.order, result))

    def _deferred_for_a_gpu(self, order: Order, result: Result) -> list[str]:
        """The checks that were deferred because no GPU was offered."""
        on_gpu = {check.id for check in self._exercise(order).checks if "gpu" in check.takes and not check.deferred}
        return [check.id for check in result.checks if check.id in on_gpu and check.status == "deferred"]

    def _failed(self, sent: _Sent, problem: BaseException) -> None:
        """A task was lost or raised; nothing that a student does makes it raise."""
        if self._client.status != "running":
            raise self._gone()
        if sent.before_gpu:
            # What is deferred costs nobody points, and `grade --only` runs it later.
            self._ready.append((sent.order, sent.before_gpu))
        elif sent.tries < MOST_TRIES and not isinstance(problem, KilledWorker):
            self._send(sent.order, on_gpu=sent.on_gpu, tries=sent.tries + 1)
        else:
            why = "the workers that graded it ended" if isinstance(problem, KilledWorker) else str(problem)
            job = grader.Job(self._exercise(sent.order), sent.order.seed, _no_zygote)
            self._ready.append((sent.order, grader.not_graded(sent.order.handed_in, job, why)))

    def _look_around(self) -> None:
        """Who is there, and what is being graded. Raises `GraderError` if the scheduler is gone."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        try:
            workers: dict[str, Any] = self._client.scheduler_info(n_workers=-1)["workers"]
        except Exception as problem:
            raise self._gone() from problem
        if self._client.status != "running":
            raise self._gone()
        self._looked = time.monotonic()
        mine = [each for each in workers.values() if self._name in each["resources"]]
        self._threads = sum(each["nthreads"] for each in mine)
        self._any_gpu = any(each["resources"].get(GPU) for each in mine)
        self._running = {key for each in mine for key in each["metrics"].get(RUNNING, ())}
        if not mine and not self._alone:
            address = self._client.scheduler.address if self._client.scheduler else ""
            self._say(f"no worker is there: `autograder worker {address}` starts one; waiting for it")
        self._alone = not mine
        if not self._any_gpu:
            # No other worker can take what was meant for a GPU.
            for key in [key for key, sent in self._sent.items() if sent.before_gpu]:
                sent = self._sent.pop(key)
                sent.future.cancel()
                self._failed(sent, GraderError("the worker with a GPU is gone"))

    def _gone(self) -> GraderError:
        return GraderError(
            "the scheduler has ended, or cannot be reached any more; finished results are kept, "
            "and the same command continues from there"
        )


def _unfit(problem: Exception) -> str:
    return (
        f"the cluster cannot run this version of the autograder ({type(problem).__name__}: {problem}): "
        "install the same version on the scheduler and on every worker"
    )


def _is_lost(problem: Exception) -> bool:
    return isinstance(problem, OSError)


def _outcome(future: Any) -> bytes | BaseException:
    try:
        return future.result()
    except BaseException as problem:
        if isinstance(problem, KeyboardInterrupt):
            raise
        return problem


def _no_zygote(framework: str) -> None:
    """What has no code to run needs none."""
