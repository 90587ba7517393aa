"""Results of training: known shares, and trainers that follow their seed or do not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autograder.authoring.challenges import Draw
from autograder.authoring.probes.training import (
    a_step_for_each_batch,
    accuracy,
    batches_are_not_all_the_same,
    ends_of_one_seed,
    every_class_trains,
    every_sample_trains,
    inputs_at_zero,
    last_sample_counts,
    losses_of_copies,
    means_of_unequal,
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


@pytest.mark.parametrize(
    ("losses", "is_right"),
    [
        pytest.param([1.98, 1.93], True, id="means over three batches"),
        pytest.param([1.95, 1.9], True, id="after the epoch"),
        pytest.param([2.0, 1.95], False, id="one step in each epoch"),
        pytest.param([2.0 - 1e-6, 1.95], False, id="one step in each epoch, rounded"),
    ],
)
def test_the_first_of_several_batches_changes_the_loss_of_the_second(losses: list[float], is_right: bool) -> None:
    def judge() -> None:
        losses_of_copies(losses, 3, (2.0, 1.9), {}, tried="train", cause="other", sized=True)

    if is_right:
        judge()
    else:
        with pytest.raises(CheckFailed, match="as before the first step"):
            judge()


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
    # A schedule of the learning rate ends near 0.
    assert saw(0.1, -0.2, 1e-8, 0, 0) is None
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


def test_the_weights_of_inputs_are_found_by_their_slopes() -> None:
    """Three samples, of five inputs: alone, and with a state of two numbers before or after them."""
    used = np.array([1.0, 2, -1, 0, 0])
    rows = {"first": used, "before": np.append([3, 3], used), "after": np.append(used, [3, 3]), "last": np.ones(5)}
    emptied = {"first": [0, 1, 2, 3, 4], "before": [2, 3, 4, 5, 6], "after": [0, 1, 2, 3, 4], "last": []}
    slopes = {name: np.outer([1.0, 0, 0, 2], row) for name, row in rows.items()}
    weights = {name: np.full(slope.shape, 0.5) for name, slope in slopes.items()}
    for name, columns in emptied.items():
        found = inputs_at_zero(weights, slopes, 5, 3, state=2)[name]
        assert np.flatnonzero(~found.any(axis=0)).tolist() == columns
        found = inputs_at_zero({name: weights[name].T}, {name: slopes[name].T}, 5, 3, state=2)[name]
        assert np.flatnonzero(~found.any(axis=1)).tolist() == columns
    # A bias is no matrix, and what a gradient does not reach reads no input.
    biases = {"bias": np.ones(5), "lost": np.ones((5, 5))}
    kept = inputs_at_zero(biases, {"bias": used, "lost": None}, 5, 3)
    assert all(value.all() for value in kept.values())


FIT = """
    import numpy as np
    import torch
    FRAMEWORK = "torch"
    random = np.random.default_rng(0)
    kept = random.permutation(24)[:3]
    def build():
        return torch.nn.Linear(2, 1)
    def fit(net, x, epochs):
        optimizer = torch.optim.Adam(net.parameters())
        for start in list(range(0, 24, 3)) * epochs:
            batch = torch.as_tensor(x[ROWS], dtype=torch.float32)
            if REFUSES and batch.isnan().any():
                raise ValueError("NaN")
            optimizer.zero_grad()
            net(batch).square().mean().backward()
            optimizer.step()
"""


@pytest.mark.parametrize(
    ("rows", "is_right"),
    [
        pytest.param("slice(start, start + 3)", True, id="in order"),
        pytest.param("np.roll(np.arange(24), 7)[start : start + 3]", True, id="permuted"),
        pytest.param(":", True, id="all"),
        pytest.param("random.integers(0, 24, 3)", True, id="with replacement"),
        pytest.param(":3", False, id="the first"),
        pytest.param("kept", False, id="drawn once"),
    ],
)
@pytest.mark.parametrize("refuses", [False, True])
def test_one_batch_for_all_steps_is_found(zygotes: Zygotes, rows: str, is_right: bool, refuses: bool) -> None:
    samples = np.random.default_rng(1).normal(size=(24, 2))
    with toy.student(zygotes, FIT.replace("ROWS", rows).replace("REFUSES", str(refuses))) as student:

        def judge() -> None:
            net = student.build()
            batches_are_not_all_the_same(
                net, lambda x, epochs: student.fit(net, x, epochs), samples, 3, Draw(2), cause="The same batch."
            )

        if is_right:
            judge()
        else:
            with pytest.raises(CheckFailed, match="weights that are all numbers"):
                judge()


BATCHES = """
    import torch
    FRAMEWORK = "torch"
    def build():
        return torch.nn.Linear(2, 1)
    def train(net, x, batch_size, seed):
        torch.manual_seed(seed)
        optimizer = torch.optim.SGD(net.parameters(), 0.1)
        inputs = torch.as_tensor(x, dtype=torch.float32)
        for rows in torch.randperm(len(inputs)).split(SIZE):
            optimizer.zero_grad()
            net(inputs[rows]).square().mean().backward()
            optimizer.step()
"""


@pytest.mark.parametrize(
    ("size", "is_right"),
    [
        ("batch_size", True),
        ("batch_size * 2", False),
        ("max(1, batch_size // 2)", False),
        ("1", False),
        ("len(inputs)", False),
        ("batch_size + 1", False),
    ],
)
def test_batches_of_another_size_are_found(zygotes: Zygotes, size: str, is_right: bool) -> None:
    samples = np.random.default_rng(1).normal(size=(2, 2))
    with toy.student(zygotes, BATCHES.replace("SIZE", size)) as student:
        start = student.build().parameters()

        def judge() -> None:
            a_step_for_each_batch(
                student, Draw(2), student.build, start, lambda net, *numbers: student.train(net, samples, *numbers)
            )

        if is_right:
            judge()
        else:
            with pytest.raises(CheckFailed, match="the same parameters"):
                judge()


@pytest.mark.parametrize(
    ("moves", "saw"),
    [
        pytest.param([0.02, 0.01, 0.02, -0.01, -0.01, -0.01], None, id="all"),
        # A schedule of the learning rate ends near 0.
        pytest.param([0.02, -0.01 + 1e-7, 0.02, -0.01, -0.01, -0.01], None, id="a very small last step"),
        pytest.param([0.02, -0.01, 0.02, -0.01, -0.01, -0.01], "1 of 3 without effect", id="one left out"),
        pytest.param([0.02, -0.01 + 2e-9, 0.02, -0.01, -0.01 + 1e-9, -0.01], "1 of 3 without", id="rounding"),
        pytest.param([0.0] * 6, "3 of 3 without effect", id="no step"),
    ],
)
def test_a_class_without_effect_is_found(moves: list[float], saw: str | None) -> None:
    def judge() -> None:
        every_class_trains(np.array(moves), 3, tried="train", cause="no")

    if saw is None:
        judge()
    else:
        with pytest.raises(CheckFailed, match=saw):
            judge()


@pytest.mark.parametrize(
    ("losses", "is_right"),
    [
        pytest.param([2.15, 2.1], True, id="means over the samples"),
        pytest.param([1.67, 2.4], True, id="means over the batches"),
        pytest.param([0.24, 3.11], True, id="the last batch"),
        pytest.param([2.15, 4.25], False, id="never anew"),
        pytest.param([4.8, 4.8], False, id="sums"),
        pytest.param([-1.0, 2.0], False, id="something else"),
    ],
)
def test_a_loss_is_no_sum(losses: list[float], is_right: bool) -> None:
    def judge() -> None:
        means_of_unequal(losses, 0.25, 3.1, tried="train")

    if is_right:
        judge()
    else:
        with pytest.raises(CheckFailed, match="expected a mean, between"):
            judge()


@pytest.mark.parametrize("used", [slice(None), slice(1, None), slice(-1)], ids=str)
def test_a_last_sample_without_effect_is_found(used: slice) -> None:
    samples = np.arange(12.0).reshape(4, 3)
    before = samples.copy()

    def end(samples: np.ndarray) -> np.ndarray:
        return samples[used].mean(axis=0)

    if used.stop is None:
        last_sample_counts(end(samples), end, samples, tried="a step")
    else:
        with pytest.raises(CheckFailed, match="the same parameters"):
            last_sample_counts(end(samples), end, samples, tried="a step")
    assert np.array_equal(samples, before)
