"""What the visible and the hidden checks of `optimal_discriminator` share."""

from typing import Any, NamedTuple

import numpy as np

from autograder import expect
from shared import expressions


class Halves(NamedTuple):
    """A density of two densities of SciPy's, each of which gives half of the points."""

    one: Any
    other: Any

    def pdf(self, x):
        return (self.one.pdf(x) + self.other.pdf(x)) / 2

    def rvs(self, size, random_state):
        samples = [each.rvs(size, random_state=random_state) for each in self]
        return np.where(random_state.random(size) < 0.5, *samples)


def formula(text, *, tried, cause):
    """The student's string as an expression in A and B. `tried` and `cause` describe a string that cannot be read."""
    try:
        return expressions.read(text)
    except expressions.Unreadable as reason:
        expect.that(
            False,
            tried=tried,
            saw=f"“{text[:60]}”, which cannot be read: {reason}",
            expected="a formula in A, B, numbers, + - * / ** and brackets, nothing else",
            cause=cause,
        )


def optimum_is(student, p_real, p_fake, wanted, tried, cause, **tolerance):
    """D* where both densities are above 0."""
    expect.close(
        student.optimal_discriminator(p_real, p_fake),
        wanted,
        tried=tried,
        cause=cause,
        mistakes={
            "This is p_fake / (p_real + p_fake): the probability that a point is fake.": p_fake / (p_real + p_fake),
            "This is p_real / p_fake, a ratio that can exceed 1; D* is a probability.": p_real / p_fake,
        },
        **tolerance,
    )


def comes_near_optimum(student, draw, real, fake, limits, tried, cause):
    """A discriminator after 800 steps on 8,000 points of each of two densities, against D* where points are common.

    `cause(learned, wanted)`: the likely mistake if it is farther from D* than the limit.
    """
    x = np.linspace(-4, 4, 161)
    mass = real.pdf(x) + fake.pdf(x)
    x, wanted = x[mass > 0.2 * mass.max()], (real.pdf(x) / mass)[mass > 0.2 * mass.max()]

    def attempt(_):
        samples = [density.rvs((8000, 1), random_state=draw.rng) for density in (real, fake)]
        model = expect.remote(student.train_discriminator(*samples, 800, draw.seed()), tried=tried)
        learned = expect.shape(model.forward(x[:, None]), (len(x), 1), tried=tried)[:, 0]
        expect.at_most(
            np.abs(learned - wanted).max(),
            limits.largest_error,
            tried=tried,
            what="the largest distance between the model's D and D*",
            cause=cause(learned, wanted),
        )

    expect.best_of(3, attempt)
