"""Conversion of values for the wire; objects that cannot cross it are kept under a name."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from autograder.worker import wire
from autograder.worker.arrays import Numbers
from autograder.worker.frameworks import Framework
from autograder.worker.wire import Array, Remote

_FLOATS = {"float16": "float32", "float32": "float32", "float64": "float64", "longdouble": "float64"}

DEEPEST = wire.MAX_DEPTH - 4
"""Maximum nesting of a student's return value; the enclosing message needs the remaining levels."""


class Exchange:
    """Converts the student's values to the wire's and back; stores other objects under a name."""

    def __init__(self, framework: Framework, place: Callable[[Any], Any] = lambda tensor: tensor) -> None:
        self._framework = framework
        self._place = place
        self._objects: dict[str, Any] = {}
        self._count = 0

    def outward(self, value: Any, images: bool = False, depth: int = 0) -> Any:
        """A student's value as NumPy, plain Python, or a `Remote`. Raises `TypeError` for arrays of other types."""
        if depth > DEEPEST:
            raise TypeError(f"lists or dicts nested deeper than {DEEPEST}")
        numbers = cast(Numbers, value) if isinstance(value, np.ndarray) else self._framework.array(value)
        if numbers is not None:
            plain = _wire_array(np.asarray(numbers))
            return Array(self._framework.images_out(plain) if images else plain)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, np.generic):
            return self.outward(cast(Any, value.item()))
        if isinstance(value, int):
            return int(value) if abs(value) < 2**63 else float(value)
        if isinstance(value, float):
            return float(value)
        if isinstance(value, str):
            return str(value)
        if isinstance(value, list | tuple | range | deque):
            return [self.outward(item, images, depth + 1) for item in cast(list[Any], value)]
        if isinstance(value, dict):
            return {
                _key(key): self.outward(item, images, depth + 1) for key, item in cast(dict[Any, Any], value).items()
            }
        return self.keep(value)

    def inward(self, value: Any) -> Any:
        """A value from the grader in the form that the student's code expects."""
        if isinstance(value, Array):
            numbers = np.array(value.values)
            if "images" in value.role:
                numbers = self._framework.images_in(numbers)
            return self._place(self._framework.tensor(numbers)) if "tensor" in value.role else numbers
        if isinstance(value, Remote):
            return self.object(value.name)
        if isinstance(value, list):
            return [self.inward(item) for item in cast(list[Any], value)]
        if isinstance(value, dict):
            return {key: self.inward(item) for key, item in cast(dict[Any, Any], value).items()}
        return value

    def keep(self, value: Any) -> Remote:
        """Store an object under a new name."""
        self._count += 1
        name = f"object {self._count}"
        self._objects[name] = value
        return Remote(name, type(value).__name__[:100])

    def object(self, name: str) -> Any:
        """The object of that name. Raises `LookupError` if there is none."""
        return self._objects[name]

    def forget(self) -> None:
        """Drop all stored objects."""
        self._objects.clear()

    def numbers(self, value: Array, images_in: Callable[[Numbers], Numbers]) -> Numbers:
        """An array for the framework adapter: in the framework's layout, but not a tensor."""
        plain = np.array(value.values)
        return images_in(plain) if "images" in value.role else plain


def _wire_array(numbers: Numbers) -> Numbers:
    kind = numbers.dtype.kind
    if kind == "f":
        return numbers.astype(_FLOATS.get(numbers.dtype.name, "float64"), copy=False)
    if kind in "iu":
        return numbers.astype("int64", copy=False)
    if kind == "b":
        return numbers
    if kind == "O" and numbers.size and all(isinstance(item, int | float | bool) for item in numbers.flat):
        return numbers.astype("float64")
    raise TypeError(f"an array of {numbers.dtype} is not numeric")


def _key(key: Any) -> str | int:
    if isinstance(key, np.integer | int) and not isinstance(key, bool):
        return int(cast(int, key))
    return str(key)
