FRAMEWORK = "torch"

import numpy as np
import torch


def build_vocabulary(text):
    known = []
    for c in text:
        if c not in known:
            known.append(c)
    known.sort()
    char_to_index = {}
    index_to_char = {}
    i = 0
    for c in known:
        char_to_index[c] = i
        index_to_char[i] = c
        i = i + 1
    return char_to_index, index_to_char


def make_windows(text, length=10, step=1):
    windows = []
    nexts = []
    i = 0
    while True:
        if i + length >= len(text):
            break
        window = ""
        for j in range(length):
            window = window + text[i + j]
        windows.append(window)
        nexts.append(text[i + length])
        i = i + step
    return windows, nexts


def one_hot_windows(inputs, labels, char_to_index):
    size = len(char_to_index)
    X = []
    for window in inputs:
        matrix = []
        for c in window:
            row = [0] * size
            row[char_to_index[c]] = 1
            matrix.append(row)
        X.append(matrix)
    y = []
    for c in labels:
        row = [0] * size
        row[char_to_index[c]] = 1
        y.append(row)
    return np.array(X), np.array(y)


def rnn_forward(x, W, U, V):
    H = W.shape[0]
    O = V.shape[0]
    F = U.shape[1]
    h_old = [0.0] * H
    all_h = []
    all_y = []
    for t in range(x.shape[0]):
        h_new = []
        for i in range(H):
            a = 0.0
            for j in range(H):
                a = a + W[i, j] * h_old[j]
            for j in range(F):
                a = a + U[i, j] * x[t, j]
            h_new.append(np.tanh(a))
        scores = []
        for k in range(O):
            s = 0.0
            for i in range(H):
                s = s + V[k, i] * h_new[i]
            scores.append(s)
        biggest = max(scores)
        exps = [np.exp(s - biggest) for s in scores]
        summe = sum(exps)
        all_h.append(h_new)
        all_y.append([e / summe for e in exps])
        h_old = h_new
    return np.array(all_h), np.array(all_y)


class MyRNN(torch.nn.Module):
    def __init__(self, characters, hidden):
        super().__init__()
        self.rnn = torch.nn.RNN(characters, hidden, num_layers=1, nonlinearity="tanh", bias=True, batch_first=True)
        self.linear = torch.nn.Linear(hidden, characters)

    def forward(self, x):
        all_states, last_state = self.rnn(x)
        last_state = all_states[:, all_states.shape[1] - 1, :]
        scores = self.linear(last_state)
        probabilities = torch.nn.functional.softmax(scores, dim=1)
        return probabilities


def build_model(length, characters, hidden=128):
    return MyRNN(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    for parameter in model.parameters():
        device = parameter.device
    optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
    number_of_windows = X.shape[0]
    rng = np.random.default_rng(seed)
    list_of_losses = []
    for epoch in range(epochs):
        new_order = rng.permutation(number_of_windows)
        X_new = X[new_order]
        y_new = y[new_order]
        sum_of_losses = 0.0
        first = 0
        while first < number_of_windows:
            last = first + batch_size
            if last > number_of_windows:
                last = number_of_windows
            X_batch = torch.tensor(X_new[first:last], dtype=torch.float32, device=device)
            y_batch = torch.tensor(y_new[first:last], dtype=torch.float32, device=device)
            prediction = model(X_batch)
            prediction = torch.clamp(prediction, min=0.0000001)
            loss = -torch.sum(y_batch * torch.log(prediction))
            mean_loss = loss / (last - first)
            optimizer.zero_grad()
            mean_loss.backward()
            optimizer.step()
            sum_of_losses = sum_of_losses + loss.item()
            first = last
        list_of_losses.append(sum_of_losses / number_of_windows)
    return list_of_losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    for parameter in model.parameters():
        device = parameter.device
    rng = np.random.default_rng(seed)
    text = seed_text
    answer = ""
    for step in range(n):
        X, unused = one_hot_windows([text], [text[0]], char_to_index)
        X = torch.tensor(X, dtype=torch.float32, device=device)
        with torch.no_grad():
            p = model(X)
        p = p.cpu().numpy()[0].astype(np.float64)
        if temperature == 0.0:
            best = 0
            for k in range(len(p)):
                if p[k] > p[best]:
                    best = k
        else:
            q = p ** (1.0 / temperature)
            q = q / np.sum(q)
            r = rng.random()
            best = 0
            total = q[0]
            while total < r and best < len(q) - 1:
                best = best + 1
                total = total + q[best]
        c = index_to_char[best]
        answer = answer + c
        text = text[1:] + c
    return answer
