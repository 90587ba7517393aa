"""A Keras model that a check calls often is traced, and nothing else about it changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from autograder.authoring.student import Student
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from tests import toy

SOURCE = """
FRAMEWORK = "keras"
import keras
from keras import layers

class Counting(keras.Model):
    calls = 0

    def call(self, x):
        self.calls += 1
        return x + self.calls

def counting():
    return Counting()

def counting_inside():
    return keras.Sequential([keras.Input((2,)), Counting()])

def dense():
    return keras.Sequential([keras.Input((2,)), layers.Dense(1, use_bias=False)])

def dropped():
    return keras.Sequential([keras.Input((50,)), layers.Dropout(0.5, seed=3)])

def normalised():
    return keras.Sequential([keras.Input((1,)), layers.BatchNormalization(center=False, scale=False)])

def freeze(model):
    model.trainable = False

def step_by_step():
    return keras.Sequential([keras.Input(batch_shape=(1, 1, 2)), layers.LSTM(3, stateful=True)])

def whole():
    return keras.Sequential([keras.Input((None, 2)), layers.LSTM(3, return_sequences=True)])
"""


@pytest.fixture
def student(zygotes: Zygotes) -> Iterator[Student]:
    with toy.session(zygotes, toy.handed_in(SOURCE, "keras")) as session:
        yield grader.Student(session.ask)


def test_weights_are_read_anew(student: Student) -> None:
    model: Any = student.dense()
    (kernel,) = model.parameters()
    for number in range(25):
        model.set_parameters({kernel: np.array([[number], [1]], np.float32)})
        assert model.forward(np.array([[1, 2]], np.float32)).tolist() == [[number + 2]]
    assert model.forward(np.array([[1, 2], [0, 1]], np.float32)).tolist() == [[26], [1]]


def test_a_state_goes_on(student: Student) -> None:
    one: Any = student.step_by_step()
    other: Any = student.whole()
    other.set_parameters(dict(zip(other.parameters(), one.parameters().values(), strict=True)))
    sequence = np.random.default_rng(0).normal(size=(1, 25, 2)).astype(np.float32)
    steps = [one.forward(sequence[:, step : step + 1]) for step in range(25)]
    assert np.allclose(steps, other.forward(sequence)[0][:, None], atol=1e-6)


def test_draws_go_on(student: Student) -> None:
    model: Any = student.dropped()
    x = np.ones((1, 50), np.float32)
    draws = {model.forward(x, True).tobytes() for _ in range(25)}
    assert len(draws) == 25
    assert all(np.array_equal(model.forward(x), x) for _ in range(25))


def test_freezing_is_seen(student: Student) -> None:
    model: Any = student.normalised()
    x = np.array([[0], [2]], np.float32)
    assert all(model.forward(x, True)[0, 0] < 0 for _ in range(25))
    student.freeze(model)
    assert np.array_equal(model.forward(x, True), model.forward(x))


@pytest.mark.parametrize("build", ["counting", "counting_inside"])
def test_a_students_layer_is_not_traced(student: Student, build: str) -> None:
    model: Any = getattr(student, build)()
    seen = [float(model.forward(np.zeros((1, 2), np.float32))[0, 0]) for _ in range(25)]
    assert np.all(np.diff(seen) == 1)
