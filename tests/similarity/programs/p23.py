FRAMEWORK = "keras"
import os
import random
import keras
import numpy as np
from keras.layers import Dense, Input, SimpleRNN
from keras.models import Sequential
from keras.optimizers import Adam


def build_vocabulary(text):
    vocab = sorted(set(text))
    char_to_index = {u: i for i, u in enumerate(vocab)}
    index_to_char = np.array(vocab)
    return char_to_index, {i: str(c) for i, c in enumerate(index_to_char)}


def make_windows(text, length=10, step=1):
    def split(chunk):
        return chunk[:-1], chunk[-1]

    chunks = []
    for i in range(0, len(text) - length, step):
        chunks.append(split(text[i : i + length + 1]))
    return [c[0] for c in chunks], [c[1] for c in chunks]


def one_hot_windows(inputs, labels, char_to_index):
    n_vocab = len(char_to_index)
    X = np.zeros((len(inputs), len(inputs[0]), n_vocab))
    Y = np.zeros((len(inputs), n_vocab))
    for i in range(len(inputs)):
        X[i, range(len(inputs[i])), [char_to_index[c] for c in inputs[i]]] = 1
        Y[i][char_to_index[labels[i]]] = 1
    return X, Y


def rnn_forward(x, W, U, V):
    def softmax(s):
        m = np.max(s, axis=-1, keepdims=True)
        e = np.exp(s - m)
        return e / np.sum(e, axis=-1, keepdims=True)

    steps = x.shape[0]
    h = np.zeros((steps, W.shape[0]))
    y = np.zeros((steps, V.shape[0]))
    h_last = np.zeros(W.shape[0])
    for t in range(steps):
        h_last = np.tanh(W @ h_last + U @ x[t])
        h[t], y[t] = h_last, softmax(V @ h_last)
    return h, y


def build_model(length, characters, hidden=128):
    model = Sequential()
    model.add(Input(shape=(length, characters)))
    model.add(SimpleRNN(hidden, return_sequences=False))
    model.add(Dense(characters, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer=Adam(learning_rate=0.002))
    return model


class LossHistory(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.losses = []

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(float(logs["loss"]))


def train(model, X, y, epochs, batch_size, seed):
    random.seed(seed)
    np.random.seed(seed)
    keras.utils.set_random_seed(seed)
    model.compile(loss="categorical_crossentropy", optimizer=Adam(learning_rate=0.002))
    history = LossHistory()
    model.fit(X, y, epochs=epochs, batch_size=batch_size, callbacks=[history], shuffle=True, verbose=0)
    return history.losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    np.random.seed(seed)
    pattern = [char_to_index[c] for c in seed_text]
    output = []
    for _ in range(n):
        x = np.zeros((1, len(pattern), len(char_to_index)), dtype="float32")
        x[0, np.arange(len(pattern)), pattern] = 1
        prediction = model.predict_on_batch(x)[0]
        if temperature == 0.0:
            index = int(np.argmax(prediction))
        else:
            prediction = np.array(prediction, dtype="float64") ** (1 / temperature)
            prediction /= np.sum(prediction)
            index = int(np.random.choice(len(prediction), p=prediction))
        output.append(index_to_char[index])
        pattern.append(index)
        pattern = pattern[1:]
    return "".join(output)
