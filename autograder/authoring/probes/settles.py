"""Whether training discards the gradients of earlier steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.authoring.probes.parameters import silent, zeros
from autograder.authoring.student import Remote
from autograder.authoring.wording import rounded
from autograder.errors import CheckFailed
from autograder.worker.names import Numbers


def settles(
    build: Callable[[], Remote],
    train: Callable[[Remote, int], object],
    ways: Any,
    *,
    tried: str,
    example: Any = None,
    place: int | None = None,
) -> None:
    """If each step follows the gradient of its own batch only, an output bias converges to its optimum and stays there.

    `build()`: a new model; `train(model, steps)`: trains for so many steps on one batch. With all parameters 0 except
    the output bias, which has as many entries as `ways`, its optimum along `ways` must be 0, and no other parameter may
    have a gradient. A model with no bias of that size, or with two, passes, unless `place` says which of the parameters
    it is, counted from 0. With an `example` of its input, a model may have a weight normalisation, whose directions
    cannot be 0.

    Steps that follow the sum of all gradients so far overshoot 0 and oscillate, mostly with growing amplitude. Started
    at the distance covered by ten steps, correct steps of Adam (β₁ up to 0.99), RMSprop, SGD with and without momentum,
    and similar optimisers, at learning rates from 10⁻⁴ to ½, end between −0.15 and 0.9 of the start after 50 steps, and
    no farther out after 78.
    """
    along: Numbers = np.asarray(ways, dtype=np.float32)

    def after(steps: int, start: float) -> float:
        model = build()
        values = zeros(model.parameters()) if example is None else silent(model, example)
        names = list(values) if place is None else [list(values)[place]]
        biases = [name for name in names if values[name].size == along.size]
        if len(biases) != 1:
            return start
        (bias,) = biases
        values[bias] = start * along.reshape(values[bias].shape)
        model.set_parameters(values)
        train(model, steps)
        return float(np.mean(model.parameters()[bias].ravel() * along))

    farthest = 0.5
    way = abs(farthest - after(10, farthest))
    if way == 0:
        return  # It does not move: other checks report that.
    start = min(max(way, 2e-3), farthest)
    early, late = (after(steps, start) / start for steps in (50, 78))
    if not (min(early, late) >= -0.2 and max(early, late) <= 1.05 and abs(late) <= abs(early) + 0.1):
        raise CheckFailed(
            f"{tried}, starting at a distance of {rounded(start)} from the optimum of an output bias",
            f"{rounded(early)} times that distance after 50 steps, {rounded(late)} times after 78",
            "a bias that converges to its optimum",
            "The bias oscillates because gradients of earlier steps are added up. Zero them in each step.",
        )
