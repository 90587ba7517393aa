"""What Dask's processes do for a grading: a worker compares itself with the client, owns zygotes, and grades."""

from __future__ import annotations

import asyncio
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dask import config
from distributed import get_worker
from distributed.core import Status
from distributed.diagnostics.plugin import SchedulerPlugin, WorkerPlugin

from autograder.errors import GraderError, UsageError
from autograder.execution.environment import make_undumpable
from autograder.execution.gpus import NO_GPUS, Gpus
from autograder.execution.zygote_client import Borrowed, Zygotes
from autograder.grading import grader
from autograder.grading.cluster import task
from autograder.grading.cluster.course import Course, own_exercises, own_policy
from autograder.results.form import encode

if TYPE_CHECKING:
    from distributed.scheduler import Scheduler
    from distributed.worker import Worker

GPU = "GPU"
"""The resource of a worker that has a GPU."""
RUNNING = "autograder-running"
"""The metric of a worker with the keys of the tasks that it is computing."""


def plugin_name(client_id: str) -> str:
    """The name of a client's plugin, and of the resource that admits a worker to its tasks."""
    return f"autograder-{client_id}"


class Warm(WorkerPlugin):
    """On each worker, for as long as it lives: its zygotes, which have imported the frameworks for every grading."""

    name = "autograder-zygotes"
    idempotent = True

    def setup(self, worker: Worker) -> None:
        """Nothing is started before it is needed."""
        make_undumpable()
        self.zygotes = Zygotes()

    async def teardown(self, worker: Worker) -> None:
        """End them, and with them all that they run."""
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        self.zygotes.stop()
        self.zygotes.close()


class Grading(WorkerPlugin):
    """On each worker, for one client: the exercises, and what it runs for that client.

    A worker that differs from the client is refused: it never offers the resource that the client's tasks need.
    """

    def __init__(self, name: str, course: Course) -> None:
        self.name = name
        self._course = course

    async def setup(self, worker: Worker) -> None:
        """Begin to compare and to start zygotes, in the background: a worker that does not answer counts as dead."""
        self._zygotes: Borrowed | None = None
        self._gpus = NO_GPUS
        self.refusal: str | None = None
        """Why this worker is refused, empty if it is not; `None` while that is open."""
        worker.metrics[RUNNING] = _running
        self._admission = asyncio.create_task(self._admit(worker))

    async def teardown(self, worker: Worker) -> None:
        """End all that is run for this client; the zygotes stay."""
        self._admission.cancel()
        if self._zygotes:
            self._zygotes.stop()

    async def decided(self) -> str:
        """Why this worker is refused; empty if it is not."""
        await asyncio.shield(self._admission)
        return self.refusal or ""

    def grade(self, content: bytes) -> bytes:
        """Grade what a task says. Returns the result as JSON."""
        assert self._zygotes
        ordered = task.decode(content)
        job = grader.Job(
            self._exercises[ordered.exercise],
            ordered.seed,
            self._zygotes.of,
            only=ordered.only,
            gpus=self._gpus if ordered.on_gpu else NO_GPUS,
            known={check.id: check for check in ordered.known},
        )
        result = grader.grade(task.submission_of(ordered), job)
        # A worker that was ended under a check says nothing about the submission.
        self._zygotes.insist()
        return encode(result)

    async def _admit(self, worker: Worker) -> None:
        # Both plugins may be new at the same moment; by now, both are there.
        warm: Any = worker.plugins[Warm.name]
        self._zygotes = Borrowed(warm.zygotes, self._course.allow_weak)
        problems = await asyncio.to_thread(self._problems, self._zygotes)
        here = f"{socket.gethostname()} ({worker.address})"
        self.refusal = "; ".join(f"the worker on {here} is refused: {problem}" for problem in problems)
        if self.refusal:
            worker.log_event(self.name, self.refusal)
            return
        if worker.status == Status.running:
            # The scheduler looks for tasks that wait for a resource only when a worker begins to run.
            worker.status = Status.paused
            await worker.set_resources(**{self.name: worker.state.nthreads})
            worker.status = Status.running

    def _problems(self, zygotes: Borrowed) -> tuple[str, ...]:
        """What keeps this worker from grading: its version, its course, its keys, its sandbox."""
        try:
            _insist_on_closed_keys()
            policy = own_policy(self._course)
            self._exercises = own_exercises(self._course, policy)
            self._gpus = Gpus(policy.gpus, policy.jobs_per_gpu)
            for framework in self._course.frameworks:
                zygotes.of(framework)
        except UsageError as problem:
            return problem.problems
        except (GraderError, OSError) as problem:
            return (str(problem),)
        return ()


class Forgetting(SchedulerPlugin):
    """On the scheduler: when a client is gone, however it ended, no worker keeps anything of its grading."""

    name = "autograder-forgetting"
    idempotent = True

    def remove_client(self, scheduler: Scheduler, client: str) -> None:
        """The client has closed, or its connection has."""
        name = plugin_name(client)
        if name in scheduler.worker_plugins:
            loop: Any = scheduler.loop
            loop.add_callback(scheduler.unregister_worker_plugin, comm=None, name=name)


def graded(name: str, content: bytes) -> bytes:
    """The task that Dask runs, in a thread of a worker that has the plugin."""
    plugin: Any = get_worker().plugins[name]
    return plugin.grade(content)


async def decision(name: str, dask_worker: Worker) -> str:
    """Run on each worker: why it is refused; empty if it is not."""
    plugin: Any = dask_worker.plugins[name]
    return await plugin.decided()


def _running(worker: Worker) -> list[str]:
    return [str(each.key) for each in worker.state.executing]


def _insist_on_closed_keys() -> None:
    """Raise `UsageError` if other users of this machine may read Dask's keys, and so a student's code perhaps."""
    settings: Any = config
    for role in ("worker", "client", "scheduler"):
        key: Any = settings.get(f"distributed.comm.tls.{role}.key", None)
        path = Path(key) if key and "\n" not in key else None
        if path and path.is_file() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UsageError(f"other users may read the key {path}: chmod 600 {path}")
