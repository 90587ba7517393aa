# %%
FRAMEWORK = "keras"

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from jaxtyping import Float, Num

from shared import data, inference, plots


# %% part="upsampling"
def upsample_nearest(x: Float[np.ndarray, "H W"], size: tuple[int, int]) -> Float[np.ndarray, "H*rows W*columns"]:
    """Repeat each value as a block of `size = (rows, columns)`."""
    ### BEGIN SOLUTION
    rows, columns = size
    return x.repeat(rows, axis=0).repeat(columns, axis=1)
    ### END SOLUTION


# %% part="transposed_convolution"
def conv_transpose2d(
    x: Float[np.ndarray, "H W"], kernel: Float[np.ndarray, "h w"], stride: int
) -> Float[np.ndarray, "(H-1)*stride+h (W-1)*stride+w"]:
    """Put the kernel, times each value of x, at every `stride`-th place; copies that overlap add up."""
    ### BEGIN SOLUTION
    (H, W), (h, w) = x.shape, kernel.shape
    output = np.zeros(((H - 1) * stride + h, (W - 1) * stride + w), dtype=x.dtype)
    for row, column in np.ndindex(H, W):
        top, left = row * stride, column * stride
        output[top : top + h, left : left + w] += x[row, column] * kernel
    return output
    ### END SOLUTION


# %% tags=["demo"]
coarse = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 1]], dtype=np.float32)
smooth = keras.layers.UpSampling2D(4, interpolation="bilinear")(coarse[None, ..., None])[0, ..., 0]
hat = np.outer([1, 2, 3, 4, 3, 2, 1], [1, 2, 3, 4, 3, 2, 1]).astype(np.float32) / 16
upsampled = {
    "3×3": coarse,
    "nearest": upsample_nearest(coarse, (4, 4)),
    "bilinear": smooth.numpy(),
    "transposed convolution\nkernel of ones 4×4": conv_transpose2d(coarse, np.ones((4, 4), dtype=np.float32), 4),
    "transposed convolution\nkernel a hat 7×7": conv_transpose2d(coarse, hat, 4),
}
plots.image_grid(list(upsampled.values()), titles=list(upsampled))
plt.show()


# %% part="scaling"
def scale_images(pixels: Num[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """0 … 255 → −1 … 1."""
    ### BEGIN SOLUTION
    return pixels / 127.5 - 1
    ### END SOLUTION


def unscale_images(images: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """−1 … 1 → 0 … 255, not rounded."""
    ### BEGIN SOLUTION
    return (images + 1) * 127.5
    ### END SOLUTION


# %% part="generator"
### BEGIN SOLUTION
def weights() -> keras.initializers.Initializer:
    # A new one for each layer: an initializer object gives the same numbers each time it is used.
    return keras.initializers.RandomNormal(stddev=0.02)


def batch_norm() -> keras.layers.Layer:
    # Keras' default momentum of 0.99 remembers hundreds of steps, and these nets change faster. The default ε of 0.001
    # is larger than the first variances inside D, whose weights are small: batch norm would hardly scale anything.
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)


### END SOLUTION


def build_generator(latent_dim: int = 100) -> keras.Model:
    """A model that maps latent points to images in [−1, 1]: `(N, latent_dim)` → `(N, 28, 28, 1)`."""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((latent_dim,)),
            keras.layers.Dense(7 * 7 * 32, kernel_initializer=weights()),
            keras.layers.Reshape((7, 7, 32)),
            batch_norm(),
            keras.layers.ReLU(),
            keras.layers.Conv2DTranspose(16, 4, strides=2, padding="same", kernel_initializer=weights()),  # 14×14
            batch_norm(),
            keras.layers.ReLU(),
            keras.layers.Conv2DTranspose(8, 4, strides=2, padding="same", kernel_initializer=weights()),  # 28×28
            batch_norm(),
            keras.layers.ReLU(),
            keras.layers.Conv2D(1, 3, padding="same", kernel_initializer=weights(), activation="tanh"),
        ]
    )
    ### END SOLUTION


# %% part="discriminator"
def build_discriminator() -> keras.Model:
    """A model that returns the probability that an image is real: `(N, 28, 28, 1)` → `(N, 1)`."""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(16, 4, strides=2, padding="same", kernel_initializer=weights()),  # 14×14
            keras.layers.LeakyReLU(negative_slope=0.2),
            keras.layers.Conv2D(32, 4, strides=2, padding="same", kernel_initializer=weights()),  # 7×7
            batch_norm(),
            keras.layers.LeakyReLU(negative_slope=0.2),
            keras.layers.Flatten(),
            keras.layers.Dense(1, kernel_initializer=weights(), activation="sigmoid"),
        ]
    )
    ### END SOLUTION


# %% part="training"
### BEGIN SOLUTION
cross_entropy = keras.losses.BinaryCrossentropy()


### END SOLUTION


class GAN:
    """A generator and a discriminator of images that learn from each other.

    `generator` and `discriminator` are its two nets. `seed` fixes their starting weights, drawn from N(0, 0.02²), and
    all later draws.
    """

    def __init__(self, latent_dim: int, seed: int):
        ### BEGIN SOLUTION
        keras.utils.set_random_seed(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        self.generator_optimizer = keras.optimizers.Adam(0.001, beta_1=0.5)
        self.discriminator_optimizer = keras.optimizers.Adam(0.001, beta_1=0.5)
        # Built here: a compiled step that creates variables is traced twice.
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)
        self.random = np.random.default_rng(seed)
        ### END SOLUTION

    def train_discriminator(self, real: Float[np.ndarray, "N 28 28 1"]) -> float:
        """One update of D on `real`, labelled 1, and as many fakes, labelled 0; returns the loss, in nats."""
        ### BEGIN SOLUTION
        return float(self.update_discriminator(real, self.sample_latent(len(real))))
        ### END SOLUTION

    def train_generator(self, n: int) -> float:
        """One update of G on `n` fakes that D should take for real; returns the loss −ln D(G(z)), in nats."""
        ### BEGIN SOLUTION
        return float(self.update_generator(self.sample_latent(n)))
        ### END SOLUTION

    def fit(self, images: Float[np.ndarray, "N 28 28 1"], epochs: int, batch_size: int) -> dict[str, list[float]]:
        """For each batch of each epoch, an update of D and one of G; returns the losses `d_loss` and `g_loss`."""
        ### BEGIN SOLUTION
        losses = {"d_loss": [], "g_loss": []}
        for _ in range(epochs):
            order = self.random.permutation(len(images))
            for start in range(0, len(images), batch_size):
                real = images[order[start : start + batch_size]]
                losses["d_loss"].append(self.train_discriminator(real))
                losses["g_loss"].append(self.train_generator(len(real)))
        return losses
        ### END SOLUTION

    ### BEGIN SOLUTION
    def sample_latent(self, n: int) -> Float[np.ndarray, "n latent_dim"]:
        """`n` new points of the latent space."""
        return self.random.standard_normal((n, self.latent_dim), dtype=np.float32)

    @tf.function(reduce_retracing=True)
    def update_discriminator(
        self, real: Float[tf.Tensor, "N 28 28 1"], z: Float[tf.Tensor, "N latent_dim"]
    ) -> Float[tf.Tensor, ""]:
        fake = self.generator(z, training=True)
        with tf.GradientTape() as tape:
            # Two batches: batch norm should see real and fake images separately.
            p_real = self.discriminator(real, training=True)
            p_fake = self.discriminator(fake, training=True)
            loss = cross_entropy(tf.ones_like(p_real), p_real) + cross_entropy(tf.zeros_like(p_fake), p_fake)
        variables = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    @tf.function(reduce_retracing=True)
    def update_generator(self, z: Float[tf.Tensor, "N latent_dim"]) -> Float[tf.Tensor, ""]:
        with tf.GradientTape() as tape:
            # In inference mode D uses its running statistics and leaves them unchanged.
            p_fake = self.discriminator(self.generator(z, training=True), training=False)
            loss = cross_entropy(tf.ones_like(p_fake), p_fake)
        variables = self.generator.trainable_variables
        self.generator_optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    ### END SOLUTION


# %% tags=["demo"]
pixels = data.digits()[0] * 255
gan = GAN(latent_dim=100, seed=1)
losses = gan.fit(inference.array(scale_images(pixels)).astype(np.float32), epochs=12, batch_size=32)
plots.loss_curve({"D": losses["d_loss"], "G": losses["g_loss"]}, unit="update")
plt.show()


# %% part="selection"
### BEGIN SOLUTION
def imagine(gan: GAN, z: Float[np.ndarray, "N latent_dim"]) -> Float[np.ndarray, "N 28 28 1"]:
    """G(z) in inference mode: an image does not depend on the others of its batch."""
    return gan.generator(z, training=False).numpy()


def score(gan: GAN, images: Float[np.ndarray, "N 28 28 1"]) -> Float[np.ndarray, "N"]:
    """D's probability that each image is real, in inference mode."""
    return gan.discriminator(images, training=False).numpy()[:, 0]


### END SOLUTION


def select_images(
    gan: GAN, n: int, threshold: float, best: bool, seed: int, max_tries: int
) -> Float[np.ndarray, "found 28 28 1"]:
    """Up to `n` of at most `max_tries` images of G: those that D scores above the threshold (`best`) or below it."""
    ### BEGIN SOLUTION
    z = np.random.default_rng(seed).standard_normal((max_tries, gan.latent_dim), dtype=np.float32)
    found = np.empty((0, 28, 28, 1), dtype=np.float32)
    for start in range(0, max_tries, 64):
        images = imagine(gan, z[start : start + 64])
        scores = score(gan, images)
        wanted = scores > threshold if best else scores < threshold
        found = np.concatenate([found, images[wanted]])
        if len(found) >= n:
            break
    return found[:n]
    ### END SOLUTION


# %% tags=["demo"]
fakes = inference.predict(gan.generator, np.random.default_rng(1).standard_normal((400, 100)))
real_scores = inference.predict(gan.discriminator, scale_images(pixels[:400]))
fake_scores = inference.predict(gan.discriminator, fakes)
high, low = np.quantile(fake_scores, [0.95, 0.05])
print(f"D on real images {real_scores.mean():.2f}, on fakes {fake_scores.mean():.2f}")
best = inference.array(select_images(gan, 60, high, True, seed=1, max_tries=4000))
worst = inference.array(select_images(gan, 60, low, False, seed=1, max_tries=4000))
plots.image_sheet(
    {
        "real": pixels[:60, :, :, 0] / 127.5 - 1,
        "fake": fakes[:60, :, :, 0],
        f"best: D above {high:.2f}": best[..., 0],
        f"worst: D below {low:.2f}": worst[..., 0],
    }
)
plt.show()


# %% part="interpolation"
def interpolate(
    gan: GAN, z0: Float[np.ndarray, "latent_dim"], z1: Float[np.ndarray, "latent_dim"], steps: int
) -> Float[np.ndarray, "steps 28 28 1"]:
    """The images of `steps` equally spaced points of the line from z0 to z1, both ends included."""
    ### BEGIN SOLUTION
    return imagine(gan, np.linspace(z0, z1, steps, dtype=np.float32))
    ### END SOLUTION


# %% tags=["demo"]
ends = np.random.default_rng(2).standard_normal((6, 100), dtype=np.float32)
ways = [
    inference.array(interpolate(gan, z0, z1, 10))[..., 0]
    for z0, z1 in zip(ends, np.roll(ends, -1, axis=0), strict=True)
]
plots.image_sheet({"from one digit to the next": np.concatenate(ways)}, columns=10)
plt.show()

# %% tags=["demo"]
from shared import reader

z = np.random.default_rng(3).standard_normal((4000, 100), dtype=np.float32)
shown = reader.read((inference.predict(gan.generator, z) + 1) / 2)
mean = {digit: z[shown == digit].mean(axis=0) for digit in range(10) if np.any(shown == digit)}
if {0, 3, 8} <= set(mean):
    sum_of_points = mean[8] - mean[3] + mean[0]
    points = np.stack([mean[8], mean[3], mean[0], sum_of_points])
    points *= np.sqrt(100) / np.linalg.norm(points, axis=1, keepdims=True)  # as long as a typical latent point
    plots.image_grid(list(inference.predict(gan.generator, points)[..., 0]), ["mean 8", "− mean 3", "+ mean 0", "="])
    plt.show()

# %% [markdown] part="gpu"
# There is nothing to write here: the check runs a training step on the device of both nets' parameters.
