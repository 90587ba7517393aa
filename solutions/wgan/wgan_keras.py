# %%
FRAMEWORK = "keras"

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from jaxtyping import Float

from shared import inference, plots, wasserstein


# %% part="distance"
def wasserstein_1d(a: Float[np.ndarray, "n"], b: Float[np.ndarray, "n"]) -> float:
    """The earth mover's distance of two samples of equal size: how far a point has to be carried, on average."""
    ### BEGIN SOLUTION
    return float(np.mean(np.abs(np.sort(a) - np.sort(b))))
    ### END SOLUTION


# %% tags=["demo"]
shifts = np.linspace(-1, 1, 41)
line = np.random.default_rng(1).uniform(0, 1, 500).astype(np.float32)
distances = wasserstein.parallel_lines(shifts)
samples = [wasserstein_1d(np.zeros_like(line), np.full_like(line, shift)) for shift in shifts]
plots.curves(shifts, {**distances, "wasserstein_1d": samples}, xlabel=r"shift $\theta$", ylabel="distance")
plt.show()


# %% part="losses"
def critic_loss(real_scores: Float[tf.Tensor, "n 1"], fake_scores: Float[tf.Tensor, "m 1"]) -> Float[tf.Tensor, ""]:
    """What the critic minimises: the mean score of the fakes minus the mean score of the real points."""
    ### BEGIN SOLUTION
    return tf.reduce_mean(fake_scores) - tf.reduce_mean(real_scores)
    ### END SOLUTION


def generator_loss(fake_scores: Float[tf.Tensor, "m 1"]) -> Float[tf.Tensor, ""]:
    """What the generator minimises: minus the mean score of its fakes."""
    ### BEGIN SOLUTION
    return -tf.reduce_mean(fake_scores)
    ### END SOLUTION


# %% part="clipping"
def clip_weights(model: keras.Model, limit: float) -> None:
    """Clip every parameter of the model to [−limit, limit], in place."""
    ### BEGIN SOLUTION
    for variable in model.trainable_variables:
        variable.assign(tf.clip_by_value(variable, -limit, limit))
    ### END SOLUTION


# %% part="penalty"
def gradient_penalty(
    critic: keras.Model, real: Float[np.ndarray, "n 2"], fake: Float[np.ndarray, "n 2"], seed: int
) -> Float[tf.Tensor, ""]:
    """The mean of (‖∇critic(x̂)‖ − 1)², each x̂ uniform on the segment from a real point to the fake in its row."""
    ### BEGIN SOLUTION
    share = np.random.default_rng(seed).random((len(real), 1), dtype=np.float32)
    return slope_penalty(critic, tf.convert_to_tensor(real + share * (fake - real)))
    ### END SOLUTION


### BEGIN SOLUTION
def slope_penalty(critic: keras.Model, points: Float[tf.Tensor, "n 2"]) -> Float[tf.Tensor, ""]:
    """The mean of (slope − 1)² at the points, in TensorFlow alone, so that it can be traced."""
    with tf.GradientTape() as tape:
        tape.watch(points)
        scores = critic(points, training=True)
    # Row i of the gradient of the sum of all scores is the gradient of score i: no score depends on another row.
    slopes = tape.gradient(scores, points)
    # The square root has no derivative at 0.
    norms = tf.sqrt(tf.reduce_sum(tf.square(slopes), axis=1) + 1e-12)
    return tf.reduce_mean(tf.square(norms - 1))


### END SOLUTION


# %% part="critic"
def build_critic() -> keras.Model:
    """A model that scores points, without bounds: `(n, 2)` → `(n, 1)`."""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(32),
            keras.layers.LeakyReLU(negative_slope=0.2),
            keras.layers.Dense(32),
            keras.layers.LeakyReLU(negative_slope=0.2),
            keras.layers.Dense(1),
        ]
    )
    ### END SOLUTION


# %% part="training"
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


class WGAN:
    """A generator, and a critic whose slope is kept small: `penalty` is "clip" or "gradient".

    `generator` and `critic` are its two nets. `seed` fixes their starting weights and all later draws.
    """

    def __init__(self, latent_dim: int, seed: int, penalty: str):
        ### BEGIN SOLUTION
        keras.utils.set_random_seed(seed)
        self.latent_dim = latent_dim
        self.penalty = penalty
        self.generator = build_generator(latent_dim)
        self.critic = build_critic()
        # Without momentum: the critic's gradient changes its direction whenever the generator moves.
        # The critic learns faster; clipped weights jump between the limits if it learns faster still.
        rate = 0.002 if penalty == "clip" else 0.003
        self.generator_optimizer = keras.optimizers.Adam(0.001, beta_1=0.0, beta_2=0.9)
        self.critic_optimizer = keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.9)
        # The optimisers create their variables here, not in the first step: so each step is traced once, not twice.
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.critic_optimizer.build(self.critic.trainable_variables)
        self.random = np.random.default_rng(seed)
        ### END SOLUTION

    def train_critic(self, real: Float[np.ndarray, "n 2"]) -> float:
        """One update of the critic on `real` and as many fakes; returns the loss."""
        ### BEGIN SOLUTION
        share = self.random.random((len(real), 1), dtype=np.float32)
        return float(self.update_critic(tf.convert_to_tensor(real), self.sample_latent(len(real)), tf.constant(share)))
        ### END SOLUTION

    def train_generator(self, n: int) -> float:
        """One update of the generator on `n` fakes, through the critic; returns the loss."""
        ### BEGIN SOLUTION
        return float(self.update_generator(self.sample_latent(n)))
        ### END SOLUTION

    def fit(self, steps: int, batch_size: int, n_critic: int = 5) -> dict[str, list[float]]:
        """`steps` times: `n_critic` updates of the critic, then one of G; returns `critic_loss` and `g_loss`."""
        ### BEGIN SOLUTION
        losses = {"critic_loss": [], "g_loss": []}
        for _ in range(steps):
            for _ in range(n_critic):
                losses["critic_loss"].append(self.train_critic(self.sample_real(batch_size)))
            losses["g_loss"].append(self.train_generator(batch_size))
        return losses
        ### END SOLUTION

    ### BEGIN SOLUTION
    @tf.function
    def update_critic(
        self, real: Float[tf.Tensor, "n 2"], z: Float[tf.Tensor, "n latent_dim"], share: Float[tf.Tensor, "n 1"]
    ) -> Float[tf.Tensor, ""]:
        """A step of the critic alone: the tape's gradients update its variables and no others."""
        fake = self.generator(z, training=True)
        with tf.GradientTape() as tape:
            loss = critic_loss(self.critic(real, training=True), self.critic(fake, training=True))
            if self.penalty == "gradient":
                loss += slope_penalty(self.critic, real + share * (fake - real))
        variables = self.critic.trainable_variables
        self.critic_optimizer.apply(tape.gradient(loss, variables), variables)
        if self.penalty == "clip":
            clip_weights(self.critic, 0.05)
        return loss

    @tf.function
    def update_generator(self, z: Float[tf.Tensor, "n latent_dim"]) -> Float[tf.Tensor, ""]:
        """A step of the generator alone, through the critic, which stays as it is."""
        with tf.GradientTape() as tape:
            loss = generator_loss(self.critic(self.generator(z, training=True), training=True))
        variables = self.generator.trainable_variables
        self.generator_optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    def sample_real(self, n: int) -> Float[np.ndarray, "n 2"]:
        """`n` new points of the curve: x, uniform on [−½, ½], and x²."""
        x = self.random.uniform(-0.5, 0.5, n)
        return np.stack([x, x**2], axis=1).astype(np.float32)

    def sample_latent(self, n: int) -> Float[tf.Tensor, "n latent_dim"]:
        """`n` new points of the latent space, standard normal."""
        return tf.convert_to_tensor(self.random.standard_normal((n, self.latent_dim), dtype=np.float32))

    ### END SOLUTION


# %% tags=["demo"]
noise = np.random.default_rng(2).standard_normal((1000, 5))
real = wasserstein.curve(1000, seed=3)
gans = {penalty: WGAN(5, 1, penalty) for penalty in ("clip", "gradient")}
for penalty, gan in gans.items():
    stages = []
    for _ in range(10):
        gan.fit(60, 128)
        fake = inference.predict(gan.generator, noise)
        gap = inference.predict(gan.critic, real).mean() - inference.predict(gan.critic, fake).mean()
        stages.append((gap, wasserstein.energy_distance(real, fake)))
    plots.points({"real": real[:300], f"fake, {penalty}": fake[:300]})
    wasserstein.loss_and_quality(stages, title=penalty)
plt.show()

# %% tags=["demo"]
wasserstein.score_maps({name: lambda x, gan=gan: inference.predict(gan.critic, x) for name, gan in gans.items()}, real)
wasserstein.weight_histograms({penalty: gan.critic for penalty, gan in gans.items()})
plt.show()

# %% [markdown] part="gpu"
# There is nothing to write here: the check moves both nets of a new `WGAN` to a device and trains there.
