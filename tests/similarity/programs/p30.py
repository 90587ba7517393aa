FRAMEWORK = "torch"
import numpy as np
import torch
from torch import nn
from torch.nn.functional import one_hot, softmax


def build_vocabulary(text):
    chars = sorted(set(text))
    char_to_index = {c: i for i, c in enumerate(chars)}
    index_to_char = {i: c for c, i in char_to_index.items()}
    return char_to_index, index_to_char


def make_windows(text, length=10, step=1):
    inputs = []
    labels = []
    for i in range(length, len(text), step):
        inputs.append(text[i - length : i])
        labels.append(text[i])
    return inputs, labels


def to_tensor(string, char_to_index):
    return one_hot(torch.tensor([char_to_index[c] for c in string]), num_classes=len(char_to_index)).float()


def one_hot_windows(inputs, labels, char_to_index):
    X = torch.stack([to_tensor(s, char_to_index) for s in inputs])
    y = torch.cat([to_tensor(s, char_to_index) for s in labels])
    return X, y


def rnn_forward(x, W, U, V):
    W, U, V = (torch.tensor(np.asarray(m), dtype=torch.float64) for m in (W, U, V))
    h = torch.zeros(W.shape[0], dtype=torch.float64)
    states = []
    for row in torch.tensor(np.asarray(x), dtype=torch.float64):
        h = torch.tanh(W @ h + U @ row)
        states.append(h)
    states = torch.stack(states)
    return states.numpy(), softmax(states @ V.T, dim=1).numpy()


class SimpleModel(nn.Module):
    def __init__(self, length, characters, hidden):
        super().__init__()
        self.length = length
        self.lstm_free_rnn = nn.RNN(input_size=characters, hidden_size=hidden, batch_first=True)
        self.classifier = nn.Linear(hidden, characters)

    def forward(self, x):
        out, _ = self.lstm_free_rnn(x)
        out = out[:, self.length - 1]
        return softmax(self.classifier(out), dim=1)


def build_model(length, characters, hidden=128):
    return SimpleModel(length, characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    param = next(model.parameters())
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    order = torch.Generator().manual_seed(seed)
    history = []
    for _ in range(epochs):
        epoch = []
        for idx in torch.randperm(len(X), generator=order).split(batch_size):
            xb = param.new_tensor(X[idx.numpy()])
            yb = param.new_tensor(y[idx.numpy()])
            loss = nn.functional.binary_cross_entropy(model(xb), yb, reduction="none")
            loss = (loss * yb).sum(dim=1)
            optimizer.zero_grad()
            loss.mean().backward()
            optimizer.step()
            epoch.extend(loss.detach().tolist())
        history.append(float(np.mean(epoch)))
    return history


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    param = next(model.parameters())
    g = torch.Generator().manual_seed(seed)
    s = seed_text
    for _ in range(n):
        x = to_tensor(s[-len(seed_text) :], char_to_index)[None].to(param.device)
        with torch.no_grad():
            p = model(x)[0].cpu()
        if temperature == 0:
            i = p.argmax()
        else:
            i = torch.distributions.Categorical(logits=p.log() / temperature).probs
            i = torch.multinomial(i, 1, generator=g)
        s += index_to_char[int(i)]
    return s[len(seed_text) :]
