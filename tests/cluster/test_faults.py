"""Random faults in small classes. `python -m tests.cluster.faults` plays hundreds, in large ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.faults import FAULTS, QUICK, play, possible, schedule
from tests.cluster.machinery import Cluster

STUDENTS = 6


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(len(QUICK)))
def test_everybody_has_one_result(around: Cluster, tmp_path: Path, seed: int) -> None:
    planned = schedule(seed, STUDENTS, QUICK)
    if planned.fault not in possible():
        pytest.skip("a small disk needs root, and a machine where something may be mounted")
    outcome = play(planned, around, tmp_path)
    assert outcome.first_run <= STUDENTS


def test_every_fault_is_played() -> None:
    assert set(QUICK) == set(FAULTS)
