"""Shared by the checks of `dcgan`."""

from functools import partial

import numpy as np

from autograder import expect, images
from autograder.authoring.probes import gan
from autograder.authoring.probes.models import new_model
from autograder.authoring.probes.parameters import scaled, weights
from shared import data

LATENT = 100
BLANK = images(np.zeros((2, 28, 28, 1)))


def new_player(student, draw, build, *arguments):
    """A new generator or discriminator."""
    example = np.zeros((2, arguments[0] if arguments else LATENT)) if build == "build_generator" else BLANK
    return new_model(student, build, *arguments, example=example, seed=draw.seed(), cause="Return the model.")


new_gan = partial(gan.new_gan, kind="GAN", latent_dim=LATENT, judged=BLANK)
"""A GAN, its generator and its discriminator: `new_gan(student, seed)`."""


def digits(draw, count):
    """Real images in [−1, 1], `(count, 28, 28, 1)`."""
    return 2 * data.digits()[0][draw.permutation(1797)[:count]] - 1


def pictured(generator, z, tried, training=False):
    """G(z), `(n, 28, 28, 1)`."""
    return expect.shape(generator.forward(z, training, gives="images"), (len(z), 28, 28, 1), tried=tried)


def scored(discriminator, x, tried, training=False):
    """D's probabilities, `(n,)`."""
    return expect.array(discriminator.forward(images(x), training), tried=tried).reshape(len(x), -1)[:, 0]


def spread_out(discriminator, x):
    """Scale D's weights until its probabilities of these images differ, but do not all lie at one end."""
    for _ in range(16):
        p = scored(discriminator, x, "the discriminator on fakes")
        if p.std() > 0.05 or not 0.3 < p.mean() < 0.7:
            return
        discriminator.set_parameters(scaled(weights(discriminator), 1.5))


def overlap_add(x, kernel, stride):
    """The transposed convolution by definition, value by value."""
    output = np.zeros(((len(x) - 1) * stride + len(kernel), (x.shape[1] - 1) * stride + kernel.shape[1]))
    for (row, column), value in np.ndenumerate(x):
        for (down, right), weight in np.ndenumerate(kernel):
            output[row * stride + down, column * stride + right] += value * weight
    return output
