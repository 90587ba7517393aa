"""Probes of parameters: new values, and the changes between two states of a model.

Parameters are dicts of arrays by name, as returned by `Remote.parameters()`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder.authoring import expect
from autograder.authoring.challenges import Draw
from autograder.authoring.student import Remote
from autograder.worker.arrays import Numbers

Parameters = dict[str, Numbers]
Scale = float | Callable[[tuple[int, ...]], float]
"""The scale of an array's entries: a number, or a function of the array's shape."""


def weights(model: Remote) -> Parameters:
    """Convolution kernels (four axes) and weight matrices of dense layers (two).

    Arrays with one axis are biases, gains and the like; those with three are the slopes of a PReLU.
    """
    return {name: value for name, value in model.parameters().items() if value.ndim in (2, 4)}


def zeros(values: Mapping[str, Numbers]) -> Parameters:
    """Arrays of zeros with the same names and shapes."""
    return {name: np.zeros_like(value) for name, value in values.items()}


def silent(model: Remote, example: Any) -> Parameters:
    """Zeros for the model's parameters, except for those that must not be 0. The model is left with other parameters.

    A weight normalisation divides a matrix by its own norm: zeros there make the output for `example` NaN, while zeros
    as its gains silence the layer.
    """

    def finite(values: Parameters) -> bool:
        model.set_parameters(values)
        return bool(np.isfinite(model.forward(example)).all())

    values = model.parameters()
    silenced = zeros(values)
    if finite(silenced):
        return silenced
    for name, value in values.items():
        values = values | {name: silenced[name]}
        if not finite(values):
            values = values | {name: value}
    return values


def scaled(values: Mapping[str, Numbers], factor: float) -> Parameters:
    """All arrays times a factor."""
    return {name: factor * value for name, value in values.items()}


def randomise(model: Remote, draw: Draw, gain: float = 1.0) -> None:
    """Give the model random parameters that produce large outputs: normal, with standard deviation gain · size^(−¼)."""
    fresh = random_weights(draw, model.parameters())
    model.set_parameters({name: gain * value / max(1, value.size) ** 0.25 for name, value in fresh.items()})


def at_least_glorot(values: Mapping[str, Numbers]) -> Parameters:
    """The same parameters, with matrices that are far too small scaled to the deviation of Glorot and Bengio (2010).

    Some programs draw their weights from N(0, 0.02²); in a small network, float32 then rounds away the effect of a step
    on the output. Matrices of zeros, and arrays that are not matrices, are unchanged. The deviation is that from 0: the
    few entries of a small matrix may be alike by chance.
    """

    def scaled_up(matrix: Numbers) -> Numbers:
        due, deviation = glorot(matrix.shape), float(np.sqrt(np.mean(np.square(matrix))))
        return matrix * due / deviation if 0 < deviation < 0.3 * due else matrix

    return {name: scaled_up(value) if value.ndim == 2 else value for name, value in values.items()}


def flat(*states: Mapping[str, Numbers]) -> Numbers:
    """All arrays of all states concatenated into one float64 vector."""
    return np.concatenate([np.ravel(value) for state in states for value in state.values()]).astype(np.float64)


def change(before: Mapping[str, Numbers], after: Mapping[str, Numbers]) -> Parameters:
    """The change of each array from `before` to `after`. Raises `KeyError` if one is missing in `after`."""
    return {name: after[name] - value for name, value in before.items()}


def standing_still(before: Mapping[str, Numbers], after: Mapping[str, Any]) -> list[str]:
    """The names of the arrays that are exactly unchanged. A missing array counts as changed."""
    return [name for name, value in before.items() if name in after and np.array_equal(value, after[name])]


def some_moved(before: Mapping[str, Numbers], after: Mapping[str, Any], tried: str, cause: str) -> None:
    """A training must change at least half of the arrays, and leave numbers in all. Raises `CheckFailed` otherwise.

    Half, since the gradient of a bias may be 0: before batch normalisation, or at the output of a critic.
    """
    still = standing_still(before, after)
    expect.that(
        len(still) <= len(before) / 2 and len(before) > 0,
        tried=f"{tried}: the parameters that it should train",
        saw=f"{len(still)} of {len(before)} unchanged",
        expected="parameters that change",
        cause=cause,
    )
    for name, value in after.items():
        expect.array(value, tried=f"{tried}: {name}")


def snapshot(model: Remote) -> Callable[[], None]:
    """Save the model's parameters and buffers; the returned function restores them."""
    parameters, buffers = model.parameters(), model.buffers()

    def restore() -> None:
        model.set_parameters(parameters)
        model.set_buffers(buffers)

    return restore


def random_weights(
    draw: Draw, parameters: Mapping[str, Numbers], *, matrices: Scale = 1.0, biases: float = 1.0
) -> dict[str, Numbers]:
    """Normal random numbers for each parameter, by name.

    `matrices`: the standard deviation for arrays with two or more axes, a number or a function of the shape. `biases`:
    the standard deviation for all others.
    """

    def scale(shape: tuple[int, ...]) -> float:
        if len(shape) < 2:
            return biases
        return matrices(shape) if callable(matrices) else matrices

    return {name: draw.normal(*value.shape) * scale(value.shape) for name, value in parameters.items()}


def glorot(shape: tuple[int, ...]) -> float:
    """Glorot's √(2 / (inputs + outputs)) for a kernel (Glorot & Bengio 2010, eq. 12), whatever the order of its axes.

    `shape`: two sizes, or more for a convolution; the two largest count as inputs and outputs.
    """
    *windows, inputs, outputs = sorted(shape)
    return float(np.sqrt(2 / ((inputs + outputs) * np.prod(windows))))


def without_zero_matrices(draw: Draw, model: Remote) -> dict[str, Numbers]:
    """The model's parameters, with random numbers in matrices that are all 0. The model gets them, too.

    Behind an output layer that starts at 0, which is right, no gradient reaches the other layers in the first step.
    """
    filled = {
        name: (0.3 * draw.normal(*value.shape)).astype(value.dtype)
        for name, value in model.parameters().items()
        if value.ndim > 1 and not value.any()
    }
    model.set_parameters(filled)
    return model.parameters()


def output_bias_alone(parameters: Mapping[str, Numbers], bias: Any) -> dict[str, Numbers]:
    """Zeros for each parameter, except `bias` for those with as many entries as it has.

    A model that ends in a layer of that many units then outputs the bias for every input. Any other parameter with that
    many entries gets the same values.
    """
    values = np.asarray(bias)
    return {
        name: values.reshape(value.shape) if value.size == values.size else np.zeros_like(value)
        for name, value in parameters.items()
    }
