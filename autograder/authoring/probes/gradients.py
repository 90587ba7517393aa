"""Does a gradient arrive, and what would it be? By autodiff on the student's side, by differences on ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from autograder.authoring import expect
from autograder.worker.names import Numbers


def lost(slopes: Mapping[str, Numbers | None]) -> list[str]:
    """The names of those parameters at which no gradient arrives: none at all, or zeros alone."""
    return [name for name, slope in slopes.items() if slope is None or not np.any(slope)]


def arrived(slope: Any, *, tried: str, expected: str, cause: str) -> None:
    """Fails where `student.gradient` has answered that no gradient arrives: the graph is cut on the way. Zeros do arrive."""
    expect.that(slope is not None, tried=tried, saw="no gradient", expected=expected, cause=cause)


def gradient_by_differences(
    function: Callable[[Float[np.ndarray, "*shape"]], Any], x: Float[np.ndarray, "*shape"], step: float = 1e-5
) -> Float[np.ndarray, "*shape"]:
    """The gradient of a function with one number as its answer, at each entry of the float64 array `x`, by central differences.

    The error is of the order of step², and of 10⁻¹⁶ · |function| / step by rounding.
    """
    slopes = np.empty_like(x)
    for place in np.ndindex(x.shape):
        shift = np.zeros_like(x)
        shift[place] = step
        slopes[place] = slope_by_differences(function, x, shift)
    return slopes


def slope_by_differences(function: Callable[[Numbers], Any], x: Numbers, step: Any = 1e-5) -> Any:
    """(f(x + step) − f(x − step)) / (2 · |step|): the slope of `function` at `x` along the step.

    With a number as the step and a function that works entry by entry this is the derivative at each entry.
    """
    return (function(x + step) - function(x - step)) / (2 * np.sqrt(np.sum(np.square(step))))
