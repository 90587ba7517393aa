"""Gradients that arrive and gradients that do not, in both frameworks; differences against known derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.authoring.probes import gradients
from autograder.authoring.student import tensor
from autograder.errors import CheckFailed
from autograder.execution.zygote_client import Zygotes
from autograder.worker.names import FrameworkName
from tests import toy
from tests.catalogue import FRAMEWORKS

SOURCES = {
    "torch": """
        import torch
        FRAMEWORK = "torch"
        class Net(torch.nn.Module):
            def __init__(self, cut):
                super().__init__()
                self.cut, self.first, self.second = cut, torch.nn.Linear(3, 4), torch.nn.Linear(4, 1)
            def forward(self, x):
                hidden = self.first(x)
                return self.second(hidden.detach() if self.cut else hidden)
        def build(cut):
            return Net(cut)
        def square(x):
            return (x ** 2).sum()
        def square_cut(x):
            return (x.detach() ** 2).sum()
    """,
    "keras": """
        import keras
        FRAMEWORK = "keras"
        def build(cut):
            x = keras.Input((3,))
            hidden = keras.layers.Dense(4)(x)
            return keras.Model(x, keras.layers.Dense(1)(keras.ops.stop_gradient(hidden) if cut else hidden))
        def square(x):
            return keras.ops.sum(x ** 2)
        def square_cut(x):
            return keras.ops.sum(keras.ops.stop_gradient(x) ** 2)
    """,
}
SENTENCES: dict[str, str] = {"tried": "the gradient", "expected": "one that is there", "cause": "It is cut off."}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_parameters_that_no_gradient_reaches_are_named(zygotes: Zygotes, framework: FrameworkName) -> None:
    x = np.random.default_rng(1).normal(size=(5, 3))
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        whole, cut = (student.build(cut) for cut in (False, True))
        assert gradients.lost(whole.gradients(x, np.ones((5, 1)))) == []
        lost = gradients.lost(cut.gradients(x, np.ones((5, 1))))
        assert sorted(cut.parameters()[name].size for name in lost) == [4, 12]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_gradient_that_does_not_arrive_fails(zygotes: Zygotes, framework: FrameworkName) -> None:
    x = tensor(np.array([1, -2], dtype=np.float32))
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        gradients.arrived(student.gradient("square", x), **SENTENCES)
        with pytest.raises(CheckFailed, match="saw no gradient") as failed:
            gradients.arrived(student.gradient("square_cut", x), **SENTENCES)
        assert failed.value.likely == "It is cut off."
    gradients.arrived(np.zeros(2), **SENTENCES)


def test_differences_are_the_derivative() -> None:
    x = np.random.default_rng(1).normal(size=(3, 4))
    found = gradients.gradient_by_differences(lambda x: np.sum(x**3) + x[0, 0] * x[2, 3], x)
    wanted = 3 * x**2
    wanted[0, 0] += x[2, 3]
    wanted[2, 3] += x[0, 0]
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-8)
    assert np.abs(found - 2.99 * x**2).max() > 1e-3
    np.testing.assert_allclose(gradients.slope_by_differences(np.sin, x), np.cos(x), rtol=1e-6, atol=1e-9)


def test_a_slope_along_a_direction_is_by_its_length() -> None:
    x, way = np.array([1.0, 2.0]), np.array([3e-5, 4e-5])
    np.testing.assert_allclose(gradients.slope_by_differences(lambda x: x @ [10, 100], x, way), 0.6 * 10 + 0.8 * 100)
