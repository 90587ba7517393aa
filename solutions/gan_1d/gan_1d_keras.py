# %%
FRAMEWORK = "keras"

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from jaxtyping import Float

from shared import inference, plots


# %% part="real"
def sample_real(n: int, seed: int) -> Float[np.ndarray, "n 2"]:
    """`n` points of the curve: x, uniform on [−½, ½], and x²."""
    ### BEGIN SOLUTION
    x = np.random.default_rng(seed).uniform(-0.5, 0.5, n)
    return np.stack([x, x**2], axis=1).astype(np.float32)
    ### END SOLUTION


# %% tags=["demo"]
plots.points({"real": sample_real(200, seed=1)})
plt.show()


# %% part="latent"
def sample_latent(n: int, latent_dim: int, seed: int) -> Float[np.ndarray, "n latent_dim"]:
    """`n` points of the latent space, standard normal."""
    ### BEGIN SOLUTION
    return np.random.default_rng(seed).standard_normal((n, latent_dim)).astype(np.float32)
    ### END SOLUTION


# %% part="discriminator"
def build_discriminator() -> keras.Model:
    """A model that returns the probability that a point is real: `(n, 2)` → `(n, 1)`."""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(32),
            keras.layers.LeakyReLU(negative_slope=0.2),
            keras.layers.Dense(32),
            keras.layers.LeakyReLU(negative_slope=0.2),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    ### END SOLUTION


# %% part="generator"
def build_generator(latent_dim: int) -> keras.Model:
    """A model that maps latent points to points of the plane, unbounded: `(n, latent_dim)` → `(n, 2)`."""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(2),
        ]
    )
    ### END SOLUTION


# %% tags=["demo"]
keras.utils.set_random_seed(1)
noise = inference.predict(build_generator(latent_dim=5), sample_latent(200, 5, seed=1))
plots.points({"real": sample_real(200, seed=1), "fake, untrained": noise})
plt.show()


# %% part="discriminator_step"
cross_entropy = keras.losses.BinaryCrossentropy()


class GAN:
    """A generator and a discriminator that learn from each other.

    `generator` and `discriminator` are its two nets. `seed` fixes their starting weights and all later draws.
    """

    def __init__(self, latent_dim: int, seed: int):
        ### BEGIN SOLUTION
        keras.utils.set_random_seed(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        # D learns faster than G: with equal rates this pair of nets collapses.
        self.generator_optimizer = keras.optimizers.Adam(0.001, beta_1=0.5)
        self.discriminator_optimizer = keras.optimizers.Adam(0.005, beta_1=0.5)
        # The optimisers create their variables here, not in the first step: so each step is traced once, not twice.
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)
        self.random = np.random.default_rng(seed)
        ### END SOLUTION

    def train_discriminator(self, real: Float[np.ndarray, "n 2"]) -> float:
        """One update of D on `real`, labelled 1, and as many fakes, labelled 0; returns the loss, in nats."""
        ### BEGIN SOLUTION
        return float(self.update_discriminator(tf.convert_to_tensor(real), self.new_latent(len(real))))
        ### END SOLUTION

    def train_generator(self, n: int) -> float:
        """One update of G on `n` fakes that D should take for real; returns the loss −ln D(G(z)), in nats."""
        ### BEGIN SOLUTION
        return float(self.update_generator(self.new_latent(n)))
        ### END SOLUTION

    def fit(self, steps: int, batch_size: int, k: int = 1) -> dict[str, list[float]]:
        """`steps` times: `k` updates of D, then one of G; returns the losses `d_loss` and `g_loss` of every update."""
        ### BEGIN SOLUTION
        losses = {"d_loss": [], "g_loss": []}
        for _ in range(steps):
            for _ in range(k):
                losses["d_loss"].append(self.train_discriminator(sample_real(batch_size, self.new_seed())))
            losses["g_loss"].append(self.train_generator(batch_size))
        return losses
        ### END SOLUTION

    def evaluate(self, n: int, seed: int) -> tuple[float, float]:
        """The share of `n` real points where D > ½, and of `n` fakes where D < ½."""
        ### BEGIN SOLUTION
        p_real = self.discriminator(sample_real(n, seed))
        p_fake = self.discriminator(self.generator(sample_latent(n, self.latent_dim, seed)))
        return float(np.mean(p_real > 0.5)), float(np.mean(p_fake < 0.5))
        ### END SOLUTION

    ### BEGIN SOLUTION
    @tf.function
    def update_discriminator(
        self, real: Float[tf.Tensor, "n 2"], z: Float[tf.Tensor, "n latent_dim"]
    ) -> Float[tf.Tensor, ""]:
        """A step of D alone: the tape's gradients update D's variables and no others."""
        fake = self.generator(z, training=True)
        with tf.GradientTape() as tape:
            p_real = self.discriminator(real, training=True)
            p_fake = self.discriminator(fake, training=True)
            loss = cross_entropy(tf.ones_like(p_real), p_real) + cross_entropy(tf.zeros_like(p_fake), p_fake)
        variables = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    @tf.function
    def update_generator(self, z: Float[tf.Tensor, "n latent_dim"]) -> Float[tf.Tensor, ""]:
        """A step of G alone, through D, which stays as it is."""
        with tf.GradientTape() as tape:
            p_fake = self.discriminator(self.generator(z, training=True), training=False)
            loss = cross_entropy(tf.ones_like(p_fake), p_fake)
        variables = self.generator.trainable_variables
        self.generator_optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    def new_latent(self, n: int) -> Float[tf.Tensor, "n latent_dim"]:
        """`n` new points of the latent space."""
        return tf.convert_to_tensor(sample_latent(n, self.latent_dim, self.new_seed()))

    def new_seed(self) -> int:
        """A new seed for each draw; the first seed fixes them all."""
        return int(self.random.integers(2**31))

    ### END SOLUTION


# %% [markdown] part="generator_step"
# Write `GAN.train_generator` in the class above, and run its cell again.

# %% [markdown] part="training"
# Write `GAN.fit` in the class above, and run its cell again.

# %% tags=["demo"]
gan = GAN(latent_dim=5, seed=1)
z = sample_latent(300, 5, seed=2)
losses = {"d_loss": [], "g_loss": []}
for steps in [0, 100, 300, 1600]:
    for name, new in gan.fit(steps, batch_size=128).items():
        losses[name].extend(new)
    fake = inference.predict(gan.generator, z)
    plots.points({"real": sample_real(300, seed=2), f"fake, after {len(losses['g_loss'])} steps": fake})
plots.loss_curve(losses, unit="step")
plt.show()

# %% tags=["demo"]
groups = {"real": sample_real(300, seed=3), "fake": inference.predict(gan.generator, z)}
plots.probability_map(lambda x: inference.predict(gan.discriminator, x), groups)
plt.show()

# %% [markdown] part="evaluation"
# Write `GAN.evaluate` in the class above, and run its cell again.

# %% tags=["demo"]
for stage, judged in {"untrained": GAN(latent_dim=5, seed=1), "trained": gan}.items():
    on_real, on_fake = judged.evaluate(1000, seed=4)
    print(f"{stage}: D is right on {on_real:.0%} of the real and {on_fake:.0%} of the fake points")

# %% [markdown] part="gpu"
# There is nothing to write here: the check moves both nets of a new `GAN` to a device and trains there.
