"""Steps of every usual optimiser go downhill; random steps, and steps of the last layer alone, do not."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.authoring.probes.descent import Ways, cross_entropy_pulls, goes_downhill, is_noisy, slopes_in_both_modes
from autograder.authoring.probes.functions import one_hot
from autograder.authoring.probes.parameters import Parameters, change, scaled, zeros
from autograder.errors import CheckFailed
from autograder.execution.zygote_client import Zygotes
from tests import toy

RNG = np.random.default_rng(4)
SLOPES: Parameters = {"kernel": RNG.standard_normal((8, 8)), "bias": RNG.standard_normal(8)}

SOURCE = """
    FRAMEWORK = "torch"
    import torch
    from torch import nn

    def build():
        torch.manual_seed(2)
        return nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3), nn.Softmax(dim=1))

    def train(model, x, y, rule, options, upside_down=False):
        optimiser = getattr(torch.optim, rule)(model.parameters(), **options)
        p = model(torch.as_tensor(x)).gather(1, torch.as_tensor(y)[:, None])
        (-p.log().mean()).backward()
        if upside_down:
            model[0].weight.grad.neg_()
        optimiser.step()
"""
OPTIMISERS = [
    ("SGD", {"lr": 0.01}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-4}),
    *[(rule, {"lr": 0.001}) for rule in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "RMSprop", "Adagrad")],
]


def downhill(step: Parameters, *samples: Parameters) -> None:
    goes_downhill(step, Ways([samples]), tried="a step", cause="It does not go downhill.")


@pytest.mark.parametrize("step", [scaled(SLOPES, -0.01), {name: -np.sign(value) for name, value in SLOPES.items()}])
def test_a_step_against_the_slope_passes(step: Parameters) -> None:
    downhill(step, SLOPES)


@pytest.mark.parametrize(
    "step",
    [
        scaled(SLOPES, 0.01),
        zeros(SLOPES),
        {name: RNG.standard_normal(value.shape) for name, value in SLOPES.items()},
        zeros(SLOPES) | {"bias": -SLOPES["bias"]},
    ],
)
def test_another_step_fails_and_the_array_is_named(step: Parameters) -> None:
    with pytest.raises(CheckFailed) as failure:
        downhill(step, SLOPES)
    assert "kernel" in failure.value.saw


def test_an_array_on_which_the_samples_disagree_is_not_judged() -> None:
    step = {"kernel": -SLOPES["kernel"], "bias": SLOPES["bias"]}
    downhill(step, SLOPES, SLOPES | {"bias": -SLOPES["bias"]})


def test_without_an_array_to_judge_the_step_fails() -> None:
    with pytest.raises(CheckFailed):
        downhill(scaled(SLOPES, -1), SLOPES, scaled(SLOPES, -1))


def test_one_way_is_enough() -> None:
    ways = Ways([[scaled(SLOPES, -1)]]) + Ways([[SLOPES]])
    goes_downhill(scaled(SLOPES, -1), ways, tried="a step", cause="It does not.")


def test_a_noisy_net_may_disagree_more() -> None:
    slope = np.ones(100)
    step = np.where(np.arange(100) < 70, -slope, slope)
    goes_downhill({"": step}, Ways([[{"": slope}]], noisy=True), tried="a step", cause="It does not.")
    with pytest.raises(CheckFailed):
        goes_downhill({"": step}, Ways([[{"": slope}]]), tried="a step", cause="It does not.")
    with pytest.raises(CheckFailed):
        goes_downhill({"": step[::-1] * slope}, Ways([[{"": -step}]], noisy=True), tried="a step", cause="It does not.")


def test_dropout_is_noise(zygotes: Zygotes) -> None:
    with toy.student(zygotes, SOURCE.replace("nn.Tanh()", "nn.Dropout(0.2)"), "torch") as student:
        assert is_noisy(student.build(), np.ones((5, 4)))
    with toy.student(zygotes, SOURCE, "torch") as student:
        assert not is_noisy(student.build(), np.ones((5, 4)))


@pytest.mark.parametrize(("rule", "options"), OPTIMISERS)
@pytest.mark.parametrize("upside_down", [False, True])
def test_the_first_step_of_an_optimiser(
    zygotes: Zygotes, rule: str, options: dict[str, float], upside_down: bool
) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((30, 4)).astype(np.float32), rng.integers(0, 3, 30)
    with toy.student(zygotes, SOURCE, "torch") as student:
        model = student.build()
        before, ways = model.parameters(), slopes_in_both_modes(model, x, cross_entropy_pulls(one_hot(y, 3)))
        student.train(model, x, y, rule, options, upside_down)
        step = change(before, model.parameters())
        if upside_down:
            with pytest.raises(CheckFailed):
                goes_downhill(step, ways, tried="a step", cause="It does not.")
        else:
            goes_downhill(step, ways, tried="a step", cause="It does not.")
