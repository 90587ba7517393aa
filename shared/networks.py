"""Small networks with given weights, the same in PyTorch and Keras, and gradients in their parameters."""

import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float

Layer = tuple[Float[np.ndarray, "inputs outputs"], Float[np.ndarray, "outputs"]]


def dense(layers: Sequence[Layer], batch_norm: bool = False, framework: str | None = None) -> Any:
    """A `torch.nn.Module` or a `keras.Model` of dense layers with ReLU between them, and a linear output.

    `layers`: the kernel and the bias of each layer. `batch_norm`: normalise the inputs of the last layer. Without a
    name, it uses the framework that this process has imported. Raises `ValueError` if the sizes do not fit.
    """
    for (kernel, _), (following, _) in pairwise(layers):
        if kernel.shape[1] != following.shape[0]:
            raise ValueError(f"a layer of {kernel.shape[1]} units before one that takes {following.shape[0]}")
    return {"torch": _in_torch, "keras": _in_keras}[framework or _imported()](layers, batch_norm)


def parameter_gradients(function: Callable[..., Any], model: Any, *arguments: Any) -> dict[str, Any]:
    """The gradient of `function(model, *arguments)`, a scalar, in each parameter of the model, by name.

    By the framework's autodiff; `None` where no gradient arrives. In Keras, the function is called inside a
    `tf.GradientTape`.
    """
    slopes = _slopes_in_torch if hasattr(model, "named_parameters") else _slopes_in_keras
    return slopes(function, model, *arguments)


def _imported() -> str:
    return "keras" if "keras" in sys.modules else "torch"


def _in_torch(layers: Sequence[Layer], batch_norm: bool) -> Any:
    import torch
    from torch import nn

    modules: list[nn.Module] = []
    for number, (kernel, bias) in enumerate(layers):
        last = number == len(layers) - 1
        if number:
            modules.append(nn.ReLU())
        if last and batch_norm:
            modules.append(nn.BatchNorm1d(kernel.shape[0]))
        layer = nn.Linear(*kernel.shape)
        layer.weight.data = torch.tensor(np.ascontiguousarray(kernel.T))
        layer.bias.data = torch.tensor(bias)
        modules.append(layer)
    return nn.Sequential(*modules)


def _in_keras(layers: Sequence[Layer], batch_norm: bool) -> Any:
    import keras

    model = keras.Sequential([keras.Input((layers[0][0].shape[0],))])
    for number, (kernel, bias) in enumerate(layers):
        last = number == len(layers) - 1
        if last and batch_norm:
            model.add(keras.layers.BatchNormalization())
        layer = keras.layers.Dense(kernel.shape[1], activation=None if last else "relu")
        model.add(layer)
        layer.set_weights([kernel, bias])
    return model


def _slopes_in_torch(function: Callable[..., Any], model: Any, *arguments: Any) -> dict[str, Any]:
    import torch

    named = dict(model.named_parameters())
    value = function(model, *arguments)
    if not (isinstance(value, torch.Tensor) and value.requires_grad):
        return dict.fromkeys(named)
    return dict(zip(named, torch.autograd.grad(value.sum(), list(named.values()), allow_unused=True), strict=True))


def _slopes_in_keras(function: Callable[..., Any], model: Any, *arguments: Any) -> dict[str, Any]:
    import tensorflow as tf

    variables = model.trainable_variables
    with tf.GradientTape() as tape:
        value = function(model, *arguments)
    if not tf.is_tensor(value):
        return {variable.path: None for variable in variables}
    slopes = tape.gradient(value, [variable.value for variable in variables])
    return {variable.path: slope for variable, slope in zip(variables, slopes, strict=True)}
