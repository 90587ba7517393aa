FRAMEWORK = "keras"
import keras
import numpy as np
from keras import ops


class Alphabet(dict):
    """char → index"""

    def inverse(self):
        return {i: c for c, i in self.items()}


def build_vocabulary(text):
    a = Alphabet((c, i) for i, c in enumerate(sorted(set(text))))
    return a, a.inverse()


def make_windows(text, length=10, step=1):
    triples = ((text, i, i + length) for i in range(0, len(text) - length, step))
    result = [(t[i:j], t[j]) for t, i, j in triples]
    return [a for a, _ in result], [b for _, b in result]


def one_hot_windows(inputs, labels, char_to_index):
    get = np.vectorize(char_to_index.get)
    X = get(np.array([list(w) for w in inputs]))
    y = get(np.array(list(labels)))
    return tuple(np.array(ops.one_hot(v, len(char_to_index))) for v in (X, y))


def rnn_forward(x, W, U, V):
    h = np.zeros(W.shape[0])
    out_h = np.empty((len(x), len(h)))
    out_y = np.empty((len(x), V.shape[0]))
    for t in range(len(x)):
        np.tanh(W @ h + U @ x[t], out=h)
        out_h[t, :] = h
        e = np.exp(V @ h - np.max(V @ h))
        np.divide(e, e.sum(), out=out_y[t])
    return out_h, out_y


def build_model(length, characters, hidden=128):
    window = keras.layers.Input(shape=(length, characters), name="window")
    memory = keras.layers.SimpleRNN(hidden, return_sequences=True, name="memory")(window)
    last = keras.layers.Lambda(lambda s: s[:, -1, :], output_shape=(hidden,), name="last")(memory)
    scores = keras.layers.Dense(characters, name="scores")(last)
    p = keras.layers.Softmax(axis=-1, name="p")(scores)
    return keras.Model(window, p)


def batches_in_random_order(X, y, batch_size, rng):
    numbers = list(rng.permutation(X.shape[0]))
    while numbers:
        now, numbers = numbers[:batch_size], numbers[batch_size:]
        yield X[now], y[now]


def train(model, X, y, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    model.compile("adam", "categorical_crossentropy")
    model.optimizer.learning_rate = 0.002
    means = []
    for epoch in range(epochs):
        for xb, yb in batches_in_random_order(X, y, batch_size, rng):
            model.train_on_batch(xb, yb)
        p = np.asarray(model.predict(X, batch_size=1024, verbose=0))
        means.append(float(-np.log(np.maximum((p * y).sum(axis=1), 1e-7)).mean()))
    return means


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    randoms = iter(np.random.default_rng(seed).random(n))

    def following(window):
        X, _ = one_hot_windows([window], window[-1], char_to_index)
        p = np.asarray(model.predict_on_batch(X))[0].astype(np.float64)
        if temperature == 0:
            return index_to_char[int(p.argmax())]
        q = np.cumsum(p ** (1 / temperature))
        return index_to_char[int(np.searchsorted(q, next(randoms) * q[-1]))]

    text = seed_text
    for _ in range(n):
        text += following(text[-len(seed_text) :])
    return text[-n:] if n else ""
