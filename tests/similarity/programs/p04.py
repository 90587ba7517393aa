FRAMEWORK = "torch"

from collections import deque

import numpy as np
import torch
from scipy.special import softmax
from torch import nn


def build_vocabulary(text):
    unique = np.unique(list(text)).tolist()
    forward = {}
    for ch in unique:
        forward[ch] = len(forward)
    backward = {v: k for k, v in forward.items()}
    return forward, backward


def make_windows(text, length=10, step=1):
    inputs = []
    labels = []
    last_start = len(text) - length - 1
    start = 0
    while start <= last_start:
        end = start + length
        inputs.append(text[start:end])
        labels.append(text[end])
        start += step
    return inputs, labels


def one_hot_windows(inputs, labels, char_to_index):
    n_chars = len(char_to_index)

    def row(ch):
        r = [0.0] * n_chars
        r[char_to_index[ch]] = 1.0
        return r

    X = np.array([[row(ch) for ch in window] for window in inputs], dtype=np.float32)
    y = np.array([row(ch) for ch in labels], dtype=np.float32)
    return X, y


def rnn_forward(x, W, U, V):
    states = [np.zeros(len(W))]
    for row in x:
        states.append(np.tanh(W @ states[-1] + U @ row))
    h = np.stack(states[1:])
    return h, softmax(h @ V.T, axis=-1)


class SimpleRNN(nn.Module):
    """One bias, as in Keras."""

    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.hidden = hidden
        self.U = nn.Linear(inputs, hidden)
        self.W = nn.Linear(hidden, hidden, bias=False)
        self.V = nn.Linear(hidden, outputs)

    def forward(self, x):
        h = x.new_zeros(x.shape[0], self.hidden)
        for t in range(x.shape[1]):
            h = torch.tanh(self.W(h) + self.U(x[:, t]))
        return self.V(h).softmax(-1)


def build_model(length, characters, hidden=128):
    return SimpleRNN(characters, hidden, characters)


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    n = X.shape[0]
    gen = np.random.default_rng(seed)
    opt = torch.optim.Adam(model.parameters(), lr=0.003)
    mean_losses = []
    for e in range(epochs):
        perm = gen.permutation(n)
        batch_losses = np.zeros(n)
        for ids in np.split(perm, range(batch_size, n, batch_size)):
            prob = model(torch.tensor(X[ids], device=device))
            truth = torch.tensor(y[ids], device=device)
            surprise = -torch.log((prob * truth).sum(1) + 1e-9)
            opt.zero_grad()
            surprise.mean().backward()
            opt.step()
            batch_losses[ids] = surprise.detach().cpu().numpy()
        mean_losses.append(float(batch_losses.mean()))
    return mean_losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    generator = np.random.default_rng(seed)
    window = deque(seed_text, maxlen=len(seed_text))
    new = []
    with torch.no_grad():
        for i in range(n):
            X, _ = one_hot_windows([list(window)], [window[0]], char_to_index)
            p = model(torch.tensor(X, device=device)).cpu().numpy()[0]
            if temperature == 0.0:
                idx = np.argmax(p)
            else:
                q = softmax(np.log(p.astype(float) + 1e-15) / temperature)
                idx = np.searchsorted(np.cumsum(q), generator.random())
                idx = min(idx, len(q) - 1)
            ch = index_to_char[int(idx)]
            new.append(ch)
            window.append(ch)
    return "".join(new)
