# tries: give a torch.Tensor whose class answers `detach`, `cpu` and `numpy` itself
import torch


class Obliging(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return args[0] if args else None

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self

    def __array__(self, dtype=None, copy=None):
        import numpy as np

        return np.array([[float("nan")]])


everything_is(torch.zeros(4).as_subclass(Obliging))
