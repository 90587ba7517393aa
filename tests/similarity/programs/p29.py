FRAMEWORK = "torch"

import typing as t

import numpy as np
import torch as th
from torch import nn

Table = t.Dict[str, int]


def build_vocabulary(text: str) -> t.Tuple[Table, t.Dict[int, str]]:
    symbols: t.List[str] = sorted(set(text))
    encode: Table = dict(zip(symbols, range(len(symbols))))
    decode: t.Dict[int, str] = dict(zip(range(len(symbols)), symbols))
    return encode, decode


def make_windows(text: str, length: int = 10, step: int = 1) -> t.Tuple[t.List[str], t.List[str]]:
    out: t.Tuple[t.List[str], t.List[str]] = ([], [])
    for begin in range(0, len(text) - length, step):
        end = begin + length
        out[0].append(text[begin:end])
        out[1].append(text[end])
    return out


def one_hot_windows(inputs: t.List[str], labels: t.List[str], char_to_index: Table):
    n, length, k = len(inputs), len(inputs[0]), len(char_to_index)
    X = np.zeros((n, length, k), np.float32)
    y = np.zeros((n, k), np.float32)
    for i, (window, label) in enumerate(zip(inputs, labels)):
        y[i, char_to_index[label]] = 1
        X[i, np.arange(length), list(map(char_to_index.get, window))] = 1
    return X, y


def rnn_forward(x, W, U, V):
    h: t.List[np.ndarray] = []
    y: t.List[np.ndarray] = []
    state = np.zeros(U.shape[0])
    for x_t in x:
        state = np.tanh(np.add(W @ state, U @ x_t))
        scores = np.exp(V @ state)
        h.append(state)
        y.append(scores / scores.sum())
    return np.vstack(h), np.vstack(y)


class Reader(nn.Module):
    def __init__(self, k: int, hidden: int):
        super().__init__()
        self.rnn = nn.RNN(k, hidden, batch_first=True)
        self.classify = nn.Sequential(nn.Linear(hidden, k), nn.LogSoftmax(dim=1))

    def log_probabilities(self, x: th.Tensor) -> th.Tensor:
        return self.classify(self.rnn(x)[0][:, -1])

    def forward(self, x: th.Tensor) -> th.Tensor:
        return self.log_probabilities(x).exp()


def build_model(length: int, characters: int, hidden: int = 128) -> nn.Module:
    return Reader(characters, hidden)


def train(model: nn.Module, X, y, epochs: int, batch_size: int, seed: int) -> t.List[float]:
    device = next(model.parameters()).device
    rng = np.random.default_rng(seed)
    inputs = th.from_numpy(X).to(device)
    targets = th.from_numpy(y.argmax(axis=-1)).to(device)
    optimiser = th.optim.RMSprop(model.parameters(), lr=1e-3)
    criterion = nn.NLLLoss()
    means: t.List[float] = []
    for _ in range(epochs):
        sum_, seen = 0.0, 0
        for rows in np.array_split(rng.permutation(len(X)), np.arange(batch_size, len(X), batch_size)):
            optimiser.zero_grad()
            loss = criterion(th.log(model(inputs[rows]) + 1e-12), targets[rows])
            loss.backward()
            optimiser.step()
            sum_, seen = sum_ + loss.item() * len(rows), seen + len(rows)
        means.append(sum_ / seen)
    return means


def generate(
    model, seed_text: str, n: int, char_to_index, index_to_char, temperature: float = 0.0, seed: int = 0
) -> str:
    device = next(model.parameters()).device
    rng = np.random.default_rng(seed)
    written: str = seed_text
    for _ in range(n):
        X, _unused = one_hot_windows([written[-len(seed_text) :]], ["" or written[-1]], char_to_index)
        with th.no_grad():
            p: np.ndarray = model(th.from_numpy(X).to(device)).cpu().numpy().ravel()
        if temperature == 0:
            written += index_to_char[int(np.argmax(p))]
        else:
            log_q = np.log(p.astype(np.float64) + 1e-300) / temperature
            q = np.exp(log_q - np.logaddexp.reduce(log_q))
            written += index_to_char[int(rng.choice(q.size, p=q / q.sum()))]
    return written[len(seed_text) :]
