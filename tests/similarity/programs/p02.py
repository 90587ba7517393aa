"""Character RNN. Exercise sheet 7."""

FRAMEWORK = "torch"

import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


def build_vocabulary(text):
    char_to_index = {}
    index_to_char = {}
    for number, letter in enumerate(sorted(dict.fromkeys(text))):
        char_to_index[letter] = number
        index_to_char[number] = letter
    return char_to_index, index_to_char


def make_windows(text, length=10, step=1):
    starts = range(0, max(0, len(text) - length), step)
    return [text[s : s + length] for s in starts], [text[s + length] for s in starts]


def one_hot_windows(inputs, labels, char_to_index):
    eye = np.eye(len(char_to_index), dtype=np.float32)
    ids = np.array([[char_to_index[c] for c in w] for w in inputs])
    targets = np.array([char_to_index[c] for c in labels])
    return eye[ids], eye[targets]


def rnn_forward(x, W, U, V):
    T = x.shape[0]
    h = np.zeros((T + 1, W.shape[0]))
    for t in range(T):
        h[t + 1] = np.tanh(W.dot(h[t]) + U.dot(x[t]))
    scores = h[1:] @ V.T
    scores = scores - scores.max(axis=1, keepdims=True)
    y = np.exp(scores)
    y /= y.sum(axis=1, keepdims=True)
    return h[1:], y


class Net(nn.Module):
    def __init__(self, n_in, n_hidden):
        super(Net, self).__init__()
        self.n_hidden = n_hidden
        self.recurrent = nn.RNN(input_size=n_in, hidden_size=n_hidden, nonlinearity="tanh", batch_first=True)
        self.dense = nn.Linear(n_hidden, n_in)
        self.softmax = nn.Softmax(dim=1)

    def forward(self, windows):
        states, last = self.recurrent(windows)
        logits = self.dense(last.squeeze(0))
        return self.softmax(logits)


def build_model(length, characters, hidden=128):
    net = Net(characters, hidden)
    return net


def train(model, X, y, epochs, batch_size, seed):
    dev = next(model.parameters()).device
    shuffler = random.Random(seed)
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    history = []
    indices = list(range(len(X)))
    model.train()
    for epoch in range(epochs):
        shuffler.shuffle(indices)
        seen = 0
        loss_sum = 0.0
        while seen < len(indices):
            chosen = indices[seen : seen + batch_size]
            xb = torch.tensor(X[chosen]).to(dev)
            yb = torch.tensor(y[chosen]).to(dev)
            opt.zero_grad()
            log_p = torch.log(model(xb).clamp(min=1e-7))
            loss = F.nll_loss(log_p, yb.argmax(dim=1))
            loss.backward()
            opt.step()
            loss_sum += float(loss.detach()) * len(chosen)
            seen += len(chosen)
        history.append(loss_sum / len(indices))
    return history


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    dev = next(model.parameters()).device
    g = torch.Generator()
    g.manual_seed(seed)
    model.eval()
    written = seed_text
    length = len(seed_text)
    while len(written) < length + n:
        ids = torch.tensor([char_to_index[c] for c in written[-length:]])
        x = F.one_hot(ids, len(char_to_index)).float().unsqueeze(0).to(dev)
        with torch.no_grad():
            probs = model(x).squeeze(0).cpu()
        if temperature > 0:
            probs = torch.softmax(torch.log(probs + 1e-20) / temperature, dim=0)
            nxt = torch.multinomial(probs, 1, generator=g).item()
        else:
            nxt = torch.argmax(probs).item()
        written = written + index_to_char[nxt]
    return written[length:]
