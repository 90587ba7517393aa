FRAMEWORK = "keras"
import keras
import numpy as np
import tensorflow as tf


def build_vocabulary(text):
    all_chars = sorted(set(text))
    c2i = {}
    for c in all_chars:
        c2i.setdefault(c, len(c2i))
    return c2i, {c2i[c]: c for c in c2i}


def make_windows(text, length=10, step=1):
    X, Y = [], []
    i = 0
    n = len(text)
    while i < n - length:
        X += [text[i : i + length]]
        Y += text[i + length]
        i += step
    return X, Y


def one_hot_windows(inputs, labels, char_to_index):
    depth = len(char_to_index)
    coded = [[char_to_index[c] for c in s] for s in inputs]
    X = tf.one_hot(coded, depth)
    Y = tf.one_hot([char_to_index[c] for c in labels], depth)
    return X.numpy(), Y.numpy()


def rnn_forward(x, W, U, V):
    h_prev = np.zeros((1, W.shape[0]))
    H, Y = [], []
    for t in range(x.shape[0]):
        h_prev = np.tanh(h_prev @ W.T + x[t : t + 1] @ U.T)
        o = np.exp(h_prev @ V.T)
        H.append(h_prev)
        Y.append(o / np.sum(o))
    return np.concatenate(H), np.concatenate(Y)


class NextCharacter(keras.Model):
    def __init__(self, characters, hidden):
        super().__init__()
        self.rnn = keras.layers.SimpleRNN(hidden)
        self.out = keras.layers.Dense(characters, "softmax")

    def call(self, x):
        return self.out(self.rnn(x))


def build_model(length, characters, hidden=128):
    model = NextCharacter(characters, hidden)
    model.build((None, length, characters))
    return model


def train(model, X, y, epochs, batch_size, seed):
    optimizer = keras.optimizers.RMSprop(0.001)
    optimizer.build(model.trainable_variables)

    @tf.function(reduce_retracing=True)
    def train_step(xb, yb):
        with tf.GradientTape() as tape:
            p = model(xb, training=True)
            loss = tf.reduce_mean(-tf.reduce_sum(yb * tf.math.log(p + 1e-7), axis=1))
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(grads, model.trainable_variables)
        return loss

    rng = np.random.default_rng(seed)
    out = []
    for e in range(epochs):
        p = rng.permutation(X.shape[0])
        total = 0.0
        for s in range(0, X.shape[0], batch_size):
            b = p[s : s + batch_size]
            total += float(train_step(tf.constant(X[b]), tf.constant(y[b]))) * len(b)
        out.append(total / X.shape[0])
    return out


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    rng = np.random.default_rng(seed)
    win = seed_text
    out = ""
    for _ in range(n):
        xi, _ = one_hot_windows([win], [win[0]], char_to_index)
        p = model(xi, training=False).numpy()[0].astype(float)
        if temperature == 0:
            c = index_to_char[int(p.argmax())]
        else:
            w = p ** (1.0 / temperature)
            c = index_to_char[int(rng.choice(len(w), p=w / w.sum()))]
        out += c
        win = win[1:] + c
    return out
