"""Whether a gradient arrives and what it should be: by autodiff in the worker, by differences in the grader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from autograder.authoring import expect
from autograder.worker.arrays import Numbers


def lost(slopes: Mapping[str, Numbers | None]) -> list[str]:
    """The names of the parameters that receive no gradient: `None`, or only zeros."""
    return [name for name, slope in slopes.items() if slope is None or not np.any(slope)]


def arrived(slope: Any, *, tried: str, expected: str, cause: str) -> None:
    """Fail if `student.gradient` returned no gradient because the graph is cut. A gradient of zeros passes."""
    expect.that(slope is not None, tried=tried, saw="no gradient", expected=expected, cause=cause)


def gradient_by_differences(
    function: Callable[[Float[np.ndarray, "*shape"]], Any], x: Float[np.ndarray, "*shape"], step: float = 1e-5
) -> Float[np.ndarray, "*shape"]:
    """The gradient of a scalar function at the float64 array `x`, by central differences.

    The error is of order step², plus 10⁻¹⁶ · |function| / step from rounding.
    """
    slopes = np.empty_like(x)
    for place in np.ndindex(x.shape):
        shift = np.zeros_like(x)
        shift[place] = step
        slopes[place] = slope_by_differences(function, x, shift)
    return slopes


def slope_by_differences(function: Callable[[Numbers], Any], x: Numbers, step: Any = 1e-5) -> Any:
    """(f(x + step) − f(x − step)) / (2 · |step|): the slope of `function` at `x` along the step.

    For a scalar step and an elementwise function this is the derivative at each entry.
    """
    return (function(x + step) - function(x - step)) / (2 * np.sqrt(np.sum(np.square(step))))
