"""Stateful models in both frameworks, built by their first call; another layer has the output layer's size."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.authoring.probes import recurrent
from autograder.authoring.student import Remote
from autograder.errors import CheckFailed
from autograder.execution.zygote_client import Zygotes
from autograder.worker.names import FrameworkName
from tests import toy
from tests.catalogue import FRAMEWORKS

# Four stateful units, a shift for each of them, and an output layer, whose kernel also has four entries.
SOURCES = {
    "torch": """
        import torch
        FRAMEWORK = "torch"
        class Net(torch.nn.Module):
            def __init__(self, batch, linear):
                super().__init__()
                self.linear, self.shift = linear, torch.nn.Parameter(torch.ones(4))
                self.inner, self.out = torch.nn.RNN(2, 4, bias=False, batch_first=True), torch.nn.LazyLinear(1)
                self.register_buffer("state", torch.zeros(1, batch, 4))
            def forward(self, x):
                states, state = self.inner(x, self.state)
                self.state = state.detach()
                answer = self.out(states[:, -1] + self.shift)
                return answer if self.linear else torch.sigmoid(answer)
        def build(batch, linear=True):
            return Net(batch, linear)
    """,
    "keras": """
        import keras
        FRAMEWORK = "keras"
        class Memory(keras.layers.Layer):
            def __init__(self, batch):
                super().__init__()
                self.batch = batch
            def build(self, shape):
                self.kernel, self.recurrent = self.add_weight((2, 4)), self.add_weight((4, 4))
                self.shift = self.add_weight((4,), "ones")
                self.state = self.add_weight((self.batch, 4), "zeros", trainable=False)
            def call(self, x):
                h = self.state.value
                for step in range(x.shape[1]):
                    h = keras.ops.tanh(0.1 + x[:, step] @ self.kernel + h @ self.recurrent)
                self.state.assign(keras.ops.stop_gradient(h))
                return h + self.shift
        def build(batch, linear=True):
            return keras.Sequential([Memory(batch), keras.layers.Dense(1, None if linear else "sigmoid")])
    """,
}


def random(model: Remote) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {name: rng.normal(size=value.shape).astype(np.float32) for name, value in model.parameters().items()}


def state(model: Remote) -> np.ndarray:
    (kept,) = model.buffers().values()
    return kept.reshape(-1, 4)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_the_first_call_makes_has_no_state_yet(zygotes: Zygotes, framework: FrameworkName) -> None:
    example = np.zeros((2, 3, 2))
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        model = recurrent.ready_without_state(student.build(2), example)
        assert sum(value.size == 4 for value in model.parameters().values()) == 2
        assert not np.any(state(model))
        # In PyTorch, the worker calls a copy of the module; in Keras, only the probe undoes the call's side effects.
        assert np.any(state(student.build(2).ready(example))) == (framework == "keras")
        # A complete model keeps its state.
        model.forward(np.ones((2, 3, 2)))
        assert np.all(state(recurrent.ready_without_state(model, example)))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_output_layer_is_the_one_that_silences(zygotes: Zygotes, framework: FrameworkName) -> None:
    x = np.random.default_rng(1).normal(size=(2, 3, 2))
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        model = recurrent.ready_without_state(student.build(2), x)
        weights = random(model)
        kernel, places = recurrent.output_layer(model, weights, 4, x, cause="")
        sizes = [value.size for value in weights.values()]
        assert sorted(sizes[place] for place in places) == [1, 4]
        assert list(weights.values())[kernel].ndim == 2, "that is the shift"
        model.set_parameters(recurrent.silenced(weights, places))
        assert not np.any(model.forward(x))
        model.set_parameters(weights)
        assert np.all(model.forward(x))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_an_answer_that_nothing_silences_fails(zygotes: Zygotes, framework: FrameworkName) -> None:
    x = np.ones((2, 3, 2))
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        model = recurrent.ready_without_state(student.build(2, linear=False), x)
        with pytest.raises(CheckFailed, match="still depends on the input") as failed:
            recurrent.output_layer(model, random(model), 4, x, cause="A sigmoid.")
        assert failed.value.likely == "A sigmoid."


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_last_state_is_what_the_rows_have_left(zygotes: Zygotes, framework: FrameworkName) -> None:
    rows = np.random.default_rng(1).normal(size=(2, 1, 3, 2))
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        reader, fresh = (recurrent.ready_without_state(student.build(1), rows[0]) for _ in range(2))
        weights = random(reader)
        kernel, _ = recurrent.output_layer(fresh, weights, 4, rows[0], cause="")
        reader.set_parameters(weights)
        fresh = recurrent.ready_without_state(student.build(1), rows[0])
        fresh.set_parameters(dict(zip(fresh.parameters(), weights.values(), strict=True)))
        reader.forward(rows[0])
        remembered, forgetful = (recurrent.last_state(each, kernel, rows[1]) for each in (reader, fresh))
        (shift,) = (value for value in weights.values() if value.shape == (4,))
        np.testing.assert_allclose(remembered, state(reader)[0] + shift, atol=1e-5)
        np.testing.assert_allclose(forgetful, state(fresh)[0] + shift, atol=1e-5)
        assert np.abs(remembered - forgetful).max() > 1e-3
