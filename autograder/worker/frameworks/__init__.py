"""One adapter per framework, with everything that the worker does differently in PyTorch and Keras.

The grader uses NumPy arrays and channels-last images; an adapter converts them to the framework's conventions.
"""

from __future__ import annotations

import importlib
from typing import Any, Protocol, cast

from autograder.worker.arrays import Numbers
from autograder.worker.names import FrameworkName


class Framework(Protocol):
    """The interface of an adapter. The modules `frameworks/torch.py` and `frameworks/keras.py` implement it."""

    NAME: FrameworkName

    def versions(self) -> dict[str, str]:
        """Names and versions of the framework's packages."""
        ...

    def preload(self) -> None:
        """Import what a student's first training step needs, without running an operation or starting a thread."""
        ...

    def seed(self, seed: int) -> None:
        """Seed Python's, NumPy's and the framework's global generators."""
        ...

    def eagerly(self, on: bool) -> None:
        """Turn eager execution on or off for functions that the framework would trace and compile."""
        ...

    def draws_repeat(self) -> bool:
        """A sanity check: whether the same seed gives the same numbers here."""
        ...

    def tensor(self, values: Numbers) -> Any:
        """A tensor of the same dtype, on the CPU."""
        ...

    def array(self, value: Any) -> Numbers | None:
        """The tensor's values, or `None` if the value is not a tensor of this framework."""
        ...

    def images_in(self, values: Numbers) -> Numbers:
        """Convert channels-last images to the framework's layout; `(…, H, W, C)` with three or four axes."""
        ...

    def images_out(self, values: Numbers) -> Numbers:
        """Convert images from the framework's layout to channels-last."""
        ...

    def ready(self, model: Any, example: Numbers) -> None:
        """Call an unbuilt model once on zeros shaped like the example, so that its parameters exist."""
        ...

    def forward(self, model: Any, inputs: Numbers, training: bool) -> Any:
        """The model's output, without gradients; the model's mode is restored afterwards."""
        ...

    def parameters(self, model: Any) -> dict[str, Numbers]:
        """The model's parameters by name, including frozen ones."""
        ...

    def buffers(self, model: Any) -> dict[str, Numbers]:
        """The model's other state by name: batch-norm statistics, state in variables."""
        ...

    def assign(self, model: Any, values: dict[str, Numbers]) -> None:
        """Set parameters or buffers by name."""
        ...

    def gradients(self, model: Any, inputs: Numbers, cotangent: Numbers, training: bool) -> dict[str, Numbers | None]:
        """∂(Σ cotangent · model(inputs)) with respect to each parameter; `None` where no gradient arrives."""
        ...

    def input_gradient(self, model: Any, inputs: Numbers, cotangent: Numbers, training: bool) -> Numbers | None:
        """The same with respect to the inputs."""
        ...

    def function_gradient(self, function: Any, args: list[Any], wrt: int, cotangent: Numbers | None) -> Any:
        """The same for a function of tensors, with respect to the tensor (or each tensor of the list) `args[wrt]`."""
        ...


def load(name: FrameworkName) -> Framework:
    """Import the framework and return its adapter."""
    return cast(Framework, importlib.import_module(f"{__name__}.{name}"))
