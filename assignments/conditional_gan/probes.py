"""Shared by the checks of `conditional_gan`."""

from functools import partial

import numpy as np

from autograder import expect, images
from autograder.authoring.probes import gan
from autograder.authoring.probes.functions import one_hot
from autograder.authoring.probes.parameters import randomise

DIGITS = 10
LATENT = 6
BLANK = images(np.zeros((2, 28, 28, 1)))


new_gan = partial(gan.new_gan, kind="ConditionalGAN", latent_dim=LATENT, labels=DIGITS, judged=BLANK)
"""A GAN, its generator and its discriminator: `new_gan(student, seed)`."""


def real_digits(draw, source, digits, each):
    """`each` images of each digit from the source, in [−1, 1] and in random order, and their labels."""
    pixels, labels = source
    rows = np.concatenate([draw.rng.choice(np.flatnonzero(labels == digit), each, replace=False) for digit in digits])
    rows = draw.rng.permutation(rows)
    return pixels[rows] * 2 - 1, labels[rows]


def real_targets(labels):
    """What D should say about real images of these digits."""
    return one_hot(np.asarray(labels) + 1, DIGITS + 1)


def fake_targets(labels):
    """What D should say about fakes, whatever digits they were made for."""
    return one_hot(np.zeros_like(labels), DIGITS + 1)


def judge(discriminator, pixels, training=False, tried=""):
    """D's eleven probabilities."""
    p = discriminator.forward(images(pixels), training)
    tried = tried or f"the discriminator on {len(pixels)} images"
    return expect.shape(p, (len(pixels), DIGITS + 1), tried=tried)


def logs(p):
    """ln p, finite also at 0."""
    return np.log(np.clip(p, 1e-12, 1))


def clear_answers(draw, discriminator, pixels, chosen, gains, kinds):
    """D's answers with random weights, and which of the chosen images have one digit as a clear winner, `(n,)`.

    The weights are drawn with one gain after the other until there are four such images with `kinds` different winners.
    """
    for gain in gains:
        randomise(discriminator, draw, gain)
        p = judge(discriminator, pixels, tried="D with random weights")
        ranked = np.sort(p[:, 1:], axis=1)
        clear = chosen(p) & (ranked[:, -1] > 1.05 * ranked[:, -2]) & (ranked[:, -1] > 1e-12)
        if clear.sum() >= 4 and len(np.unique(p[clear, 1:].argmax(axis=1))) >= kinds:
            break
    return p, clear
