"""What networks and functions answer, as NumPy arrays in both frameworks: demo cells draw it."""

from __future__ import annotations

from typing import Any

import numpy as np


def predict(model: Any, inputs: Any) -> np.ndarray:
    """The answers of a `torch.nn.Module` or a `keras.Model` to a batch, in inference mode and without gradients.

    `inputs`: an array or a tensor; Booleans and float64 become float32, integers int64. In PyTorch, the batch moves to
    the device of the model's parameters, and every module is left in the mode in which it was.
    """
    inputs = np.asarray(inputs)
    inputs = inputs.astype(np.int64 if inputs.dtype.kind in "iu" else np.float32)
    if hasattr(model, "named_parameters"):
        return _in_torch(model, inputs)
    return np.asarray(model(inputs, training=False))


def array(value: Any) -> np.ndarray:
    """An array, a tensor on any device, or nested lists of numbers and of tensors, as an array."""
    if isinstance(value, list | tuple):
        return np.array([array(each) for each in value])
    return value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)


def _in_torch(model: Any, inputs: np.ndarray) -> np.ndarray:
    import torch  # only where the model is one of PyTorch's

    device = next((parameter.device for parameter in model.parameters()), None)
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        with torch.no_grad():
            return model(torch.as_tensor(inputs, device=device)).cpu().numpy()
    finally:
        for module in training:
            module.training = True
