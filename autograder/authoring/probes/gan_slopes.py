"""Gradients of both players' losses in a GAN, for `descent.goes_downhill`.

Each function returns the gradients of every loss that a right program may compute, for each sample, the likeliest loss
first. They are computed when they are read: until then the nets must keep their parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from autograder.authoring import expect
from autograder.authoring.probes.descent import Slopes, Ways, is_noisy
from autograder.authoring.student import Remote
from autograder.worker.arrays import Numbers

SOFT_LABELS = [(real / 10, fake / 10) for real in (10, 9, 8, 7) for fake in (0, 1, 2, 3)]
"""What the texts allow for D's labels of real samples and of fakes, on average: soft, noisy, or flipped now and then.

Where real samples and fakes pull a bias in opposite directions with nearly the same force, they decide where it goes.
"""

Pulls = Callable[[Numbers, bool], Numbers]
"""The derivative of the loss with respect to D's outputs, and whether D should take them for real."""


def cross_entropy(p: Numbers, is_real: bool) -> Numbers:
    """The pulls of the mean of −ln D, or of −ln(1 − D) for fakes."""
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return (-1 / p if is_real else 1 / (1 - p)) / len(p)


def mean_score(scores: Numbers, is_real: bool) -> Numbers:
    """The pulls of minus the mean score, or of the mean score for fakes."""
    return np.full_like(scores, (-1 if is_real else 1) / len(scores))


def of_discriminator(
    discriminator: Remote,
    real: Numbers,
    fakes: Sequence[Numbers],
    pulls: Pulls = cross_entropy,
    *,
    sent: Callable[[Numbers], Any] = np.asarray,
    labels: Sequence[tuple[float, float]] = (),
) -> Ways:
    """The slopes of D's loss in its parameters, for each of several batches of fakes.

    In training mode, real samples and fakes are two batches or one: batch normalisation tells the difference.
    `sent`: what makes inputs of D from samples, such as `images`. `labels`: of real samples and of fakes, other than
    1 and 0, with which D may be trained as well.
    """

    def pulled(x: Numbers, training: bool, *halves: tuple[slice, bool]) -> Slopes:
        """The slopes if each of the `halves` of a batch should be taken for real or not; other rows have no pull."""
        answers = _numbers(discriminator.forward(sent(x), training))
        cotangent = np.zeros_like(answers)
        for rows, is_real in halves:
            cotangent[rows] = pulls(answers[rows], is_real)
        return discriminator.gradients(sent(x), cotangent, training)

    everything, first, second = slice(None), slice(len(real)), slice(len(real), None)

    def apart(fake: Numbers, training: bool) -> Slopes:
        return _sum((1, pulled(real, training, (everything, True))), (1, pulled(fake, training, (everything, False))))

    def together(fake: Numbers) -> Slopes:
        return pulled(np.concatenate([real, fake]), True, (first, True), (second, False))

    def softened(fake: Numbers, in_one_batch: bool) -> Iterator[Slopes]:
        """For each pair of labels. The cross-entropy is linear in a label, so that four gradients tell them all."""
        both = np.concatenate([real, fake])
        sides = [(both, first), (both, second)] if in_one_batch else [(real, everything), (fake, everything)]
        each = [pulled(x, True, (rows, is_real)) for x, rows in sides for is_real in (True, False)]
        for of_real, of_fake in labels:
            yield _sum(*zip((of_real, 1 - of_real, of_fake, 1 - of_fake), each, strict=True))

    def each() -> Iterator[Sequence[Slopes]]:
        yield [apart(fake, True) for fake in fakes]
        yield [together(fake) for fake in fakes]
        yield [apart(fake, False) for fake in fakes]
        if labels:
            for in_one_batch in (False, True):
                yield from zip(*(softened(fake, in_one_batch) for fake in fakes), strict=True)

    return Ways(each(), is_noisy(discriminator, sent(real)))


def of_generator(
    generator: Remote,
    discriminator: Remote,
    points: Sequence[Numbers],
    pulls: Pulls = cross_entropy,
) -> Ways:
    """The slopes of the loss of G, which wants its fakes to be taken for real, for each of several batches of points."""

    def slopes(z: Numbers, in_g: bool, in_d: bool) -> Slopes:
        made = generator.forward(z, in_g)
        towards_real = pulls(_numbers(discriminator.forward(made, in_d)), True)
        arriving = discriminator.input_gradient(made, towards_real, in_d)
        return generator.gradients(z, _numbers(arriving), in_g)

    made = generator.forward(points[0])
    noisy = is_noisy(generator, points[0]) or is_noisy(discriminator, made)
    # D stays as it is in inference mode.
    return Ways(
        ([slopes(z, in_g, in_d) for z in points] for in_d, in_g in product((False, True), (True, False))), noisy
    )


def _numbers(answers: Any) -> Numbers:
    return expect.array(answers, tried="the discriminator's answers, or their gradient in the fakes")


def _sum(*terms: tuple[float, Slopes]) -> Slopes:
    """The weighted sum of slopes. An array that a gradient does not reach has none."""
    total: dict[str, Numbers | None] = {}
    for name in terms[0][1]:
        slopes = [slope[name] for _, slope in terms]
        reached = [weight * slope for (weight, _), slope in zip(terms, slopes, strict=True) if slope is not None]
        total[name] = np.sum(reached, axis=0) if len(reached) == len(terms) else None
    return total
