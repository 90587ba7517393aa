# tries: return memory that was never written, in the hope that it holds the results of a previous call
# framework: torch, keras
# rare: keras
import importlib

import numpy as np

torch = importlib.import_module("torch") if FRAMEWORK == "torch" else None


def unwritten(*args, **kwargs):
    """As large as the first argument; what NumPy or PyTorch has freed last is given out first."""
    shape = (np.shape(args[0]) or (4,)) if args else (4,)
    if torch is not None and args and isinstance(args[0], torch.Tensor):
        return torch.empty(shape)
    return np.empty(shape[:1])


for name in TARGETS["contract"]:
    globals()[name] = unwritten
