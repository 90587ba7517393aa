"""An autograder for deep-learning exercises in PyTorch and Keras 3.

For check files: `from autograder import check, expect, images, tensor`. For notebooks: `from autograder import Notebook`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder import expect as expect
    from autograder import picture as picture
    from autograder.exercise import check as check
    from autograder.gpu import on_gpu as on_gpu
    from autograder.notebook import Notebook as Notebook
    from autograder.student import images as images
    from autograder.student import tensor as tensor

_HOMES = {
    "check": "autograder.exercise",
    "expect": "autograder.expect",
    "images": "autograder.student",
    "on_gpu": "autograder.gpu",
    "picture": "autograder.picture",
    "tensor": "autograder.student",
    "Notebook": "autograder.notebook",
}

__all__ = ["Notebook", "check", "expect", "images", "on_gpu", "picture", "tensor"]


def __getattr__(name: str) -> Any:
    # Imported on demand: a worker imports `autograder.worker` through this file, and must get nothing else with it.
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'autograder' has no attribute {name!r}")
    home = importlib.import_module(_HOMES[name])
    return home if name in ("expect", "picture") else getattr(home, name)
