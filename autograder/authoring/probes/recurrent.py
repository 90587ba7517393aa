"""Recurrent models that keep a state between calls: clear the state, and read it where it enters the output layer."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from jaxtyping import Float

from autograder.authoring import expect
from autograder.authoring.student import Remote
from autograder.errors import CheckFailed
from autograder.worker.arrays import Numbers


def ready_without_state(model: Remote, example: Numbers) -> Remote:
    """Make sure that a new model has all its parameters and no state yet. Returns the model.

    If the first call creates the parameters, it also leaves a state: the buffers are then set to 0. They must therefore
    contain only the state (no batch-norm statistics).
    """
    before = model.parameters()
    model.ready(example)
    if len(model.parameters()) > len(before):
        model.set_buffers({name: 0 * value for name, value in model.buffers().items()})
    return model


def output_layer(
    model: Remote, weights: Mapping[str, Numbers], units: int, x: Numbers, *, cause: str
) -> tuple[int, list[int]]:
    """The index of the output layer's kernel among the weights, and the indices of kernel and bias.

    With these set to 0, the model outputs 0 for every input: `(rows, 1)` for `x`, a batch of `rows`. It is assumed to
    end in a linear layer from `units` numbers to one; fails, with the likely `cause`, if no weights of that size
    silence it. The model keeps the silenced weights.
    """
    names = list(weights)
    single = [place for place, name in enumerate(names) if weights[name].size == 1]
    for kernel in [place for place, name in enumerate(names) if weights[name].size == units]:
        model.set_parameters(dict(zip(model.parameters(), silenced(weights, [kernel, *single]).values(), strict=True)))
        answers = expect.shape(
            model.forward(x),
            (len(x), 1),
            tried="the model with an output layer of zeros",
            cause="One row in, one number out: (batch, 1).",
        )
        if not np.any(answers):
            return kernel, [kernel, *single]
    raise CheckFailed(
        tried="the model with the weights of its output layer set to zero",
        saw="an output that still depends on the input",
        expected="zero",
        likely=cause,
    )


def silenced(weights: Mapping[str, Numbers], places: Collection[int]) -> dict[str, Numbers]:
    """The weights, with those at the given indices set to zero."""
    return {name: value * (place not in places) for place, (name, value) in enumerate(weights.items())}


def last_state(model: Remote, kernel: int, row: Numbers) -> Float[np.ndarray, " units"]:
    """What the recurrent layers pass to the output layer after one more row, `(1, steps, features)`.

    The model is in training mode, as in its training loop. This is the gradient of the output with respect to the output
    layer's kernel, the parameter with index `kernel`. Reading it calls the model, which advances its state. It is a
    claim by the student's process: a check must verify its consequences.
    """
    slopes = list(model.gradients(row, np.ones((1, 1)), training=True).values())
    return expect.array(slopes[kernel], tried="the gradient of the output in the output layer").ravel()
