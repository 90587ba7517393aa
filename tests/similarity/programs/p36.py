FRAMEWORK = "keras"
import keras
import numpy as np
from keras.layers import Dense, SimpleRNN


def build_vocabulary(text):
    chars = sorted(set(text))
    char_to_index = {c: i for i, c in enumerate(chars)}
    index_to_char = {i: c for i, c in enumerate(chars)}
    return char_to_index, index_to_char


def make_windows(text, length=10, step=1):
    return (
        [text[k : k + length] for k in range(0, len(text) - length, step)],
        [text[k + length] for k in range(0, len(text) - length, step)],
    )


def one_hot_windows(inputs, labels, char_to_index):
    E = np.eye(len(char_to_index), dtype="float32")
    X = np.asarray([E[[char_to_index[c] for c in line]] for line in inputs])
    Y = np.asarray([E[char_to_index[c]] for c in labels])
    return X, Y


def rnn_forward(x, W, U, V):
    T, _ = x.shape
    H, _ = W.shape
    O, _ = V.shape
    hidden_states = np.zeros((T, H))
    outputs = np.zeros((T, O))
    h = np.zeros(H)
    for t in range(T):
        h = np.tanh(W.dot(h) + U.dot(x[t]))
        hidden_states[t] = h
        scores = V.dot(h)
        p = np.exp(scores - scores.max())
        outputs[t] = p / p.sum()
    return hidden_states, outputs


def build_model(length, characters, hidden=128):
    model = keras.Sequential()
    model.add(keras.Input(shape=(length, characters)))
    model.add(SimpleRNN(hidden, activation="tanh", unroll=True))
    model.add(Dense(characters, activation="softmax"))
    return model


def train(model, X, y, epochs, batch_size, seed):
    model.compile(optimizer="rmsprop", loss="categorical_crossentropy")
    rng = np.random.default_rng(seed)
    n = len(X)
    epoch_losses = []
    for _ in range(epochs):
        idx = rng.permutation(n)
        losses, counts = [], []
        for i in range(0, n, batch_size):
            part = idx[i : i + batch_size]
            logs = model.train_on_batch(X[part], y[part], return_dict=True)
            model.reset_metrics()
            losses.append(float(logs["loss"]))
            counts.append(len(part))
        epoch_losses.append(float(np.average(losses, weights=counts)))
    return epoch_losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    gen = np.random.default_rng(seed)
    E = np.eye(len(char_to_index), dtype="float32")
    window = [char_to_index[c] for c in seed_text]
    out = []
    for _ in range(n):
        p = model.predict_on_batch(E[window][np.newaxis])[0]
        p = np.asarray(p, dtype="float64")
        if temperature == 0:
            nxt = int(np.argmax(p))
        else:
            logp = np.log(p + 1e-15) / temperature
            q = np.exp(logp - logp.max())
            nxt = int(gen.choice(len(q), p=q / q.sum()))
        window = window[1:] + [nxt]
        out.append(index_to_char[nxt])
    return "".join(out)
