"""What took a submission too long, so that it is not tried again."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from autograder.errors import LimitExceeded, NotAskedAgain

_CALLS = ("call", "method", "gradient")
"""Requests that name the function they run."""
_MOST = 2
"""How often a function that has returned before may run past the limit: a right one may be slow for large inputs."""


@dataclass
class Slow:
    """The cells and functions of a file that took too long. All sessions of the file share it."""

    shortened: dict[int, int] = field(default_factory=dict[int, int])
    """Cells that are not run in full, by number: 1 for their definitions only, 2 for not at all."""
    _returned: set[str] = field(default_factory=set[str])
    _overran: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Function → the checks in which it ran past the time limit."""

    @contextmanager
    def watching(self, check: str, verb: str, fields: Mapping[str, Any]) -> Generator[None]:
        """Note whether the function that the block asks for returns in time.

        Raises `NotAskedAgain` before the block if it has run past the limit and never returned, or has done so twice.
        """
        if verb not in _CALLS:
            yield
            return
        function = str(fields.get("name"))
        overran = self._overran.get(function, [])
        if overran and (function not in self._returned or len(overran) >= _MOST):
            raise NotAskedAgain(function, overran[0])
        try:
            yield
        except LimitExceeded as problem:
            if problem.limit == "time":
                self._overran.setdefault(function, []).append(check)
            raise
        self._returned.add(function)
