"""Recurrent models that keep a state between calls: made without one, and read where they hand it to an output layer."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from jaxtyping import Float

from autograder.authoring import expect
from autograder.authoring.student import Remote
from autograder.errors import CheckFailed
from autograder.worker.names import Numbers


def ready_without_state(model: Remote, example: Numbers) -> Remote:
    """Make sure that a new model has all its parameters and no state yet; returned.

    Where the first call makes the parameters it leaves a state as well: the buffers are then set to 0. So they must hold the
    state and nothing else (no statistics of a batch norm).
    """
    before = model.parameters()
    model.ready(example)
    if len(model.parameters()) > len(before):
        model.set_buffers({name: 0 * value for name, value in model.buffers().items()})
    return model


def output_layer(
    model: Remote, weights: Mapping[str, Numbers], units: int, x: Numbers, *, cause: str
) -> tuple[int, list[int]]:
    """The place of the output layer's kernel among the weights, and the places of kernel and bias.

    With these at 0 the model answers 0, whatever it has read: `(rows, 1)` for `x`, a batch of `rows`. It is assumed to end in
    a linear layer from `units` numbers to one; fails, with the likely `cause`, where nothing of that size silences it. The model
    is left with such weights.
    """
    names = list(weights)
    single = [place for place, name in enumerate(names) if weights[name].size == 1]
    for kernel in [place for place, name in enumerate(names) if weights[name].size == units]:
        model.set_parameters(dict(zip(model.parameters(), silenced(weights, [kernel, *single]).values(), strict=True)))
        answers = expect.shape(
            model.forward(x),
            (len(x), 1),
            tried="the model, with an output layer of zeros",
            cause="One row in, one number out: (batch, 1).",
        )
        if not np.any(answers):
            return kernel, [kernel, *single]
    raise CheckFailed(
        tried="the model with the weights of its output layer set to zero",
        saw="an answer that still depends on the input",
        expected="zero",
        likely=cause,
    )


def silenced(weights: Mapping[str, Numbers], places: Collection[int]) -> dict[str, Numbers]:
    """The weights with zeros at these places in their order."""
    return {name: value * (place not in places) for place, (name, value) in enumerate(weights.items())}


def last_state(model: Remote, kernel: int, row: Numbers) -> Float[np.ndarray, " units"]:
    """What the recurrent layers hand to the output layer after one more row, `(1, steps, features)`.

    That is the gradient of the answer in the output layer's kernel, which stands at the place `kernel` of the parameters. Reading
    it is a call of the model: its state moves on. It is what the student's process says: a check must look at what comes of it.
    """
    slopes = list(model.gradients(row, np.ones((1, 1))).values())
    return expect.array(slopes[kernel], tried="the gradient of the answer in the output layer").ravel()
