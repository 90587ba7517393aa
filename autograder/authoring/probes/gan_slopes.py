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
) -> Ways:
    """The slopes of D's loss in its parameters, for each of several batches of fakes.

    In training mode, real samples and fakes are two batches or one: batch normalisation tells the difference.
    `sent`: what makes inputs of D from samples, such as `images`.
    """

    def apart(fake: Numbers, training: bool) -> Slopes:
        halves: list[Slopes] = []
        for x, is_real in ((real, True), (fake, False)):
            answers = _numbers(discriminator.forward(sent(x), training))
            halves.append(discriminator.gradients(sent(x), pulls(answers, is_real), training))
        return {
            name: None if slope is None or other is None else slope + other
            for (name, slope), other in zip(halves[0].items(), halves[1].values(), strict=True)
        }

    def together(fake: Numbers) -> Slopes:
        both = sent(np.concatenate([real, fake]))
        answers = _numbers(discriminator.forward(both, True))
        each = [pulls(answers[: len(real)], True), pulls(answers[len(real) :], False)]
        return discriminator.gradients(both, np.concatenate(each), True)

    def each() -> Iterator[Sequence[Slopes]]:
        yield [apart(fake, True) for fake in fakes]
        yield [together(fake) for fake in fakes]
        yield [apart(fake, False) for fake in fakes]

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
