"""Shared by the checks of `gan_1d`."""

from functools import partial

import numpy as np

from autograder.authoring.probes import gan
from autograder.authoring.probes.models import new_model

LATENT = 5
N = 64
"""One batch size throughout: a traced function is traced again for each size."""


new_gan = partial(gan.new_gan, kind="GAN", latent_dim=LATENT, judged=np.zeros((2, 2)), cause="`GAN` is a class.")
"""A new GAN, its generator and its discriminator: `new_gan(student, seed)`."""


def new_discriminator(student, draw):
    """What `build_discriminator` returns."""
    return new_model(student, "build_discriminator", example=np.zeros((2, 2)), seed=draw.seed())


def new_generator(student, draw, latent_dim=LATENT):
    """What `build_generator` returns."""
    return new_model(student, "build_generator", latent_dim, example=np.zeros((2, latent_dim)), seed=draw.seed())


def curve(draw, n=N):
    """Real points, `(n, 2)`."""
    x = draw.uniform(-0.5, 0.5, n)
    return np.stack([x, x**2], axis=1)
