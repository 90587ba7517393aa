FRAMEWORK = "torch"
import numpy as np
import torch
import torch.nn as nn
from scipy.special import log_softmax


def build_vocabulary(text):
    chars = np.array(sorted(set(text)), dtype=object)
    index_to_char = {int(i): str(chars[i]) for i in np.arange(chars.size)}
    char_to_index = {index_to_char[i]: i for i in index_to_char}
    return char_to_index, index_to_char


def make_windows(text, length=10, step=1):
    count = (len(text) - length + step - 1) // step if len(text) > length else 0
    inputs = [text[k * step : k * step + length] for k in range(count)]
    labels = [text[k * step + length] for k in range(count)]
    assert len(inputs) == len(labels)
    return inputs, labels


def one_hot_windows(inputs, labels, char_to_index):
    X = np.zeros((len(inputs), len(inputs[0]), len(char_to_index)))
    y = np.zeros((len(labels), len(char_to_index)))
    for char, column in char_to_index.items():
        X[:, :, column] = [[c == char for c in window] for window in inputs]
        y[:, column] = [c == char for c in labels]
    return X.astype(np.float32), y.astype(np.float32)


def rnn_forward(x, W, U, V):
    T = x.shape[0]
    h = np.zeros((T, W.shape[0]), dtype=np.result_type(x, W))
    h[0] = np.tanh(U @ x[0])
    for t in np.arange(1, T):
        np.tanh(W @ h[t - 1] + U @ x[t], out=h[t])
    return h, np.exp(log_softmax(h @ V.transpose(), axis=1))


class OneBiasRNN(nn.Module):
    """As in the lecture, with parameters of its own."""

    def __init__(self, characters, hidden):
        super().__init__()
        k = hidden**-0.5
        self.W = nn.Parameter(torch.empty(hidden, hidden).uniform_(-k, k))
        self.U = nn.Parameter(torch.empty(hidden, characters).uniform_(-k, k))
        self.b = nn.Parameter(torch.zeros(hidden))
        self.V = nn.Parameter(torch.empty(characters, hidden).uniform_(-k, k))
        self.c = nn.Parameter(torch.zeros(characters))

    def forward(self, x):
        h = None
        for t in range(x.shape[1]):
            a = x[:, t] @ self.U.T + self.b
            if h is not None:
                a = a + h @ self.W.T
            h = torch.tanh(a)
        return torch.softmax(h @ self.V.T + self.c, dim=1)


def build_model(length, characters, hidden=128):
    return OneBiasRNN(characters, hidden)


def entropy_loss(p, y):
    return -torch.einsum("nk,nk->n", y, torch.log(p.clamp_min(1e-8))).mean()


def train(model, X, y, epochs, batch_size, seed):
    device = next(iter(model.parameters())).device
    X_t, y_t = (torch.as_tensor(a).to(device) for a in (X, y))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003, betas=(0.9, 0.99))
    rng = np.random.default_rng(seed)
    epoch_losses = []
    for _ in range(epochs):
        idx = torch.as_tensor(rng.permutation(len(X))).to(device)
        for start in range(0, len(X), batch_size):
            take = idx[start : start + batch_size]
            optimizer.zero_grad()
            entropy_loss(model(X_t[take]), y_t[take]).backward()
            optimizer.step()
        # the loss after the epoch, on everything
        with torch.no_grad():
            epoch_losses.append(entropy_loss(model(X_t), y_t).item())
    return epoch_losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(iter(model.parameters())).device
    rng = np.random.default_rng(seed)
    uniform = rng.uniform(size=n)
    length = len(seed_text)
    text = seed_text
    for u in uniform:
        x, _ = one_hot_windows([text[-length:]], text[-1:], char_to_index)
        with torch.no_grad():
            p = model(torch.as_tensor(x).to(device)).cpu().numpy()[0].astype(np.float64)
        if temperature:
            q = np.exp(log_softmax(np.log(p + 1e-40) / temperature))
            k = np.argmax(np.cumsum(q) >= u * q.sum())
        else:
            k = np.argmax(p)
        text = text + index_to_char[int(k)]
    return text[length:]
