FRAMEWORK = "torch"
import numpy as np
import torch
from torch import nn

EPS = 1e-7


# ---------- vocabulary ----------
def build_vocabulary(text):
    index_to_char = dict(enumerate(sorted(frozenset(text))))
    char_to_index = {value: key for key, value in index_to_char.items()}
    return char_to_index, index_to_char


# ---------- windows ----------
def make_windows(text, length=10, step=1):
    inputs = [text[i : i + length] for i in range(0, len(text), step) if i + length < len(text)]
    labels = [text[i + length] for i in range(0, len(text), step) if i + length < len(text)]
    return inputs, labels


# ---------- one-hot ----------
def indices(strings, char_to_index):
    return np.array([[char_to_index[c] for c in s] for s in strings], dtype=np.int64)


def one_hot(idx, n):
    result = np.zeros(idx.shape + (n,), dtype=np.float32)
    np.put_along_axis(result, idx[..., np.newaxis], 1, axis=-1)
    return result


def one_hot_windows(inputs, labels, char_to_index):
    n = len(char_to_index)
    X = one_hot(indices(inputs, char_to_index), n)
    y = one_hot(indices(labels, char_to_index), n)[:, 0]
    return X, y


# ---------- RNN by hand ----------
def rnn_forward(x, W, U, V):
    def softmax(z):
        z = z - z.max(axis=-1, keepdims=True)
        return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)

    h = []
    for t in range(len(x)):
        recurrent = W @ h[t - 1] if t > 0 else 0
        h.append(np.tanh(recurrent + U @ x[t]))
    h = np.array(h)
    return h, softmax(np.einsum("oh,th->to", V, h))


# ---------- model ----------
class CharacterModel(nn.Module):
    def __init__(self, characters, hidden):
        super().__init__()
        self.embed = nn.Linear(characters, hidden)
        self.recur = nn.Linear(hidden, hidden)
        self.project = nn.Linear(hidden, characters)

    def forward(self, x):
        projected = self.embed(x)
        state = torch.zeros_like(projected[:, 0])
        for k in range(projected.size(1)):
            state = (projected[:, k] + self.recur(state)).tanh()
        return nn.functional.softmax(self.project(state), dim=-1)


def build_model(length, characters, hidden=128):
    return CharacterModel(characters, hidden)


# ---------- training ----------
def run_batch(model, optimizer, xb, yb):
    optimizer.zero_grad()
    p = model(xb)
    loss = torch.mean(-torch.log(torch.sum(p * yb, dim=1) + EPS))
    loss.backward()
    optimizer.step()
    return loss.item()


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    rs = np.random.RandomState(seed)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    result = []
    for _ in range(epochs):
        ids = np.arange(len(X))
        rs.shuffle(ids)
        total, count = 0.0, 0
        for lo in range(0, len(ids), batch_size):
            part = ids[lo : lo + batch_size]
            xb = torch.from_numpy(X[part]).to(device)
            yb = torch.from_numpy(y[part]).to(device)
            total += run_batch(model, optimizer, xb, yb) * len(part)
            count += len(part)
        result.append(total / count)
    return result


# ---------- writing ----------
def pick(p, temperature, rng):
    if temperature == 0:
        return int(np.argmax(p))
    p = np.asarray(p, dtype=np.float64)
    w = np.power(p, 1.0 / temperature)
    cumulative = np.cumsum(w / w.sum())
    return int(min((rng.random() > cumulative).sum(), len(p) - 1))


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    rng = np.random.default_rng(seed)
    ids = [char_to_index[c] for c in seed_text]
    for _ in range(n):
        x = one_hot(np.array([ids[-len(seed_text) :]]), len(char_to_index))
        with torch.no_grad():
            p = model(torch.from_numpy(x).to(device)).squeeze().cpu().numpy()
        ids.append(pick(p, temperature, rng))
    return "".join(index_to_char[i] for i in ids[len(seed_text) :])
