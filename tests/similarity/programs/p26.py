FRAMEWORK = "torch"
from functools import partial

import numpy as np
import torch
from torch import nn
from torch.utils import data as torch_data


def invert(table):
    return {value: key for key, value in table.items()}


def build_vocabulary(text):
    char_to_index = {c: k for k, c in enumerate(sorted(set(text)))}
    return char_to_index, invert(char_to_index)


def make_windows(text, length=10, step=1):
    windows = (text[i : i + length] for i in range(0, len(text), step))
    labels = text[length::step]
    inputs = [window for window, _ in zip(windows, labels)]
    return inputs, list(labels)


class WindowDataset(torch_data.Dataset):
    def __init__(self, X, y):
        self.X, self.y = X, y

    def __len__(self):
        return len(self.X)

    def __getitem__(self, i):
        return self.X[i], self.y[i]


def one_hot_windows(inputs, labels, char_to_index):
    K = len(char_to_index)
    unit = partial(np.equal, np.arange(K))
    X = [[unit(char_to_index[c]) for c in window] for window in inputs]
    y = [unit(char_to_index[c]) for c in labels]
    return np.asarray(X, dtype=int), np.asarray(y, dtype=int)


def rnn_forward(x, W, U, V):
    rows = []
    h = np.zeros_like(W[0])
    for x_t in x:
        h = np.tanh(W.dot(h) + U.dot(x_t))
        z = np.exp(V.dot(h))
        rows.append((h, z / z.sum()))
    h, y = zip(*rows)
    return np.array(h), np.array(y)


class CharNet(nn.Module):
    def __init__(self, K, H):
        super().__init__()
        self.memory = nn.RNN(K, H, batch_first=True, nonlinearity="tanh")
        self.voice = nn.Linear(H, K)

    def logits(self, x):
        output, _ = self.memory(x)
        return self.voice(torch.select(output, 1, -1))

    def forward(self, x):
        return torch.softmax(self.logits(x), dim=1)


def build_model(length, characters, hidden=128):
    return CharNet(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    generator = torch.Generator().manual_seed(seed)
    loader = torch_data.DataLoader(WindowDataset(X, y), batch_size, shuffle=True, generator=generator)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3, eps=1e-7)
    history = []
    for epoch in range(epochs):
        history.append(one_epoch(model, loader, optimizer) / len(X))
    return history


def one_epoch(model, loader, optimizer):
    device = next(model.parameters()).device
    total = 0.0
    for x, t in loader:
        x, t = x.to(device), t.to(device)
        p = (model(x) * t).sum(dim=1)
        loss = -torch.log(p + 1e-10).sum()
        model.zero_grad()
        torch.div(loss, len(x)).backward()
        optimizer.step()
        total += loss.item()
    return total


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    generator = torch.Generator(device="cpu").manual_seed(seed)
    K = len(char_to_index)
    window = torch.zeros(len(seed_text), K)
    for row, char in zip(window, seed_text):
        row[char_to_index[char]] = 1
    text = []
    for _ in range(n):
        with torch.no_grad():
            p = model(window.unsqueeze(0).to(device)).squeeze(0).cpu()
        if temperature == 0:
            k = torch.argmax(p)
        else:
            logits = torch.log(p + 1e-30) / temperature
            gumbel = -torch.log(-torch.log(torch.rand(K, generator=generator)))
            k = torch.argmax(logits + gumbel)
        text.append(index_to_char[int(k)])
        new = torch.zeros(1, K)
        new[0, int(k)] = 1
        window = torch.cat((window[1:], new))
    return "".join(text)
