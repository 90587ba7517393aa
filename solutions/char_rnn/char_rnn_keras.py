# %%
FRAMEWORK = "keras"

import keras
import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from scipy.stats import entropy

from shared import data, inference, plots


# %% part="vocabulary"
def build_vocabulary(text: str) -> tuple[dict[str, int], dict[int, str]]:
    """The tables character → index and index → character, for the sorted characters of `text`, counted from 0."""
    ### BEGIN SOLUTION
    characters = sorted(set(text))
    char_to_index = {character: index for index, character in enumerate(characters)}
    return char_to_index, dict(enumerate(characters))
    ### END SOLUTION


# %% part="windows"
def make_windows(text: str, length: int = 10, step: int = 1) -> tuple[list[str], list[str]]:
    """The windows of `length` characters that start at 0, step, 2·step …, and the character after each."""
    ### BEGIN SOLUTION
    starts = range(0, len(text) - length, step)
    inputs = [text[start : start + length] for start in starts]
    labels = [text[start + length] for start in starts]
    return inputs, labels
    ### END SOLUTION


# %% tags=["demo"]
for window, label in zip(*make_windows("it turned into a pig"), strict=True):
    print(f"{window!r} → {label!r}")


# %% part="one_hot"
def one_hot_windows(
    inputs: list[str], labels: list[str], char_to_index: dict[str, int]
) -> tuple[Float[np.ndarray, "n length characters"], Float[np.ndarray, "n characters"]]:
    """Turn each character into a row of zeros with a 1 in the column `char_to_index[character]`."""
    ### BEGIN SOLUTION
    one_hot = np.eye(len(char_to_index), dtype=np.float32)
    X = one_hot[[[char_to_index[character] for character in window] for window in inputs]]
    y = one_hot[[char_to_index[character] for character in labels]]
    return X, y
    ### END SOLUTION


# %% part="equations"
def rnn_forward(
    x: Float[np.ndarray, "T F"],
    W: Float[np.ndarray, "H H"],
    U: Float[np.ndarray, "H F"],
    V: Float[np.ndarray, "O H"],
) -> tuple[Float[np.ndarray, "T H"], Float[np.ndarray, "T O"]]:
    """The states h_t = tanh(W h_{t−1} + U x_t), with h_0 = 0, and the outputs y_t = softmax(V h_t)."""
    ### BEGIN SOLUTION
    state = np.zeros(len(W), dtype=x.dtype)
    states, answers = [], []
    for x_t in x:
        state = np.tanh(W @ state + U @ x_t)
        states.append(state)
        answers.append(softmax(V @ state))
    return np.array(states), np.array(answers)
    ### END SOLUTION


### BEGIN SOLUTION
def softmax(scores):
    # Subtract the largest score first: exp(0) is 1, while exp(1000) would be infinite.
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


### END SOLUTION


# %% part="model"
def build_model(length: int, characters: int, hidden: int = 128) -> keras.Model:
    """A simple tanh RNN whose last state gives a probability for each possible next character:
    `(n, length, characters)` → `(n, characters)`."""
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((length, characters)),
            # `unroll` writes the steps out one after the other, which is faster than a loop for a few steps.
            keras.layers.SimpleRNN(hidden, unroll=True),
            keras.layers.Dense(characters, activation="softmax"),
        ]
    )
    ### END SOLUTION


# %% part="training"
def train(
    model: keras.Model,
    X: Float[np.ndarray, "n length characters"],
    y: Float[np.ndarray, "n characters"],
    epochs: int,
    batch_size: int,
    seed: int,
) -> list[float]:
    """Minimise the categorical cross-entropy; return the mean loss of each epoch, in nats."""
    ### BEGIN SOLUTION
    keras.utils.set_random_seed(seed)
    model.compile(optimizer=keras.optimizers.RMSprop(0.001), loss="categorical_crossentropy")
    return model.fit(X, y, batch_size=batch_size, epochs=epochs, verbose=0).history["loss"]
    ### END SOLUTION


# %% tags=["demo"]
text = " ".join(data.alice().lower().split())
char_to_index, index_to_char = build_vocabulary(text)
one_hot = one_hot_windows(*make_windows(text[:50_000]), char_to_index)
X, y = (inference.array(each).astype(np.float32) for each in one_hot)
unigram_entropy = entropy(y.mean(axis=0))
print(f"{len(char_to_index)} characters, {len(X)} windows, unigram entropy {unigram_entropy:.2f} nats")

keras.utils.set_random_seed(1)
model = build_model(length=10, characters=len(char_to_index))
plots.loss_curve(train(model, X, y, epochs=6, batch_size=64, seed=1))
plt.show()


# %% part="generation"
def generate(
    model: keras.Model,
    seed_text: str,
    n: int,
    char_to_index: dict[str, int],
    index_to_char: dict[int, str],
    temperature: float = 0.0,
    seed: int = 0,
) -> str:
    """The `n` characters that the model writes after `seed_text`; temperature 0 takes the most likely one each time."""
    ### BEGIN SOLUTION
    random = keras.random.SeedGenerator(seed)
    one_hot = np.eye(len(char_to_index), dtype=np.float32)
    window = [char_to_index[character] for character in seed_text]
    written = []
    for _ in range(n):
        # This runs the compiled model; `model(x)` would take twenty times as long, `predict` eighty times.
        p = model.predict_on_batch(one_hot[window][None])
        if temperature == 0:
            index = int(p[0].argmax())
        else:
            # `categorical` takes logarithms of weights, which need not sum to 1; ln p / T is the logarithm of p^(1/T).
            index = int(keras.random.categorical(keras.ops.log(p) / temperature, 1, seed=random)[0, 0])
        written.append(index_to_char[index])
        window = [*window[1:], index]
    return "".join(written)
    ### END SOLUTION


# %% tags=["demo"]
for temperature in [0, 0.3, 0.7, 1.0, 1.5]:
    print(temperature, repr(generate(model, "alice was ", 120, char_to_index, index_to_char, temperature)))

# %% tags=["demo"]
phrase = "said the mad hatter to the white rabbit"
read, _ = one_hot_windows(*make_windows(phrase), char_to_index)
guesses = inference.predict(model, inference.array(read).astype(np.float32))
plots.next_characters(phrase[10:], guesses, index_to_char)
plt.show()

# %% tags=["demo"]
sharpened = {f"T = {T}": guesses[0] ** (1 / T) / (guesses[0] ** (1 / T)).sum() for T in [0.3, 1.0, 3.0]}
plots.distributions(sharpened, [index_to_char[index] for index in range(len(index_to_char))])
plt.show()

# %% [markdown] part="gpu"
# Nothing to write here: the check runs your `train` and `generate` on the device where the model's parameters live.
