"""What the checks of `gan_1d` share."""

import numpy as np

from autograder import expect
from autograder.authoring.probes.gan import players

LATENT = 5
N = 64
"""One size of batch throughout: a traced function is traced anew for each."""


def new_gan(student, draw, seed=None):
    """A new GAN, its generator and its discriminator."""
    seed = draw.seed() if seed is None else seed
    made = student.GAN(LATENT, seed)
    return players(
        made, np.zeros((2, LATENT)), np.zeros((2, 2)), tried=f"GAN({LATENT}, seed)", cause="`GAN` is a class."
    )


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
