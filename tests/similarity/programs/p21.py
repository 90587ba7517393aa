FRAMEWORK = "torch"
import numpy as np
import torch
from torch import nn


def build_vocabulary(text):
    chars = sorted(set(text))
    return {ch: i for i, ch in enumerate(chars)}, {i: ch for i, ch in enumerate(chars)}


def make_windows(text, length=10, step=1):
    idx = range(0, len(text) - length, step)
    inputs = [text[i : i + length] for i in idx]
    labels = [text[i + length] for i in idx]
    return inputs, labels


def one_hot_windows(inputs, labels, char_to_index):
    eye = np.eye(len(char_to_index))
    X = np.array([[eye[char_to_index[ch]] for ch in w] for w in inputs])
    y = np.array([eye[char_to_index[ch]] for ch in labels])
    return X, y


def rnn_forward(x, W, U, V):
    h = np.zeros(W.shape[0])
    hs = []
    ys = []
    for t in range(x.shape[0]):
        h = np.tanh(W @ h + U @ x[t])
        s = V @ h
        s = s - s.max()
        y = np.exp(s) / np.exp(s).sum()
        hs.append(h)
        ys.append(y)
    return np.stack(hs), np.stack(ys)


class RNN(nn.Module):
    def __init__(self, characters, hidden):
        super().__init__()
        self.rnn = nn.RNN(characters, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, characters)
        self.softmax = nn.Softmax(dim=-1)

    def forward(self, x):
        _, h = self.rnn(x)
        return self.softmax(self.linear(h[-1]))


def build_model(length, characters, hidden=128):
    return RNN(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    X = torch.tensor(X, dtype=torch.float32, device=device)
    y = torch.tensor(y, dtype=torch.float32, device=device)
    g = torch.Generator().manual_seed(seed)
    opt = torch.optim.RMSprop(model.parameters(), lr=0.001)
    losses = []
    for epoch in range(epochs):
        perm = torch.randperm(len(X), generator=g)
        total = 0
        for i in range(0, len(X), batch_size):
            b = perm[i : i + batch_size].to(device)
            opt.zero_grad()
            p = model(X[b])
            loss = -(y[b] * torch.log(p + 1e-7)).sum(dim=1).mean()
            loss.backward()
            opt.step()
            total += loss.item() * len(b)
        losses.append(total / len(X))
    return losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    g = torch.Generator().manual_seed(seed)
    eye = torch.eye(len(char_to_index))
    window = seed_text
    out = []
    model.eval()
    with torch.no_grad():
        for _ in range(n):
            x = eye[[char_to_index[ch] for ch in window]].unsqueeze(0).to(device)
            p = model(x)[0].cpu()
            if temperature == 0:
                i = p.argmax().item()
            else:
                q = torch.softmax(torch.log(p + 1e-12) / temperature, dim=0)
                i = torch.multinomial(q, 1, generator=g).item()
            out.append(index_to_char[i])
            window = window[1:] + index_to_char[i]
    return "".join(out)
