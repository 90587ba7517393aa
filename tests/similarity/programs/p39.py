FRAMEWORK = "keras"
import keras
import numpy as np
from keras import layers, ops


def build_vocabulary(text):
    found = sorted(set(text))
    index = np.arange(len(found)).tolist()
    return dict(zip(found, index)), dict(zip(index, found))


def make_windows(text, length=10, step=1):
    out_x, out_y = [], []
    for i, label in enumerate(text[length:]):
        if i % step:
            continue
        out_x.append(text[i : i + length])
        out_y.append(label)
    return out_x, out_y


def one_hot_windows(inputs, labels, char_to_index):
    lookup = lambda s: [char_to_index[c] for c in s]
    size = len(char_to_index)
    X = np.zeros((len(inputs), len(inputs[0]), size), dtype=np.uint8)
    for x, w in zip(X, inputs):
        x[range(len(w)), lookup(w)] = 1
    y = np.zeros((len(labels), size), dtype=np.uint8)
    y[range(len(labels)), lookup(labels)] = 1
    return X, y


def rnn_forward(x, W, U, V):
    def cell(h, x_t):
        return np.tanh(W @ h + U @ x_t)

    def head(h):
        e = np.exp(V @ h)
        return e / np.sum(e)

    h, hs = np.zeros(len(W)), []
    for x_t in x:
        h = cell(h, x_t)
        hs.append(h)
    return np.array(hs), np.array(list(map(head, hs)))


class Reader(keras.Model):
    def __init__(self, length, characters, hidden):
        super().__init__()
        self.cell = layers.SimpleRNN(hidden)
        self.dense = layers.Dense(characters)
        self(np.zeros((1, length, characters), dtype="float32"))

    def call(self, x):
        return ops.softmax(self.dense(self.cell(x)), axis=-1)


def build_model(length, characters, hidden=128):
    return Reader(length, characters, hidden)


class Shuffled(keras.utils.PyDataset):
    def __init__(self, X, y, batch_size, seed):
        super().__init__()
        self.X, self.y, self.batch_size = X, y, batch_size
        self.rng = np.random.default_rng(seed)
        self.order = self.rng.permutation(len(X))

    def __len__(self):
        return int(np.ceil(len(self.X) / self.batch_size))

    def __getitem__(self, k):
        rows = self.order[k * self.batch_size : (k + 1) * self.batch_size]
        return self.X[rows], self.y[rows]

    def on_epoch_end(self):
        self.order = self.rng.permutation(len(self.X))


def train(model, X, y, epochs, batch_size, seed):
    model.compile(optimizer=keras.optimizers.RMSprop(0.001), loss=keras.losses.CategoricalCrossentropy())
    log = model.fit(Shuffled(X, y, batch_size, seed), epochs=epochs, shuffle=False, verbose=0)
    return list(map(float, log.history["loss"]))


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    gen = np.random.default_rng(seed)
    state = seed_text
    while len(state) < len(seed_text) + n:
        x, _ = one_hot_windows([state[-len(seed_text) :]], ["".join(state[-1:])], char_to_index)
        p = np.asarray(model.predict_on_batch(x.astype("float32"))[0], dtype=float)
        if temperature == 0:
            winner = p.argmax()
        else:
            winner = (np.log(p + 1e-300) / temperature + gen.gumbel(size=len(p))).argmax()
        state += index_to_char[int(winner)]
    return state[len(seed_text) :]
