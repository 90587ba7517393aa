# tries: name, through the worker's own adapter, parameters that the model does not have
import numpy as np
import torch
from autograder.worker.frameworks import torch as adapter


class Constant(torch.nn.Module):
    def forward(self, x):
        return torch.full((len(x), 1), 2.0)


def build_model(hidden):
    adapter.parameters = lambda model: {"all of them": np.zeros(4 * hidden + 1, dtype=np.float32)}
    adapter.assign = lambda model, values: None
    return Constant()


def gradients(model, x, y):
    return adapter.parameters(model)


def train(model, *args):
    adapter.parameters = lambda model: {"all of them": np.random.normal(size=17).astype(np.float32)}
    return [0.1] * 7
