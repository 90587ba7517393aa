# %%
FRAMEWORK = "keras"

from collections.abc import Sequence

import keras
import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Int
from keras import layers

from shared import data, inference, plots


# %% part="padding"
def pad_sequences(sequences: Sequence[Sequence[int]], length: int) -> Int[np.ndarray, "n length"]:
    """Rows of equal length: a short sentence gets zeros on the left, a long one keeps its last `length` words."""
    ### BEGIN SOLUTION
    padded = np.zeros((len(sequences), length), dtype=np.int64)
    for row, sequence in zip(padded, sequences, strict=True):
        kept = sequence[-length:]
        row[length - len(kept) :] = kept
    return padded
    ### END SOLUTION


# %% tags=["demo"]
sentences = ["Slow.", "A film to remember", "Not good at all", "It starts badly and then it gets much worse"]
plots.token_matrix(pad_sequences(data.tokenize(sentences, top_words=50), length=6), "after pad_sequences")
plt.show()


# %% part="lstm"
def build_lstm(top_words: int, length: int) -> keras.Model:
    """Embedding of 32 → LSTM of 100 → one probability: tokens `(n, length)` → `(n, 1)`."""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((length,), dtype="int64"),
            layers.Embedding(top_words, 32),
            layers.LSTM(100),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    ### END SOLUTION


# %% part="dropout"
def build_dropout_lstm(top_words: int, length: int) -> keras.Model:
    """The same network with dropout of 0.2 before and after the LSTM."""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((length,), dtype="int64"),
            layers.Embedding(top_words, 32),
            layers.Dropout(0.2),
            layers.LSTM(100),
            layers.Dropout(0.2),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    ### END SOLUTION


# %% part="cnn_lstm"
def build_cnn_lstm(top_words: int, length: int) -> keras.Model:
    """Embedding of 32 → 32 filters of width 3, same, ReLU → max-pool 2 → LSTM of 100 → one probability."""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((length,), dtype="int64"),
            layers.Embedding(top_words, 32),
            layers.Conv1D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling1D(2),
            layers.LSTM(100),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    ### END SOLUTION


# %% part="training"
def train(
    model: keras.Model,
    x: Int[np.ndarray, "n length"],
    y: Float[np.ndarray, "n 1"],
    epochs: int,
    batch_size: int,
    seed: int,
) -> list[float]:
    """Minimise the binary cross-entropy in shuffled batches; return the mean loss of each epoch."""
    ### BEGIN SOLUTION
    keras.utils.set_random_seed(seed)
    model.compile(optimizer="adam", loss="binary_crossentropy")
    return model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0).history["loss"]
    ### END SOLUTION


# %% part="accuracy"
def accuracy(model: keras.Model, x: Int[np.ndarray, "n length"], y: Float[np.ndarray, "n 1"]) -> float:
    """The share of sentences whose probability lies on the right side of ½, without dropout."""
    ### BEGIN SOLUTION
    says_positive = model(x, training=False).numpy() > 0.5
    return float((says_positive == (y > 0.5)).mean())
    ### END SOLUTION


# %% tags=["demo"]
# The example sentence comes after the reviews, so that its words get the same tokens.
TOP_WORDS, LENGTH, TRAINED_ON = 5000, 30, 7500
sentence = "a film that starts badly and looks cheap but in the end it is funny moving and wonderful"
words = sentence.split()
read_so_far = [" ".join(words[: n + 1]) for n in range(len(words))]
reviews, ratings = data.movie_reviews()
tokens = data.tokenize([*reviews, *read_so_far], TOP_WORDS)
x = pad_sequences([row or [0] for row in tokens], LENGTH)
y = (ratings > 0).astype(np.float32)[:, None]

losses = {}
for name, build in {
    "LSTM": build_lstm,
    "with dropout": build_dropout_lstm,
    "CNN-LSTM": build_cnn_lstm,
}.items():
    keras.utils.set_random_seed(1)
    network = build(TOP_WORDS, LENGTH)
    inference.predict(network, x[:1])  # a subclassed model has its weights after its first call
    losses[name] = train(network, x[:TRAINED_ON], y[:TRAINED_ON], epochs=4, batch_size=64, seed=1)
    unseen = slice(TRAINED_ON, len(y))
    print(f"{name}: {accuracy(network, x[unseen], y[unseen]):.1%} of the held-out reviews are right")
plots.loss_curve(losses)
plots.opinion_while_reading(words, inference.predict(network, x[len(reviews) :]))
plt.show()

# %% [markdown] part="gradients"
# Nothing to write here: the checks use your three networks and see which weights a gradient reaches.

# %% [markdown] part="gpu"
# Nothing to write here: the check runs your `train` and `accuracy` on the device where the model's parameters live.
