FRAMEWORK = "keras"

import functools

import keras
import numpy as np


def build_vocabulary(text: str):
    symbols = sorted(set(text))
    numbers = range(len(symbols))
    return {s: n for s, n in zip(symbols, numbers)}, {n: s for s, n in zip(symbols, numbers)}


def make_windows(text: str, length: int = 10, step: int = 1):
    examples = [(text[start : start + length], text[start + length]) for start in range(0, len(text) - length, step)]
    if not examples:
        return [], []
    inputs, labels = zip(*examples)
    return list(inputs), list(labels)


def one_hot_windows(inputs, labels, char_to_index):
    n, length, characters = len(inputs), len(inputs[0]), len(char_to_index)
    X = np.zeros((n, length, characters), np.float32)
    y = np.zeros((n, characters), np.float32)
    rows = np.repeat(np.arange(n), length)
    steps = np.tile(np.arange(length), n)
    columns = [char_to_index[c] for window in inputs for c in window]
    X[rows, steps, columns] = 1
    y[np.arange(n), [char_to_index[c] for c in labels]] = 1
    return X, y


def softmax(scores):
    shifted = np.exp(scores - np.amax(scores))
    return shifted / shifted.sum()


def rnn_forward(x, W, U, V):
    def recur(states, x_t):
        return states + [np.tanh(W @ states[-1] + U @ x_t)]

    states = functools.reduce(recur, x, [np.zeros(W.shape[0])])[1:]
    return np.array(states), np.array([softmax(V @ h) for h in states])


def build_model(length, characters, hidden=128):
    net = keras.Sequential(name="reader")
    net.add(keras.layers.Input(shape=(length, characters)))
    net.add(keras.layers.SimpleRNN(units=hidden, activation="tanh"))
    net.add(keras.layers.Dense(units=characters))
    net.add(keras.layers.Softmax())
    return net


def train(model, X, y, epochs, batch_size, seed):
    model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.RMSprop(1e-3))
    generator = np.random.RandomState(seed)
    record = []
    for _ in range(epochs):
        shuffled = generator.permutation(X.shape[0])
        weighted = 0.0
        for begin in range(0, X.shape[0], batch_size):
            chosen = shuffled[begin : begin + batch_size]
            # train_on_batch returns a running mean unless the metrics are reset
            model.reset_metrics()
            weighted += float(model.train_on_batch(X[chosen], y[chosen])) * chosen.size
        record.append(weighted / X.shape[0])
    return record


def next_index(p, temperature, generator):
    if temperature == 0:
        return int(p.argmax())
    q = softmax(np.log(p + 1e-20) / temperature)
    return int(np.flatnonzero(generator.multinomial(1, q))[0])


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    generator = np.random.default_rng(seed)
    window, story = seed_text, []
    for _ in range(n):
        X, _y = one_hot_windows([window], [window[-1]], char_to_index)
        p = np.asarray(model.predict_on_batch(X), dtype=np.float64)[0]
        story.append(index_to_char[next_index(p, temperature, generator)])
        window = (window + story[-1])[1:]
    return "".join(story)
