FRAMEWORK = "torch"

import numpy as np
import torch
from torch import nn


def build_vocabulary(text):
    from collections import Counter

    counts = Counter(text)
    print(f"{len(counts)} different characters")
    c2i, i2c = {}, {}
    for i, (c, _) in enumerate(sorted(counts.items())):
        c2i[c], i2c[i] = i, c
    return c2i, i2c


def make_windows(text, length=10, step=1):
    inputs, labels = list(), list()
    if len(text) <= length:
        return inputs, labels
    for i in range(len(text) - length):
        if i % step == 0:
            inputs.append(text[i : i + length])
            labels.append(text[i + length])
    return inputs, labels


def one_hot_windows(inputs, labels, char_to_index):
    n, L, K = len(inputs), len(inputs[0]), len(char_to_index)
    X = np.zeros(n * L * K, dtype=np.float32)
    # position of each 1 in the flat array
    flat = [(i * L + t) * K + char_to_index[inputs[i][t]] for i in range(n) for t in range(L)]
    X[flat] = 1
    Y = np.zeros(n * K, dtype=np.float32)
    Y[[i * K + char_to_index[labels[i]] for i in range(n)]] = 1
    return X.reshape(n, L, K), Y.reshape(n, K)


def rnn_forward(x, W, U, V):
    x, W, U, V = [np.asarray(a, dtype=np.float64) for a in (x, W, U, V)]
    hs = []
    h = np.zeros((W.shape[0], 1))
    for i in range(x.shape[0]):
        column = x[i].reshape(-1, 1)
        h = np.tanh(W.dot(h) + U.dot(column))
        hs.append(h)
    h_all = np.hstack(hs).T
    logits = h_all.dot(V.T)
    probs = np.exp(logits - logits.max(1, keepdims=True))
    probs /= probs.sum(1, keepdims=True)
    return h_all, probs


class TextModel(nn.Module):
    def __init__(self, characters, hidden):
        super().__init__()
        self.characters = characters
        self.hidden = hidden
        self.rnn = nn.RNN(characters, hidden, 1, batch_first=True)
        self.fc = nn.Linear(hidden, characters)
        self.activation = nn.Softmax(dim=1)

    def forward(self, x):
        h0 = torch.zeros(1, x.size(0), self.hidden, device=x.device)
        out, hn = self.rnn(x, h0)
        return self.activation(self.fc(out[:, -1, :]))


def build_model(length, characters, hidden=128):
    return TextModel(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    criterion = nn.NLLLoss()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001)
    generator = torch.Generator()
    generator.manual_seed(seed)
    X = torch.tensor(X)
    classes = torch.tensor(np.argmax(y, axis=1))
    losses = []
    for epoch in range(epochs):
        perm = torch.randperm(X.shape[0], generator=generator)
        total_loss, total_count = 0.0, 0
        for i in range(0, X.shape[0], batch_size):
            index = perm[i : i + batch_size]
            inputs, targets = X[index].to(device), classes[index].to(device)
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = criterion(torch.log(outputs + 1e-7), targets)
            loss.backward()
            optimizer.step()
            total_loss += loss.item() * inputs.size(0)
            total_count += inputs.size(0)
        losses.append(total_loss / total_count)
        print(f"Epoch {epoch + 1}/{epochs}: loss {losses[-1]:.4f}")
    return losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    np_rng = np.random.RandomState(seed)
    result = seed_text
    model.eval()
    for _ in range(n):
        chunk = result[len(result) - len(seed_text) :]
        x = np.zeros((1, len(chunk), len(char_to_index)), dtype=np.float32)
        for t in range(len(chunk)):
            x[0, t, char_to_index[chunk[t]]] = 1.0
        with torch.no_grad():
            preds = model(torch.tensor(x).to(device)).squeeze(0)
        preds = preds.cpu().numpy().astype("float64")
        if temperature <= 0:
            index = int(preds.argmax())
        else:
            preds = np.log(preds + 1e-30) / temperature
            preds = np.exp(preds - preds.max())
            preds = preds / preds.sum()
            index = int(np.argmax(np_rng.multinomial(1, preds, 1)))
        result += index_to_char[index]
    return result[len(seed_text) :]
