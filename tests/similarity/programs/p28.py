FRAMEWORK = "torch"

import torch
from torch import nn
import numpy as np


def build_vocabulary(text):
    order = {}
    for c in sorted(text):
        if c not in order:
            order[c] = len(order)
    back = {}
    for c in order:
        back[order[c]] = c
    return order, back


def make_windows(text, length=10, step=1):
    def window(i):
        return text[i : i + length]

    def label(i):
        return text[i + length]

    positions = [i for i in range(len(text)) if i % step == 0 and i < len(text) - length]
    return list(map(window, positions)), list(map(label, positions))


def one_hot_windows(inputs, labels, char_to_index):
    K = len(char_to_index)
    X = torch.zeros(len(inputs), len(inputs[0]), K)
    index = torch.tensor([[char_to_index[c] for c in w] for w in inputs])
    X.scatter_(2, index.unsqueeze(2), 1.0)
    y = torch.zeros(len(labels), K)
    y.scatter_(1, torch.tensor([[char_to_index[c]] for c in labels]), 1.0)
    return X.numpy(), y.numpy()


def rnn_forward(x, W, U, V):
    h, hs = np.zeros(W.shape[1]), []
    for v in x @ U.T:
        hs.append(h := np.tanh(W @ h + v))
    hs = np.array(hs)
    o = np.exp(hs @ V.T)
    return hs, (o.T / o.sum(axis=1)).T


class CharModel(nn.Module):
    def __init__(self, characters, hidden):
        super().__init__()
        self.input_to_hidden = nn.Linear(characters, hidden, bias=True)
        self.hidden_to_hidden = nn.Linear(hidden, hidden, bias=False)
        self.hidden_to_output = nn.Linear(hidden, characters, bias=True)

    def next_state(self, h, x):
        return torch.tanh(self.hidden_to_hidden(h) + self.input_to_hidden(x))

    def forward(self, x):
        h = x.new_zeros((len(x), self.hidden_to_hidden.in_features))
        for x_t in torch.swapaxes(x, 0, 1):
            h = self.next_state(h, x_t)
        scores = self.hidden_to_output(h)
        scores = scores - scores.max(dim=1, keepdim=True).values
        e = torch.exp(scores)
        return e / e.sum(dim=1, keepdim=True)


def build_model(length, characters, hidden=128):
    return CharModel(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    torch.manual_seed(seed)
    rate = 0.3
    losses = []
    X = torch.tensor(X, device=device)
    y = torch.tensor(y, device=device)
    velocity = [torch.zeros_like(p) for p in model.parameters()]
    for epoch in range(epochs):
        order = torch.randperm(len(X)).to(device)
        total = 0.0
        for start in range(0, len(X), batch_size):
            take = order[start : start + batch_size]
            p = model(X[take])
            loss = -(y[take] * torch.log(p + 1e-9)).sum() / len(take)
            gradients = torch.autograd.grad(loss, list(model.parameters()))
            norm = torch.sqrt(sum((g * g).sum() for g in gradients))
            factor = torch.clamp(1.0 / (norm + 1e-9), max=1.0)
            with torch.no_grad():
                for w, v, g in zip(model.parameters(), velocity, gradients):
                    v.mul_(0.9).add_(g * factor)
                    w.sub_(v, alpha=rate * 0.5)
            total += loss.item() * len(take)
        losses.append(total / len(X))
    return losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    rng = np.random.Generator(np.random.PCG64(seed))
    text = list(seed_text)
    for i in range(n):
        x, _ = one_hot_windows([text[i:]], text[:1], char_to_index)
        with torch.no_grad():
            p = model(torch.tensor(x, device=device))[0].cpu().numpy()
        if temperature == 0:
            k = np.argmax(p)
        else:
            q = np.float64(p) ** (1.0 / temperature)
            k = rng.choice(np.arange(len(q)), p=q / np.sum(q))
        text.append(index_to_char[int(k)])
    return "".join(text[len(seed_text) :])
