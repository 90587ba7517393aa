"""Values formatted for students: sensibly rounded, arrays at the entry where they differ most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from autograder.authoring.student import Remote
from autograder.worker.arrays import Numbers

_DIGITS = 3
"""Significant digits, as a person would round."""


def where_they_differ_most(actual: Numbers, target: Numbers) -> tuple[str, str]:
    """Both arrays as text: all entries if there are few, otherwise the entry where they differ most.

    That entry is written with as many digits as it takes to tell the two apart.
    """
    if actual.ndim == 0:
        return apart(float(actual), float(target))
    index = np.unravel_index(int(np.argmax(np.abs(actual - target))), actual.shape) if actual.size else ()
    if actual.size <= 6:
        digits = _digits(float(actual[index]), float(target[index])) if actual.size else _DIGITS
        return entries(actual, digits), entries(target, digits)
    place = ", ".join(map(str, index))
    seen, wanted = apart(float(actual[index]), float(target[index]))
    return f"{seen} at [{place}]", f"{wanted} there"


def entries(values: Numbers, digits: int = _DIGITS) -> str:
    """All entries in one list."""
    return "[" + ", ".join(rounded(float(value), digits) for value in values.ravel()) + "]"


def apart(seen: float, wanted: float) -> tuple[str, str]:
    """Both numbers rounded, with as many digits as it takes to tell them apart: never `0.105` and `0.105`."""
    digits = _digits(seen, wanted)
    return rounded(seen, digits), rounded(wanted, digits)


def rounded(value: float, digits: int = _DIGITS) -> str:
    """The number with that many significant digits, fewer if it is tiny; whole numbers without decimals."""
    if float(value).is_integer() and abs(value) < 1e7:
        return str(int(value))
    return f"{value:.{digits}g}" if 1e-3 <= abs(value) < 1e7 else f"{value:.{digits - 1}g}"


def _digits(seen: float, wanted: float) -> int:
    """The fewest significant digits with which two numbers look different; the usual ones if the numbers are equal."""
    # Seventeen digits tell any two float64 numbers apart, and `rounded` writes a tiny or a huge one with one digit less.
    several = range(_DIGITS, 19)
    return next((digits for digits in several if rounded(seen, digits) != rounded(wanted, digits)), _DIGITS)


def sides_of(sides: Sequence[int]) -> str:
    """A shape as a tuple."""
    return str(tuple(int(side) for side in sides))


def listed(names: Sequence[Any]) -> str:
    """The first three names, and the number of the others."""
    shown = ", ".join(str(name)[:80] for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def kind_of(value: Any) -> str:
    """The type of a value and, where short, the value."""
    if value is None:
        return "None"
    if isinstance(value, Remote):
        return repr(value)
    if isinstance(value, np.ndarray):
        return f"an array of {cast(Numbers, value).dtype}"
    return f"{type(value).__name__} {brief(value)}"


def brief(value: Any) -> str:
    """The `repr` of a value, shortened."""
    shown = repr(value)
    return shown if len(shown) <= 160 else f"{shown[:120]} … ({len(shown)} characters)"


def forgotten_return(value: Any) -> str:
    """The likely cause of `None`; empty for other values."""
    return "The function ends without a `return`." if value is None else ""


def briefly_apart(seen: Any, wanted: Any) -> tuple[str, str]:
    """The `repr` of both values, shortened to where they differ first."""
    texts = (repr(seen), repr(wanted))
    differing = (at for at, (a, b) in enumerate(zip(*texts, strict=False)) if a != b)
    start = next(differing, min(map(len, texts))) - 40
    if start < 60 or max(map(len, texts)) <= 160:
        return brief(seen), brief(wanted)
    first, second = (f"… {text[start : start + 120]} … ({len(text)} characters)" for text in texts)
    return first, second


def plain(value: Any) -> Any:
    """Arrays and tuples as lists, NumPy scalars as Python's, whole floats as integers."""
    if isinstance(value, np.ndarray):
        return plain(cast(Numbers, value).tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast(list[Any], value)]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in cast(dict[Any, Any], value).items()}
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
