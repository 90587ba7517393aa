"""Steps that follow their own batch's gradient pass; steps that follow the sum of all gradients so far do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autograder.authoring.probes.settles import does_not_overshoot, settles, settles_within_an_epoch
from autograder.authoring.student import Remote
from autograder.errors import CheckFailed
from autograder.execution.zygote_client import Zygotes
from autograder.worker.names import FrameworkName
from tests import toy
from tests.catalogue import FRAMEWORKS

SOURCES: dict[FrameworkName, str] = {
    "torch": """
        FRAMEWORK = "torch"
        import torch

        def build(inputs=3):
            return torch.nn.Linear(inputs, 1)

        def train(model, steps, rule, rate, forgets=True):
            x = torch.tensor([[-1.0], [1.0]]).expand(-1, next(model.parameters()).shape[-1])
            optimiser = getattr(torch.optim, rule)(model.parameters(), rate)
            for _ in range(steps):
                if forgets:
                    optimiser.zero_grad()
                model(x).square().mean().backward()
                optimiser.step()
    """,
    "keras": """
        FRAMEWORK = "keras"
        import keras
        import tensorflow as tf

        def build(inputs=3):
            return keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(1)])

        def train(model, steps, rule, rate, forgets=True):
            x = tf.constant([[-1.0] * 3, [1.0] * 3])
            optimiser = getattr(keras.optimizers, rule)(rate)
            total = [tf.zeros_like(weight) for weight in model.trainable_weights]
            for _ in range(steps):
                with tf.GradientTape() as tape:
                    loss = tf.reduce_mean(tf.square(model(x)))
                slopes = tape.gradient(loss, model.trainable_weights)
                total = slopes if forgets else [a + b for a, b in zip(total, slopes)]
                optimiser.apply_gradients(zip(total, model.trainable_weights))
    """,
}
RULES = (("SGD", 0.05), ("Adam", 0.01))
BOTH = pytest.mark.parametrize("framework", FRAMEWORKS)


@BOTH
@pytest.mark.parametrize(("rule", "rate"), RULES)
def test_steps_that_forget_come_to_rest(zygotes: Zygotes, framework: FrameworkName, rule: str, rate: float) -> None:
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        settles(student.build, lambda model, steps: student.train(model, steps, rule, rate), [1.0], tried="train")


@BOTH
@pytest.mark.parametrize(("rule", "rate"), RULES)
def test_steps_that_add_up_swing(zygotes: Zygotes, framework: FrameworkName, rule: str, rate: float) -> None:
    with toy.student(zygotes, SOURCES[framework], framework) as student, pytest.raises(CheckFailed) as caught:
        settles(
            student.build, lambda model, steps: student.train(model, steps, rule, rate, False), [1.0], tried="train"
        )
    assert caught.value.tried.startswith("train, starting at ") and "Zero them in each step" in caught.value.likely


def test_what_it_cannot_ask_passes(zygotes: Zygotes) -> None:
    """No bias or two biases of that size, and steps that change nothing, are left to other checks."""
    with toy.student(zygotes, SOURCES["torch"]) as student:

        def add_up(model: Remote, steps: int) -> None:
            student.train(model, steps, "SGD", 0.05, False)

        settles(student.build, add_up, [1.0, -1.0], tried="train")
        settles(lambda: student.build(1), add_up, [1.0], tried="train")
        settles(student.build, lambda model, steps: None, [1.0], tried="train")


NORMALISED = """
    FRAMEWORK = "torch"
    import torch
    from torch.nn.utils.parametrizations import weight_norm

    def build():
        return torch.nn.Sequential(weight_norm(torch.nn.Linear(2, 3)), torch.nn.Tanh(), torch.nn.Linear(3, 1))

    def train(model, steps, forgets=True):
        x = torch.tensor([[-1.0, 1.0], [1.0, -1.0]])
        optimiser = torch.optim.Adam(model.parameters(), 0.01)
        for _ in range(steps):
            if forgets:
                optimiser.zero_grad()
            model(x).square().mean().backward()
            optimiser.step()
"""


@pytest.mark.parametrize("forgets", [True, False])
def test_a_weight_normalisation_cannot_be_zero(zygotes: Zygotes, forgets: bool) -> None:
    """Its directions stay as they are; the layer is silent because its gains are 0."""
    with toy.student(zygotes, NORMALISED) as student:

        def ask() -> None:
            settles(
                student.build,
                lambda model, steps: student.train(model, steps, forgets),
                [1.0],
                tried="train",
                example=[[1.0, 2.0]],
            )

        if forgets:
            ask()
        else:
            with pytest.raises(CheckFailed):
                ask()


def test_the_place_of_the_bias_tells_it_from_another_parameter_of_its_size(zygotes: Zygotes) -> None:
    with toy.student(zygotes, SOURCES["torch"]) as student:

        def come_to_rest(forgets: bool) -> None:
            settles(
                lambda: student.build(1),
                lambda model, steps: student.train(model, steps, "SGD", 0.05, forgets),
                [1.0],
                tried="train",
                place=1,
            )

        come_to_rest(True)
        with pytest.raises(CheckFailed):
            come_to_rest(False)


LABELLED = """
    FRAMEWORK = "torch"
    import torch

    def build():
        return torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Sigmoid())

    def train(model, labels, batch, epochs, rounds=False, zeroed="step", rule="Adam", rate=0.001):
        y = torch.tensor(labels)[:, None]
        if rounds == "refuses" and ((y > 0) & (y < 1)).any():
            raise ValueError("labels are 0 or 1")
        y = (y > 0.5).float() if rounds else y
        optimiser = getattr(torch.optim, rule)(model.parameters(), rate)
        for _ in range(epochs):
            if zeroed != "never":
                optimiser.zero_grad()
            for each in y.split(batch):
                if zeroed == "step":
                    optimiser.zero_grad()
                torch.nn.functional.binary_cross_entropy(model(torch.zeros(len(each), 2)), each).backward()
                optimiser.step()
"""


def judged(ask: Callable[[], None], is_right: bool) -> None:
    """The probe passes, or says that gradients must be zeroed."""
    if is_right:
        ask()
    else:
        with pytest.raises(CheckFailed) as caught:
            ask()
        assert "Zero them in each step" in caught.value.likely


@pytest.mark.parametrize(
    ("rounds", "zeroed", "is_right"),
    [
        (False, "step", True),
        (True, "step", True),
        ("refuses", "step", True),
        (False, "epoch", False),
        (True, "epoch", True),
    ],
)
def test_gradients_zeroed_in_each_epoch_only(zygotes: Zygotes, rounds: bool | str, zeroed: str, is_right: bool) -> None:
    """A program that rounds labels, or refuses others than 0 and 1, is asked in epochs of one batch."""
    with toy.student(zygotes, LABELLED) as student:

        def ask() -> None:
            settles_within_an_epoch(
                student.build,
                lambda model, steps: student.train(model, [0.5] * (2 * steps), 2, 1, rounds, zeroed),
                lambda model, steps: student.train(model, [0.0, 1.0], 2, steps, rounds, zeroed),
                [1.0],
                tried="train",
            )

        judged(ask, is_right)


@pytest.mark.parametrize(
    ("rule", "rounds", "zeroed", "is_right"),
    [
        ("SGD", False, "step", True),
        ("Adam", False, "step", True),
        ("Adadelta", False, "step", True),
        ("Adam", True, "step", True),
        ("Adam", "refuses", "step", True),
        ("SGD", False, "never", False),
        ("Adam", False, "never", False),
    ],
)
def test_one_training_shows_gradients_that_add_up(
    zygotes: Zygotes, rule: str, rounds: bool | str, zeroed: str, is_right: bool
) -> None:
    with toy.student(zygotes, LABELLED) as student:

        def ask() -> None:
            does_not_overshoot(
                student.build,
                lambda model, steps: student.train(model, [0.5], 1, steps, rounds, zeroed, rule, 0.05),
                tried="train",
            )

        judged(ask, is_right)
