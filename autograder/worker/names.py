"""Names used on both sides of the wire."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

FrameworkName = Literal["torch", "keras"]
FRAMEWORKS: tuple[FrameworkName, ...] = ("torch", "keras")

Numbers = np.ndarray[Any, Any]
"""An array of any shape and dtype."""

SLOW_IMPORTS = ("scipy.optimize", "scipy.stats", "sympy")
"""What a zygote imports when it first forks a worker for a file that mentions it: the workers after it have it at once."""
