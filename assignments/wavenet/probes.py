"""What the visible and the hidden checks of `wavenet` share."""

import numpy as np

from autograder import expect
from autograder.authoring.probes.functions import one_hot
from autograder.authoring.probes.models import new_model
from autograder.authoring.probes.parameters import glorot, random_weights

ZERO = 1e-6
"""Probabilities that do not depend on a sample differ by less: float32 rounds numbers below 1 to 6e-8."""


def new_wavenet(student, draw, classes, channels, kernel_size, dilations, gain=None):
    """A new model of the student's with all its parameters, and with random weights if there is a `gain`."""
    sizes = classes, channels, kernel_size, dilations
    model = new_model(student, "build_model", *sizes, example=np.zeros((1, 8, classes)), seed=draw.seed())
    if gain is not None:
        model.set_parameters(loud_weights(draw, model, gain))
    return model


def loud_weights(draw, model, gain):
    """Random weights, `gain` times as large as Glorot's: those of a new model hide what is far back."""
    return random_weights(draw, model.parameters(), matrices=lambda shape: gain * glorot(shape), biases=0.3 * gain)


def next_sample(model, codes, classes, tried, training=False):
    """The model's output for sequences of codes `(N, T)`, an array `(N, T, classes)`."""
    return expect.shape(
        model.forward(one_hot(codes, classes), training),
        (*codes.shape, classes),
        tried=tried,
        cause="The output has one distribution for each sample of the input: (N, T, classes).",
        mistakes={
            "Time and classes are swapped: return (N, T, classes).": (codes.shape[0], classes, codes.shape[1]),
            "The model returns only the last step: return a distribution for each.": (codes.shape[0], classes),
        },
    )


def distributions(model, codes, classes, tried, training=False):
    """The same, for checks that cannot be asked unless the output consists of probabilities."""
    p = next_sample(model, codes, classes, tried, training)
    cause = "The model must return probabilities: see the part `model`."
    return expect.between(p, 0, 1, tried=tried, cause=cause, what="probabilities")


def effects(model, draw, classes, length, tried):
    """`(length, length)`: how much the output at t (column) changes if the sample at i (row) becomes another."""
    codes = np.tile(draw.integers(0, classes, length), (length, 1))
    changed = codes + np.diag(draw.integers(1, classes, length))
    # Both batches have the same shape, so that rounding is the same too.
    difference = next_sample(model, changed % classes, classes, tried) - next_sample(model, codes, classes, tried)
    return np.abs(difference).max(axis=-1)


def nats(p, codes):
    """−ln p of the codes, in nats: an array `(…)` for probabilities `(…, classes)` and codes `(…)`."""
    return -np.log(np.clip(np.take_along_axis(p, codes[..., None], axis=-1)[..., 0], 1e-7, None))


def two_sines(draw, rows, length, classes):
    """Codes `(rows, length)` of sums of two sines of random frequencies and phases, in equal steps."""
    frequencies, phases = draw.uniform(0.02, 0.12, rows, 2, 1), draw.uniform(0, 2 * np.pi, rows, 2, 1)
    waves = np.sin(2 * np.pi * frequencies * np.arange(length) + phases).sum(axis=1)
    return np.rint((waves + 2) / 4 * (classes - 1)).astype(np.int64)
