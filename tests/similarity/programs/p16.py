FRAMEWORK = "torch"

import bisect
import random

import numpy as np
import torch
from torch import nn


def build_vocabulary(text):
    table = []
    for character in text:
        place = bisect.bisect_left(table, character)
        if place == len(table) or table[place] != character:
            table.insert(place, character)
    return {table[i]: i for i in range(len(table))}, {i: table[i] for i in range(len(table))}


def make_windows(text, length=10, step=1):
    from_start = [text[i:] for i in range(0, len(text), step)]
    enough = list(filter(lambda rest: len(rest) > length, from_start))
    return list(map(lambda rest: rest[:length], enough)), list(map(lambda rest: rest[length], enough))


def one_hot_windows(inputs, labels, char_to_index):
    columns = np.arange(len(char_to_index))
    X = np.stack([np.stack([columns == char_to_index[c] for c in w]) for w in inputs])
    y = np.stack([columns == char_to_index[c] for c in labels])
    return X, y


def rnn_forward(x, W, U, V):
    # one big matrix [W U] on the joined vector (h, x)
    M = np.hstack([W, U])
    h = np.zeros(W.shape[0])
    rows = []
    for x_t in x:
        h = np.tanh(M @ np.concatenate([h, x_t]))
        rows.append(h)
    H = np.array(rows)
    E = np.exp((V @ H.T).T)
    return H, E / np.sum(E, axis=1, keepdims=True)


class ElmanNetwork(nn.Module):
    def __init__(self, characters, hidden):
        super().__init__()
        self.cell = nn.RNNCell(characters, hidden, nonlinearity="tanh")
        self.decoder = nn.Linear(hidden, characters)

    def forward(self, x):
        n, length, _ = x.shape
        h = torch.zeros(n, self.cell.hidden_size, device=x.device, dtype=x.dtype)
        for i in range(length):
            h = self.cell(x[:, i, :], h)
        return torch.exp(torch.log_softmax(self.decoder(h), dim=1))


def build_model(length, characters, hidden=128):
    return ElmanNetwork(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    params = list(model.parameters())
    device = params[0].device
    optimiser = torch.optim.Adamax(params, lr=0.006)
    r = random.Random(seed)
    out = []
    for _ in range(epochs):
        numbers = r.sample(range(len(X)), len(X))
        losses = {}
        for start in range(0, len(X), batch_size):
            batch = numbers[start : start + batch_size]
            p = model(torch.tensor(X[batch], device=device))
            t = torch.tensor(y[batch], device=device)
            each = -(t * (p + 1e-9).log()).sum(dim=1)
            optimiser.zero_grad()
            each.mean().backward()
            nn.utils.clip_grad_norm_(params, 1.0)
            optimiser.step()
            losses.update(zip(batch, each.tolist()))
        out.append(sum(losses.values()) / len(losses))
    return out


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    r = random.Random(seed)
    window = seed_text
    for _ in range(n):
        X = np.zeros((1, len(seed_text), len(char_to_index)), np.float32)
        for position, character in enumerate(window[-len(seed_text) :]):
            X[0, position, char_to_index[character]] = 1
        with torch.no_grad():
            p = model(torch.from_numpy(X).to(device)).cpu()[0].tolist()
        if temperature == 0:
            chosen = max(range(len(p)), key=p.__getitem__)
        else:
            chosen = r.choices(range(len(p)), weights=[q ** (1 / temperature) for q in p])[0]
        window += index_to_char[chosen]
    return window[len(seed_text) :]
