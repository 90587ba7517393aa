"""What training has come to, worked out by the grader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Int

from autograder.authoring import expect
from autograder.authoring.challenges import Draw
from autograder.authoring.student import Remote
from autograder.worker.names import Numbers


def accuracy(model: Remote, x: Any, labels: Int[np.ndarray, " rows"], classes: int, *, tried: str) -> float:
    """The share of rows whose largest answer stands in the column of its label; the labels never leave the grader.

    Fails where the answers are not `(rows, classes)`. What was learned is in the parameters: ask a new model that has taken
    them over (`models.take_over`), so that nothing else can answer.
    """
    answers = expect.shape(model.forward(x), (len(labels), classes), tried=tried)
    return float((answers.argmax(axis=1) == labels).mean())


def ends_of_one_seed(
    trained: Callable[[int, int], Numbers], draw: Draw, *, rtol: float, atol: float
) -> tuple[Numbers, Numbers]:
    """Where two trainings with the same seed end; they are to be alike, and `expect.close` is for the check to say.

    `trained(global_seed, seed)` starts from the same weights each time, seeds the worker's generators with `global_seed`, and
    hands `seed` to the student's training. Where the generators stood must not matter, so they are seeded otherwise each time.
    TensorFlow mixes an operation's own seed, as in `shuffle(seed=seed)`, with the global one. That is right too where `seed`
    decides: then the ends that come back are those of one global seed, where another `seed` leads elsewhere.
    """
    seed, other = draw.seed(), draw.seed()

    def alike(one: Numbers, two: Numbers) -> bool:
        return np.allclose(one, two, rtol=rtol, atol=atol)

    ends = trained(draw.seed(), seed), trained(draw.seed(), seed)
    if alike(*ends):
        return ends
    fixed = draw.seed()
    again = trained(fixed, seed), trained(fixed, seed)
    return ends if alike(again[0], trained(fixed, other)) else again
