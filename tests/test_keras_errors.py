"""What a student reads if TensorFlow refuses an operation inside a compiled function: the reason, and no line of ours."""

from __future__ import annotations

import pytest

from autograder.errors import StudentError
from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from tests import toy

SOURCE = """
FRAMEWORK = "keras"
import keras
import numpy as np
import tensorflow as tf

def fit():
    model = keras.Sequential([keras.Input((3,), dtype="int32"), keras.layers.Embedding(10, 4), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(np.full((4, 3), 50), np.zeros((4, 3, 1)), verbose=0)

@tf.function
def picked(x, index):
    return tf.gather(x, index)

def gather():
    return picked(tf.zeros(10), tf.constant([50]))
"""


@pytest.mark.parametrize(("name", "line"), [("fit", 9), ("gather", 16)])
def test_the_reason_is_in_the_message(zygotes: Zygotes, name: str, line: int) -> None:
    with toy.session(zygotes, toy.handed_in(SOURCE, "keras")) as session, pytest.raises(StudentError) as raised:
        getattr(grader.Student(session.ask), name)()
    assert "= 50 is not in [0, 10)" in raised.value.message
    assert len(raised.value.message) < 400 and "autograder" not in raised.value.message
    assert raised.value.place and raised.value.place.where == f"toy.py, line {line}"
