FRAMEWORK = "keras"
import numpy as np
import keras
from keras import layers, optimizers


def build_vocabulary(text):
    c = sorted(set(text))
    return {c[i]: i for i in range(len(c))}, {i: c[i] for i in range(len(c))}


def make_windows(text, length=10, step=1):
    inputs = []
    labels = []
    for label_index in range(length, len(text)):
        start = label_index - length
        if start % step != 0:
            continue
        inputs.append(text[start:label_index])
        labels.append(text[label_index])
    return inputs, labels


def vectorise(s, table):
    v = np.zeros((len(s), len(table)), np.float32)
    for k, ch in enumerate(s):
        v[k][table[ch]] = 1.0
    return v


def one_hot_windows(inputs, labels, char_to_index):
    X = np.array([vectorise(s, char_to_index) for s in inputs])
    y = vectorise(labels, char_to_index)
    return X, y


def rnn_forward(x, W, U, V):
    T = len(x)
    h = np.zeros((T, W.shape[0]))
    for t in range(T):
        a = np.dot(U, x[t])
        if t > 0:
            a += np.dot(W, h[t - 1])
        h[t] = np.tanh(a)
    o = np.dot(h, V.T)
    o = np.exp(o - o.max(axis=1)[:, None])
    return h, o / o.sum(axis=1)[:, None]


def build_model(length, characters, hidden=128):
    x = inp = layers.Input(shape=(length, characters))
    x = layers.RNN(layers.SimpleRNNCell(hidden))(x)
    x = layers.Dense(characters)(x)
    x = layers.Activation("softmax")(x)
    return keras.Model(inputs=inp, outputs=x)


def train(model, X, y, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(optimizer=optimizers.RMSprop(learning_rate=1e-3), loss="categorical_crossentropy", jit_compile=False)
    result = model.fit(x=X, y=y, batch_size=batch_size, epochs=epochs, shuffle=True, verbose=0).history
    return [float(v) for v in result["loss"]]


def with_temperature(p, T):
    lp = np.log(p.astype(np.float64) + 1e-20) / T
    lp -= lp.max()
    q = np.exp(lp)
    return q / q.sum()


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    r = np.random.RandomState(seed)
    buffer = vectorise(seed_text, char_to_index)
    letters = []
    for _ in range(n):
        p = np.asarray(model.predict_on_batch(buffer[None, ...]))[0]
        if temperature == 0:
            k = p.argmax()
        else:
            k = r.choice(p.shape[0], p=with_temperature(p, temperature))
        ch = index_to_char[int(k)]
        letters.append(ch)
        buffer = np.vstack([buffer[1:], vectorise(ch, char_to_index)])
    return "".join(letters)
