"""How fast this machine is: the CPU time of a short loop, in which the costs of all checks are counted."""

from __future__ import annotations

import time
from functools import cache

import numpy as np

USUAL_SECONDS = 0.0165
"""CPU seconds of the loop on the machine for which policies are written. On a faster one, nobody has less time."""
_TURNS = 3
"""50 ms in all."""
_ROUNDS = 60


def slowness() -> float:
    """How many times as long as on the usual machine a program takes here; at least 1."""
    return max(1.0, loop_seconds() / USUAL_SECONDS)


@cache
def loop_seconds() -> float:
    """CPU seconds of the loop in this process: measured once, since a machine changes less than a measurement."""
    return measured()


def measured() -> float:
    """The same, measured now: the shortest of a few turns, because whatever else runs here only makes it longer."""
    return min(_turn() for _ in range(_TURNS))


def _turn() -> float:
    # Of this thread alone: other threads of the grader compute meanwhile.
    started = time.thread_time()
    _work()
    return time.thread_time() - started


def _work() -> float:
    """What grading does: Python objects, and arrays too small for NumPy to use several cores."""
    kept: dict[str, float] = {}
    values = np.linspace(-1.0, 1.0, 4_096)
    weights = np.linspace(0.0, 1.0, 1_024).reshape(32, 32)
    for turn in range(_ROUNDS):
        for number in range(500):
            kept[f"{turn}.{number % 50}"] = number / (1.0 + len(kept))
        ordered = np.sort(np.tanh(values) * np.sin(9.0 * values + turn))
        kept["arrays"] = float(ordered[0] + (weights @ weights.T).sum())
    return sum(kept.values())
