"""Inputs that have caused a crash are kept in `crashes/` and tested again, together with a few seconds of fuzzing."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.targets import CRASHES, TARGETS, drawn, seeds

CASES = {"monsters": 20}
"""Cases of a target; 300 of the others."""


def test_what_crashed_once_crashes_no_more() -> None:
    for path in CRASHES.glob("*.bin"):
        TARGETS[path.name.partition("-")[0]](path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_some_cases_of_each(target: str) -> None:
    rng, good = random.Random(f"fuzz {target}"), seeds(target)
    for case in good:
        TARGETS[target](case)
    for _ in range(CASES.get(target, 300)):
        TARGETS[target](drawn(rng, target, good))
