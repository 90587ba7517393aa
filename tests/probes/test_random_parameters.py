"""Random weights, and outputs that depend on a bias only, in both frameworks."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.authoring.challenges import Draw
from autograder.authoring.probes.parameters import glorot, output_bias_alone, random_weights
from autograder.execution.zygote_client import Zygotes
from autograder.worker.names import FrameworkName
from tests import toy
from tests.catalogue import FRAMEWORKS

SOURCES = {
    "torch": """
        import torch
        FRAMEWORK = "torch"
        def build():
            return torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.ReLU(), torch.nn.Linear(5, 2))
    """,
    "keras": """
        import keras
        FRAMEWORK = "keras"
        def build():
            return keras.Sequential([keras.Input((3,)), keras.layers.Dense(5, "relu"), keras.layers.Dense(2)])
    """,
}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_output_bias_answers_alone(zygotes: Zygotes, framework: FrameworkName) -> None:
    x = np.random.default_rng(1).normal(size=(4, 3))
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        model = student.build()
        model.set_parameters(random_weights(Draw(1, "toy"), model.parameters()))
        assert np.ptp(model.forward(x), axis=0).min() > 1e-3
        model.set_parameters(output_bias_alone(model.parameters(), [0.25, -3.0]))
        np.testing.assert_array_equal(model.forward(x), np.tile([0.25, -3.0], (4, 1)))


def test_a_bias_written_as_a_row_is_one_too() -> None:
    found = output_bias_alone({"kernel": np.ones((3, 2)), "bias": np.ones((1, 2))}, [1.0, 2.0])
    np.testing.assert_array_equal(found["bias"], [[1.0, 2.0]])
    assert not np.any(found["kernel"])


def test_random_weights_have_the_spread_that_is_asked() -> None:
    shapes = {"kernel": (40, 60), "filters": (3, 30, 30), "bias": (2000,)}
    parameters = {name: np.zeros(shape) for name, shape in shapes.items()}
    found = random_weights(Draw(1, "toy"), parameters, matrices=glorot, biases=0.1)
    for name, wanted in (("kernel", np.sqrt(2 / 100)), ("filters", np.sqrt(2 / (3 * 60))), ("bias", 0.1)):
        assert found[name].shape == shapes[name]
        assert found[name].std() == pytest.approx(wanted, rel=0.08)
    assert not np.any(random_weights(Draw(1, "toy"), parameters, biases=0)["bias"])


def test_glorot_does_not_ask_which_way_round_a_kernel_lies() -> None:
    assert glorot((5, 7)) == glorot((7, 5)) == pytest.approx(np.sqrt(2 / 12))
    assert glorot((3, 5, 7)) == glorot((7, 5, 3)) == pytest.approx(np.sqrt(2 / (3 * 12)))
    assert glorot((5, 7)) != glorot((5, 6))
