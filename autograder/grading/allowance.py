"""How long a submission may compute: from what the reference solution needs, and from how fast this machine is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from autograder.authoring.exercise import Check, Exercise
from autograder.course.policy import Bounds
from autograder.grading.speed import USUAL_SECONDS, slowness
from autograder.worker.names import FrameworkName

_SUSPECTED = 4.0
_SUSPECTED_LEAST = 1.0
"""A function that calls one which never returned will hardly return itself. It may not always call it, though, so that
it has some time: this many times what the reference needs, and so many seconds.
"""


class Allowance:
    """CPU seconds for a file in this framework, on this machine."""

    def __init__(self, exercise: Exercise, framework: FrameworkName | Literal["unknown"]) -> None:
        self._limits = exercise.policy.limits
        self._costs: Mapping[str, float] = {} if framework == "unknown" else exercise.costs.get(framework, {})

    def for_request(self, check: Check | None, *, on_gpu: bool = False, suspected: bool = False) -> float:
        """For one request of a check; without a check, for one of the reference solution.

        On a GPU, the first request also loads the device's libraries: there, every check has the time of one that
        trains. `suspected`: it runs a function that calls one which ran past its limit.
        """
        limits, cost = self._limits, self._cost(check)
        seconds = limits.check_seconds or allowed(limits.training, limits.factor, cost)
        if check is not None and not check.trains and not on_gpu:
            seconds = min(limits.exact_seconds or allowed(limits.exact, limits.factor, cost or 0.0), seconds)
        if suspected:
            seconds = min(seconds, slowness() * max(_SUSPECTED_LEAST, _SUSPECTED * (cost or 0.0)))
        return seconds

    @property
    def for_loading(self) -> float:
        """For all cells of the file together: they may train, and nobody knows for how long."""
        return self.for_request(None)

    @property
    def in_all(self) -> float:
        """For all checks together."""
        whole = sum(self._costs.values()) * USUAL_SECONDS if self._costs else None
        return self._limits.seconds or allowed(self._limits.whole, self._limits.factor, whole)

    def _cost(self, check: Check | None) -> float | None:
        """What the reference solution needs on the usual machine."""
        loops = self._costs.get(check.id) if check else None
        return None if loops is None else loops * USUAL_SECONDS


def allowed(bounds: Bounds, factor: float, cost: float | None) -> float:
    """The limit that follows from a cost: `factor` times as much, within the bounds; the most, if the cost is unknown.

    Costs and bounds are CPU seconds on the usual machine. A slower machine gives more, so that it costs no points.
    """
    usual = bounds.most if cost is None else min(bounds.most, max(bounds.least, factor * cost))
    return usual * slowness()
