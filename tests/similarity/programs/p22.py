FRAMEWORK = "torch"

import numpy as np
import torch
from torch import nn

from shared import inference


def build_vocabulary(text):
    characters = sorted(set(text))
    char_to_index = {}
    for index, character in enumerate(characters):
        char_to_index[character] = index
    return char_to_index, dict(enumerate(characters))


def starts_of(text, length, step):
    """Where a window begins; a label is left after each."""
    return np.arange(0, max(len(text) - length, 0), step)


def make_windows(text, length=10, step=1):
    starts = starts_of(text, length, step)
    return [text[int(s) : int(s) + length] for s in starts], [text[int(s) + length] for s in starts]


def one_hot_windows(inputs, labels, char_to_index):
    # character codes → index by a lookup array
    lookup = np.zeros(max(map(ord, char_to_index)) + 1, dtype=int)
    for c, i in char_to_index.items():
        lookup[ord(c)] = i

    def rows(strings):
        codes = np.array([list(map(ord, s)) for s in strings])
        return np.eye(len(char_to_index), dtype=np.float32)[lookup[codes]]

    return rows(inputs), rows(labels).reshape(len(labels), -1)


def rnn_forward(x, W, U, V):
    h = np.zeros((len(x) + 1, len(W)))
    for t, (before, now) in enumerate(zip(range(len(x)), range(1, len(x) + 1))):
        h[now] = np.tanh(W @ h[before] + U @ x[t])
    h = h[1:]
    y = np.exp(h @ V.T - np.log(np.sum(np.exp(h @ V.T), axis=1, keepdims=True)))
    return h, y


class Last(nn.Module):
    """The last state of an `nn.RNN`."""

    def __init__(self, *sizes):
        super().__init__()
        self.rnn = nn.RNN(*sizes, batch_first=True)

    def forward(self, x):
        return self.rnn(x)[1].squeeze(0)


def build_model(length, characters, hidden=128):
    layers = [Last(characters, hidden), nn.Linear(hidden, characters), nn.Softmax(dim=1)]
    return nn.Sequential(*layers)


def mean_surprise(model, x, y):
    return -(model(x) + 1e-7).log()[y.bool()].mean()


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    X, y = torch.tensor(X, device=device), torch.tensor(y, device=device)
    optimiser = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    torch.random.manual_seed(seed)
    losses = np.zeros((epochs, len(X)))
    for epoch in range(epochs):
        for rows in torch.randperm(len(X)).split(batch_size):
            optimiser.zero_grad()
            loss = mean_surprise(model, X[rows], y[rows])
            loss.backward()
            optimiser.step()
            losses[epoch, rows.numpy()] = loss.item()
    return losses.mean(axis=1).tolist()


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    rng = np.random.default_rng(seed)
    window = seed_text
    written = []
    while len(written) < n:
        X, _ = one_hot_windows([window], [window[-1]], char_to_index)
        p = inference.predict(model, X)[0].astype(np.float64)
        if temperature == 0:
            index = p.argmax()
        else:
            q = p ** (1 / temperature)
            index = rng.choice(len(p), p=q / q.sum())
        written.append(index_to_char[int(index)])
        window = (window + written[-1])[-len(seed_text) :]
    return "".join(written)
