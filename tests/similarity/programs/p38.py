FRAMEWORK = "torch"
import numpy as np
import torch


def build_vocabulary(text):
    chars = list(sorted(set(text)))
    return {c: n for n, c in enumerate(chars)}, {n: c for n, c in enumerate(chars)}


def make_windows(text, length=10, step=1):
    inputs = []
    labels = []
    if len(text) > length:
        for i in range(0, len(text) - length, step):
            window = text[i : i + length]
            inputs.append(window)
            labels.append(text[i + length])
    return inputs, labels


def one_hot_windows(inputs, labels, char_to_index):
    vocab_size = len(char_to_index)

    def vec(c):
        v = np.zeros(vocab_size)
        v[char_to_index[c]] = 1
        return v

    X = np.array([[vec(c) for c in w] for w in inputs])
    y = np.array([vec(c) for c in labels])
    return X, y


def rnn_forward(x, W, U, V):
    h_list = []
    y_list = []
    h = np.zeros(W.shape[0])
    for i in range(len(x)):
        h = np.tanh(np.dot(W, h) + np.dot(U, x[i]))
        score = np.dot(V, h)
        exp_score = np.exp(score - np.max(score))
        prob = exp_score / exp_score.sum()
        h_list.append(h)
        y_list.append(prob)
    return np.array(h_list), np.array(y_list)


class RNNClassifier(torch.nn.Module):
    def __init__(self, input_dim, hidden_dim):
        super().__init__()
        self.rnn = torch.nn.RNN(input_dim, hidden_dim, batch_first=True)
        self.classifier = torch.nn.Linear(hidden_dim, input_dim)

    def forward(self, x):
        _, hidden = self.rnn(x)
        scores = self.classifier(hidden[0])
        return torch.nn.functional.softmax(scores, dim=-1)


def build_model(length, characters, hidden=128):
    return RNNClassifier(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    X_t = torch.from_numpy(X).float()
    y_t = torch.from_numpy(y).float()
    torch.manual_seed(seed)
    history = []
    for ep in range(epochs):
        perm = torch.randperm(X_t.shape[0])
        losses = []
        for k in range(0, X_t.shape[0], batch_size):
            sel = perm[k : k + batch_size]
            xb = X_t[sel].to(device)
            yb = y_t[sel].to(device)
            pred = model(xb)
            ce = -(yb * torch.log(pred + 1e-8)).sum(dim=1)
            loss = ce.mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses += ce.tolist()
        history.append(sum(losses) / len(losses))
    return history


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    rng = np.random.default_rng(seed)
    s = seed_text
    out = ""
    for _ in range(n):
        X, _y = one_hot_windows([s], [s[-1]], char_to_index)
        with torch.no_grad():
            p = model(torch.from_numpy(X).float().to(device)).cpu().numpy()[0]
        if temperature == 0:
            c = index_to_char[int(np.argmax(p))]
        else:
            p = np.power(p.astype(np.float64), 1 / temperature)
            p = p / p.sum()
            c = index_to_char[int(rng.choice(len(p), p=p))]
        out += c
        s = s[1:] + c
    return out
