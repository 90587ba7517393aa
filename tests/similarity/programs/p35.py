FRAMEWORK = "torch"
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def build_vocabulary(text):
    chars = sorted(set(text))
    n_chars = len(chars)
    index_to_char = {i: chars[i] for i in range(n_chars)}
    char_to_index = {chars[i]: i for i in range(n_chars)}
    return char_to_index, index_to_char


def make_windows(text, length=10, step=1):
    inputs, labels = [], []
    n = len(text)
    for i in range(0, n, step):
        j = i + length
        if j >= n:
            break
        inputs.append(text[i:j])
        labels.append(text[j])
    return inputs, labels


def one_hot_windows(inputs, labels, char_to_index):
    eye = np.eye(len(char_to_index), dtype=np.float32)
    X = np.stack([eye[[char_to_index[c] for c in window]] for window in inputs])
    y = np.stack([eye[char_to_index[c]] for c in labels])
    return X, y


def rnn_forward(x, W, U, V):
    def softmax(z):
        e = np.exp(z - z.max())
        return e / e.sum()

    h_t = np.zeros(W.shape[0])
    h, y = [], []
    for x_t in x:
        h_t = np.tanh(W @ h_t + U @ x_t)
        h.append(h_t)
        y.append(softmax(V @ h_t))
    return np.array(h), np.array(y)


class CharModel(nn.Module):
    def __init__(self, n_chars, n_hidden):
        super().__init__()
        self.rnn = nn.RNN(n_chars, n_hidden, batch_first=True)
        self.dense = nn.Linear(n_hidden, n_chars)

    def forward(self, x):
        _, h_n = self.rnn(x)
        return F.softmax(self.dense(h_n[-1]), dim=-1)


def build_model(length, characters, hidden=128):
    return CharModel(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    X, y = torch.from_numpy(X).to(device), torch.from_numpy(y).to(device)
    gen = torch.Generator().manual_seed(seed)
    opt = torch.optim.Adam(model.parameters(), lr=0.002)
    losses = []
    for _ in range(epochs):
        epoch_loss = 0.0
        for idx in torch.randperm(len(X), generator=gen).to(device).split(batch_size):
            p = model(X[idx])
            loss = -torch.mean(torch.sum(y[idx] * torch.log(p + 1e-8), dim=-1))
            opt.zero_grad()
            loss.backward()
            opt.step()
            epoch_loss += loss.item() * len(idx)
        losses.append(epoch_loss / len(X))
    return losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    rng = np.random.default_rng(seed)
    text = seed_text
    length = len(seed_text)
    for _ in range(n):
        ids = torch.tensor([[char_to_index[c] for c in text[-length:]]], device=device)
        x = F.one_hot(ids, len(char_to_index)).float()
        with torch.no_grad():
            p = model(x).squeeze(0).cpu().numpy().astype(np.float64)
        if temperature == 0:
            k = p.argmax()
        else:
            logits = np.log(p + 1e-12) / temperature
            q = np.exp(logits - logits.max())
            k = rng.choice(len(q), p=q / q.sum())
        text += index_to_char[int(k)]
    return text[length:]
