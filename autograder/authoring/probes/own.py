"""Parts judged by the student's own functions of other parts, so that a mistake costs the points of its own part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.errors import CheckFailed, StudentError


def wanted_or_own(answer: Any, wanted: Any, own: Callable[[], Any], *, rtol: float = 1e-4, atol: float = 1e-5) -> Any:
    """`own()` if the answer agrees with it, else `wanted`: what to hold the answer against.

    `own` computes the value from other functions of the student. It is asked for only where the answer is not `wanted`:
    where those functions are right, both are the same. It does not count if it raises `StudentError` or `CheckFailed`,
    is not finite, has another shape than `wanted`, or is 0 throughout, as from functions that return nothing of use.
    """
    right = np.asarray(wanted, dtype=np.float64)
    if _alike(answer, right, rtol, atol):
        return wanted
    try:
        value = np.asarray(own(), dtype=np.float64)
    except (StudentError, CheckFailed, TypeError, ValueError):
        return wanted
    useful = value.shape == right.shape and bool(np.all(np.isfinite(value))) and bool(np.any(np.abs(value) > atol))
    return value if useful and _alike(answer, value, rtol, atol) else wanted


def _alike(answer: Any, value: np.ndarray, rtol: float, atol: float) -> bool:
    try:
        numbers = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    return numbers.shape == value.shape and np.allclose(numbers, value, rtol=rtol, atol=atol)
