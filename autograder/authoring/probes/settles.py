"""Does training forget the gradients of earlier steps?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.authoring.student import Remote
from autograder.authoring.wording import rounded
from autograder.errors import CheckFailed
from autograder.worker.names import Numbers


def settles(build: Callable[[], Remote], train: Callable[[Remote, int], object], ways: Any, *, tried: str) -> None:
    """Steps that each follow the gradient of their own batch bring an output's bias to its best value, and leave it there.

    `build()`: a new model; `train(model, steps)`: so many steps on one batch. Where all of the model's parameters are 0 but the
    bias of its output, of as many numbers as `ways`, its best value along `ways` is to be 0, and nothing else is to have a
    gradient. A model with no bias of that size, or with two, passes.

    Steps that follow the sum of all gradients so far run past 0 and swing, mostly farther and farther. Started as far away as
    ten steps lead, the right ones of Adam (β₁ up to 0.99), RMSprop, SGD with and without momentum and their kin, at rates from
    10⁻⁴ to ½, lie between −0.15 and 0.9 of the start after 50 steps, and no farther out after 78.
    """
    along: Numbers = np.asarray(ways, dtype=np.float32)

    def after(steps: int, start: float) -> float:
        model = build()
        values = {name: 0 * value for name, value in model.parameters().items()}
        biases = [name for name, value in values.items() if value.size == along.size]
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
        return  # It does not move: for others to say.
    start = min(max(way, 2e-3), farthest)
    early, late = (after(steps, start) / start for steps in (50, 78))
    if not (min(early, late) >= -0.2 and max(early, late) <= 1.05 and abs(late) <= abs(early) + 0.1):
        raise CheckFailed(
            f"{tried}, from {rounded(start)} beside the best value of an output bias",
            f"{rounded(early)} times as far from it after 50 steps, {rounded(late)} times after 78",
            "a bias that comes to rest there",
            "It swings: gradients of earlier steps are still there and are added up. Zero them in each step.",
        )
