"""Whether training discards the gradients of earlier steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.authoring.probes.parameters import silent, zeros
from autograder.authoring.student import Remote
from autograder.authoring.wording import rounded
from autograder.errors import CheckFailed, StudentError
from autograder.worker.arrays import Numbers


def settles(
    build: Callable[[], Remote],
    train: Callable[[Remote, int], object],
    ways: Any,
    *,
    tried: str,
    example: Any = None,
    place: int | None = None,
) -> None:
    """If each step follows the gradient of its own batch only, an output bias converges to its optimum and stays there.

    `build()`: a new model; `train(model, steps)`: trains for so many steps on one batch. With all parameters 0 except
    the output bias, which has as many entries as `ways`, its optimum along `ways` must be 0, and no other parameter may
    have a gradient. A model with no bias of that size, or with two, passes, unless `place` says which of the parameters
    it is, counted from 0. With an `example` of its input, a model may have a weight normalisation, whose directions
    cannot be 0.

    Steps that follow the sum of all gradients so far overshoot 0 and oscillate, mostly with growing amplitude. Started
    at the distance covered by ten steps, correct steps of Adam (β₁ up to 0.99), RMSprop, SGD with and without momentum,
    and similar optimisers, at learning rates from 10⁻⁴ to ½, end between −0.15 and 0.9 of the start after 50 steps, and
    no farther out after 78.
    """

    def after(steps: int, start: float) -> float:
        return _bias_after(build, train, ways, steps, start, example, place)

    farthest = 0.5
    way = abs(farthest - after(10, farthest))
    if way == 0:
        return  # It does not move: other checks report that.
    start = min(max(way, 2e-3), farthest)
    early, late = (after(steps, start) / start for steps in (50, 78))
    if not (min(early, late) >= -0.2 and max(early, late) <= 1.05 and abs(late) <= abs(early) + 0.1):
        raise _oscillates(
            tried, start, f"{rounded(early)} times that distance after 50 steps, {rounded(late)} times after 78"
        )


def settles_within_an_epoch(
    build: Callable[[], Remote],
    in_an_epoch: Callable[[Remote, int], object],
    in_epochs: Callable[[Remote, int], object],
    ways: Any,
    *,
    tried: str,
) -> None:
    """`settles` with all steps in one epoch, which also detects gradients that are zeroed in each epoch only.

    All batches of an epoch must be the same in any order, so `in_an_epoch(model, steps)` trains on labels that are
    shared equally among the classes. A program may round such labels, or refuse them: the bias then moves in the same
    direction from both sides of 0. For that program, `in_epochs(model, steps)` counts: it trains for so many epochs of
    one batch.
    """
    try:
        settles(build, in_an_epoch, ways, tried=tried)
        return
    except (CheckFailed, StudentError) as fault:
        try:
            below, above = (_bias_after(build, in_an_epoch, ways, 1, start) - start for start in (-0.5, 0.5))
        except StudentError:
            below, above = 0.0, 0.0
        if below > 0 > above:
            raise fault
    settles(build, in_epochs, ways, tried=tried)


def does_not_overshoot(build: Callable[[], Remote], train: Callable[[Remote, int], object], *, tried: str) -> None:
    """A cheaper `settles` for a program whose learning rate is known, with a single training: 90 steps of 0.05.

    `train(model, steps)`: steps on a label of ½, which brings a single output bias from ½ towards 0. A program may
    round this label, or refuse it; then it passes. Right steps end between −0.26 (SGD with a momentum of 0.99) and
    0.48 (Adadelta). With the sum of all gradients, plain descent ends at −0.41, Adam at −0.52. Where hidden units are
    not 0 at 0, as with a sigmoid, their weights share the way, and both pass.
    """
    try:
        end = _bias_after(build, train, [1.0], 90, 0.5)
        if -0.33 <= end <= 0.55:
            return
        below, above = (_bias_after(build, train, [1.0], 1, start) - start for start in (-0.5, 0.5))
    except StudentError:
        return
    if below > 0 > above:
        raise _oscillates(tried, 0.5, f"a distance of {rounded(end)} after 90 steps")


def _oscillates(tried: str, start: float, saw: str) -> CheckFailed:
    return CheckFailed(
        f"{tried}, starting at a distance of {rounded(start)} from the optimum of an output bias",
        saw,
        "a bias that converges to its optimum",
        "The bias oscillates because gradients of earlier steps are added up. Zero them in each step.",
    )


def _bias_after(
    build: Callable[[], Remote],
    train: Callable[[Remote, int], object],
    ways: Any,
    steps: int,
    start: float,
    example: Any = None,
    place: int | None = None,
) -> float:
    """Where along `ways` the output bias is that starts at `start` times `ways`, after so many steps."""
    along: Numbers = np.asarray(ways, dtype=np.float32)
    model = build()
    values = zeros(model.parameters()) if example is None else silent(model, example)
    names = list(values) if place is None else [list(values)[place]]
    biases = [name for name in names if values[name].size == along.size]
    if len(biases) != 1:
        return start
    (bias,) = biases
    values[bias] = start * along.reshape(values[bias].shape)
    model.set_parameters(values)
    train(model, steps)
    return float(np.sum(model.parameters()[bias].ravel() * along) / np.sum(along**2))
