"""Values formatted for students: sensibly rounded, arrays at the entry where they differ most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from autograder.authoring.student import Remote
from autograder.worker.names import Numbers


def where_they_differ_most(actual: Numbers, target: Numbers) -> tuple[str, str]:
    """Both arrays as text: all entries if there are few, otherwise the entry where they differ most."""
    if actual.ndim == 0:
        return rounded(float(actual)), rounded(float(target))
    if actual.size <= 6:
        return entries(actual), entries(target)
    index = np.unravel_index(int(np.argmax(np.abs(actual - target))), actual.shape)
    place = ", ".join(map(str, index))
    return f"{rounded(actual[index])} at [{place}]", f"{rounded(target[index])} there"


def entries(values: Numbers) -> str:
    """All entries in one list."""
    return "[" + ", ".join(rounded(float(value)) for value in values.ravel()) + "]"


def rounded(value: float) -> str:
    """The number with three significant digits; whole numbers without decimals."""
    if float(value).is_integer() and abs(value) < 1e7:
        return str(int(value))
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1e7 else f"{value:.2g}"


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
