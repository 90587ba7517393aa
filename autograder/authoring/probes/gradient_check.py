"""Gradients returned by a student's code, compared with finite differences of the loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.authoring import expect
from autograder.authoring.challenges import Draw
from autograder.authoring.wording import apart, listed
from autograder.errors import CheckFailed
from autograder.worker.arrays import Numbers

DIRECTION_STEP = 3e-3
"""Step along a direction with entries of order 1, in float32: rounding (6e-8 of the loss, averaged over the batch) and
the fourth-order remainder both stay below 1e-4 of the slope.
"""
DIRECTIONS = 3
"""Of 4,000 correct gradients of a ReLU network on 64 samples, 6 disagreed along a first set of directions, because of
kinks within the step, and 1 along three.
"""
DIRECTION_TOLERANCE = 0.02
"""Relative to the gradient's norm, in addition to the estimated error of the differences: for rounding in float32. From
0.01 to 0.05 equally few correct gradients fail; of 400 that are 1.4 times too large, 1 passes at 0.02 and 13 at 0.05.
"""


def gradients_match(
    loss_of: Callable[[dict[str, Numbers]], float],
    parameters: Mapping[str, Any],
    claimed: Any,
    draw: Draw,
    *,
    tried: str,
    cause: str = "",
    factors: Mapping[str, float] | None = None,
) -> None:
    """Compare the claimed gradients with central differences of `loss_of`, along directions drawn at this point.

    There is one direction for each parameter and one for all together; `factors` maps a likely cause to the factor by
    which the gradients would be too large.
    """
    slopes = expect.mapping(claimed, tried=tried, cause=cause)
    start = {name: np.asarray(value, dtype=np.float64) for name, value in parameters.items()}
    missing = [name for name in start if slopes.get(name) is None]
    if missing:
        raise CheckFailed(tried, f"no gradient for {listed(missing)}", f"one for each of {listed(list(start))}", cause)
    extra = [name for name in slopes if name not in start]
    if extra:
        raise CheckFailed(tried, f"gradients for {listed(extra)}", f"one for each of {listed(list(start))}", cause)
    for name, value in start.items():
        expect.shape(slopes[name], value.shape, tried=f"{tried}: {name}", cause=cause)

    here = float(loss_of(start))

    def pairs() -> list[_Slopes]:
        whole = {name: draw.rng.standard_normal(value.shape) for name, value in start.items()}
        slopes_along: list[_Slopes] = []
        for about in [*start, "all parameters together"]:
            direction = {
                name: step if about in (name, "all parameters together") else 0 * step for name, step in whole.items()
            }
            seen = sum(float(np.sum(np.asarray(slopes[name]) * direction[name])) for name in start)
            length = np.sqrt(sum(np.sum(np.square(slopes[name])) for name in start if np.any(direction[name])))
            true, unsure = _slope(loss_of, start, direction, here)
            slopes_along.append(_Slopes(about, seen, true, DIRECTION_TOLERANCE * float(length) + unsure + 2e-4))
        return slopes_along

    # Two kinks may cancel along one direction, but hardly along three; a wrong gradient is wrong along all of them.
    along = wrong = list[_Slopes]()
    for _ in range(DIRECTIONS):
        along = pairs()
        wrong = [each for each in along if not each.agree(1.0)]
        if not wrong:
            return
    likely = next((say for say, factor in (factors or {}).items() if all(each.agree(factor) for each in along)), cause)
    claimed, true = apart(wrong[0].claimed, wrong[0].true)
    raise CheckFailed(
        f"{tried}, along a random direction in {wrong[0].about}",
        f"a slope of {claimed} from your gradients",
        f"{true}, from differences of the loss",
        likely,
    )


@dataclass(frozen=True)
class _Slopes:
    """The slope of a loss along a direction, as claimed and from differences."""

    about: str
    claimed: float
    true: float
    tolerance: float

    def agree(self, factor: float) -> bool:
        """Whether both agree if the claimed slope is too large by this factor."""
        return abs(self.claimed / factor - self.true) <= self.tolerance / min(1, abs(factor))


def _slope(
    loss_of: Callable[[dict[str, Numbers]], float],
    start: dict[str, Numbers],
    direction: dict[str, Numbers],
    here: float,
) -> tuple[float, float]:
    """The fourth-order central difference at `start`, where the loss is `here`, and its possible error.

    The error comes from rounding, and from kinks (of a ReLU, for example) within the step.

    A kink away from the start makes the two differences disagree. A kink exactly at the start changes both equally, but
    shows in the second differences: those of a smooth loss double with the step, those of a kink do not.
    """

    def at(step: float) -> float:
        return float(loss_of({name: value + step * direction[name] for name, value in start.items()}))

    h = DIRECTION_STEP
    at_h, at_minus_h, at_2h, at_minus_2h = at(h), at(-h), at(2 * h), at(-2 * h)
    near, far = (at_h - at_minus_h) / (2 * h), (at_2h - at_minus_2h) / (4 * h)
    bend_near, bend_far = (at_h + at_minus_h - 2 * here) / h, (at_2h + at_minus_2h - 2 * here) / (2 * h)
    return (4 * near - far) / 3, 2 * abs(near - far) + abs(2 * bend_near - bend_far)
