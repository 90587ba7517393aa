"""A seeded source of challenges: each grading draws new ones, and the seed reproduces them."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from autograder.worker.arrays import Numbers

Item = TypeVar("Item")


def fresh_seed() -> int:
    """An unpredictable seed: 0 … 2³² − 1."""
    return secrets.randbits(32)


class Draw:
    """Random draws for one check of one grading. Checks never share a stream, so that a part can be graded alone."""

    def __init__(self, seed: int, *names: str) -> None:
        self.rng = np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)])

    def normal(self, *shape: int) -> Numbers:
        """Samples from the standard normal distribution, float32."""
        return self.rng.standard_normal(shape).astype(np.float32)

    def uniform(self, low: float, high: float, *shape: int) -> Numbers:
        """Uniform samples from [low, high), float32."""
        return self.rng.uniform(low, high, shape).astype(np.float32)

    def integers(self, low: int, high: int, *shape: int) -> Numbers:
        """Uniform integers from low … high − 1, int64."""
        return self.rng.integers(low, high, shape)

    def permutation(self, n: int) -> Numbers:
        """A permutation of 0 … n − 1 that is not the identity (for n ≥ 2)."""
        order = self.rng.permutation(n)
        while n > 1 and np.array_equal(order, np.arange(n)):
            order = self.rng.permutation(n)
        return order

    def choice(self, options: Sequence[Item]) -> Item:
        """One of the options."""
        return options[int(self.rng.integers(len(options)))]

    def seed(self) -> int:
        """A seed for the student's code: 0 … 2³¹ − 1."""
        return int(self.rng.integers(2**31))


class Once:
    """What several checks of one grading use, such as trained parameters: the first check that asks computes it.

    Only plain values last until the next check: a `Remote` does not.
    """

    def __init__(self, seed: int, exercise: str) -> None:
        self._seed = seed
        self._exercise = exercise
        self._known: dict[str, Any] = {}

    def __call__(self, name: str, compute: Callable[[Draw], Any]) -> Any:
        """The value of that name, from `compute(draw)`, whose draws are the same in whichever check it runs."""
        if name not in self._known:
            self._known[name] = compute(Draw(self._seed, self._exercise, name))
        return self._known[name]
