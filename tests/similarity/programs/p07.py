FRAMEWORK = "torch"

import numpy as np
import torch
import torch.nn as nn


def build_vocabulary(text):
    """Sort the characters and number them."""
    charset = sorted(set(text))
    ctoi = {ch: i for i, ch in enumerate(charset)}
    itoc = {i: ch for ch, i in ctoi.items()}
    return ctoi, itoc


def make_windows(text, length=10, step=1):
    X = []
    Y = []
    for i in range(0, len(text) - length, step):
        X.append(text[i : i + length])
        Y.append(text[i + length])
    return X, Y


def one_hot_windows(inputs, labels, char_to_index):
    X = np.zeros((len(inputs), len(inputs[0]), len(char_to_index)), dtype=bool)
    Y = np.zeros((len(inputs), len(char_to_index)), dtype=bool)
    for i, sentence in enumerate(inputs):
        for j, ch in enumerate(sentence):
            X[i, j, char_to_index[ch]] = True
        Y[i, char_to_index[labels[i]]] = True
    return X, Y


def rnn_forward(x, W, U, V):
    T = x.shape[0]
    hidden = W.shape[0]
    out = V.shape[0]
    h = np.zeros((T, hidden))
    y = np.zeros((T, out))
    h_prev = np.zeros(hidden)
    for t in range(T):
        h[t] = np.tanh(W @ h_prev + U @ x[t])
        z = V @ h[t]
        z = z - np.max(z)
        y[t] = np.exp(z) / np.sum(np.exp(z))
        h_prev = h[t]
    return h, y


class RNNModel(nn.Module):
    def __init__(self, vocab_size, hidden_size):
        super(RNNModel, self).__init__()
        self.rnn = nn.RNN(vocab_size, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, vocab_size)

    def forward(self, x):
        out, _ = self.rnn(x)
        out = self.fc(out[:, -1, :])
        return torch.softmax(out, dim=1)


def build_model(length, characters, hidden=128):
    model = RNNModel(characters, hidden)
    return model


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    torch.manual_seed(seed)
    X_tensor = torch.tensor(X, dtype=torch.float32).to(device)
    y_tensor = torch.tensor(y, dtype=torch.float32).to(device)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001)
    losses = []
    for epoch in range(epochs):
        permutation = torch.randperm(X_tensor.size(0)).to(device)
        epoch_loss = 0.0
        for i in range(0, X_tensor.size(0), batch_size):
            indices = permutation[i : i + batch_size]
            batch_x, batch_y = X_tensor[indices], y_tensor[indices]
            optimizer.zero_grad()
            outputs = model(batch_x)
            loss = -torch.mean(torch.sum(batch_y * torch.log(outputs + 1e-7), dim=1))
            loss.backward()
            optimizer.step()
            epoch_loss += loss.item() * batch_x.size(0)
        losses.append(epoch_loss / X_tensor.size(0))
    return losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    model.eval()
    rng = np.random.default_rng(seed)
    current = seed_text
    generated = ""
    with torch.no_grad():
        for _ in range(n):
            x = np.zeros((1, len(current), len(char_to_index)), dtype=np.float32)
            for t, ch in enumerate(current):
                x[0, t, char_to_index[ch]] = 1.0
            probs = model(torch.tensor(x).to(device)).cpu().numpy()[0]
            if temperature == 0:
                next_index = np.argmax(probs)
            else:
                logits = np.log(probs + 1e-10) / temperature
                exp_logits = np.exp(logits - np.max(logits))
                probs = exp_logits / np.sum(exp_logits)
                next_index = rng.choice(len(probs), p=probs)
            next_char = index_to_char[int(next_index)]
            generated += next_char
            current = current[1:] + next_char
    return generated
