FRAMEWORK = "torch"
import numpy as np
import torch
from torch import nn

# I work with index arrays everywhere and go to one-hot as late as possible.


def build_vocabulary(text):
    points = sorted({ord(c) for c in text})
    return {chr(p): i for i, p in enumerate(points)}, {i: chr(p) for i, p in enumerate(points)}


def window_bounds(total, length, step):
    first, bounds = 0, []
    while first + length < total:
        bounds.append(slice(first, first + length))
        first += step
    return bounds


def make_windows(text, length=10, step=1):
    bounds = window_bounds(len(text), length, step)
    return [text[b] for b in bounds], [text[b.stop] for b in bounds]


def to_indices(chars, char_to_index):
    return np.fromiter(map(char_to_index.__getitem__, chars), dtype=np.int64)


def to_rows(index, size):
    return np.take(np.eye(size, dtype=np.float32), index, axis=0)


def one_hot_windows(inputs, labels, char_to_index):
    size = len(char_to_index)
    index = np.vstack([to_indices(w, char_to_index) for w in inputs])
    return to_rows(index, size), to_rows(to_indices(labels, char_to_index), size)


def rnn_forward(x, W, U, V):
    from scipy.special import softmax

    steps, state = [], np.zeros(W.shape[0])
    drive = np.tensordot(x, U, axes=(1, 1))
    for d in drive:
        state = np.tanh(d + np.tensordot(W, state, axes=1))
        steps += [state]
    h = np.row_stack(steps) if hasattr(np, "row_stack") else np.vstack(steps)
    return h, softmax(np.tensordot(h, V, axes=(1, 1)), axis=1)


class WindowReader(nn.Module):
    def __init__(self, size, hidden):
        super().__init__()
        self.reader = nn.RNN(size, hidden, batch_first=True)
        self.guess = nn.Linear(hidden, size)

    def forward(self, x):
        states = self.reader(x)[0]
        guess = self.guess(states.select(1, states.size(1) - 1))
        return guess.softmax(1)


def build_model(length, characters, hidden=128):
    return WindowReader(characters, hidden)


def surprise(p, index):
    return nn.functional.nll_loss(p.clamp(min=1e-7).log(), index)


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    inputs = torch.as_tensor(X, device=device)
    index = torch.as_tensor(y, device=device).argmax(1)
    sampler = torch.utils.data.RandomSampler(range(len(X)), generator=torch.Generator().manual_seed(seed))
    batches = torch.utils.data.BatchSampler(sampler, batch_size, drop_last=False)
    optimiser = torch.optim.Adam(model.parameters(), 2e-3)
    means = []
    for _ in range(epochs):
        paid = 0.0
        for rows in batches:
            loss = surprise(model(inputs[rows]), index[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            paid += len(rows) * loss.item()
        means.append(paid / len(X))
    return means


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    rng = np.random.default_rng(seed)
    size = len(char_to_index)
    index = np.zeros(len(seed_text) + n, dtype=np.int64)
    index[: len(seed_text)] = to_indices(seed_text, char_to_index)
    for now in range(len(seed_text), len(index)):
        x = to_rows(index[now - len(seed_text) : now], size)
        with torch.no_grad():
            p = model(torch.as_tensor(x[None], device=device)).cpu().numpy()[0]
        if temperature == 0:
            index[now] = p.argmax()
        else:
            log_q = np.log(np.float64(p) + 1e-200) / temperature
            q = np.exp(log_q - log_q.max())
            index[now] = np.digitize(rng.random(), np.cumsum(q / q.sum())[:-1])
    return "".join(map(index_to_char.__getitem__, index[len(seed_text) :].tolist()))
