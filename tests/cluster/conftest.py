"""One cluster for all tests of a process; it has a scheduler, and workers from the first test that needs them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.execution.environment import forks
from tests.cluster.faults import settings
from tests.cluster.machinery import Cluster, cluster


@pytest.fixture(scope="session")
def without_workers() -> Iterator[Cluster]:
    if not forks():
        pytest.skip("no fork on this system: a cluster's machines run Linux")
    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder), workers=0) as made, settings(made):
        yield made


@pytest.fixture
def around(without_workers: Cluster) -> Cluster:
    """A cluster with two workers."""
    for number in range(2):
        if (name := f"worker-{number}") not in without_workers.workers:
            without_workers.start_worker(name)
    return without_workers
