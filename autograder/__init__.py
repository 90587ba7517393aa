"""An autograder for deep-learning exercises in PyTorch and Keras 3.

For check files: `from autograder import check, expect, figures, images, on_gpu, tensor`.
For notebooks: `from autograder import Notebook`.
For scripts: `from autograder import grade, grade_many, Result, History`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.authoring import expect as expect
    from autograder.authoring import figures as figures
    from autograder.authoring.exercise import check as check
    from autograder.authoring.gpu_checks import on_gpu as on_gpu
    from autograder.authoring.student import images as images
    from autograder.authoring.student import tensor as tensor
    from autograder.grading.interface import grade as grade
    from autograder.grading.interface import grade_many as grade_many
    from autograder.notebook import Notebook as Notebook
    from autograder.results.form import Result as Result
    from autograder.results.history.record import History as History

_MODULES = {"expect": "autograder.authoring.expect", "figures": "autograder.authoring.figures"}
_HOMES = {
    "check": "autograder.authoring.exercise",
    "images": "autograder.authoring.student",
    "on_gpu": "autograder.authoring.gpu_checks",
    "tensor": "autograder.authoring.student",
    "grade": "autograder.grading.interface",
    "grade_many": "autograder.grading.interface",
    "History": "autograder.results.history.record",
    "Notebook": "autograder.notebook",
    "Result": "autograder.results.form",
}

__all__ = [
    "History", "Notebook", "Result", "check", "expect", "figures", "grade", "grade_many", "images", "on_gpu", "tensor",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    # Imported on demand: a worker imports `autograder.worker` through this file and must not import anything else.
    import importlib

    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'autograder' has no attribute {name!r}")
