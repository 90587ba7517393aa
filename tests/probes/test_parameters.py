"""Probes of parameters, on arrays and on a convolution and a dense layer of both frameworks."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.authoring.challenges import Draw
from autograder.authoring.probes import parameters
from autograder.authoring.student import images
from autograder.errors import CheckFailed
from autograder.execution.zygote_client import Zygotes
from autograder.worker.names import FrameworkName
from tests import toy

NETS: dict[FrameworkName, str] = {
    "torch": """
        FRAMEWORK = "torch"
        from torch import nn

        def build():
            return nn.Sequential(nn.Conv2d(1, 3, 2), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(27, 5))
        """,
    "keras": """
        FRAMEWORK = "keras"
        import keras

        def build():
            layers = keras.layers
            return keras.Sequential([layers.Conv2D(3, 2), layers.BatchNormalization(), layers.Flatten(), layers.Dense(5)])
        """,
}
IMAGES = images(np.random.default_rng(0).standard_normal((6, 4, 4, 1)))


@pytest.fixture
def draw() -> Draw:
    return Draw(20)


@pytest.mark.parametrize("framework", NETS)
def test_weights_are_kernels_and_matrices(zygotes: Zygotes, framework: FrameworkName) -> None:
    with toy.student(zygotes, NETS[framework], framework) as student:
        found = parameters.weights(student.build().ready(IMAGES))
    assert sorted(value.ndim for value in found.values()) == [2, 4]
    assert sorted(value.size for value in found.values()) == [12, 135]


@pytest.mark.parametrize("framework", NETS)
def test_random_parameters_are_large(zygotes: Zygotes, framework: FrameworkName, draw: Draw) -> None:
    with toy.student(zygotes, NETS[framework], framework) as student:
        model = student.build().ready(IMAGES)
        before, answers = model.parameters(), model.forward(IMAGES)
        parameters.randomise(model, draw, gain=2.0)
        after = model.parameters()
        assert parameters.standing_still(before, after) == []
        assert np.abs(model.forward(IMAGES)).max() > 3 * np.abs(answers).max()
    (matrix,) = (value for value in after.values() if value.ndim == 2)
    assert matrix.std() == pytest.approx(2 / 135**0.25, rel=0.25)


@pytest.mark.parametrize("framework", NETS)
def test_a_snapshot_brings_parameters_and_buffers_back(zygotes: Zygotes, framework: FrameworkName, draw: Draw) -> None:
    with toy.student(zygotes, NETS[framework], framework) as student:
        model = student.build().ready(IMAGES)
        restore, answers = parameters.snapshot(model), model.forward(IMAGES)
        model.forward(IMAGES, training=True)
        assert not np.allclose(model.forward(IMAGES), answers)  # batch norm has included the batch in its statistics
        parameters.randomise(model, draw)
        restore()
        assert np.array_equal(model.forward(IMAGES), answers)


@pytest.mark.parametrize("framework", ["torch", "keras"])
def test_matrices_of_zeros_are_filled(zygotes: Zygotes, framework: FrameworkName, draw: Draw) -> None:
    with toy.student(zygotes, NETS[framework], framework) as student:
        net = student.build().ready(IMAGES)
        own = net.parameters()
        last = [name for name, value in own.items() if value.ndim == 2]
        net.set_parameters({name: np.zeros_like(own[name]) for name in last})
        filled = parameters.without_zero_matrices(draw, net)
        assert last and all(np.all(filled[name] == net.parameters()[name]) for name in own)
        assert [name for name in own if np.any(filled[name] != own[name])] == last
        assert all(filled[name].all() for name in last)


def test_zeros_factors_and_draws_keep_names_and_shapes(draw: Draw) -> None:
    values = {"kernel": draw.normal(2, 3), "bias": draw.normal(3)}
    assert {name: value.tolist() for name, value in parameters.zeros(values).items()} == {
        "kernel": [[0, 0, 0], [0, 0, 0]],
        "bias": [0, 0, 0],
    }
    assert np.array_equal(parameters.scaled(values, -2)["bias"], -2 * values["bias"])
    fresh = parameters.random_weights(Draw(1), values)
    assert {name: value.shape for name, value in fresh.items()} == {"kernel": (2, 3), "bias": (3,)}
    assert np.array_equal(fresh["kernel"], Draw(1).normal(2, 3))


def test_only_matrices_that_are_far_too_small_are_scaled_up(draw: Draw) -> None:
    values = {
        "tiny": 0.02 * draw.normal(20, 30),
        "usual": 0.2 * draw.normal(20, 30),
        "alike": np.array([[0.8], [0.82]], np.float32),
        "zero": np.zeros((4, 4), np.float32),
        "bias": 1e-6 * draw.normal(30),
    }
    found = parameters.at_least_glorot(values)
    assert np.sqrt(np.mean(found["tiny"] ** 2)) == pytest.approx(np.sqrt(2 / 50), rel=1e-5)
    assert np.allclose(found["tiny"] / values["tiny"], found["tiny"][0, 0] / values["tiny"][0, 0], rtol=1e-5)
    assert parameters.standing_still(values, found) == ["usual", "alike", "zero", "bias"]


def test_changes_between_two_states(draw: Draw) -> None:
    before = {"kernel": draw.normal(2, 2), "bias": draw.normal(2)}
    after = {"kernel": before["kernel"] + 0.25, "bias": before["bias"].copy()}
    assert parameters.standing_still(before, after) == ["bias"]
    assert parameters.standing_still(before, {"kernel": before["kernel"]}) == ["kernel"]
    change = parameters.change(before, after)
    assert np.allclose(parameters.flat(change), [0.25] * 4 + [0, 0], atol=1e-6)
    with pytest.raises(KeyError):
        parameters.change(before, {"kernel": after["kernel"]})


def test_several_states_in_one_row() -> None:
    row = parameters.flat({"a": np.ones((2, 2), np.float32)}, {"a": np.zeros(1), "b": np.full(2, 3)})
    assert row.tolist() == [1, 1, 1, 1, 0, 3, 3]
    assert row.dtype == np.float64


def test_most_arrays_must_move_and_all_must_be_numbers() -> None:
    before = {"a": np.zeros(2), "b": np.zeros(2)}
    parameters.some_moved(before, {"a": np.ones(2), "b": np.zeros(2)}, "train", "Nothing moved.")
    for after in (before, {"a": np.ones(2), "b": np.full(2, np.nan)}):
        with pytest.raises(CheckFailed):
            parameters.some_moved(before, after, "train", "Nothing moved.")
    with pytest.raises(CheckFailed):
        parameters.some_moved({}, {}, "train", "Nothing moved.")
