"""Probes of batch norm, on networks with and without it."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.authoring.challenges import Draw
from autograder.authoring.probes import batch_norm
from autograder.execution.zygote_client import Zygotes
from autograder.worker.names import FrameworkName
from tests import toy

NETS: dict[FrameworkName, str] = {
    "torch": """
        FRAMEWORK = "torch"
        from torch import nn

        def build():
            return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))

        def plain():
            return nn.Linear(3, 2)
        """,
    "keras": """
        FRAMEWORK = "keras"
        import keras

        def build():
            layers = keras.layers
            return keras.Sequential([layers.Dense(4), layers.BatchNormalization(), layers.Dense(2)])

        def plain():
            return keras.Sequential([keras.layers.Dense(2)])

        def spectral():
            return keras.Sequential([keras.layers.SpectralNormalization(keras.layers.Dense(4))])
        """,
}
X = np.random.default_rng(0).standard_normal((8, 3)).astype(np.float32)
BOTH = pytest.mark.parametrize("framework", NETS)


def same(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> bool:
    return before.keys() == after.keys() and all(np.array_equal(before[name], after[name]) for name in before)


@BOTH
def test_means_and_variances_but_no_counters(zygotes: Zygotes, framework: FrameworkName) -> None:
    with toy.student(zygotes, NETS[framework], framework) as student:
        model = student.build().ready(X)
        assert sorted(value.tolist() for value in batch_norm.statistics(model).values()) == [[0] * 4, [1] * 4]
        assert same(batch_norm.statistics(model), batch_norm.new_statistics(model))
        model.forward(X, training=True)
        assert len(batch_norm.statistics(model)) == 2
        assert not batch_norm.new_statistics(model)
        assert not batch_norm.statistics(student.plain().ready(X))


@BOTH
def test_other_statistics_tell_the_modes_apart(zygotes: Zygotes, framework: FrameworkName) -> None:
    with toy.student(zygotes, NETS[framework], framework) as student:
        for build, tells in (("build", True), ("plain", False)):
            model = student.call(build).ready(X)
            batch_norm.replace_statistics(model, Draw(20))
            inference, training = batch_norm.outputs_in_both_modes(model, X)
            assert (np.std(inference) > 2 * np.std(training)) is np.bool_(tells)
            assert np.array_equal(inference, training) is not tells


@BOTH
def test_asking_in_both_modes_leaves_the_statistics(zygotes: Zygotes, framework: FrameworkName) -> None:
    with toy.student(zygotes, NETS[framework], framework) as student:
        model = student.build().ready(X)
        before = model.buffers()
        inference, training = batch_norm.outputs_in_both_modes(model, X)
        assert same(before, model.buffers())
        assert np.array_equal(inference, model.forward(X))
        assert np.array_equal(training, model.forward(X, training=True))
        assert not same(before, model.buffers())


@BOTH
def test_statistics_are_kept_where_something_is_raised(zygotes: Zygotes, framework: FrameworkName) -> None:
    with toy.student(zygotes, NETS[framework], framework) as student:
        model = student.build().ready(X)
        before = model.buffers()
        with pytest.raises(ZeroDivisionError), batch_norm.kept(model):
            model.forward(X, training=True)
            raise ZeroDivisionError
        assert same(before, model.buffers())


def test_spectral_normalisation_settles(zygotes: Zygotes) -> None:
    with toy.student(zygotes, NETS["keras"], "keras") as student:
        model = student.spectral().ready(X)
        new = model.parameters()
        batch_norm.outputs_in_both_modes(model, X)
        assert same(new, model.parameters())
        batch_norm.settle(model, X)
        (settled,) = [value for value in model.parameters().values() if value.ndim == 2]
        assert np.linalg.norm(settled, 2) == pytest.approx(1, abs=1e-3)


@BOTH
def test_other_models_are_settled_already(zygotes: Zygotes, framework: FrameworkName) -> None:
    with toy.student(zygotes, NETS[framework], framework) as student:
        model = student.build().ready(X)
        before = model.buffers()
        batch_norm.settle(model, X)
        assert same(before, model.buffers())
