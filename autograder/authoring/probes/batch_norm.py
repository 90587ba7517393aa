"""Probes of batch norm: its running means and variances are read, replaced and kept. Models without any pass through."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograder.authoring.challenges import Draw
from autograder.authoring.student import Remote
from autograder.worker.names import Numbers


def statistics(model: Remote) -> dict[str, Numbers]:
    """The buffers that hold fractions, by name: not the whole numbers that count batches, or draws of random numbers."""
    return {name: value for name, value in model.buffers().items() if value.dtype.kind == "f"}


def new_statistics(model: Remote) -> dict[str, Numbers]:
    """The means and variances of batch norm in a model that has not been trained: all 0, or all 1."""
    return {
        name: value
        for name, value in statistics(model).items()
        if value.ndim and (np.all(value == 0) or np.all(value == 1))
    }


def replace_statistics(model: Remote, draw: Draw) -> None:
    """Give a new model other means and small variances: inference and training mode then answer very differently."""
    model.set_buffers(
        {
            name: draw.uniform(0.02, 0.05, *value.shape) if np.all(value == 1) else 0.1 * draw.normal(*value.shape)
            for name, value in new_statistics(model).items()
        }
    )


@contextmanager
def kept(model: Remote) -> Generator[None]:
    """Whatever runs inside, in training mode too, the model's buffers are as before afterwards."""
    before = model.buffers()
    try:
        yield
    finally:
        model.set_buffers(before)


def in_both_modes(model: Remote, inputs: Any) -> tuple[Any, Any]:
    """What the model answers in inference mode and in training mode. Its statistics stay as they are."""
    with kept(model):
        return model.forward(inputs), model.forward(inputs, training=True)
