"""Stateful models in both frameworks: one made at its first call, one whose answer goes past its output layer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from autograder.authoring.probes import recurrent
from autograder.engine import Zygotes
from autograder.errors import CheckFailed
from autograder.launch import FrameworkName
from autograder.student import Remote
from tests import toy
from tests.catalogue import FRAMEWORKS

# A shift has as many entries as the kernel of the output layer: it must not be taken for it.
SOURCES = {
    "torch": """
        import torch
        FRAMEWORK = "torch"
        class Net(torch.nn.Module):
            def __init__(self, linear):
                super().__init__()
                self.linear, self.shift = linear, torch.nn.Parameter(torch.ones(4))
                self.lstm, self.out = torch.nn.LSTM(1, 4, batch_first=True), torch.nn.LazyLinear(1)
                for name in ("h", "c"):
                    self.register_buffer(name, torch.zeros(1, 2, 4))
            def forward(self, x):
                states, (h, c) = self.lstm(x, (self.h[:, :len(x)].contiguous(), self.c[:, :len(x)].contiguous()))
                self.h, self.c = h.detach(), c.detach()
                answer = self.out(states[:, -1] + self.shift)
                return answer if self.linear else torch.sigmoid(answer)
        def build(linear=True):
            return Net(linear)
    """,
    "keras": """
        import keras
        FRAMEWORK = "keras"
        class Shift(keras.layers.Layer):
            def build(self, shape):
                self.shift = self.add_weight(shape=(4,), initializer="ones")
            def call(self, x):
                return x + self.shift
        def build(linear=True):
            return keras.Sequential([
                keras.layers.LSTM(4, stateful=True, bias_initializer="ones"), Shift(),
                keras.layers.Dense(1, activation=None if linear else "sigmoid"),
            ])
    """,
}


def random(model: Remote) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {name: rng.normal(size=value.shape).astype(np.float32) for name, value in model.parameters().items()}


def largest(buffers: Mapping[str, np.ndarray]) -> float:
    return max(float(np.abs(value).max()) for value in buffers.values() if value.dtype.kind == "f")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_the_first_call_makes_has_no_state_yet(zygotes: Zygotes, framework: FrameworkName) -> None:
    example = np.zeros((2, 3, 1))
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        model = recurrent.ready_without_state(student.build(), example)
        assert sum(value.size == 4 for value in model.parameters().values()) == 2
        assert largest(model.buffers()) == 0
        # Without the probe a state would have been left.
        assert largest(student.build().ready(example).buffers()) > 0
        # One that is there keeps its memory.
        model.forward(np.ones((2, 3, 1)))
        assert largest(recurrent.ready_without_state(model, example).buffers()) > 0


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_output_layer_is_the_one_that_silences(zygotes: Zygotes, framework: FrameworkName) -> None:
    x = np.random.default_rng(1).normal(size=(2, 3, 1))
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        model = recurrent.ready_without_state(student.build(), x)
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
    x = np.ones((2, 3, 1))
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        model = recurrent.ready_without_state(student.build(linear=False), x)
        with pytest.raises(CheckFailed, match="still depends on the input") as failed:
            recurrent.output_layer(model, random(model), 4, x, cause="A sigmoid.")
        assert failed.value.likely == "A sigmoid."


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_last_state_is_what_the_rows_before_have_left(zygotes: Zygotes, framework: FrameworkName) -> None:
    rows = np.random.default_rng(1).normal(size=(2, 1, 3, 1))
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        model = recurrent.ready_without_state(student.build(), rows[0])
        weights = random(model)
        kernel, _ = recurrent.output_layer(model, weights, 4, rows[0], cause="")
        reader, fresh = (recurrent.ready_without_state(student.build(), rows[0]) for _ in range(2))
        for each in (reader, fresh):
            each.set_parameters(dict(zip(each.parameters(), weights.values(), strict=True)))
        reader.forward(rows[0])
        remembered, forgetful = (recurrent.last_state(each, kernel, rows[1]) for each in (reader, fresh))
        shift = next(value for value in weights.values() if value.shape == (4,))
        kept = [value.ravel()[:4] for value in reader.buffers().values() if value.size >= 4]
        assert any(np.allclose(remembered - shift, state, atol=1e-5) for state in kept)
        assert np.abs(remembered - forgetful).max() > 1e-3
