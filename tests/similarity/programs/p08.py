FRAMEWORK = "torch"
import numpy as np, torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import nn
import torch.nn.functional as F

build_vocabulary = lambda text: (lambda cs: ({c: i for i, c in enumerate(cs)}, {i: c for i, c in enumerate(cs)}))(
    sorted(set(text))
)


def make_windows(text, length=10, step=1):
    if len(text) <= length:
        return [], []
    rows = sliding_window_view(np.array(list(text)), length + 1)[::step]
    joined = ["".join(r) for r in rows]
    return [j[:-1] for j in joined], [j[-1] for j in joined]


def one_hot_windows(inputs, labels, char_to_index):
    codes = np.array([[char_to_index[c] for c in w + l] for w, l in zip(inputs, labels)])
    hot = (codes[..., None] == np.arange(len(char_to_index))).astype(np.float32)
    return hot[:, :-1], hot[:, -1]


def rnn_forward(x, W, U, V):
    pre = x @ U.T
    h = np.empty((len(x), len(W)))
    last = np.zeros(len(W))
    for t, u in enumerate(pre):
        h[t] = last = np.tanh(u + W @ last)
    e = np.exp(h @ V.T)
    return h, e / e.sum(1)[:, None]


class M(nn.Module):
    def __init__(s, c, h):
        super().__init__()
        s.r, s.d = nn.RNN(c, h, batch_first=True), nn.Linear(h, c)

    forward = lambda s, x: F.softmax(s.d(s.r(x)[1][-1]), -1)


build_model = lambda length, characters, hidden=128: M(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    dev = next(model.parameters()).device
    X, k = torch.tensor(X, device=dev), torch.tensor(y.argmax(1), device=dev)
    opt, rng, res = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=0), np.random.default_rng(seed), []
    for _ in range(epochs):
        ls = []
        for b in np.array_split(rng.permutation(len(X)), range(batch_size, len(X), batch_size)):
            l = -model(X[b]).gather(1, k[b][:, None]).clamp(1e-7).log()
            opt.zero_grad()
            l.mean().backward()
            opt.step()
            ls += l.flatten().tolist()
        res.append(sum(ls) / len(ls))
    return res


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    dev, rng, s = next(model.parameters()).device, np.random.default_rng(seed), seed_text
    E = torch.eye(len(char_to_index), device=dev)
    for _ in range(n):
        with torch.inference_mode():
            p = model(E[[char_to_index[c] for c in s[-len(seed_text) :]]][None])[0].double().cpu().numpy()
        # Gumbel: argmax of log p / T + noise
        score = np.log(p + 1e-300) + temperature * rng.gumbel(size=p.shape)
        s += index_to_char[int(score.argmax())]
    return s[len(seed_text) :]
