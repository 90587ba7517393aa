FRAMEWORK = "torch"
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def build_vocabulary(text):
    letters = sorted(set(text))
    return {l: i for i, l in enumerate(letters)}, letters


def make_windows(text, length=10, step=1):
    windows, labels = [], []
    for label_pos in range(length, len(text), step):
        windows.append(text[label_pos - length : label_pos])
        labels.append(text[label_pos])
    return windows, labels


def one_hot_windows(inputs, labels, char_to_index):
    C = len(char_to_index)
    xi = torch.tensor([[char_to_index[ch] for ch in s] for s in inputs])
    yi = torch.tensor([char_to_index[ch] for ch in labels])
    return F.one_hot(xi, C).float().numpy(), F.one_hot(yi, C).float().numpy()


def rnn_forward(x, W, U, V):
    h = np.zeros((x.shape[0], W.shape[0]))
    for t, x_t in enumerate(x):
        h[t] = np.tanh(W @ (h[t - 1] if t > 0 else np.zeros(W.shape[0])) + U @ x_t)
    s = V @ h.T
    e = np.exp(s - s.max(axis=0))
    return h, (e / e.sum(axis=0)).T


def build_model(length, characters, hidden=128):
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.RNN(characters, hidden, batch_first=True)
            self.out = nn.Linear(hidden, characters)

        def forward(self, x):
            return F.softmax(self.out(self.rnn(x)[0][:, -1]), dim=1)

    return Model()


def train(model, X, y, epochs, batch_size, seed):
    dev = next(model.parameters()).device
    torch.manual_seed(seed)
    ds = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(y).argmax(dim=1))
    dl = torch.utils.data.DataLoader(ds, batch_size, shuffle=True)
    opt = torch.optim.Adam(model.parameters(), lr=0.0025)
    hist = []
    for ep in range(epochs):
        run = 0.0
        for xb, yb in dl:
            logp = model(xb.to(dev)).clamp(min=1e-8).log()
            loss = F.nll_loss(logp, yb.to(dev))
            opt.zero_grad()
            loss.backward()
            opt.step()
            run += loss.item() * yb.numel()
        hist.append(run / len(ds))
    return hist


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    dev = next(model.parameters()).device
    gen = torch.Generator().manual_seed(seed)
    C = len(char_to_index)
    ctx = torch.tensor([char_to_index[ch] for ch in seed_text])
    res = []
    for _ in range(n):
        with torch.no_grad():
            p = model(F.one_hot(ctx, C).float()[None].to(dev)).cpu()[0]
        if temperature == 0:
            nxt = p.argmax()
        else:
            q = p.double().pow(1 / temperature)
            nxt = torch.multinomial(q / q.sum(), 1, generator=gen)[0]
        res.append(index_to_char[nxt.item()])
        ctx = torch.cat([ctx[1:], nxt.view(1)])
    return "".join(res)
