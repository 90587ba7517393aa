FRAMEWORK = "keras"
import keras
import numpy as np
from keras import ops


def build_vocabulary(text):
    ordered = "".join(sorted(set(text)))
    return {c: ordered.find(c) for c in ordered}, {i: ordered[i] for i in range(len(ordered))}


def make_windows(text, length=10, step=1):
    ends = list(range(length, len(text), step))
    return [text[e - length : e] for e in ends], [text[e] for e in ends]


def one_hot_windows(inputs, labels, char_to_index):
    k = len(char_to_index)
    flat = [char_to_index[c] for c in "".join(inputs)]
    X = keras.utils.to_categorical(flat, num_classes=k).reshape(len(inputs), -1, k)
    y = keras.utils.to_categorical([char_to_index[c] for c in labels], num_classes=k)
    return X, y


def rnn_forward(x, W, U, V):
    h = [np.tanh(U @ x[0])]
    for t in range(1, len(x)):
        h.append(np.tanh(W @ h[t - 1] + U @ x[t]))
    h = np.vstack(h)
    scores = h @ V.T
    return h, np.exp(scores) / np.exp(scores).sum(axis=1).reshape(-1, 1)


def build_model(length, characters, hidden=128):
    inputs = keras.Input((length, characters))
    state = keras.layers.SimpleRNN(hidden)(inputs)
    outputs = keras.layers.Dense(characters, activation="softmax")(state)
    return keras.Model(inputs, outputs)


def train(model, X, y, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss=keras.losses.CategoricalCrossentropy())
    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(X))
        h = model.fit(X[order], y[order], batch_size=batch_size, epochs=1, shuffle=False, verbose=0)
        losses.append(float(h.history["loss"][0]))
    return losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    rng = np.random.default_rng(seed)
    eye = np.eye(len(char_to_index), dtype=np.float32)
    codes = [char_to_index[c] for c in seed_text]
    L = len(codes)
    for _ in range(n):
        p = np.array(model.predict_on_batch(eye[codes[-L:]][None]))[0].astype(np.float64)
        if temperature == 0:
            codes.append(int(np.argmax(p)))
            continue
        z = np.log(np.clip(p, 1e-30, 1)) / temperature
        q = np.exp(z - z.max())
        codes.append(int(rng.choice(len(q), p=q / q.sum())))
    return "".join(index_to_char[c] for c in codes[L:])
