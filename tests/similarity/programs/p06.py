FRAMEWORK = "torch"

from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import Tensor, nn


@dataclass
class Vocabulary:
    chars: list

    @classmethod
    def of(cls, text):
        return cls(sorted(set(text)))

    def to_index(self):
        return {char: index for index, char in enumerate(self.chars)}

    def to_char(self):
        return {index: char for index, char in enumerate(self.chars)}


def build_vocabulary(text):
    vocabulary = Vocabulary.of(text)
    return vocabulary.to_index(), vocabulary.to_char()


def iterate_windows(text, length, step):
    for start in range(0, len(text), step):
        if start + length >= len(text):
            return
        yield text[start : start + length], text[start + length]


def make_windows(text, length=10, step=1):
    inputs: list[str] = []
    labels: list[str] = []
    for window, label in iterate_windows(text, length, step):
        inputs.append(window)
        labels.append(label)
    return inputs, labels


def one_hot_windows(inputs, labels, char_to_index):
    def lookup(s):
        return [char_to_index[c] for c in s]

    identity = np.identity(len(char_to_index), np.float32)
    return identity[[lookup(w) for w in inputs]], identity[lookup(labels)]


def step_forward(h, x_t, W, U, V):
    new_h = np.tanh(W @ h + U @ x_t)
    scores = V @ new_h
    scores -= scores.max()
    unnormalised = np.exp(scores)
    return new_h, unnormalised / unnormalised.sum()


def rnn_forward(x, W, U, V):
    h = np.zeros(W.shape[0])
    states, outputs = [], []
    for x_t in x:
        h, y_t = step_forward(h, x_t, W, U, V)
        states.append(h)
        outputs.append(y_t)
    return np.stack(states), np.stack(outputs)


class Recurrent(nn.Module):
    def __init__(self, characters: int, hidden: int) -> None:
        super().__init__()
        self.cell = nn.RNNCell(characters, hidden)
        self.head = nn.Sequential(nn.Linear(hidden, characters), nn.Softmax(dim=-1))

    def forward(self, x: Tensor) -> Tensor:
        h = None
        for x_t in x.unbind(dim=1):
            h = self.cell(x_t, h)
        return self.head(h)


def build_model(length, characters, hidden=128):
    return Recurrent(characters, hidden)


def batches(n, batch_size, generator):
    order = torch.randperm(n, generator=generator)
    yield from order.split(batch_size)


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    inputs, targets = torch.as_tensor(X), torch.as_tensor(y)
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.NAdam(model.parameters(), lr=2e-3)
    criterion = nn.NLLLoss(reduction="sum")
    means = []
    for _ in range(epochs):
        total = 0.0
        for rows in batches(len(inputs), batch_size, generator):
            p = model(inputs[rows].to(device))
            wanted = targets[rows].argmax(-1).to(device)
            loss = criterion(torch.log(p.clamp_min(1e-7)), wanted)
            optimiser.zero_grad(set_to_none=True)
            (loss / len(rows)).backward()
            optimiser.step()
            total += loss.item()
        means.append(total / len(inputs))
    return means


def writer(model, window, char_to_index, index_to_char, temperature, seed):
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    identity = torch.eye(len(char_to_index))
    while True:
        x = identity[[char_to_index[c] for c in window]].unsqueeze(0)
        p = model(x.to(device))[0].cpu()
        if temperature == 0:
            k = int(p.argmax())
        else:
            k = int(torch.multinomial((p.double().log() / temperature).softmax(0), 1, generator=generator))
        yield index_to_char[k]
        window = window[1:] + index_to_char[k]


@torch.no_grad()
def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    stream = writer(model, seed_text, char_to_index, index_to_char, temperature, seed)
    return "".join(islice(stream, n))
