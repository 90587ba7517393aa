FRAMEWORK = "torch"
import numpy as np
import torch
from scipy import special
from torch import nn


def build_vocabulary(text):
    char_to_index = {c: int(i) for i, c in enumerate(np.unique(np.array(list(text), dtype="U1")))}
    char_to_index = {str(c): i for c, i in char_to_index.items()}
    index_to_char = {i: c for c, i in char_to_index.items()}
    return char_to_index, index_to_char


def make_windows(text, length=10, step=1):
    inputs, labels = [], []
    i = 0
    try:
        while True:
            label = text[i + length]
            inputs.append(text[i : i + length])
            labels.append(label)
            i += step
    except IndexError:
        pass
    return inputs, labels


def one_hot_windows(inputs, labels, char_to_index):
    X = []
    y = []
    for w, l in zip(inputs, labels):
        m = np.zeros((len(w), len(char_to_index)))
        for k in range(len(w)):
            m[k][char_to_index[w[k]]] = 1
        X.append(m)
        v = np.zeros(len(char_to_index))
        v[char_to_index[l]] = 1
        y.append(v)
    return np.stack(X), np.stack(y)


def rnn_forward(x, W, U, V):
    h_prev = np.zeros((W.shape[0],))
    h = np.zeros((len(x), W.shape[0]))
    s = np.zeros((len(x), V.shape[0]))
    for t, xt in enumerate(x):
        h[t] = np.tanh(np.inner(W, h_prev) + np.inner(U, xt))
        s[t] = np.inner(V, h[t])
        h_prev = h[t]
    return h, special.softmax(s, axis=1)


class Net(nn.Module):
    def __init__(self, c, hid):
        super().__init__()
        self.rnn = nn.RNN(c, hid, batch_first=True)
        self.lin = nn.Linear(hid, c)

    def forward(self, x):
        y, h = self.rnn(x)
        y = self.lin(h.squeeze(0))
        y = nn.Softmax(dim=1)(y)
        return y


def build_model(length, characters, hidden=128):
    return Net(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    dev = list(model.parameters())[0].device
    np.random.seed(seed)
    opt = torch.optim.RMSprop(model.parameters(), lr=0.001)
    losses = []
    for e in range(epochs):
        p = np.random.permutation(len(X))
        Xp, yp = X[p], y[p]
        tot = []
        for i in range(0, len(X), batch_size):
            xx = torch.Tensor(Xp[i : i + batch_size]).to(dev)
            yy = torch.Tensor(yp[i : i + batch_size]).to(dev)
            opt.zero_grad()
            out = torch.clip(model(xx), 1e-7, 1)
            ce = torch.sum(-yy * torch.log(out), axis=1)
            torch.mean(ce).backward()
            opt.step()
            tot.extend(ce.detach().cpu().numpy())
        losses.append(float(np.mean(tot)))
    return losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    dev = list(model.parameters())[0].device
    np.random.seed(seed)
    out = ""
    w = seed_text
    for _ in range(n):
        xx, _ = one_hot_windows([w], [w[0]], char_to_index)
        pr = model(torch.Tensor(xx).to(dev)).detach().cpu().numpy()[0]
        if temperature == 0:
            j = pr.argmax()
        else:
            j = np.random.choice(len(pr), p=special.softmax(np.log(pr.astype(float)) / temperature))
        out += index_to_char[int(j)]
        w = w[1:] + index_to_char[int(j)]
    return out
