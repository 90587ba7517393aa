"""PyTorch: images are channels-first, models are modules."""

# PyTorch's stubs leave much unknown; what leaves this module is NumPy.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import copy
import random
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.nn.utils import parametrize
from torch.nn.utils.spectral_norm import SpectralNorm

from autograder.worker.arrays import Numbers
from autograder.worker.names import FrameworkName

NAME: FrameworkName = "torch"


def versions() -> dict[str, str]:
    """PyTorch's version."""
    return {"torch": str(torch.__version__)}


def preload() -> None:
    """Use one thread. What only some files need is in `SLOW_IMPORTS`."""
    torch.set_num_threads(1)


def seed(seed: int) -> None:
    """Seed all three generators."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def eagerly(on: bool) -> None:
    """No effect: PyTorch does not trace."""


def draws_repeat() -> bool:
    """Whether the same seed gives the same random numbers, for every generator."""

    def draws() -> list[float]:
        seed(20)
        return [random.random(), np.random.normal(), *torch.rand(3).tolist()]

    return draws() == draws()


def tensor(values: Numbers) -> torch.Tensor:
    """A tensor with its own memory."""
    return torch.from_numpy(np.array(values))


def array(value: Any) -> Numbers | None:
    """The values of a tensor on any device."""
    if not isinstance(value, torch.Tensor):
        return None
    plain = value.detach().cpu()
    if plain.is_sparse:
        plain = plain.to_dense()
    if plain.dtype in (torch.bfloat16, torch.float16):
        plain = plain.float()
    return plain.resolve_conj().resolve_neg().numpy()


def images_in(values: Numbers) -> Numbers:
    """Channels-last → channels-first."""
    return np.ascontiguousarray(np.moveaxis(values, -1, -3)) if values.ndim in (3, 4) else values


def images_out(values: Numbers) -> Numbers:
    """Channels-first → channels-last."""
    return np.moveaxis(values, -3, -1) if values.ndim in (3, 4) else values


def ready(model: Any, example: Numbers) -> None:
    """Initialise lazy modules, which have no parameters before their first call.

    A copy of the model is called to record the inputs of each lazy module, so that any state from the call stays in the
    copy.
    """
    if not isinstance(model, nn.Module) or not any(is_lazy(parameter) for parameter in model.parameters()):
        return
    twin, inputs = copy.deepcopy(model), dict[nn.Module, Any]()

    def listen(original: nn.Module, called: nn.Module) -> None:
        def hook(_: nn.Module, args: Any) -> None:
            inputs.setdefault(original, args)

        called.register_forward_pre_hook(hook)

    for original, called in zip(model.modules(), twin.modules(), strict=True):
        if any(map(is_lazy, original.parameters(recurse=False))):
            listen(original, called)
    forward(twin, np.zeros_like(example), training=False)
    with _mode(model, False), torch.no_grad():
        for original, args in inputs.items():
            original(*args)


def forward(model: Any, inputs: Numbers, training: bool) -> Any:
    """In the given mode, without gradients."""
    with _mode(model, training), torch.no_grad():
        return model(_input(model, inputs))


def parameters(model: Any) -> dict[str, Numbers]:
    """`named_parameters()` without uninitialised lazy parameters."""
    return {
        name: _numbers(parameter) for name, parameter in _module(model).named_parameters() if not is_lazy(parameter)
    }


def buffers(model: Any) -> dict[str, Numbers]:
    """`named_buffers()`."""
    return {name: _numbers(buffer) for name, buffer in _module(model).named_buffers()}


def assign(model: Any, values: dict[str, Numbers]) -> None:
    """Copy into the existing tensors, so that references in optimisers stay valid."""
    module = _module(model)
    tensors = dict(module.named_parameters()) | dict(module.named_buffers())
    with torch.no_grad():
        for name, numbers in values.items():
            if tensors[name].shape != numbers.shape:
                raise ValueError(f"{name} has shape {tuple(tensors[name].shape)}, not {numbers.shape}")
            tensors[name].copy_(tensor(numbers))
    _follow(module, {id(tensors[name]) for name in values})


def gradients(model: Any, inputs: Numbers, cotangent: Numbers, training: bool) -> dict[str, Numbers | None]:
    """With `torch.autograd.grad`, which leaves `.grad` unchanged; also for frozen parameters."""
    named = dict(_module(model).named_parameters())
    frozen = [parameter for parameter in named.values() if not parameter.requires_grad]
    try:
        for parameter in frozen:
            parameter.requires_grad_(True)
        with _mode(model, training), torch.enable_grad():
            output = model(_input(model, inputs))
            slopes = torch.autograd.grad(output, list(named.values()), _like(output, cotangent), allow_unused=True)
    finally:
        for parameter in frozen:
            parameter.requires_grad_(False)
    return {name: array(slope) for name, slope in zip(named, slopes, strict=True)}


def input_gradient(model: Any, inputs: Numbers, cotangent: Numbers, training: bool) -> Numbers | None:
    """With `torch.autograd.grad`."""
    with _mode(model, training), torch.enable_grad():
        x = _input(model, inputs).requires_grad_()
        output = model(x)
        (slope,) = torch.autograd.grad(output, [x], _like(output, cotangent), allow_unused=True)
    return array(slope)


def function_gradient(function: Any, args: list[Any], wrt: int, cotangent: Numbers | None) -> Any:
    """With `torch.autograd.grad`; also `None` if the result does not depend on any tensor."""
    several = isinstance(args[wrt], list)
    leaves: list[torch.Tensor] = [leaf.detach().requires_grad_() for leaf in (args[wrt] if several else [args[wrt]])]
    given = [*args[:wrt], leaves if several else leaves[0], *args[wrt + 1 :]]
    with torch.enable_grad():
        output = function(*given)
        slopes: Any = [None] * len(leaves)
        if isinstance(output, torch.Tensor) and output.requires_grad:
            weights = torch.ones_like(output) if cotangent is None else _like(output, cotangent)
            slopes = torch.autograd.grad(output, leaves, weights, allow_unused=True)
    gradients = [array(slope) for slope in slopes]
    return gradients if several else gradients[0]


def _module(model: Any) -> nn.Module:
    if not isinstance(model, nn.Module):
        raise TypeError(f"expected a torch.nn.Module, not a {type(model).__name__}")
    return model


def _follow(module: nn.Module, changed: set[int]) -> None:
    """Let spectral normalisation follow changed weights, as it does in the course of a training.

    It divides by a norm that it estimates with vectors which it keeps. With those of other weights the norm could be of
    any size, and of either sign.
    """
    with _mode(module, True), torch.no_grad():
        for each in module.modules():
            part: Any = each
            # Each access to such a weight, and each call of such a hook, is a step of the estimate.
            if parametrize.is_parametrized(each):
                for name, steps in part.parametrizations.items():
                    if _has_norm(getattr(steps, "original", None), changed):
                        for _ in range(20):
                            getattr(part, name)
            for hook in part._forward_pre_hooks.values():
                if isinstance(hook, SpectralNorm) and _has_norm(getattr(part, f"{hook.name}_orig"), changed):
                    for _ in range(20):
                        hook(part, ())


def _has_norm(weight: Any, changed: set[int]) -> bool:
    # The estimate of a norm near 0 ends at 0 and never leaves it.
    return id(weight) in changed and bool(weight.norm() > 1e-6)


def _numbers(value: torch.Tensor) -> Numbers:
    # A copy, because the grader compares values before and after training.
    return value.detach().cpu().numpy().copy()


def _input(model: Any, inputs: Numbers) -> torch.Tensor:
    x = tensor(inputs)
    first = next(model.parameters(), None) if isinstance(model, nn.Module) else None
    if first is None or is_lazy(first):
        return x
    return x.to(first.device, first.dtype if x.is_floating_point() else None)


def _like(output: torch.Tensor, cotangent: Numbers) -> torch.Tensor:
    return tensor(cotangent).to(output.device, output.dtype).reshape(output.shape)


@contextmanager
def _mode(model: Any, training: bool) -> Generator[None]:
    modules = list(model.modules()) if isinstance(model, nn.Module) else []
    before = [module.training for module in modules]
    if modules:
        model.train(training)
    try:
        yield
    finally:
        for module, was in zip(modules, before, strict=True):
            module.training = was
