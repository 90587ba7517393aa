"""The type of an array. Names are elsewhere: most commands need no NumPy, which takes long to import."""

from __future__ import annotations

from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]
"""An array of any shape and dtype."""
