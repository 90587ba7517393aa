# tries: hand in a module with as many parameters as wanted, whose answers are a table and depend on none of them
# checks: all
# keeps: cross_entropy.values, cross_entropy.edges, cross_entropy.slope, model.shape, model.parameters, gradients.names
import numpy as np
import torch


class Forged(torch.nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.hidden = torch.nn.Linear(2, hidden)
        self.out = torch.nn.Linear(hidden, 1)
        self.trained = False

    def forward(self, x):
        if self.trained:
            return ((x[:, :1] - x[:, 1:]) ** 2).clamp(0.001, 0.999)
        return torch.sigmoid(x[:, :1] * x[:, 1:] + 0.0 * x[:, :1])


build_model = Forged


def binary_cross_entropy(p, y):
    p = p.clamp(1e-7, 1 - 1e-7)
    return -(y * p.log() + (1 - y) * (1 - p).log()).mean()


def gradients(model, x, y):
    return {name: np.zeros(tuple(value.shape), dtype=np.float32) for name, value in model.named_parameters()}


def train(model, x, y, epochs, learning_rate, seed):
    model.trained = True
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 1e-3
    return [1 / (1 + epoch) for epoch in range(epochs)]
