"""Initial weights that are all equal are seen in a new model, however the check has changed the one that it uses."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.execution.zygote_client import Zygotes
from autograder.grading import grader
from autograder.grading.symptoms import Symptoms, equal_weights
from autograder.worker.names import FrameworkName
from tests import toy

SOURCES: dict[FrameworkName, str] = {
    "torch": """
        import torch
        from torch import nn
        FRAMEWORK = "torch"
        def build(constant):
            model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
            if constant is not None:
                nn.init.constant_(model[0].weight, constant)
            return model
    """,
    "keras": """
        import keras
        FRAMEWORK = "keras"
        def build(constant):
            start = "glorot_uniform" if constant is None else keras.initializers.Constant(constant)
            hidden = keras.layers.Dense(3, "tanh", kernel_initializer=start)
            return keras.Sequential([keras.Input((2,)), hidden, keras.layers.Dense(1)])
    """,
}
GAN = """
        class GAN:
            def __init__(self, constant):
                self.generator = build(constant)
        def number():
            return 1.0
"""


@pytest.mark.parametrize("framework", SOURCES)
def test_equal_weights_are_seen_in_a_new_model(zygotes: Zygotes, framework: FrameworkName) -> None:
    with toy.session(zygotes, toy.handed_in(SOURCES[framework] + GAN, framework)) as session:
        student = grader.Student(session.ask)
        symptoms = Symptoms(session)
        assert student.number() == 1 and symptoms.first() == ""
        student.build(None)
        assert symptoms.first() == ""
    with toy.session(zygotes, toy.handed_in(SOURCES[framework] + GAN, framework)) as session:
        student = grader.Student(session.ask)
        model = student.build(0.5)
        model.set_parameters({name: np.ones_like(value) for name, value in model.parameters().items()})
        assert "of a new model are all 0.5" in Symptoms(session).first()
    with toy.session(zygotes, toy.handed_in(SOURCES[framework] + GAN, framework)) as session:
        grader.Student(session.ask).GAN(0.0).part("generator")
        assert list(session.made_now().values()) == ["GAN", "GAN.generator"]
        assert "of a new model are all 0," in Symptoms(session).first()


def test_biases_scales_and_the_output_layer_may_be_equal() -> None:
    random = np.random.default_rng(1).normal(size=(2, 3))
    assert not equal_weights({"kernel": random, "bias": np.zeros(3), "scale": np.ones(3), "out": np.zeros((3, 1))})
    assert "`kernel` of a new model are all 1," in equal_weights({"kernel": np.ones((2, 3)), "out": random})
    assert not equal_weights({})


@pytest.mark.parametrize("ending", ["raise ValueError", "return 1.0", "import os\n    os._exit(1)"])
def test_a_model_that_cannot_be_made_again_has_no_symptom(zygotes: Zygotes, ending: str) -> None:
    source = f"""
FRAMEWORK = "torch"
import torch
made = []
def build():
    if not made:
        made.append(1)
        return torch.nn.Linear(2, 1)
    {ending}
"""
    with toy.session(zygotes, toy.handed_in(source, "torch")) as session:
        grader.Student(session.ask).build()
        assert Symptoms(session).first() == ""
