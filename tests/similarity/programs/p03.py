FRAMEWORK = "torch"
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def build_vocabulary(text):
    alphabet = sorted(set(text))
    return dict(zip(alphabet, range(len(alphabet)))), dict(enumerate(alphabet))


def make_windows(text, length=10, step=1):
    pairs = []
    pos = 0
    while pos + length < len(text):
        pairs.append((text[pos : pos + length], text[pos + length]))
        pos += step
    return [p[0] for p in pairs], [p[1] for p in pairs]


def encode(string, table):
    m = np.zeros((len(string), len(table)), dtype="float32")
    m[np.arange(len(string)), [table[c] for c in string]] = 1.0
    return m


def one_hot_windows(inputs, labels, char_to_index):
    X = np.stack([encode(w, char_to_index) for w in inputs])
    y = encode("".join(labels), char_to_index)
    return X, y


def softmax(s):
    e = np.exp(s - np.max(s))
    return e / np.sum(e)


def rnn_forward(x, W, U, V):
    H = W.shape[0]
    T = len(x)
    O = V.shape[0]
    h = np.zeros((T, H))
    y = np.zeros((T, O))
    previous = np.zeros(H)
    for t in range(T):
        previous = np.tanh(np.dot(W, previous) + np.dot(U, x[t]))
        h[t] = previous
        y[t] = softmax(np.dot(V, previous))
    return h, y


class LastState(nn.Module):
    def forward(self, result):
        return result[0][:, -1, :]


def build_model(length, characters, hidden=128):
    return nn.Sequential(
        nn.RNN(characters, hidden, batch_first=True),
        LastState(),
        nn.Linear(hidden, characters),
        nn.Softmax(dim=-1),
    )


def cross_entropy(p, y):
    return -(y * torch.log(torch.clamp(p, 1e-7, 1.0))).sum(-1).mean()


def train(model, X, y, epochs, batch_size, seed):
    where = next(model.parameters()).device
    data = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
    loader = DataLoader(data, batch_size=batch_size, shuffle=True, generator=torch.Generator().manual_seed(seed))
    optim = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    out = []
    for _ in range(epochs):
        losses, sizes = [], []
        for xb, yb in loader:
            xb, yb = xb.to(where), yb.to(where)
            optim.zero_grad()
            loss = cross_entropy(model(xb), yb)
            loss.backward()
            optim.step()
            losses.append(loss.item())
            sizes.append(len(xb))
        out.append(float(np.average(losses, weights=sizes)))
    return out


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    where = next(model.parameters()).device
    rng = np.random.RandomState(seed)
    buffer = list(seed_text)
    L = len(seed_text)
    for _ in range(n):
        x = torch.from_numpy(encode(buffer[-L:], char_to_index))[None].to(where)
        with torch.no_grad():
            p = model(x)[0].cpu().numpy().astype("float64")
        if temperature == 0:
            best = np.argmax(p)
        else:
            q = softmax(np.log(np.maximum(p, 1e-30)) / temperature)
            best = rng.choice(np.arange(len(q)), p=q)
        buffer.append(index_to_char[int(best)])
    return "".join(buffer[L:])
