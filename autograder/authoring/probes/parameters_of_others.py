"""Weights that a check draws for a model, and weights that silence all but a bias."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder.authoring.challenges import Draw

Numbers = np.ndarray[Any, Any]
Scale = float | Callable[[tuple[int, ...]], float]


def random_weights(
    draw: Draw, parameters: Mapping[str, Numbers], *, matrices: Scale = 1.0, biases: float = 1.0
) -> dict[str, Numbers]:
    """Normal numbers for each parameter, by name.

    `matrices`: the standard deviation in arrays of two axes and more, a number or a function of the shape. `biases`: that in
    all others.
    """

    def scale(shape: tuple[int, ...]) -> float:
        if len(shape) < 2:
            return biases
        return matrices(shape) if callable(matrices) else matrices

    return {name: draw.normal(*value.shape) * scale(value.shape) for name, value in parameters.items()}


def glorot(shape: tuple[int, ...]) -> float:
    """Glorot's √(2 / (inputs + outputs)) for a kernel, the same whichever way round it is stored (Glorot & Bengio 2010, eq. 12).

    `shape`: two sides, or more for a convolution, of which the two largest count as inputs and outputs.
    """
    *windows, inputs, outputs = sorted(shape)
    return float(np.sqrt(2 / ((inputs + outputs) * np.prod(windows))))


def output_bias_alone(parameters: Mapping[str, Numbers], bias: Any) -> dict[str, Numbers]:
    """Zeros for each parameter, but `bias` for those that have as many entries as it has.

    A model that ends in a layer of that many units answers with the bias alone, whatever it reads. Where another parameter has
    that many entries too, it gets the same ones.
    """
    values = np.asarray(bias)
    return {
        name: values.reshape(value.shape) if value.size == values.size else np.zeros_like(value)
        for name, value in parameters.items()
    }
