"""What took a submission too long, so that it is not tried again."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from autograder.course.submission import Code
from autograder.course.uses import Uses, reaches, uses
from autograder.errors import LimitExceeded, NotAskedAgain

_CALLS = ("call", "method", "gradient")
"""Requests that name the function they run."""
_MOST = 2
"""How often a function that has returned before may run past the limit: a right one may be slow for large inputs."""


@dataclass
class Slow:
    """The cells and functions of a file that took too long. All sessions of the file share it."""

    cells: Sequence[Code] = ()
    shortened: dict[int, int] = field(default_factory=dict[int, int])
    """Cells that are not run in full, by number: 1 for their definitions only, 2 for not at all."""
    unread: int = 0
    """How often reading the file took too long."""
    _returned: set[str] = field(default_factory=set[str])
    _overran: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Function → the checks in which it ran past the time limit."""

    @contextmanager
    def watching(self, check: str, verb: str, fields: Mapping[str, Any]) -> Generator[bool]:
        """Note whether the function that the block asks for returns in time.

        Yields whether it is suspected: it calls a function that ran past the limit and never returned, and has not
        returned itself. Raises `NotAskedAgain` before the block if the function has itself run past the limit and never
        returned, or has done so twice; and after the block, if it is suspected and runs past the limit now.
        """
        if verb not in _CALLS:
            yield False
            return
        function = str(fields.get("name"))
        overran = self._overran.get(function, [])
        if overran and (function not in self._returned or len(overran) >= _MOST):
            raise NotAskedAgain(function, overran[0])
        culprit = self._culprit(function)
        try:
            yield culprit is not None
        except LimitExceeded as problem:
            if problem.limit == "time":
                self._overran.setdefault(function, []).append(check)
                if culprit:
                    raise NotAskedAgain(culprit, self._overran[culprit][0], caller=function) from problem
            raise
        self._returned.add(function)

    def _culprit(self, function: str) -> str | None:
        """A function that ran past the limit and never returned, and that this one calls."""
        endless = self._overran.keys() - self._returned
        if not endless or function in self._returned:
            return None
        return min(endless & reaches(self._uses, function), default=None)

    @cached_property
    def _uses(self) -> Uses:
        return uses(source for _, source in self.cells)
