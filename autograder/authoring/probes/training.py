"""Results of training, evaluated by the grader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Int

from autograder.authoring import expect
from autograder.authoring.challenges import Draw
from autograder.authoring.probes.models import take_over
from autograder.authoring.probes.parameters import flat, weights
from autograder.authoring.student import Remote, Student
from autograder.errors import StudentError
from autograder.worker.arrays import Numbers


def accuracy(model: Remote, x: Any, labels: Int[np.ndarray, " rows"], classes: int, *, tried: str) -> float:
    """The fraction of rows whose largest output is in the column of the label. The labels never leave the grader.

    Fails if the outputs are not `(rows, classes)`. Pass a new model that has taken over the trained parameters
    (`models.take_over`), so that only the parameters can contain what was learned.
    """
    answers = expect.shape(model.forward(x), (len(labels), classes), tried=tried)
    return float((answers.argmax(axis=1) == labels).mean())


def ends_of_one_seed(
    trained: Callable[[int, int], Numbers], draw: Draw, *, rtol: float, atol: float
) -> tuple[Numbers, Numbers]:
    """The results of two trainings with the same seed, which must agree; the check compares them with `expect.close`.

    `trained(global_seed, seed)` starts from the same weights each time, seeds the worker's generators with
    `global_seed`, and passes `seed` to the student's training. The state of the generators must not matter, so each run
    seeds them differently. TensorFlow mixes an operation's own seed, as in `shuffle(seed=seed)`, with the global one.
    That is also correct if `seed` has an effect: then both results use the same global seed, for which another `seed`
    gives a different result.
    """
    seed, other = draw.seed(), draw.seed()

    def alike(one: Numbers, two: Numbers) -> bool:
        return np.allclose(one, two, rtol=rtol, atol=atol)

    ends = trained(draw.seed(), seed), trained(draw.seed(), seed)
    if alike(*ends):
        return ends
    fixed = draw.seed()
    again = trained(fixed, seed), trained(fixed, seed)
    return ends if alike(again[0], trained(fixed, other)) else again


def reported_loss(
    loss: float, right: Sequence[float], wrong: Mapping[str, float], *, tried: str, expected: str, cause: str
) -> None:
    """The loss of one step must lie between losses that the grader has computed, such as before and after the step.

    `right`: those losses, with room for 2 % and 0.01: a program may compute in float32, or smooth its labels a little.
    `wrong`: likely cause → the loss that it gives; `cause` is said if none fits. Raises `CheckFailed`.
    """
    expect.that(
        min(right) * 0.98 - 0.01 <= loss <= max(right) * 1.02 + 0.01,
        tried=tried,
        saw=f"a loss of {loss:.3f}",
        expected=expected,
        cause=next(
            (sentence for sentence, value in wrong.items() if abs(loss - value) < 0.02 * value + 0.005),
            cause,
        ),
    )


def losses_of_copies(
    losses: Iterable[float],
    batches: int,
    ends: tuple[float, float],
    wrong: Mapping[str, tuple[float, float]],
    *,
    tried: str,
    cause: str,
    sized: bool = False,
) -> None:
    """The losses of several epochs on copies of one sample, in `batches` batches each, must be means over an epoch.

    All batches have the same loss, whatever their sizes and order. So each epoch's loss lies between the `ends`: the
    losses before and after the training, as the grader has computed them, with room for 2 % and 0.01. `wrong`: likely
    cause → the ends of another loss; `cause` is said if none fits. `sized`: the batches have the size that `train` is
    given, so that the first epoch has several steps. Raises `CheckFailed`.
    """
    losses = list(losses)

    def fits(loss: float, times: int, between: tuple[float, float]) -> bool:
        return times * (min(between) * 0.98 - 0.01) <= loss <= times * (max(between) * 1.02 + 0.01)

    for epoch, loss in enumerate(losses):
        sums = (
            {"The losses of earlier epochs are still in the sum: start anew in each epoch.": epoch + 1} if epoch else {}
        )
        sums["You sum over the batches of an epoch; take the mean."] = batches
        likely = [sentence for sentence, times in sums.items() if fits(loss, times, ends)]
        likely += [sentence for sentence, between in wrong.items() if fits(loss, 1, between)]
        expect.that(
            fits(loss, 1, ends),
            tried=tried,
            saw=f"a loss of {loss:.3f} in epoch {epoch + 1}",
            expected=f"from {max(ends):.3f} to {min(ends):.3f}, the losses before and after",
            cause=(likely or [cause])[0],
        )
    if sized and losses:
        start, end = ends
        # With one step an epoch, its loss is that of the start, but for rounding. With several and equal steps, it has
        # fallen by a sixth of the whole way at least (3 batches, 2 epochs), and by 0.07 if momentum gathers speed.
        expect.that(
            start - end < 1e-4 * start or start - losses[0] > 0.005 * (start - end),
            tried=tried,
            saw=f"a loss of {losses[0]:.5f} in epoch 1, as before the first step",
            expected=f"a mean over {batches} batches, with a step after each",
            cause="`batch_size` is ignored: each epoch takes one step on all samples.",
        )


def a_step_for_each_batch(
    student: Student,
    draw: Draw,
    new: Callable[[], Remote],
    start: Mapping[str, Numbers],
    train: Callable[[Remote, int, int], object],
) -> None:
    """Two samples in one batch are one step, and in batches of one they are two steps.

    `train(model, batch_size, seed)` trains for one epoch on two samples. Each time it gets a model of `new()`, which
    starts from the parameters `start`. If `batch_size` is ignored, doubled or halved, both trainings are the same, to
    the last bit. Raises `CheckFailed`.
    """
    seed = draw.seed()

    def end(batch_size: int) -> Numbers:
        model = take_over(new(), start)
        student.seed(seed)
        train(model, batch_size, seed)
        return flat(model.parameters())

    expect.that(
        not np.array_equal(end(1), end(2)),
        tried="train for one epoch on two samples, with batch_size=1 and with batch_size=2",
        saw="the same parameters",
        expected="two steps, and one step",
        cause="`batch_size` is not the number of samples in a batch: take one step for each batch of that size.",
    )


def every_sample_trains(
    before: Mapping[str, Numbers],
    after: Mapping[str, Numbers],
    inputs: int,
    samples: int,
    *,
    state: int = 0,
    tried: str,
    cause: str,
) -> None:
    """Each sample must have had a part in training: sample i alone uses input i, and input `samples` is not used.

    The first layer's weights of an input move if and only if a sample uses it. That layer's matrix is identified by an
    axis of length `inputs`, or of `inputs` + `state` if it also reads a state, and by the input that is not used, which
    moves by weight decay at most. Raises `CheckFailed` if an input of a sample does not move more.

    A last step may be very small (a schedule of the learning rate). `before` should be `inputs_at_zero`: there neither
    weight decay nor rounding hides such a step.
    """

    def moved(name: str, axis: int) -> Numbers:
        steps = np.abs(after[name] - before[name])
        return steps.max(axis=tuple(other for other in range(steps.ndim) if other != axis))

    along = [
        moved(name, axis)
        for name, value in before.items()
        for axis, length in enumerate(value.shape)
        if value.ndim > 1 and length in (inputs, inputs + state)
    ]
    # The state's weights come before those of the inputs, or after them.
    found = [part for each in along for part in (each[:inputs], each[-inputs:])]
    still = min(found, key=lambda each: each[samples] / max(each.max(), 1e-12), default=np.zeros(inputs))
    missing = int(np.sum(still[:samples] <= max(5 * still[samples], 1e-9 * still.max())))
    expect.that(
        missing == 0,
        tried=tried,
        saw=f"{missing} of {samples} without effect on the first layer's weights",
        expected="an effect of each",
        cause=cause
        if missing < samples
        else "Weights move that no sample uses: leave out weight decay, or make it so small that it hides no gradient."
        if still[samples] > 0
        else "The first layer is not trained, or no step is taken.",
    )


def inputs_at_zero(
    weights: Mapping[str, Numbers], slopes: Mapping[str, Numbers | None], inputs: int, samples: int, *, state: int = 0
) -> dict[str, Numbers]:
    """The weights, with those that multiply inputs at 0, for `every_sample_trains` (the other arguments).

    `slopes`: their gradients of any function of the outputs for all samples. The first layer's matrix has a slope for
    each input that a sample uses, and none for the others.
    """
    emptied = {name: np.array(value) for name, value in weights.items()}
    for name, value in emptied.items():
        slope = slopes[name]
        for axis, length in enumerate(value.shape if value.ndim > 1 and slope is not None else ()):
            if length in (inputs, inputs + state):
                steep = np.any(np.moveaxis(np.asarray(slope), axis, -1).reshape(-1, length), axis=0)
                for part in (slice(inputs), slice(length - inputs, length)):
                    if np.all(steep[part][:samples]) and not np.any(steep[part][samples:]):
                        np.moveaxis(value, axis, -1)[..., part] = 0
    return emptied


def every_class_trains(moves: Numbers, used: int, *, tried: str, cause: str) -> None:
    """Each sample must have had a part in training: the labels are the first `used` classes, each that of one sample.

    `moves`: how far the output's biases moved from a common value, while all else was 0. Those of the other classes, at
    least two, move alike. A last step may be very small (a schedule of the learning rate). Raises `CheckFailed` if one
    of the first moved like the others.
    """
    others = moves[used:]
    alike = 10 * np.ptp(others) + 1e-9 * np.abs(moves).max()
    missing = int(np.sum(np.abs(moves[:used] - others.mean()) <= alike))
    expect.that(
        missing == 0 and bool(np.any(moves)),
        tried=tried,
        saw=f"{missing} of {used} without effect on the output's bias",
        expected="an effect of each",
        cause=cause if missing < used else "No step is taken, or the output's bias is not trained.",
    )


def means_of_unequal(losses: Iterable[float], cheap: float, dear: float, *, tried: str) -> None:
    """The losses of epochs on one sample that costs `cheap` and two that cost `dear`, in a batch of two and one of one.

    Means over samples or over batches lie between the two, with some room for what the steps of an epoch change, and so
    does the loss of a last batch, which some programs return. Sums lie beyond. Raises `CheckFailed`.
    """
    margin = 0.06 * (dear - cheap)
    for epoch, loss in enumerate(losses):
        expect.that(
            cheap - margin < loss < dear + margin,
            tried=tried,
            saw=f"a loss of {loss:.3f} in epoch {epoch + 1}",
            expected=f"a mean, between {cheap:.3f} and {dear:.3f}",
            cause="You sum over batches, or the losses of earlier epochs are still in the sum; take the mean.",
        )


def last_sample_counts(ended: Numbers, end: Callable[[Numbers], Numbers], samples: Numbers, *, tried: str) -> None:
    """A step must use all samples: it ends elsewhere if the last one is replaced by its negative.

    `ended`: the parameters after a step on `samples`. `end(others)`: those after a step on others, from the same start
    and with the same draws. Not even rounding may tell the two apart if the last one is left out. Raises `CheckFailed`.
    """
    others = np.array(samples)
    others[-1] *= -1
    expect.that(
        not np.array_equal(ended, end(others)),
        tried=f"{tried}; then the same with another last sample",
        saw="the same parameters both times",
        expected="other parameters: each sample has a part in the step",
        cause="Some of the samples are left out: use all that the step receives.",
    )


def batches_are_not_all_the_same(
    net: Remote,
    fit: Callable[[Numbers, int], object],
    samples: Numbers,
    batch_size: int,
    draw: Draw,
    *,
    cause: str,
) -> None:
    """`fit(samples, epochs)` must use samples outside its first batch: one is NaN, and NaN spreads to all of `net`.

    There are two attempts, of 3 and 9 epochs. If a batch is an eighth of the samples, a program that draws each batch
    anew, with replacement, leaves a sample out of both with (7/8)^(24 + 72) = 3 in a million; one that draws a batch
    once and keeps it, with (7/8)² = 77 %. Code that raises an exception for NaN has met it, since it has worked for
    numbers before. Raises `CheckFailed`.
    """
    for epochs in (3, 9):
        with_nan = np.array(samples)
        with_nan[draw.rng.integers(batch_size, len(samples))] = np.nan
        try:
            fit(with_nan, epochs)
        except StudentError:
            return
        if not np.isfinite(flat(weights(net))).all():
            return
    expect.that(
        False,
        tried=f"fit on {len(samples)} samples, {epochs} epochs in batches of {batch_size}; "
        f"a sample outside the first {batch_size} is NaN",
        saw="weights that are all numbers, so that it was not used",
        expected="NaN in the weights: each sample is part of a batch",
        cause=cause,
    )
