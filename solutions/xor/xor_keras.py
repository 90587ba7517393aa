# %%
FRAMEWORK = "keras"

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from jaxtyping import Float
from scipy.special import expit  # the logistic function σ, safe for large arguments

from shared import inference, plots

# %% part="gates"
Gate = tuple[Float[np.ndarray, "2"], float]


def or_gate() -> Gate:
    """Weights `(2,)` and bias of one logistic unit that is above ½ exactly where OR is 1."""
    ### BEGIN SOLUTION
    return np.array([2.0, 2.0]), -1.0
    ### END SOLUTION


def and_gate() -> Gate:
    """Weights `(2,)` and bias of one logistic unit that is above ½ exactly where AND is 1."""
    ### BEGIN SOLUTION
    return np.array([2.0, 2.0]), -3.0
    ### END SOLUTION


# %% tags=["demo"]
plots.decision_regions({"OR": or_gate(), "AND": and_gate()})
plt.show()


# %% part="lecture"
def lecture_formula(x: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n"]:
    """The lecture's sum of two logistic units: σ(2x₁ + 2x₂ − 1) + σ(−2x₁ − 2x₂ + 1)."""
    ### BEGIN SOLUTION
    score = 2 * x[:, 0] + 2 * x[:, 1] - 1
    return expit(score) + expit(-score)
    ### END SOLUTION


# %% part="by_hand"
def xor_by_hand(x: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n"]:
    """Two logistic units and a linear output, with weights chosen by hand; within 0.05 of XOR on the corners."""
    ### BEGIN SOLUTION
    steepness = 20
    either = expit(steepness * (x[:, 0] + x[:, 1] - 0.5))
    both = expit(steepness * (x[:, 0] + x[:, 1] - 1.5))
    return either - both
    ### END SOLUTION


# %% tags=["demo"]
plots.surfaces({"The lecture's formula": lecture_formula, "XOR by hand": xor_by_hand})
plt.show()


# %% part="model"
def build_model(hidden: int) -> keras.Model:
    """A nonlinear network 2 → hidden → 1 whose output is a probability: `(n, 2)` → `(n, 1)`."""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(hidden, activation="tanh"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    ### END SOLUTION


# %% part="cross_entropy"
def binary_cross_entropy(p: Float[tf.Tensor, "n 1"], y: Float[tf.Tensor, "n 1"]) -> Float[tf.Tensor, ""]:
    """The mean of −y ln p − (1−y) ln(1−p), in nats; finite where p is exactly 0 or 1."""
    ### BEGIN SOLUTION
    p = tf.clip_by_value(p, 1e-7, 1 - 1e-7)
    return -tf.reduce_mean(y * tf.math.log(p) + (1 - y) * tf.math.log(1 - p))
    ### END SOLUTION


# %% part="gradients"
def gradients(
    model: keras.Model, x: Float[np.ndarray, "n 2"], y: Float[np.ndarray, "n 1"]
) -> dict[str, Float[np.ndarray, "..."]]:
    """The derivative of the mean binary cross-entropy with respect to every parameter, by the parameter's path."""
    ### BEGIN SOLUTION
    parameters = model.trainable_variables
    with tf.GradientTape() as tape:
        loss = binary_cross_entropy(model(x), y)
    slopes = tape.gradient(loss, parameters)
    return {parameter.path: slope.numpy() for parameter, slope in zip(parameters, slopes, strict=True)}
    ### END SOLUTION


# %% part="training"
def train(
    model: keras.Model,
    x: Float[np.ndarray, "n 2"],
    y: Float[np.ndarray, "n 1"],
    epochs: int,
    learning_rate: float,
    seed: int,
) -> list[float]:
    """Minimise the binary cross-entropy on all rows of `x` for `epochs` epochs; return the loss of each, in nats."""
    ### BEGIN SOLUTION
    keras.utils.set_random_seed(seed)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=lambda y_true, y_pred: binary_cross_entropy(y_pred, y_true),
    )
    # One batch holds all four corners: `fit` would take 28 ms per epoch instead of 1 ms.
    return [float(model.train_on_batch(x, y)) for _ in range(epochs)]
    ### END SOLUTION


# %% tags=["demo"]
keras.utils.set_random_seed(1)
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
network = build_model(hidden=8)
losses = train(network, corners, np.array([[0], [1], [1], [0]], dtype=np.float32), 300, 0.05, seed=1)
plots.loss_curve(losses)
plots.surfaces({"XOR, learned": lambda x: inference.predict(network, x)[:, 0]})
plt.show()

# %% [markdown] part="gpu"
# Nothing to write here: the check runs `train` and `gradients` on the device where the model's parameters are.
