# %%
FRAMEWORK = "keras"

import keras
import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Int

from shared import data, inference, plots


# %% part="one_hot"
def one_hot(labels: Int[np.ndarray, "n"], classes: int) -> Float[np.ndarray, "n classes"]:
    """One row for each label: 1 in the column of the label, 0 elsewhere."""
    ### BEGIN SOLUTION
    return keras.utils.to_categorical(labels, classes)
    ### END SOLUTION


# %% part="convolution"
def convolve2d(image: Float[np.ndarray, "H W"], kernel: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "H-h+1 W-w+1"]:
    """Apply the kernel, as it is, to every patch of the image: the sum of the elementwise products."""
    ### BEGIN SOLUTION
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (patches * kernel).sum(axis=(-2, -1))
    ### END SOLUTION


# %% tags=["demo"]
digit = data.digits()[0][5, :, :, 0]
kernels = {
    "the digit": np.ones((1, 1), dtype=np.float32),
    "brighter to the right": np.array([[-1, 0, 1]], dtype=np.float32),
    "brighter below": np.array([[-1], [0], [1]], dtype=np.float32),
    "blurred": np.full((5, 5), 1 / 25, dtype=np.float32),
}
plots.image_grid([convolve2d(digit, kernel) for kernel in kernels.values()], titles=list(kernels))
plt.show()


# %% part="iris"
def build_iris_net() -> keras.Model:
    """4 measurements → 128 sigmoid units → the probabilities of 3 species: `(n, 4)` → `(n, 3)`."""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(128, activation="sigmoid"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    ### END SOLUTION


# %% part="dense"
def build_dense_net() -> keras.Model:
    """784 pixels → 128 → 128 → the probabilities of 10 digits: `(n, 784)` → `(n, 10)`."""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(128, activation="sigmoid"),
            keras.layers.Dense(128, activation="sigmoid"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    ### END SOLUTION


# %% part="cnn"
def build_cnn() -> keras.Model:
    """32 filters of 3×3 → ReLU → 128 sigmoid units → 10 probabilities: `(n, 28, 28, 1)` → `(n, 10)`."""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(32, kernel_size=3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="sigmoid"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    ### END SOLUTION


# %% part="training"
def train(
    model: keras.Model,
    x: Float[np.ndarray, "n *features"],
    y: Float[np.ndarray, "n classes"],
    epochs: int,
    batch_size: int,
    seed: int,
) -> list[float]:
    """Minimise the cross-entropy in batches, in a new order each epoch; return the mean loss of each epoch."""
    ### BEGIN SOLUTION
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model.compile(optimizer="adam", loss="categorical_crossentropy")
    losses = []
    for _ in range(epochs):
        total = 0.0
        order = rng.permutation(len(x))
        for first in range(0, len(x), batch_size):
            batch = order[first : first + batch_size]
            total += model.train_on_batch(x[batch], y[batch]) * len(batch)
        losses.append(total / len(x))
    return losses
    ### END SOLUTION


# %% part="evaluation"
def evaluate(
    model: keras.Model, x: Float[np.ndarray, "n *features"], y: Float[np.ndarray, "n classes"]
) -> tuple[float, float]:
    """The mean cross-entropy over all rows, and the fraction of rows whose most likely class is the right one."""
    ### BEGIN SOLUTION
    # One call, in batches and in inference mode: the feature maps of 10,000 images would take a gigabyte.
    p = model.predict(x, verbose=0)
    loss = keras.losses.categorical_crossentropy(y, p).numpy().mean()
    right = p.argmax(axis=1) == y.argmax(axis=1)
    return float(loss), float(right.mean())
    ### END SOLUTION


# %% tags=["demo"]
(flowers, species), (new_flowers, new_species) = data.iris_split()
(digits, names), (new_digits, new_names) = data.digits_split()
columns, new_columns = digits.reshape(-1, 784), new_digits.reshape(-1, 784)
species_rows, new_species_rows, name_rows, new_name_rows = (
    inference.array(one_hot(labels, classes)).astype(np.float32)
    for labels, classes in ((species, 3), (new_species, 3), (names, 10), (new_names, 10))
)

keras.utils.set_random_seed(1)
iris_net, dense_net, cnn = build_iris_net(), build_dense_net(), build_cnn()
plots.loss_curve(
    {
        "iris": train(iris_net, flowers, species_rows, epochs=40, batch_size=2, seed=1),
        "dense digits": train(dense_net, columns, name_rows, epochs=8, batch_size=32, seed=1),
        "convolutional digits": train(cnn, digits, name_rows, epochs=4, batch_size=32, seed=1),
    }
)
print("iris   loss {:.3f}, accuracy {:.3f}".format(*evaluate(iris_net, new_flowers, new_species_rows)))
print("dense  loss {:.3f}, accuracy {:.3f}".format(*evaluate(dense_net, new_columns, new_name_rows)))
print("CNN    loss {:.3f}, accuracy {:.3f}".format(*evaluate(cnn, new_digits, new_name_rows)))
plt.show()

# %% tags=["demo"]
plots.confusion_matrix(new_names, inference.predict(cnn, new_digits).argmax(axis=1))
# The kernels of a convolution are a weight with four axes.
for kernels in (weight.numpy() for weight in cnn.trainable_weights if len(weight.shape) == 4):
    plots.image_grid(kernels[:, :, 0].transpose(2, 0, 1), columns=16)
plt.show()

# %% [markdown] part="gradients"
# Nothing to write here: the checks follow the gradient back through your three networks.

# %% [markdown] part="gpu"
# Nothing to write here: the check runs `train` and `evaluate` on the device where the model's parameters are.
