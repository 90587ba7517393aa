# %%
FRAMEWORK = "keras"

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from jaxtyping import Float, Int

from shared import inference, plots, sound


# %% part="mu_law"
def mu_law(x: Float[np.ndarray, "*shape"], mu: int = 255) -> Int[np.ndarray, "*shape"]:
    """Codes 0 … mu of the numbers in [−1, 1]: fine steps near 0, coarse ones near −1 and 1."""
    ### BEGIN SOLUTION
    compressed = np.sign(x) * np.log1p(mu * np.abs(x)) / np.log1p(mu)
    return np.rint((compressed + 1) / 2 * mu).astype(np.int64)
    ### END SOLUTION


def inverse_mu_law(codes: Int[np.ndarray, "*shape"], mu: int = 255) -> Float[np.ndarray, "*shape"]:
    """The numbers in [−1, 1] that the codes stand for."""
    ### BEGIN SOLUTION
    compressed = 2 * codes / mu - 1
    return np.sign(compressed) * np.expm1(np.abs(compressed) * np.log1p(mu)) / mu
    ### END SOLUTION


# %% tags=["demo"]
amplitudes = np.linspace(-1, 1, 401)
codes = {f"mu = {mu}": inference.array(mu_law(amplitudes, mu)) / mu for mu in [15, 255]}
plots.curves(amplitudes, codes, xlabel="amplitude", ylabel="code / mu")
plt.show()

# %% tags=["demo"]
string = sound.plucked_string(220, seconds=2)
sound.Sound(string)

# %% tags=["demo"]
# The same string with 16 codes for each sample: first 16 equal steps, then 16 steps of the μ-law.
sound.Sound(np.rint((string + 1) / 2 * 15) / 15 * 2 - 1)

# %% tags=["demo"]
sound.Sound(inference.array(inverse_mu_law(mu_law(string, 15), 15)))


# %% part="convolution"
def causal_convolution(
    x: Float[np.ndarray, "T C"], kernel: Float[np.ndarray, "K C D"], dilation: int
) -> Float[np.ndarray, "T D"]:
    """y_t = Σ_k x_{t−(K−1−k)·dilation} kernel[k], where x is 0 before the start."""
    ### BEGIN SOLUTION
    T, K = len(x), len(kernel)
    past = np.pad(x, (((K - 1) * dilation, 0), (0, 0)))
    return sum(past[k * dilation : k * dilation + T] @ kernel[k] for k in range(K))
    ### END SOLUTION


# %% tags=["demo"]
# A kernel of two taps that are 0.3 s apart adds an echo.
taps = np.array([[[0.4]], [[0.6]]], dtype=np.float32)
echo = inference.array(causal_convolution(string[:, None].astype(np.float32), taps, int(0.3 * sound.RATE)))
sound.Sound(echo[:, 0])


# %% part="receptive_field"
def receptive_field(kernel_size: int, dilations: list[int]) -> int:
    """How many samples one output of a stack of causal convolutions depends on."""
    ### BEGIN SOLUTION
    return 1 + (kernel_size - 1) * sum(dilations)
    ### END SOLUTION


# %% tags=["demo"]
plots.causal_tree(2, [1, 2, 4, 8])
plt.title(f"{receptive_field(2, [1, 2, 4, 8])} samples for one output")
plt.show()


# %% part="gate"
def gated(a: Float[tf.Tensor, "*shape"], b: Float[tf.Tensor, "*shape"]) -> Float[tf.Tensor, "*shape"]:
    """tanh(a)·σ(b): σ(b) decides how much of tanh(a) passes."""
    ### BEGIN SOLUTION
    return keras.ops.tanh(a) * keras.ops.sigmoid(b)
    ### END SOLUTION


# %% part="model"
def build_model(classes: int, channels: int, kernel_size: int, dilations: list[int]) -> keras.Model:
    """One gated causal layer for each dilation: one-hot `(N, T, classes)` → probabilities `(N, T, classes)`.

    Row t is the distribution of sample t + 1, given the samples up to t.
    """
    ### BEGIN SOLUTION
    samples = keras.Input((None, classes))
    h, skips = keras.layers.Conv1D(channels, 1)(samples), []
    for dilation in dilations:
        a = keras.layers.Conv1D(channels, kernel_size, padding="causal", dilation_rate=dilation)(h)
        b = keras.layers.Conv1D(channels, kernel_size, padding="causal", dilation_rate=dilation)(h)
        z = gated(a, b)
        h = h + keras.layers.Conv1D(channels, 1)(z)
        skips.append(keras.layers.Conv1D(channels, 1)(z))
    features = keras.layers.Conv1D(channels, 1, activation="relu")(keras.ops.relu(sum(skips)))
    model = keras.Model(samples, keras.layers.Conv1D(classes, 1, activation="softmax")(features))
    model.receptive_field = receptive_field(kernel_size, dilations)
    return model
    ### END SOLUTION


# %% part="training"
def train(
    model: keras.Model, sequences: Int[np.ndarray, "N T"], classes: int, epochs: int, batch_size: int, seed: int
) -> list[float]:
    """Minimise the cross-entropy of each next sample; return its mean in each epoch, in nats."""
    ### BEGIN SOLUTION
    keras.utils.set_random_seed(seed)
    seen, following = keras.utils.to_categorical(sequences[:, :-1], classes), sequences[:, 1:]
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss="sparse_categorical_crossentropy")
    return model.fit(seen, following, batch_size=batch_size, epochs=epochs, verbose=0).history["loss"]
    ### END SOLUTION


# %% tags=["demo"]
# Strings of five pitches, without the noise of the first moment. The training takes from ten seconds to a minute.
rate, classes = 4000, 32
pitches = [196, 220, 247, 294, 330]
strings = [sound.plucked_string(pitches[i % 5], seconds=0.15, seed=i, rate=rate)[200:] for i in range(64)]
loud = np.stack([string / np.abs(string).max() for string in strings])
notes = inference.array(mu_law(loud.astype(np.float32), classes - 1)).astype(np.int64)
keras.utils.set_random_seed(1)
model = build_model(classes, 24, 2, [1, 2, 4, 8, 16, 32])
plots.loss_curve(train(model, notes, classes, epochs=30, batch_size=8, seed=1))
plt.show()


# %% part="generation"
def generate(
    model: keras.Model, start: Int[np.ndarray, "k"], n: int, classes: int, temperature: float = 1.0, seed: int = 0
) -> Int[np.ndarray, "n"]:
    """The `n` samples that the model writes after `start`; temperature 0 takes the most likely one each time."""
    ### BEGIN SOLUTION
    random = keras.random.SeedGenerator(seed)
    one_hot = np.eye(classes, dtype=np.float32)
    samples = start.tolist()
    for _ in range(n):
        seen = samples[-model.receptive_field :]
        # The shape is always the same, so that Keras compiles the model once. The zeros are in the future, and a causal
        # model does not look there.
        window = np.zeros((1, model.receptive_field, classes), dtype=np.float32)
        window[0, : len(seen)] = one_hot[seen]
        p = model.predict_on_batch(window)[:, len(seen) - 1]
        if temperature == 0:
            sample = int(p.argmax())
        else:
            # `categorical` takes logarithms of weights, which need not sum to 1; ln p / T is the logarithm of p^(1/T).
            sample = int(keras.random.categorical(keras.ops.log(p) / temperature, 1, seed=random)[0, 0])
        samples.append(sample)
    return np.array(samples[len(start) :])
    ### END SOLUTION


# %% tags=["demo"]
written = inference.array(generate(model, notes[0, :64], 2000, classes, temperature=0.7, seed=1))
played = inference.array(inverse_mu_law(np.concatenate([notes[0, :64], written]), classes - 1))
plots.time_series({"start": (0, played[:64]), "written": (64, played[64:300])}, time="sample", value="amplitude")
plt.show()

# %% tags=["demo"]
sound.Sound(played, rate)

# %% tags=["demo"]
# What the model expects after the first 64 samples: one distribution over the codes, at three temperatures.
p = inference.predict(model, np.eye(classes, dtype=np.float32)[notes[:1, :64]])[0, -1]
sharpened = {f"T = {T}": p ** (1 / T) / (p ** (1 / T)).sum() for T in [0.5, 1.0, 2.0]}
plots.distributions(sharpened, [str(code) for code in range(classes)])
plt.show()

# %% [markdown] part="gpu"
# Nothing to write here: the check runs your `train` and `generate` on the device where the model's parameters live.
