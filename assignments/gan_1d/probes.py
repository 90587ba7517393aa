"""What the checks of `gan_1d` share."""

from functools import partial

import numpy as np

from autograder import expect
from autograder.authoring.probes import gan

LATENT = 5
N = 64
"""One size of batch throughout: a traced function is traced anew for each."""


new_gan = partial(gan.new_gan, kind="GAN", latent_dim=LATENT, judged=np.zeros((2, 2)), cause="`GAN` is a class.")
"""A new GAN, its generator and its discriminator: `new_gan(student, seed)`."""


def new_discriminator(student, draw):
    """What `build_discriminator` returns."""
    student.seed(draw.seed())
    return expect.remote(student.build_discriminator(), tried="build_discriminator()").ready(np.zeros((2, 2)))


def new_generator(student, draw, latent_dim=LATENT):
    """What `build_generator` returns."""
    student.seed(draw.seed())
    model = expect.remote(student.build_generator(latent_dim), tried=f"build_generator({latent_dim})")
    return model.ready(np.zeros((2, latent_dim)))


def curve(draw, n=N):
    """Real points, `(n, 2)`."""
    x = draw.uniform(-0.5, 0.5, n)
    return np.stack([x, x**2], axis=1)
