FRAMEWORK = "torch"
import numpy as np
import torch
import torch.nn as nn


def build_vocabulary(text):
    chars = sorted(set(text))
    stoi = {s: i for i, s in enumerate(chars)}
    itos = {i: s for s, i in stoi.items()}
    return stoi, itos


def make_windows(text, length=10, step=1):
    xs, ys = [], []
    context = text[:length]
    position = 0
    for ch in text[length:]:
        if position % step == 0:
            xs.append(context)
            ys.append(ch)
        context = context[1:] + ch
        position += 1
    return xs, ys


def one_hot_windows(inputs, labels, char_to_index):
    x = torch.tensor([[char_to_index[s] for s in w] for w in inputs])
    y = torch.tensor([char_to_index[s] for s in labels])
    return nn.functional.one_hot(x, len(char_to_index)), nn.functional.one_hot(y, len(char_to_index))


def rnn_forward(x, W, U, V):
    B = np.zeros((len(x) + 1, W.shape[0]))
    Y = np.zeros((len(x), V.shape[0]))
    for t in range(1, len(x) + 1):
        B[t] = np.tanh(B[t - 1] @ W.T + x[t - 1] @ U.T)
        logits = V @ B[t]
        probs = np.exp(logits - logits.max())
        Y[t - 1] = probs / probs.sum()
    return B[1:], Y


class CharLM(nn.Module):
    def __init__(self, vocab_size, n_embd):
        super().__init__()
        self.wxh = nn.Linear(vocab_size, n_embd, bias=False)
        self.whh = nn.Linear(n_embd, n_embd)
        self.lm_head = nn.Linear(n_embd, vocab_size)

    def forward(self, idx):
        b, t, c = idx.shape
        xh = self.wxh(idx)
        hprev = torch.zeros((b, self.whh.in_features), device=idx.device)
        for i in range(t):
            hprev = torch.tanh(xh[:, i] + self.whh(hprev))
        logits = self.lm_head(hprev)
        return nn.functional.softmax(logits, dim=-1)


def build_model(length, characters, hidden=128):
    return CharLM(characters, hidden)


def get_batches(X, y, batch_size, rng):
    ix = rng.permutation(len(X))
    for i in range(0, len(ix), batch_size):
        j = ix[i : i + batch_size]
        yield torch.from_numpy(X[j]), torch.from_numpy(y[j])


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0)
    lossi = []
    for k in range(epochs):
        running, seen = 0.0, 0
        for xb, yb in get_batches(X, y, batch_size, rng):
            xb, yb = xb.to(device), yb.to(device)
            probs = model(xb)
            logprobs = probs.clamp(min=1e-9).log()
            loss = -logprobs[torch.arange(len(xb), device=device), yb.argmax(1)].mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            running += loss.item() * len(xb)
            seen += len(xb)
        lossi.append(running / seen)
    return lossi


@torch.no_grad()
def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    device = next(model.parameters()).device
    g = torch.Generator().manual_seed(seed)
    context = [char_to_index[s] for s in seed_text]
    out = []
    for _ in range(n):
        x = nn.functional.one_hot(torch.tensor([context]), len(char_to_index)).float()
        probs = model(x.to(device)).cpu()
        if temperature > 0:
            probs = nn.functional.softmax(probs.log() / temperature, dim=-1)
            ix = torch.multinomial(probs, num_samples=1, generator=g).item()
        else:
            ix = probs.argmax(dim=-1).item()
        context = context[1:] + [ix]
        out.append(index_to_char[ix])
    return "".join(out)
