"""One adapter for each framework: everything that the worker does differently in PyTorch and in Keras.

The grader speaks NumPy and channels-last images; an adapter turns that into what the framework's users are used to.
"""

from __future__ import annotations

import importlib
from typing import Any, Protocol, cast

from autograder.worker.names import FrameworkName, Numbers


class Framework(Protocol):
    """What the worker asks of a framework. A module is one: `frameworks/torch.py`, `frameworks/keras.py`."""

    NAME: FrameworkName

    def versions(self) -> dict[str, str]:
        """Names and versions of the framework's packages."""
        ...

    def preload(self) -> None:
        """Import what a student's first step would otherwise import. Runs no op and starts no thread."""
        ...

    def seed(self, seed: int) -> None:
        """Seed Python's, NumPy's and the framework's global generators."""
        ...

    def eagerly(self, on: bool) -> None:
        """Run op by op, or no longer, the functions that the framework would first trace and compile."""
        ...

    def draws_repeat(self) -> bool:
        """The canary: does the same seed give the same numbers here?"""
        ...

    def tensor(self, values: Numbers) -> Any:
        """A tensor of the same dtype, on the CPU."""
        ...

    def array(self, value: Any) -> Numbers | None:
        """The tensor's numbers, or `None` where the value is no tensor of this framework."""
        ...

    def images_in(self, values: Numbers) -> Numbers:
        """From channels-last into the framework's layout; `(…, H, W, C)` of three or four axes."""
        ...

    def images_out(self, values: Numbers) -> Numbers:
        """From the framework's layout into channels-last."""
        ...

    def ready(self, model: Any, example: Numbers) -> None:
        """Call an unbuilt model once on zeros like the example, so that its parameters exist."""
        ...

    def forward(self, model: Any, inputs: Numbers, training: bool) -> Any:
        """The model's answer, without gradients; the model's mode is as before afterwards."""
        ...

    def parameters(self, model: Any) -> dict[str, Numbers]:
        """What the model learns, by name, frozen or not."""
        ...

    def buffers(self, model: Any) -> dict[str, Numbers]:
        """What the model keeps besides its parameters: batch-norm statistics, state in variables."""
        ...

    def assign(self, model: Any, values: dict[str, Numbers]) -> None:
        """Set parameters or buffers by name."""
        ...

    def gradients(self, model: Any, inputs: Numbers, cotangent: Numbers, training: bool) -> dict[str, Numbers | None]:
        """∂(Σ cotangent · model(inputs)) in each parameter; `None` where no gradient arrives."""
        ...

    def input_gradient(self, model: Any, inputs: Numbers, cotangent: Numbers, training: bool) -> Numbers | None:
        """The same in the inputs."""
        ...

    def function_gradient(self, function: Any, args: list[Any], wrt: int, cotangent: Numbers | None) -> Any:
        """The same for a function of tensors, in the tensor (or each tensor of the list) `args[wrt]`."""
        ...


def load(name: FrameworkName) -> Framework:
    """The adapter of that name. Imports the framework."""
    return cast(Framework, importlib.import_module(f"{__name__}.{name}"))
