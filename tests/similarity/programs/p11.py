FRAMEWORK = "torch"

import numpy as np
import torch
from torch import nn


class Codec:
    """Characters to rows and back."""

    def __init__(self, char_to_index, index_to_char=None):
        self.char_to_index = char_to_index
        self.index_to_char = index_to_char or {i: c for c, i in char_to_index.items()}

    @staticmethod
    def fit(text):
        ordered = sorted({*text})
        return Codec({c: ordered.index(c) for c in ordered})

    @property
    def size(self):
        return len(self.char_to_index)

    def encode(self, text):
        codes = torch.tensor([self.char_to_index[c] for c in text], dtype=torch.long)
        return nn.functional.one_hot(codes, self.size).to(torch.float32)

    def decode(self, index):
        return self.index_to_char[int(index)]


def build_vocabulary(text):
    codec = Codec.fit(text)
    return codec.char_to_index, codec.index_to_char


def make_windows(text, length=10, step=1):
    samples = [text[a : a + length + 1] for a in range(0, len(text), step)]
    samples = [s for s in samples if len(s) == length + 1]
    return [s[:length] for s in samples], [s[length] for s in samples]


def one_hot_windows(inputs, labels, char_to_index):
    codec = Codec(char_to_index)
    return torch.stack([codec.encode(w) for w in inputs]), codec.encode(labels)


def rnn_forward(x, W, U, V):
    T, H, O = len(x), len(W), len(V)
    h, y = np.zeros((T, H)), np.zeros((T, O))
    for t in range(T):
        before = h[t - 1] if t else np.zeros(H)
        h[t] = np.tanh(before @ W.T + x[t] @ U.T)
        weights = np.exp(h[t] @ V.T)
        y[t] = weights / weights.sum()
    return h, y


class Predictor(nn.Module):
    def __init__(self, size, hidden):
        super().__init__()
        self.recurrent = nn.RNN(size, hidden, batch_first=True)
        self.readout = nn.Linear(hidden, size)

    def forward(self, x):
        _, final = self.recurrent(x)
        return torch.softmax(self.readout(final[-1]), dim=-1)


def build_model(length, characters, hidden=128):
    return Predictor(characters, hidden)


class Trainer:
    def __init__(self, model, batch_size, seed):
        self.model = model
        self.batch_size = batch_size
        self.device = next(model.parameters()).device
        self.optimiser = torch.optim.RMSprop(model.parameters(), lr=1e-3, alpha=0.9)
        self.generator = torch.Generator().manual_seed(seed)

    def loss(self, x, y):
        p = self.model(x.to(self.device))
        return -torch.sum(y.to(self.device) * torch.log(p + 1e-8), dim=-1)

    def step(self, x, y):
        losses = self.loss(x, y)
        self.optimiser.zero_grad()
        losses.mean().backward()
        self.optimiser.step()
        return losses.sum().item()

    def epoch(self, X, y):
        order = torch.randperm(len(X), generator=self.generator)
        chunks = torch.split(order, self.batch_size)
        return sum(self.step(X[c], y[c]) for c in chunks) / len(X)


def train(model, X, y, epochs, batch_size, seed):
    trainer = Trainer(model, batch_size, seed)
    X, y = torch.as_tensor(X), torch.as_tensor(y)
    return [trainer.epoch(X, y) for _ in range(epochs)]


class Writer:
    def __init__(self, model, codec, temperature, seed):
        self.model, self.codec, self.temperature = model, codec, temperature
        self.device = next(model.parameters()).device
        self.rng = np.random.default_rng(seed)

    def probabilities(self, window):
        with torch.no_grad():
            return self.model(self.codec.encode(window)[None].to(self.device))[0].cpu().double().numpy()

    def choose(self, p):
        if self.temperature == 0:
            return p.argmax()
        q = p ** (1 / self.temperature)
        return self.rng.choice(p.size, p=q / q.sum())

    def write(self, window, n):
        for _ in range(n):
            char = self.codec.decode(self.choose(self.probabilities(window)))
            window = window[1:] + char
            yield char


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    writer = Writer(model, Codec(char_to_index, index_to_char), temperature, seed)
    return "".join(writer.write(seed_text, n))
