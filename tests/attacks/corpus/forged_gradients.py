# tries: give gradients of the right names and shapes that were never derived
# keeps: model.shape, model.parameters, model.nonlinear, gradients.names, cross_entropy.values, cross_entropy.edges, cross_entropy.slope
import numpy as np
from torch import nn


def build_model(hidden):
    return nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 1), nn.Sigmoid())


def binary_cross_entropy(p, y):
    p = p.clamp(1e-7, 1 - 1e-7)
    return -(y * p.log() + (1 - y) * (1 - p).log()).mean()


def gradients(model, x, y):
    return {
        name: np.random.default_rng(0).normal(size=tuple(value.shape)).astype(np.float32) * 1e-3
        for name, value in model.named_parameters()
    }
