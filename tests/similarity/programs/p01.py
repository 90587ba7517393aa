FRAMEWORK = "torch"

import numpy as np
import torch
from torch import nn


def build_vocabulary(text):
    chars = sorted(set(text))
    char_to_index = {c: i for i, c in enumerate(chars)}
    index_to_char = {i: c for i, c in enumerate(chars)}
    return char_to_index, index_to_char


def make_windows(text, length=10, step=1):
    inputs, labels = [], []
    for i in range(0, len(text) - length, step):
        inputs.append(text[i : i + length])
        labels.append(text[i + length])
    return inputs, labels


def one_hot_windows(inputs, labels, char_to_index):
    length = len(inputs[0]) if inputs else 0
    X = np.zeros((len(inputs), length, len(char_to_index)), dtype=np.float32)
    y = np.zeros((len(inputs), len(char_to_index)), dtype=np.float32)
    for i, window in enumerate(inputs):
        for t, char in enumerate(window):
            X[i, t, char_to_index[char]] = 1
        y[i, char_to_index[labels[i]]] = 1
    return X, y


def rnn_forward(x, W, U, V):
    h = np.zeros(W.shape[0])
    hs, ys = [], []
    for x_t in x:
        h = np.tanh(W @ h + U @ x_t)
        s = V @ h
        e = np.exp(s - s.max())
        hs.append(h)
        ys.append(e / e.sum())
    return np.array(hs), np.array(ys)


class CharRNN(nn.Module):
    def __init__(self, characters, hidden):
        super().__init__()
        self.rnn = nn.RNN(characters, hidden, batch_first=True)
        self.out = nn.Linear(hidden, characters)

    def forward(self, x):
        h, _ = self.rnn(x)
        return torch.softmax(self.out(h[:, -1]), dim=-1)


def build_model(length, characters, hidden=128):
    return CharRNN(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    X = torch.as_tensor(X, device=device)
    y = torch.as_tensor(y, device=device)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001)
    rng = np.random.default_rng(seed)
    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(X))
        total = 0.0
        for start in range(0, len(X), batch_size):
            batch = order[start : start + batch_size]
            p = model(X[batch])
            loss = -(y[batch] * torch.log(p + 1e-8)).sum(dim=1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(X))
    return losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    rng = np.random.default_rng(seed)
    window = seed_text
    result = ""
    for _ in range(n):
        x, _ = one_hot_windows([window], [window[0]], char_to_index)
        with torch.no_grad():
            p = model(torch.as_tensor(x, device=device))[0].cpu().numpy().astype(np.float64)
        if temperature == 0:
            k = int(p.argmax())
        else:
            q = np.exp(np.log(p + 1e-12) / temperature)
            k = int(rng.choice(len(q), p=q / q.sum()))
        result += index_to_char[k]
        window = window[1:] + index_to_char[k]
    return result
