"""Probes of batch norm: read, replace and preserve its statistics. Models without batch norm pass unchanged."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograder.authoring.challenges import Draw
from autograder.authoring.student import Remote
from autograder.worker.names import Numbers


def statistics(model: Remote) -> dict[str, Numbers]:
    """The floating-point buffers by name, without the integers that count batches or random draws."""
    return {name: value for name, value in model.buffers().items() if value.dtype.kind == "f"}


def new_statistics(model: Remote) -> dict[str, Numbers]:
    """The batch-norm means and variances of an untrained model: all 0, or all 1."""
    return {
        name: value
        for name, value in statistics(model).items()
        if value.ndim and (np.all(value == 0) or np.all(value == 1))
    }


def replace_statistics(model: Remote, draw: Draw) -> None:
    """Give a new model other means and small variances, so that both modes give very different outputs."""
    model.set_buffers(
        {
            name: draw.uniform(0.02, 0.05, *value.shape) if np.all(value == 1) else 0.1 * draw.normal(*value.shape)
            for name, value in new_statistics(model).items()
        }
    )


@contextmanager
def kept(model: Remote) -> Generator[None]:
    """Restore the model's buffers after the block, which may run the model in training mode."""
    before = model.buffers()
    try:
        yield
    finally:
        model.set_buffers(before)


def in_both_modes(model: Remote, inputs: Any) -> tuple[Any, Any]:
    """The model's outputs in inference and in training mode. Its statistics do not change."""
    with kept(model):
        return model.forward(inputs), model.forward(inputs, training=True)
