"""Results of training, evaluated by the grader."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Int

from autograder.authoring import expect
from autograder.authoring.challenges import Draw
from autograder.authoring.student import Remote
from autograder.worker.names import Numbers


def accuracy(model: Remote, x: Any, labels: Int[np.ndarray, " rows"], classes: int, *, tried: str) -> float:
    """The fraction of rows whose largest output is in the column of the label. The labels never leave the grader.

    Fails if the outputs are not `(rows, classes)`. Pass a new model that has taken over the trained parameters
    (`models.take_over`), so that only the parameters can contain what was learned.
    """
    answers = expect.shape(model.forward(x), (len(labels), classes), tried=tried)
    return float((answers.argmax(axis=1) == labels).mean())


def ends_of_one_seed(
    trained: Callable[[int, int], Numbers], draw: Draw, *, rtol: float, atol: float
) -> tuple[Numbers, Numbers]:
    """The results of two trainings with the same seed, which must agree; the check compares them with `expect.close`.

    `trained(global_seed, seed)` starts from the same weights each time, seeds the worker's generators with
    `global_seed`, and passes `seed` to the student's training. The state of the generators must not matter, so each run
    seeds them differently. TensorFlow mixes an operation's own seed, as in `shuffle(seed=seed)`, with the global one.
    That is also correct if `seed` has an effect: then both results use the same global seed, for which another `seed`
    gives a different result.
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


def reported_loss(
    loss: float, right: Sequence[float], wrong: Mapping[str, float], *, tried: str, expected: str, cause: str
) -> None:
    """The loss of one step must lie between losses that the grader has computed, such as before and after the step.

    `right`: those losses, with room for 2 % and 0.01: a program may compute in float32, or smooth its labels a little.
    `wrong`: likely cause → the loss that it gives; `cause` is said if none fits. Raises `CheckFailed`.
    """
    expect.that(
        min(right) * 0.98 - 0.01 <= loss <= max(right) * 1.02 + 0.01,
        tried=tried,
        saw=f"a loss of {loss:.3f}",
        expected=expected,
        cause=next(
            (sentence for sentence, value in wrong.items() if abs(loss - value) < 0.02 * value + 0.005),
            cause,
        ),
    )
