"""Models are built and get weights, in both frameworks."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.authoring.probes.models import new_model, start_differently, take_over
from autograder.errors import CheckFailed
from autograder.execution.zygote_client import Zygotes
from autograder.worker.names import FrameworkName
from tests import toy
from tests.catalogue import FRAMEWORKS

SOURCES = {
    "torch": """
        import torch
        FRAMEWORK = "torch"
        def build(units, bias=True):
            return torch.nn.LazyLinear(units, bias=bias)
        def nothing(units):
            pass
    """,
    "keras": """
        import keras
        FRAMEWORK = "keras"
        def build(units, bias=True):
            return keras.Sequential([keras.layers.Dense(units, use_bias=bias)])
        def nothing(units):
            pass
    """,
}
EXAMPLE = np.zeros((2, 3))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_new_model_has_its_parameters_and_follows_the_seed(zygotes: Zygotes, framework: FrameworkName) -> None:
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        kernels = []
        for seed in (1, 1, 2):
            model = new_model(student, "build", 4, example=EXAMPLE, seed=seed)
            assert sorted(value.size for value in model.parameters().values()) == [4, 12]
            kernels.append(next(value for value in model.parameters().values() if value.size == 12))
        np.testing.assert_array_equal(kernels[0], kernels[1])
        assert np.any(kernels[0] != kernels[2])
        assert len(new_model(student, "build", 4, example=EXAMPLE, bias=False).parameters()) == 1


def test_a_function_that_returns_no_model_fails(zygotes: Zygotes) -> None:
    with (
        toy.student(zygotes, SOURCES["torch"]) as student,
        pytest.raises(CheckFailed, match=r"tried nothing\(4\); saw None") as failed,
    ):
        new_model(student, "nothing", 4, example=EXAMPLE, cause="Return the model.")
    assert failed.value.likely == "Return the model."


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_who_has_taken_over_the_weights_answers_alike(zygotes: Zygotes, framework: FrameworkName) -> None:
    x = np.random.default_rng(1).normal(size=(5, 3))
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        first, second = (new_model(student, "build", 4, example=EXAMPLE, seed=seed) for seed in (1, 2))
        assert np.any(first.forward(x) != second.forward(x))
        np.testing.assert_allclose(take_over(second, first.parameters()).forward(x), first.forward(x), rtol=1e-6)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_weights_of_another_make_fail(zygotes: Zygotes, framework: FrameworkName) -> None:
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        model = new_model(student, "build", 4, example=EXAMPLE)
        for other in (
            new_model(student, "build", 5, example=EXAMPLE),
            new_model(student, "build", 4, example=EXAMPLE, bias=False),
        ):
            with pytest.raises(CheckFailed, match="saw weights of other shapes") as failed:
                take_over(model, other.parameters(), cause="Always the same.")
            assert failed.value.likely == "Always the same."


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_two_seeds_give_two_starts(zygotes: Zygotes, framework: FrameworkName) -> None:
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        one, same, other = (new_model(student, "build", 4, example=EXAMPLE, seed=seed) for seed in (1, 1, 2))
        start_differently(one, other, tried="build(4) twice")
        with pytest.raises(CheckFailed, match="saw the same starting weights"):
            start_differently(one, same, tried="build(4) twice")
