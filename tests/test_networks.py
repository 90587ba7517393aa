"""Networks with given weights for checks, and the gradients of a student's function in their parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.errors import StudentError
from autograder.execution.zygote_client import Zygotes
from autograder.worker.names import FrameworkName
from shared import networks
from tests import toy

SOURCES: dict[FrameworkName, str] = {
    "torch": """
FRAMEWORK = "torch"
import torch
def squares(model, x):
    return model(torch.as_tensor(x)).square().sum()
def cut(model, x):
    return squares(model, x).detach()
def number(model, x):
    return 3.0
""",
    "keras": """
FRAMEWORK = "keras"
import tensorflow as tf
def squares(model, x):
    return tf.reduce_sum(model(tf.constant(x)) ** 2)
def cut(model, x):
    return tf.stop_gradient(squares(model, x))
def number(model, x):
    return 3.0
""",
}


def _layers() -> list[networks.Layer]:
    rng = np.random.default_rng(0)
    return [(rng.normal(size=(a, b)).astype(np.float32), np.full(b, 0.5, np.float32)) for a, b in ((3, 4), (4, 1))]


@pytest.mark.parametrize("framework", SOURCES)
def test_networks_and_gradients_in_their_parameters(zygotes: Zygotes, framework: FrameworkName) -> None:
    x = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    (first, bias), (last, shift) = layers = _layers()
    hidden = np.maximum(x @ first + bias, 0)
    out = hidden @ last + shift
    with toy.student(zygotes, SOURCES[framework], framework, check_seconds=60) as student:
        model = student.shared("networks.dense", layers)
        assert np.allclose(model.forward(x), out, atol=1e-5)

        def slopes(name: str) -> dict[str, Any]:
            found = student.shared("networks.parameter_gradients", student.function(name), model, x)
            assert list(found) == list(model.parameters())
            return found

        of_last = next(slope for slope in slopes("squares").values() if slope.size == 4 and slope.ndim == 2)
        assert np.allclose(of_last.ravel(), (hidden.T @ (2 * out)).ravel(), rtol=1e-4)
        assert set(slopes("cut").values()) == set(slopes("number").values()) == {None}
        normalised = student.shared("networks.dense", layers, batch_norm=True)
        assert {value.shape for value in normalised.buffers().values() if value.ndim} == {(4,)}
        with pytest.raises(StudentError, match="missing"):
            student.function("missing")


def test_layers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="4 units before one that takes 3"):
        networks.dense([*_layers()[:1], *_layers()[:1]], framework="torch")
