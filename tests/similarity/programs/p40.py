FRAMEWORK = "torch"
import contextlib

import numpy as np
import torch
from torch import nn


def build_vocabulary(text):
    (*letters,) = sorted(set(text))
    index_to_char = dict(enumerate(letters))
    return {index_to_char[i]: i for i in index_to_char}, index_to_char


def make_windows(text, length=10, step=1):
    def go(start):
        if start + length >= len(text):
            return
        yield start
        yield from iter_rest(start + step)

    def iter_rest(start):
        while start + length < len(text):
            yield start
            start += step

    where = tuple(go(0))
    return [text[w:][:length] for w in where], [text[w + length] for w in where]


def one_hot_windows(inputs, labels, char_to_index):
    X = {}
    for i, w in enumerate(inputs):
        for t, c in enumerate(w):
            X[i, t, char_to_index[c]] = 1
    dense = np.zeros((len(inputs), len(inputs[0]), len(char_to_index)), dtype=np.float32)
    dense[tuple(np.array(list(X)).T)] = 1
    y = np.zeros((len(labels), len(char_to_index)), dtype=np.float32)
    y[tuple(np.array([(i, char_to_index[c]) for i, c in enumerate(labels)]).T)] = 1
    return dense, y


class HandRNN:
    def __init__(self, W, U, V):
        self.W, self.U, self.V = W, U, V
        self.h = np.zeros(W.shape[0])

    def __call__(self, x_t):
        self.h = np.tanh(self.W @ self.h + self.U @ x_t)
        return self.h

    def output(self, h):
        s = self.V @ h
        return np.exp(s - np.logaddexp.reduce(s))


def rnn_forward(x, W, U, V):
    rnn = HandRNN(W, U, V)
    h = np.array([rnn(x_t) for x_t in x])
    return h, np.array([rnn.output(h_t) for h_t in h])


class NextChar(nn.Module):
    def __init__(self, characters, hidden):
        super().__init__()
        cell = nn.RNN(characters, hidden, batch_first=True)
        head = nn.Linear(hidden, characters)
        self.parts = nn.ModuleList([cell, head])

    def forward(self, x):
        cell, head = self.parts
        h = cell(x)[1].reshape(len(x), -1)
        return nn.functional.softmax(head(h), dim=-1)


def build_model(length, characters, hidden=128):
    return NextChar(characters, hidden)


@contextlib.contextmanager
def updating(optimiser):
    optimiser.zero_grad()
    yield
    optimiser.step()


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    optimiser = torch.optim.RMSprop(model.parameters(), lr=0.0015)
    shuffles = np.random.SeedSequence(seed).spawn(epochs)

    def batches(child):
        order = np.random.default_rng(child).permutation(len(X))
        return (order[i : i + batch_size] for i in range(0, len(order), batch_size))

    def nats(rows):
        p = model(torch.tensor(X[rows]).to(device))
        return -torch.special.xlogy(torch.tensor(y[rows]).to(device), p + 1e-8).sum(1)

    def learn(rows):
        with updating(optimiser):
            cost = nats(rows)
            cost.mean().backward()
        return cost.sum().item()

    return [sum(map(learn, batches(child))) / len(X) for child in shuffles]


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    rng = np.random.default_rng(seed)
    most_likely = lambda p: np.argmax(p)
    sampled = lambda p: rng.choice(p.size, p=p ** (1 / temperature) / np.sum(p ** (1 / temperature)))
    choose = sampled if temperature else most_likely

    def continuation(window):
        x, _ = one_hot_windows([window], [window[0]], char_to_index)
        with torch.no_grad():
            p = model(torch.tensor(x).to(device)).cpu().numpy()[0]
        return index_to_char[int(choose(p.astype(np.float64)))]

    text = seed_text
    for k in range(n):
        text += continuation(text[k:])
    return text[len(seed_text) :]
