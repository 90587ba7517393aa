"""Probes of batch norm: read, replace and preserve its statistics. Models without batch norm pass unchanged."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograder.authoring.challenges import Draw
from autograder.authoring.probes.parameters import flat, snapshot
from autograder.authoring.student import Remote
from autograder.worker.arrays import Numbers


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
    """Restore the model after the block, which may run it in training mode.

    Its parameters too: Keras' spectral normalisation divides a kernel by its norm in each call in training mode.
    """
    restore = snapshot(model)
    try:
        yield
    finally:
        restore()


def outputs_in_both_modes(model: Remote, inputs: Any) -> tuple[Any, Any]:
    """The model's outputs in inference and in training mode. Its statistics do not change."""
    with kept(model):
        return model.forward(inputs), model.forward(inputs, training=True)


def settle(model: Remote, inputs: Any) -> None:
    """Call the model in training mode until its parameters rest. Models whose parameters always rest are unchanged.

    Keras' spectral normalisation divides a kernel by an estimate of its norm in each such call. In a new model this
    would hide what a step of training changes.
    """
    restore = snapshot(model)
    for call in range(100):
        before = flat(model.parameters())
        model.forward(inputs, training=True)
        if np.allclose(flat(model.parameters()), before, rtol=1e-5, atol=1e-7):
            if call == 0:
                restore()
            return
