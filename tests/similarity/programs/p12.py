FRAMEWORK = "keras"

import keras
import numpy as np
from keras import layers


def build_vocabulary(text):
    chars = sorted(list(set(text)))
    char_to_index = dict((c, i) for i, c in enumerate(chars))
    index_to_char = dict((i, c) for i, c in enumerate(chars))
    return char_to_index, index_to_char


def make_windows(text, length=10, step=1):
    sentences = []
    next_chars = []
    for i in range(0, len(text) - length, step):
        sentences.append(text[i : i + length])
        next_chars.append(text[i + length])
    return sentences, next_chars


def one_hot_windows(inputs, labels, char_to_index):
    x = np.zeros((len(inputs), len(inputs[0]), len(char_to_index)), dtype="bool")
    y = np.zeros((len(inputs), len(char_to_index)), dtype="bool")
    for i, sentence in enumerate(inputs):
        for t, char in enumerate(sentence):
            x[i, t, char_to_index[char]] = 1
        y[i, char_to_index[labels[i]]] = 1
    return x, y


def rnn_forward(x, W, U, V):
    h_t = np.zeros(W.shape[0])
    h, y = [], []
    for t in range(len(x)):
        h_t = np.tanh(np.matmul(W, h_t) + np.matmul(U, x[t]))
        s = np.matmul(V, h_t)
        y_t = np.exp(s - s.max()) / np.exp(s - s.max()).sum()
        h.append(h_t)
        y.append(y_t)
    return np.array(h), np.array(y)


def build_model(length, characters, hidden=128):
    model = keras.Sequential(
        [
            keras.Input(shape=(length, characters)),
            layers.SimpleRNN(hidden, unroll=True),
            layers.Dense(characters, activation="softmax"),
        ]
    )
    return model


def train(model, X, y, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    optimizer = keras.optimizers.RMSprop(learning_rate=0.001)
    model.compile(loss="categorical_crossentropy", optimizer=optimizer)
    history = model.fit(X, y, batch_size=batch_size, epochs=epochs, verbose=0)
    return history.history["loss"]


def sample(preds, temperature, rng):
    preds = np.asarray(preds).astype("float64")
    preds = np.log(preds + 1e-12) / temperature
    exp_preds = np.exp(preds)
    preds = exp_preds / np.sum(exp_preds)
    probas = rng.multinomial(1, preds)
    return np.argmax(probas)


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    rng = np.random.default_rng(seed)
    generated = ""
    sentence = seed_text
    for i in range(n):
        x_pred = np.zeros((1, len(sentence), len(char_to_index)), dtype="float32")
        for t, char in enumerate(sentence):
            x_pred[0, t, char_to_index[char]] = 1.0
        preds = model.predict_on_batch(x_pred)[0]
        if temperature == 0:
            next_index = int(np.argmax(preds))
        else:
            next_index = int(sample(preds, temperature, rng))
        next_char = index_to_char[next_index]
        sentence = sentence[1:] + next_char
        generated += next_char
    return generated
