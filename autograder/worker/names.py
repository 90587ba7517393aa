"""Names used on both sides of the wire."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

FrameworkName = Literal["torch", "keras"]
FRAMEWORKS: tuple[FrameworkName, ...] = ("torch", "keras")

Numbers = np.ndarray[Any, Any]
"""An array of any shape and dtype."""

SLOW_IMPORTS = {
    "scipy.optimize": ("scipy", "optimize"),
    "scipy.stats": ("scipy", "stats"),
    "sympy": ("sympy",),
}
"""Module → the words by which a file shows that it will import it. A zygote imports it when it first forks a worker for such a
file, and its later workers have it from the start."""
