FRAMEWORK = "torch"
import numpy as np
import torch
from torch import nn


def build_vocabulary(text):
    chars = sorted(set(text))
    char_to_index = {char: chars.index(char) for char in chars}
    index_to_char = {chars.index(char): char for char in chars}
    return char_to_index, index_to_char


def make_windows(text, length=10, step=1):
    inputs, labels = [], []
    for i in range(0, len(text) - length, step):
        inputs.append(text[i : i + length])
        labels.append(text[i + length])
    return inputs, labels


def one_hot_windows(inputs, labels, char_to_index):
    X = np.zeros((len(inputs), len(inputs[0]), len(char_to_index)), dtype=np.float32)
    y = np.zeros((len(labels), len(char_to_index)), dtype=np.float32)
    for i in range(len(inputs)):
        for j in range(len(inputs[i])):
            X[i, j, char_to_index[inputs[i][j]]] = 1.0
        y[i, char_to_index[labels[i]]] = 1.0
    return X, y


def rnn_forward(x, W, U, V):
    T = x.shape[0]
    H = W.shape[0]
    O = V.shape[0]
    h = np.zeros((T, H))
    y = np.zeros((T, O))
    h_prev = np.zeros(H)
    for t in range(T):
        h_prev = np.tanh(W @ h_prev + U @ x[t])
        h[t] = h_prev
        s = V @ h_prev
        e = np.exp(s - np.max(s))
        y[t] = e / np.sum(e)
    return h, y


class SimpleRNN(nn.Module):
    def __init__(self, characters, hidden):
        super().__init__()
        self.rnn = nn.RNN(input_size=characters, hidden_size=hidden, batch_first=True)
        self.fc = nn.Linear(hidden, characters)

    def forward(self, x):
        output, hidden = self.rnn(x)
        logits = self.fc(output[:, -1, :])
        return torch.softmax(logits, dim=-1)


def build_model(length, characters, hidden=128):
    return SimpleRNN(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001)
    n = len(X)
    losses = []
    for epoch in range(epochs):
        indices = rng.permutation(n)
        total_loss = 0.0
        for start in range(0, n, batch_size):
            batch_idx = indices[start : start + batch_size]
            xb = torch.tensor(X[batch_idx], dtype=torch.float32, device=device)
            yb = torch.tensor(y[batch_idx], dtype=torch.float32, device=device)
            optimizer.zero_grad()
            probs = model(xb)
            loss = -(yb * torch.log(probs.clamp(min=1e-7))).sum(dim=1).mean()
            loss.backward()
            optimizer.step()
            total_loss += loss.item() * len(batch_idx)
        losses.append(total_loss / n)
    return losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    rng = np.random.default_rng(seed)
    window = seed_text
    result = []
    model.eval()
    with torch.no_grad():
        for _ in range(n):
            x = np.zeros((1, len(window), len(char_to_index)), dtype=np.float32)
            for t, ch in enumerate(window):
                x[0, t, char_to_index[ch]] = 1.0
            probs = model(torch.tensor(x, device=device)).cpu().numpy()[0].astype(np.float64)
            if temperature == 0.0:
                idx = int(np.argmax(probs))
            else:
                logits = np.log(np.maximum(probs, 1e-12)) / temperature
                logits -= logits.max()
                q = np.exp(logits)
                q /= q.sum()
                idx = int(rng.choice(len(q), p=q))
            ch = index_to_char[idx]
            result.append(ch)
            window = window[1:] + ch
    return "".join(result)
