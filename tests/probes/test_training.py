"""Results of training: known shares, and trainers that follow their seed or do not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autograder.authoring.challenges import Draw
from autograder.authoring.probes.training import (
    accuracy,
    ends_of_one_seed,
    every_sample_trains,
    losses_of_copies,
    reported_loss,
)
from autograder.errors import CheckFailed
from autograder.execution.zygote_client import Zygotes
from autograder.worker.names import FrameworkName
from tests import toy
from tests.catalogue import FRAMEWORKS

SOURCES = {
    "torch": """
        import torch
        FRAMEWORK = "torch"
        def build():
            return torch.nn.Identity()
    """,
    "keras": """
        import keras
        FRAMEWORK = "keras"
        def build():
            x = keras.Input((3,))
            return keras.Model(x, keras.layers.Identity()(x))
    """,
}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_accuracy_is_the_share_of_right_rows(zygotes: Zygotes, framework: FrameworkName) -> None:
    answers = np.eye(3, dtype=np.float32)[[0, 1, 2, 2]]
    with toy.student(zygotes, SOURCES[framework], framework) as student:
        model = student.build()
        for labels, share in (([0, 1, 2, 2], 1.0), ([0, 1, 2, 1], 0.75), ([1, 2, 0, 0], 0.0)):
            assert accuracy(model, answers, np.array(labels), 3, tried="new rows") == share
        with pytest.raises(CheckFailed, match=r"saw shape \(4, 3\)"):
            accuracy(model, answers, np.array([0, 1, 2, 2]), 4, tried="new rows")


def of(*seeds: int) -> np.ndarray:
    return np.random.default_rng(seeds).normal(size=5)


@pytest.mark.parametrize(
    ("trained", "same"),
    [
        pytest.param(lambda number, world, seed: of(seed), True, id="follows the seed alone"),
        pytest.param(lambda number, world, seed: of(world, seed), True, id="mixes it with the global one"),
        pytest.param(lambda number, world, seed: of(1), True, id="draws nothing"),
        pytest.param(lambda number, world, seed: of(world), False, id="follows the global seed"),
        pytest.param(lambda number, world, seed: of(number), False, id="follows no seed"),
    ],
)
def test_ends_are_alike_where_the_seed_decides(trained: Callable[[int, int, int], np.ndarray], same: bool) -> None:
    numbers = iter(range(100))
    one, other = ends_of_one_seed(
        lambda world, seed: trained(next(numbers), world, seed), Draw(1, "toy"), rtol=0, atol=1e-6
    )
    assert np.allclose(one, other) is same


def test_a_reported_loss_lies_between_those_of_the_grader() -> None:
    def cause(loss: float) -> str | None:
        try:
            reported_loss(loss, [2.0, 1.5], {"bits": 2 / np.log(2)}, tried="train", expected="2 or 1.5", cause="other")
        except CheckFailed as failed:
            assert (failed.tried, failed.saw, failed.expected) == ("train", f"a loss of {loss:.3f}", "2 or 1.5")
            return failed.likely
        return None

    assert [cause(loss) for loss in (1.5, 1.47, 2.0, 2.04, 2.9, 2.1, 1.4)] == [None] * 4 + ["bits", "other", "other"]


def test_losses_of_copies_are_means_over_each_epoch() -> None:
    def cause(*losses: float) -> str | None:
        try:
            losses_of_copies(losses, 3, (2.0, 1.9), {"squared": (0.5, 0.4)}, tried="train", cause="other")
        except CheckFailed as failed:
            return failed.likely
        return None

    assert [cause(*losses) for losses in ((2.0, 1.9), (1.95, 1.95), (1.9,), ())] == [None] * 4
    assert cause(0.45, 0.4) == "squared"
    assert cause(2.5, 1.9) == cause(2.0, 1.2) == cause(0.0) == "other"
    assert cause(5.9, 5.8) == "You sum over the batches of an epoch; take the mean."
    assert cause(2.0, 3.9) == "The losses of earlier epochs are still in the sum: start anew in each epoch."


def test_a_sample_without_effect_is_found() -> None:
    """Three samples, of five inputs. The last layer also has five rows, all of which move."""
    before = {"first": np.full((4, 5), 0.5), "bias": np.zeros(5), "last": np.zeros((5, 4))}

    def saw(*moves: float) -> str | None:
        after = {"first": before["first"] + np.array(moves), "bias": np.ones(5), "last": np.full((5, 4), 0.1)}
        try:
            every_sample_trains(before, after, 5, 3, tried="train", cause="no")
        except CheckFailed as failed:
            return failed.saw
        return None

    assert saw(0.1, -0.2, 0.1, 0, 0) is None
    # Weight decay moves all of them a little.
    assert saw(0.1, -0.2, 0.1, -0.01, -0.01) is None
    assert (
        saw(0.1, -0.2, 0, 0, 0)
        == saw(0.1, -0.2, -0.01, -0.01, -0.01)
        == "1 of 3 without effect on the first layer's weights"
    )
    # The same weights, with those of a state of two numbers in front.
    with_state = {"both": np.zeros((4, 7))}
    steps = {"both": np.tile([0.1, 0.1, 0.1, 0.1, 0, 0, 0], (4, 1))}
    with pytest.raises(CheckFailed, match="1 of 3"):
        every_sample_trains(with_state, steps, 5, 3, state=2, tried="train", cause="no")
    assert saw(0, 0, 0, 0, 0) == "3 of 3 without effect on the first layer's weights"
