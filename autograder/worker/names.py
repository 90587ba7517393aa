"""Names used on both sides of the wire."""

from __future__ import annotations

from typing import Literal

FrameworkName = Literal["torch", "keras"]
FRAMEWORKS: tuple[FrameworkName, ...] = ("torch", "keras")
TRACING: tuple[FrameworkName, ...] = ("keras",)
"""Frameworks that trace and compile functions."""

_IN_BOTH = {
    "matplotlib.pyplot": ("plot",),
    "scipy.optimize": ("scipy", "optimize"),
    "scipy.special": ("scipy", "special"),
    "scipy.stats": ("scipy", "stats"),
    # Several modules of `shared` plot. Without Matplotlib in the zygote, a worker would look for the machine's fonts.
    "shared.plots": ("shared",),
    "sympy": ("sympy",),
}
SLOW_IMPORTS: dict[FrameworkName, dict[str, tuple[str, ...]]] = {
    # Without `torch._dynamo`, the first optimizer step of every worker takes over a second.
    "torch": {"torch._dynamo": ("optim",), "torch.utils.data": ("utils", "data"), **_IN_BOTH},
    "keras": _IN_BOTH,
}
"""Module → the words by which a file shows that it will import it. A zygote imports it when it first forks a worker for such a
file, and its later workers have it from the start."""
DEVICE_IMPORTS: dict[FrameworkName, tuple[str, ...]] = {"torch": ("torch._dynamo",), "keras": ()}
"""Those of them that following tensors from device to device needs."""
