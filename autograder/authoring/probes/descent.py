"""Whether a step of training goes downhill in every part of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.authoring import expect
from autograder.authoring.probes.parameters import Parameters
from autograder.authoring.student import Remote, Student
from autograder.authoring.wording import listed
from autograder.errors import CheckFailed, StudentError
from autograder.worker.arrays import Numbers

Slopes = Mapping[str, Numbers | None]
"""Gradients of a loss by the parameters' names, as `Remote.gradients` returns them."""
DOWNHILL = 0.8
"""Of an array's slope. A first step of SGD, with or without momentum, of Adam, RMSprop or Adagrad has 1: each entry moves
against its own slope. A random step has ½, plus or minus 1 / (2 √entries).
"""
NOISY = 0.6
"""The same for a net that computes at random in training mode, as with dropout: a step follows the slope of other draws.
Right GANs with dropout have 0.82 and more, a forger's hidden layers 0.49 to 0.70.
"""
SURE = 0.9
"""How much of an array's slope must agree among several samples of the loss."""


@dataclass(frozen=True)
class Ways:
    """Losses that a right step may follow, such as those of inference and of training mode."""

    slopes: Iterable[Sequence[Slopes]]
    """Of each loss, the gradients of one or several samples. They are read once, up to the loss that a step follows."""
    noisy: bool = False
    """Whether the net computes at random in training mode."""

    def __add__(self, others: Ways) -> Ways:
        return Ways([*self.slopes, *others.slopes], self.noisy or others.noisy)


def goes_downhill(change: Parameters, ways: Ways, *, tried: str, cause: str) -> None:
    """Each array of parameters must move against its slope. Raises `CheckFailed` otherwise.

    An array is judged if its slopes in all samples of a loss agree. The loss that explains the step best counts.
    """
    bound = NOISY if ways.noisy else DOWNHILL
    tries: list[list[str]] = []
    for samples in ways.slopes:
        tries.append(_uphill(change, samples, bound))
        if not tries[-1]:
            return
    raise CheckFailed(
        tried,
        f"a step that does not follow the slope of the loss in {listed(min(tries, key=len))}",
        "every array of parameters moves against its own gradient",
        cause,
    )


def trains_downhill(
    student: Student, moved_in: Callable[[int], Parameters], ways: Ways, *, tried: str, cause: str
) -> None:
    """One epoch of one batch must go downhill, or two: `moved_in(epochs)` trains a new model and returns its change.

    A schedule of the learning rate may end near 0, as `OneCycleLR` does. If its first step is also the last one, rounding
    hides which way most weights go. Of two steps the first is the larger one then. Raises `CheckFailed`.
    """

    def attempt(number: int) -> None:
        # Tracing costs more than a step; a program may work only where it is traced.
        student.eagerly(number == 0)
        try:
            change = moved_in(1 + number)
        except StudentError:
            if number > 0:
                raise
            student.eagerly(False)
            change = moved_in(1)
        goes_downhill(change, ways, tried=tried, cause=cause)

    expect.best_of(2, attempt)


def is_noisy(model: Remote, inputs: Any) -> bool:
    """Whether two calls in training mode give different outputs."""
    one, other = (expect.array(model.forward(inputs, True), tried="the model's outputs") for _ in range(2))
    return not np.allclose(one, other, rtol=1e-4, atol=1e-6)


def slopes_in_both_modes(model: Remote, inputs: Any, pulls: Callable[[Numbers], Numbers]) -> Ways:
    """The slopes of a loss in the model's parameters, in inference and in training mode, for `goes_downhill`.

    `pulls(outputs)`: the derivative of the loss with respect to the model's outputs.
    """

    def slopes(training: bool) -> Slopes:
        outputs = expect.array(model.forward(inputs, training), tried="the model's outputs")
        return model.gradients(inputs, pulls(outputs), training)

    return Ways([[slopes(training)] for training in (False, True)], is_noisy(model, inputs))


def cross_entropy_pulls(targets: Numbers) -> Callable[[Numbers], Numbers]:
    """The derivative of the mean of −ln p of the target with respect to the probabilities, for one-hot targets."""
    return lambda p: -targets / np.clip(p, 1e-7, None) / targets.sum()


def _uphill(change: Parameters, samples: Sequence[Slopes], bound: float) -> list[str]:
    """The arrays that move along their slope, or in no relation to it."""
    first, *others = samples
    # One number has no direction, only a sign, which noise may change.
    known = {name: slope for name, slope in first.items() if slope is not None and slope.size > 1 and np.any(slope)}
    # Where a gradient is 0 but for rounding, its sign says nothing: a bias before batch normalisation.
    steep = 1e-4 * max((_size(slope) for slope in known.values()), default=0.0)
    judged = [
        name
        for name, slope in known.items()
        if _size(slope) > steep and all(_agreement(slope, other.get(name)) > SURE for other in others)
    ]
    return [name for name in judged if _agreement(known[name], -change[name]) < bound] if judged else list(known)


def _size(slope: Numbers) -> float:
    return float(np.sqrt(np.mean(np.square(slope, dtype=np.float64))))


def _agreement(slope: Numbers, other: Numbers | None) -> float:
    """The share of the slope in entries where both have the same sign."""
    if other is None:
        return 0.0
    return float(np.sum(np.abs(slope) * (slope * other > 0)) / np.sum(np.abs(slope)))
