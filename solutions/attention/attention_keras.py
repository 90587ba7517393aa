# %%
FRAMEWORK = "keras"

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from jaxtyping import Float, Int
from keras import layers, ops

from shared import inference, plots, sequences


# %% part="additive"
def additive_scores(
    s: Float[tf.Tensor, "N d_s"],
    H: Float[tf.Tensor, "N T d_h"],
    W: Float[tf.Tensor, "a d_s"],
    U: Float[tf.Tensor, "a d_h"],
    v: Float[tf.Tensor, " a"],
) -> Float[tf.Tensor, "N T"]:
    """The scores vᵀ tanh(W s + U h_j) of each encoder state h_j for the decoder's state s."""
    ### BEGIN SOLUTION
    return ops.matmul(ops.tanh((s @ ops.transpose(W))[:, None] + H @ ops.transpose(U)), v)
    ### END SOLUTION


# %% part="location"
def location_scores(
    s: Float[tf.Tensor, "N d_s"], y: Float[tf.Tensor, "N d_y"], V: Float[tf.Tensor, "T d_s+d_y"]
) -> Float[tf.Tensor, "N T"]:
    """The scores V[j]·[s; y]: a row of V for each source position j."""
    ### BEGIN SOLUTION
    return ops.concatenate([s, y], axis=1) @ ops.transpose(V)
    ### END SOLUTION


# %% part="weights"
def attention_weights(scores: Float[tf.Tensor, "N T"], mask: Float[tf.Tensor, "N T"]) -> Float[tf.Tensor, "N T"]:
    """The softmax of each row over the positions whose mask is 1; exactly 0 elsewhere."""
    ### BEGIN SOLUTION
    return ops.softmax(ops.where(mask == 0, -np.inf, scores), axis=1)
    ### END SOLUTION


# %% tags=["demo"]
for scores in [[1.0, 2.0, 7.0], [101.0, 102.0, 7.0]]:
    print(scores, "→", inference.array(attention_weights(tf.constant([scores]), tf.constant([[1.0, 1.0, 0.0]]))))


# %% part="context"
def context(weights: Float[tf.Tensor, "N T"], H: Float[tf.Tensor, "N T d_h"]) -> Float[tf.Tensor, "N d_h"]:
    """The weighted mean Σ_j α_j h_j of the encoder states."""
    ### BEGIN SOLUTION
    return ops.sum(weights[:, :, None] * H, axis=1)
    ### END SOLUTION


# %% part="gradient"
def score_gradient(
    weights: Float[np.ndarray, "N T"], H: Float[np.ndarray, "N T d_h"], upstream: Float[np.ndarray, "N d_h"]
) -> Float[np.ndarray, "N T"]:
    """∂L/∂e_j = α_j (u·h_j − u·c) for the scores e, if the gradient ∂L/∂c of the context is u = `upstream`."""
    ### BEGIN SOLUTION
    pull = np.einsum("ntd,nd->nt", H, upstream)
    mean_pull = (weights * pull).sum(axis=1, keepdims=True)
    return weights * (pull - mean_pull)
    ### END SOLUTION


# %% part="translator"
### BEGIN SOLUTION
class EncoderDecoder(keras.Model):
    """One GRU reads the source both ways, another writes the target and looks at the source before each symbol."""

    def __init__(self, symbols: int, hidden: int, attention: bool):
        super().__init__()
        self.start, self.attention = symbols, attention
        self.source_embedding = layers.Embedding(symbols, hidden)
        self.target_embedding = layers.Embedding(symbols + 1, hidden)  # the last row is the start symbol's
        self.encoder = layers.Bidirectional(layers.GRU(hidden, return_sequences=True, return_state=True))
        self.decoder = layers.GRU(hidden, return_sequences=True)
        self.scores = layers.Dense(symbols)
        if attention:
            self.W = self.add_weight(shape=(hidden, hidden))
            self.U = self.add_weight(shape=(hidden, 2 * hidden))
            self.v = self.add_weight(shape=(hidden,), initializer=keras.initializers.RandomNormal(stddev=hidden**-0.5))

    def build(self, shapes: object) -> None:
        """Create all weights: they do not depend on the shapes."""
        source = target = tf.zeros((1, 2), tf.int64)
        self.read(source, target)

    def call(self, pair: list[Int[tf.Tensor, "N T"]]) -> Float[tf.Tensor, "N T symbols"]:
        """The scores of each target symbol when the symbols before it are given."""
        scores, _ = self.read(*pair)
        return scores

    def read(
        self, source: Int[tf.Tensor, "N T"], target: Int[tf.Tensor, "N T"]
    ) -> tuple[Float[tf.Tensor, "N T symbols"], Float[tf.Tensor, "N T T"] | None]:
        """The same scores, and the weights of the look before each symbol."""
        H, s = self.encode(source)
        before = ops.pad(target[:, :-1], [(0, 0), (1, 0)], constant_values=self.start)
        return self.look(self.decoder(self.target_embedding(before), initial_state=s), H)

    def encode(
        self, source: Int[tf.Tensor, "N T"]
    ) -> tuple[Float[tf.Tensor, "N T 2*hidden"], Float[tf.Tensor, "N hidden"]]:
        """The encoder's states, and the decoder's first one: the sum of the last states of both directions."""
        H, forwards, backwards = self.encoder(self.source_embedding(source))
        return H, forwards + backwards

    def look(
        self, S: Float[tf.Tensor, "N steps hidden"], H: Float[tf.Tensor, "N T 2*hidden"]
    ) -> tuple[Float[tf.Tensor, "N steps symbols"], Float[tf.Tensor, "N steps T"] | None]:
        """What each of the decoder's states S says after its look at H, and the weights of that look."""
        if not self.attention:
            return self.scores(S), None
        # All looks are taken at once, as a batch of N·steps.
        steps, T = S.shape[1], H.shape[1]
        s, states = ops.reshape(S, (-1, S.shape[-1])), ops.repeat(H, steps, axis=0)
        alpha = attention_weights(additive_scores(s, states, self.W, self.U, self.v), ops.ones_like(states[..., 0]))
        C = ops.reshape(context(alpha, states), (-1, steps, H.shape[-1]))
        return self.scores(ops.concatenate([S, C], axis=2)), ops.reshape(alpha, (-1, steps, T))


### END SOLUTION


class Translator:
    """An encoder and a decoder that writes one target symbol after the other.

    The symbols are 0 … `symbols` − 1. `model` is its net. `seed` fixes the starting weights and all later draws. With
    `attention=False` the decoder sees only the encoder's last state.
    """

    def __init__(self, symbols: int, hidden: int, seed: int, attention: bool = True):
        ### BEGIN SOLUTION
        keras.utils.set_random_seed(seed)
        self.model = EncoderDecoder(symbols, hidden, attention)
        self.model.build(None)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.model.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss)
        ### END SOLUTION

    def fit(
        self, source: Int[np.ndarray, "N T"], target: Int[np.ndarray, "N T"], epochs: int, batch_size: int
    ) -> list[float]:
        """Train on pairs of sequences; return the mean cross-entropy of a symbol in each epoch, in nats."""
        ### BEGIN SOLUTION
        history = self.model.fit([source, target], target, batch_size=batch_size, epochs=epochs, verbose=0)
        return history.history["loss"]
        ### END SOLUTION

    def translate(self, source: Int[np.ndarray, "N T"]) -> Int[np.ndarray, "N T"]:
        """The most likely symbol at each step, given the source and the symbols written before it."""
        ### BEGIN SOLUTION
        target = np.zeros_like(source)
        H, s = self.model.encode(source)
        symbols = np.full(len(source), self.model.start)
        for i in range(source.shape[1]):
            s, _ = self.model.decoder.cell(self.model.target_embedding(symbols), [s])
            scores, _ = self.model.look(s[:, None], H)
            target[:, i] = symbols = np.argmax(scores[:, 0], axis=1)
        return target
        ### END SOLUTION

    def attention(self, source: Int[np.ndarray, "N T"], target: Int[np.ndarray, "N T"]) -> Float[np.ndarray, "N T T"]:
        """Row i: the weights with which target position i is written when the targets before it are given."""
        ### BEGIN SOLUTION
        _, weights = self.model.read(tf.convert_to_tensor(source), tf.convert_to_tensor(target))
        return weights
        ### END SOLUTION


# %% tags=["demo"]
source, target = sequences.reversed_pairs(2500, seed=1)
new, wanted = source[2000:], target[2000:]
translators = {"with attention": Translator(6, 32, seed=1), "without": Translator(6, 32, seed=1, attention=False)}
plots.loss_curve(
    {
        name: translator.fit(source[:2000], target[:2000], epochs=12, batch_size=64)
        for name, translator in translators.items()
    }
)
plt.show()

# %% tags=["demo"]
looks = inference.array(translators["with attention"].attention(new[:3], wanted[:3]))
sequences.alignments(looks, new[:3], wanted[:3])
plt.show()

# %% tags=["demo"]
right = {
    name: (inference.array(translator.translate(new)) == wanted).mean(axis=0)
    for name, translator in translators.items()
}
plots.curves(range(8), right, xlabel="target position", ylabel="share of right symbols")
plt.show()

# %% [markdown] part="gpu"
# Nothing to write here: the check calls your functions with tensors on a device, and trains a `Translator` there.
