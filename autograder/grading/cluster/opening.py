"""Open a pool on a cluster, as a command asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.authoring.exercise import Exercise
from autograder.course.submission import Submission
from autograder.errors import UsageError
from autograder.worker.names import FRAMEWORKS, FrameworkName

if TYPE_CHECKING:
    from autograder.grading.cluster.pool import Cluster


def insist_on_dask() -> None:
    """Raise `UsageError` if the extra is not installed."""
    if find_spec("distributed") is None:
        raise UsageError("Grading on a cluster needs Dask: pip install 'deep-learning-autograder[dask]'")


def open_cluster(
    address: str | None,
    workers: int,
    jobs: int,
    submissions: Sequence[Submission],
    exercises: dict[str, Exercise],
    config: Path,
    allow_weak: bool,
    say: Callable[[str], None],
) -> Cluster:
    """A pool of the cluster at this address; without one, of this many worker processes on this machine.

    Each of these grades `jobs` submissions at once. Raises `UsageError` if no scheduler answers, or if a worker differs.
    """
    insist_on_dask()
    # Dask takes a second to import, and most gradings are on one machine.
    from autograder.grading.cluster import connection
    from autograder.grading.cluster.course import course_of
    from autograder.grading.cluster.pool import Cluster

    frameworks: list[FrameworkName] = [
        name for name in FRAMEWORKS if any(each.framework == name for each in submissions)
    ]
    course = course_of(exercises, config, frameworks, allow_weak)
    here = connection.Here(workers, jobs) if address is None else None
    # Dask's types are mostly unknown.
    client: Any = here.client if here else connection.connect(address or "")
    if client.dashboard_link:
        say(f"dashboard {client.dashboard_link}")
    return Cluster(client, course, exercises, say, here.close if here else lambda: None)
