# %%
FRAMEWORK = "keras"

from collections.abc import Iterator

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from jaxtyping import Float, Int

from shared import data, inference, plots

DIGITS = 10


# %% part="condition"
def condition(noise: Float[tf.Tensor, "N L"], labels: Int[tf.Tensor, "N"]) -> Float[tf.Tensor, "N L+10"]:
    """The generator's input: the noise, then the one-hot label, in the dtype and on the device of `noise`."""
    ### BEGIN SOLUTION
    return tf.concat([noise, tf.one_hot(labels, DIGITS, dtype=noise.dtype)], axis=1)
    ### END SOLUTION


# %% part="discriminator_targets"
def discriminator_targets(labels: Int[np.ndarray, "N"], real: bool) -> Float[np.ndarray, "N 11"]:
    """What the discriminator should say: column 0 for a fake, column 1 + digit for a real image."""
    ### BEGIN SOLUTION
    columns = labels + 1 if real else np.zeros_like(labels)
    return np.eye(DIGITS + 1, dtype=np.float32)[columns]
    ### END SOLUTION


# %% part="generator_targets"
def generator_targets(labels: Int[np.ndarray, "N"]) -> Float[np.ndarray, "N 11"]:
    """What the generator wants to hear: that its image is a real image of the digit asked for."""
    ### BEGIN SOLUTION
    return discriminator_targets(labels, real=True)
    ### END SOLUTION


# %% part="generator"
def build_generator(latent_dim: int = 100) -> keras.Model:
    """A model that maps noise and label to images in [−1, 1]: `(N, latent_dim + 10)` → `(N, 28, 28, 1)`."""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((latent_dim + DIGITS,)),
            keras.layers.Dense(7 * 7 * 32),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.Reshape((7, 7, 32)),
            keras.layers.Conv2DTranspose(16, kernel_size=4, strides=2, padding="same"),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.Conv2DTranspose(1, kernel_size=4, strides=2, padding="same", activation="tanh"),
        ]
    )
    ### END SOLUTION


# %% part="discriminator"
def build_discriminator() -> keras.Model:
    """A model that maps images `(N, 28, 28, 1)` to eleven probabilities `(N, 11)`: fake, then the digits 0 to 9."""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(16, kernel_size=4, strides=2, padding="same"),
            keras.layers.LeakyReLU(negative_slope=0.2),
            keras.layers.Conv2D(32, kernel_size=4, strides=2, padding="same"),
            keras.layers.LeakyReLU(negative_slope=0.2),
            keras.layers.Flatten(),
            keras.layers.Dense(DIGITS + 1, activation="softmax"),
        ]
    )
    ### END SOLUTION


# %% part="training"
class ConditionalGAN:
    """A generator that gets a digit as its label, and a discriminator that names the digit or says fake."""

    def __init__(self, latent_dim: int, seed: int):
        """Makes `.generator`, `.discriminator` and their optimisers; `seed` fixes the weights and all later draws."""
        ### BEGIN SOLUTION
        keras.utils.set_random_seed(seed)
        self.random = np.random.default_rng(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        self.generator_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5)
        self.discriminator_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5)
        # Built here: a compiled step that creates variables is traced twice.
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)
        self.cross_entropy = keras.losses.CategoricalCrossentropy()
        ### END SOLUTION

    ### BEGIN SOLUTION
    def noise(self, n: int) -> Float[np.ndarray, "n latent"]:
        return self.random.standard_normal((n, self.latent_dim), dtype=np.float32)

    def batches(
        self, images: Float[np.ndarray, "n 28 28 1"], labels: Int[np.ndarray, "n"], batch_size: int
    ) -> Iterator[tuple[Float[np.ndarray, "N 28 28 1"], Int[np.ndarray, "N"]]]:
        order = self.random.permutation(len(images))
        for start in range(0, len(images), batch_size):
            rows = order[start : start + batch_size]
            yield images[rows], labels[rows]

    # Compiled: a step takes a third of the time. Whatever changes from call to call is an argument.
    @tf.function(reduce_retracing=True)
    def discriminator_step(self, images, noise, labels, real_targets, fake_targets):
        fakes = self.generator(condition(noise, labels), training=True)
        with tf.GradientTape() as tape:
            on_real = self.cross_entropy(real_targets, self.discriminator(images, training=True))
            on_fake = self.cross_entropy(fake_targets, self.discriminator(fakes, training=True))
            loss = (on_real + on_fake) / 2
        variables = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    @tf.function(reduce_retracing=True)
    def generator_step(self, noise, labels, targets):
        with tf.GradientTape() as tape:
            fakes = self.generator(condition(noise, labels), training=True)
            loss = self.cross_entropy(targets, self.discriminator(fakes, training=False))
        variables = self.generator.trainable_variables
        self.generator_optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    ### END SOLUTION
    def train_discriminator(self, images: Float[np.ndarray, "N 28 28 1"], labels: Int[np.ndarray, "N"]) -> float:
        """One update of the discriminator on real images and as many fakes; returns the loss."""
        ### BEGIN SOLUTION
        real_targets = discriminator_targets(labels, real=True)
        fake_targets = discriminator_targets(labels, real=False)
        return float(self.discriminator_step(images, self.noise(len(labels)), labels, real_targets, fake_targets))
        ### END SOLUTION

    def train_generator(self, labels: Int[np.ndarray, "N"]) -> float:
        """One update of the generator, through a discriminator that stays as it is; returns the loss."""
        ### BEGIN SOLUTION
        return float(self.generator_step(self.noise(len(labels)), labels, generator_targets(labels)))
        ### END SOLUTION

    def pretrain(
        self, images: Float[np.ndarray, "n 28 28 1"], labels: Int[np.ndarray, "n"], epochs: int, batch_size: int
    ) -> list[float]:
        """Train the discriminator alone, `epochs` times over the images; returns the loss of each update."""
        ### BEGIN SOLUTION
        return [
            self.train_discriminator(*batch)
            for _ in range(epochs)
            for batch in self.batches(images, labels, batch_size)
        ]
        ### END SOLUTION

    def fit(
        self, images: Float[np.ndarray, "n 28 28 1"], labels: Int[np.ndarray, "n"], epochs: int, batch_size: int
    ) -> dict[str, list[float]]:
        """Train both in turn, `epochs` times over the images; returns `d_loss` and `g_loss` of each update."""
        ### BEGIN SOLUTION
        losses = {"d_loss": [], "g_loss": []}
        for _ in range(epochs):
            for real, digits in self.batches(images, labels, batch_size):
                losses["d_loss"].append(self.train_discriminator(real, digits))
                losses["g_loss"].append(self.train_generator(digits))
        return losses
        ### END SOLUTION


# %% tags=["demo"]
(images, labels), (held_out_images, held_out_labels) = data.digits_split()
images, held_out_images = 2 * images - 1, 2 * held_out_images - 1
gan = ConditionalGAN(latent_dim=100, seed=1)
plots.loss_curve(gan.pretrain(images, labels, epochs=3, batch_size=32), unit="update of D")
plots.loss_curve(gan.fit(images, labels, epochs=12, batch_size=32), unit="update")
plt.show()


# %% part="classification"
def classify(gan: ConditionalGAN, images: Float[np.ndarray, "N 28 28 1"]) -> Int[np.ndarray, "N"]:
    """The digit that the discriminator finds likeliest for each image, whether it takes the image for real or not."""
    ### BEGIN SOLUTION
    return gan.discriminator(images, training=False).numpy()[:, 1:].argmax(axis=1)
    ### END SOLUTION


# %% tags=["demo"]
plots.confusion_matrix(held_out_labels, classify(gan, held_out_images))
plt.show()


# %% part="generation"
def generate(gan: ConditionalGAN, digit: int, n: int, seed: int) -> Float[np.ndarray, "n 28 28 1"]:
    """`n` images of one digit, in [−1, 1]; `seed` fixes the noise."""
    ### BEGIN SOLUTION
    noise = np.random.default_rng(seed).standard_normal((n, gan.latent_dim), dtype=np.float32)
    return gan.generator(condition(noise, np.full(n, digit)), training=False).numpy()
    ### END SOLUTION


# %% tags=["demo"]
asked = np.concatenate([inference.array(generate(gan, digit, 10, seed=digit)) for digit in range(DIGITS)])
plots.image_sheet({"ten of each digit asked for": asked.reshape(-1, 28, 28)}, columns=10)
plt.show()

# %% tags=["demo"]
# Four rows of noise stay the same, and the label goes from 3 to 8. No training image had a label in between.
share = np.linspace(0, 1, 10)[:, None]
codes = ((1 - share) * np.eye(DIGITS)[3] + share * np.eye(DIGITS)[8]).astype(np.float32)
noise = np.random.default_rng(1).standard_normal((4, 100), dtype=np.float32)
rows = np.hstack([noise.repeat(10, axis=0), np.tile(codes, (4, 1))])
between = inference.predict(gan.generator, rows)
plots.image_sheet({"from 3 to 8": between.reshape(-1, 28, 28)}, columns=10)
plt.show()

# %% [markdown] part="gpu"
# There is nothing to write here: the check runs your training steps on the device of your nets' parameters.
