FRAMEWORK = "torch"

import numpy as np
import torch
from torch import nn


def build_vocabulary(text):
    index_to_char = {}
    remaining = set(text)
    while remaining:
        smallest = min(remaining)
        index_to_char[len(index_to_char)] = smallest
        remaining.remove(smallest)
    return dict(map(reversed, index_to_char.items())), index_to_char


def make_windows(text, length=10, step=1):
    if len(text) <= length:
        return [], []
    rest_inputs, rest_labels = [], []
    shifted = [text[k:] for k in range(length)]
    windows = ["".join(chars) for chars in zip(*shifted)][:-1]
    return windows[::step], list(text[length::step])


def one_hot_windows(inputs, labels, char_to_index):
    chars = sorted(char_to_index, key=char_to_index.get)
    X = np.array([[[float(c == each) for each in chars] for c in window] for window in inputs], dtype="float32")
    y = np.array([[float(c == each) for each in chars] for c in labels], dtype="float32")
    return X, y


def rnn_forward(x, W, U, V):
    def states(t):
        if t < 0:
            return []
        earlier = states(t - 1)
        previous = earlier[-1] if earlier else np.zeros(W.shape[0])
        return earlier + [np.tanh(W @ previous + U @ x[t])]

    h = np.array(states(len(x) - 1))
    y = np.apply_along_axis(lambda s: np.exp(s) / np.exp(s).sum(), 1, h @ V.T)
    return h, y


def build_model(length, characters, hidden=128):
    class Wrapper(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleDict(
                {
                    "rnn": nn.RNN(input_size=characters, hidden_size=hidden, batch_first=True),
                    "dense": nn.Linear(in_features=hidden, out_features=characters),
                }
            )

        def forward(self, x):
            every, last = self.layers["rnn"](x)
            scores = self.layers["dense"](last[0])
            return scores.softmax(dim=-1)

    return Wrapper()


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    optimizer = torch.optim.RMSprop(model.parameters(), lr=2e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.8)
    bce_rng = np.random.default_rng([seed, 1])
    losses = []
    for _ in range(epochs):
        order = bce_rng.permutation(len(X))
        weighted = []
        n_batches = -(-len(X) // batch_size)
        for b in range(n_batches):
            rows = order[b * batch_size : (b + 1) * batch_size]
            x_b = torch.tensor(X[rows], device=device)
            y_b = torch.tensor(y[rows], device=device)

            def closure():
                optimizer.zero_grad()
                p = model(x_b)
                loss = torch.nn.functional.cross_entropy(torch.log(p + 1e-9), y_b)
                loss.backward()
                return loss

            loss = optimizer.step(closure)
            weighted.append((loss.item(), len(rows)))
        scheduler.step()
        losses.append(sum(l * k for l, k in weighted) / len(X))
    return losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    rng = np.random.default_rng(seed)

    def distribution(window):
        X, _ = one_hot_windows([window], window[:1], char_to_index)
        with torch.no_grad():
            return model(torch.tensor(X, device=device)).cpu().numpy()[0]

    def draw(p):
        if temperature == 0:
            return int(np.argmax(p))
        heated = np.float64(p) ** (1 / temperature)
        heated /= heated.sum()
        return int(rng.choice(len(heated), p=heated))

    window, text = seed_text, ""
    for _ in range(n):
        new = index_to_char[draw(distribution(window))]
        window, text = window[1:] + new, text + new
    return text
