FRAMEWORK = "torch"

import numpy as np
import torch
from torch import nn


def build_vocabulary(text):
    return (
        {c: i for i, c in enumerate(sorted(set(text)))},
        {i: c for i, c in enumerate(sorted(set(text)))},
    )


def make_windows(text, length=10, step=1):
    number = len(text) - length
    inputs = [text[start : start + length] for start in range(number)]
    labels = [text[start + length] for start in range(number)]
    return inputs[::step], labels[::step]


def one_hot_windows(inputs, labels, char_to_index):
    text = "".join(inputs)
    indices = np.fromiter((char_to_index[c] for c in text), dtype=int, count=len(text))
    X = np.zeros((len(text), len(char_to_index)), dtype=np.float32)
    X[np.arange(len(text)), indices] = 1
    y = np.zeros((len(labels), len(char_to_index)), dtype=np.float32)
    for row, label in zip(y, labels):
        row[char_to_index[label]] = 1
    return X.reshape(len(inputs), -1, len(char_to_index)), y


def rnn_forward(x, W, U, V):
    inputs = np.einsum("hf,tf->th", U, x)
    h = [np.tanh(inputs[0])]
    for i in inputs[1:]:
        h += [np.tanh(W @ h[-1] + i)]
    h = np.asarray(h)
    logits = np.einsum("oh,th->to", V, h)
    logits -= np.max(logits, axis=1, keepdims=True)
    return h, np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)


class Elman(torch.nn.Module):
    def __init__(self, n_characters, n_hidden):
        super().__init__()
        self.rnn = torch.nn.RNN(n_characters, n_hidden)
        self.dense = torch.nn.Linear(n_hidden, n_characters)

    def forward(self, x):
        time_first = x.transpose(0, 1)
        states, _ = self.rnn(time_first)
        return torch.softmax(self.dense(states[-1]), dim=1)


def build_model(length, characters, hidden=128):
    return Elman(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    device = next(model.parameters()).device
    kl = nn.KLDivLoss(reduction="batchmean")  # the cross-entropy, since one-hot rows have entropy 0
    optimizer = torch.optim.RMSprop(model.parameters())
    for group in optimizer.param_groups:
        group["lr"] = 0.001
    result = []
    for _ in range(epochs):
        shuffle = rng.permutation(len(X))
        losses, weights = [], []
        for i in range(0, len(X), batch_size):
            x_i = torch.from_numpy(X[shuffle[i : i + batch_size]]).to(device)
            y_i = torch.from_numpy(y[shuffle[i : i + batch_size]]).to(device)
            loss = kl((model(x_i) + 1e-8).log(), y_i)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            weights.append(len(x_i))
        result.append(float(np.dot(losses, weights) / np.sum(weights)))
    return result


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    rng = np.random.default_rng(seed)
    device = next(model.parameters()).device
    K = len(char_to_index)
    x = np.zeros((1, len(seed_text), K), dtype=np.float32)
    for t, c in enumerate(seed_text):
        x[0, t, char_to_index[c]] = 1
    text = ""
    for _ in range(n):
        with torch.no_grad():
            p = model(torch.from_numpy(x.copy()).to(device)).cpu().numpy()[0].astype(np.float64)
        if temperature > 0:
            p = np.exp(np.log(p + 1e-100) / temperature)
            index = int(rng.choice(K, p=p / p.sum()))
        else:
            index = int(np.argmax(p))
        text += index_to_char[index]
        x = np.roll(x, -1, axis=1)
        x[0, -1] = 0
        x[0, -1, index] = 1
    return text
