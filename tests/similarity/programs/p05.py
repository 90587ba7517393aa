FRAMEWORK = "torch"
import math
import numpy as np
import torch
from torch import nn, optim


def build_vocabulary(text):
    letters = list(set(text))
    letters.sort()
    a, b = {}, {}
    for i in range(len(letters)):
        a[letters[i]] = i
        b[i] = letters[i]
    return a, b


def make_windows(text, length=10, step=1):
    n = math.ceil(max(len(text) - length, 0) / step)
    xs = [None] * n
    ys = [None] * n
    for k in range(n):
        i = k * step
        xs[k] = text[i : i + length]
        ys[k] = text[i + length]
    return xs, ys


def one_hot_windows(inputs, labels, char_to_index):
    n = len(inputs)
    L = len(inputs[0])
    C = len(char_to_index)
    X = torch.zeros(n, L, C)
    y = torch.zeros(n, C)
    for i in range(n):
        for j in range(L):
            X[i][j][char_to_index[inputs[i][j]]] = 1
    for i in range(n):
        y[i][char_to_index[labels[i]]] = 1
    return X, y


def rnn_forward(x, W, U, V):
    x = torch.as_tensor(x)
    W = torch.as_tensor(W)
    U = torch.as_tensor(U)
    V = torch.as_tensor(V)
    h = torch.zeros(W.shape[0], dtype=W.dtype)
    H = []
    Y = []
    for t in range(x.shape[0]):
        a = torch.mv(W, h) + torch.mv(U, x[t])
        h = torch.tanh(a)
        H.append(h)
        Y.append(torch.softmax(torch.mv(V, h), 0))
    return torch.stack(H), torch.stack(Y)


class Model(nn.Module):
    def __init__(self, K, H):
        nn.Module.__init__(self)
        self.layer1 = nn.RNN(K, H, batch_first=True)
        self.layer2 = nn.Linear(H, K)

    def forward(self, x):
        out, hn = self.layer1(x)
        hn = hn[0]
        return nn.functional.softmax(self.layer2(hn), dim=1)


def build_model(length, characters, hidden=128):
    return Model(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    d = next(model.parameters()).device
    X = torch.tensor(X).to(d)
    y = torch.tensor(y).to(d)
    o = optim.RMSprop(model.parameters(), lr=0.001)
    N = X.shape[0]
    L = []
    for ep in range(epochs):
        s = 0
        for i in range(0, N, batch_size):
            o.zero_grad()
            a = X[i : i + batch_size]
            b = y[i : i + batch_size]
            p = model(a)
            l = torch.sum(-b * torch.log(p + 1e-7)) / a.shape[0]
            l.backward()
            o.step()
            s += l.item() * a.shape[0]
        L.append(s / N)
    return L


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    d = next(model.parameters()).device
    g = np.random.default_rng(seed)
    text = seed_text
    for i in range(n):
        w = text[i:]
        x, _ = one_hot_windows([w], [w[-1]], char_to_index)
        with torch.no_grad():
            p = model(x.to(d)).cpu().numpy().flatten()
        if temperature == 0:
            j = p.argmax()
        else:
            p = p.astype(np.float64) ** (1 / temperature)
            p = p / p.sum()
            j = g.choice(len(p), p=p)
        text += index_to_char[int(j)]
    return text[len(seed_text) :]
