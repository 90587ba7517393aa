"""D's steps with the labels that the texts allow; random steps are found all the same."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.authoring.probes.descent import goes_downhill
from autograder.authoring.probes.gan_slopes import SOFT_LABELS, of_discriminator
from autograder.authoring.probes.parameters import Parameters, change
from autograder.errors import CheckFailed
from autograder.execution.zygote_client import Zygotes
from tests import toy

SOURCE = """
    FRAMEWORK = "torch"
    import torch
    from torch import nn

    def build():
        torch.manual_seed(2)
        return nn.Sequential(nn.Linear(2, 16), NORM, nn.Tanh(), nn.Linear(16, 1), nn.Sigmoid())

    def train(model, real, fake, of_real, of_fake, in_one_batch):
        real, fake = torch.as_tensor(real), torch.as_tensor(fake)
        optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
        p = model(torch.cat([real, fake])) if in_one_batch else torch.cat([model(real), model(fake)])
        labels = torch.cat([torch.full((len(real), 1), of_real), torch.full((len(fake), 1), of_fake)])
        nn.functional.binary_cross_entropy(p, labels).backward()
        optimiser.step()
"""


@pytest.mark.parametrize(
    ("norm", "in_one_batch"), [("nn.Identity()", True), ("nn.BatchNorm1d(16)", True), ("nn.BatchNorm1d(16)", False)]
)
def test_a_step_with_soft_labels(zygotes: Zygotes, norm: str, in_one_batch: bool) -> None:
    rng = np.random.default_rng(1)
    # Real samples and fakes are nearly alike, so that the labels decide where most parameters go.
    real, fake = (rng.normal(mean, 1, (60, 2)).astype(np.float32) for mean in (0.2, 0.0))
    with toy.student(zygotes, SOURCE.replace("NORM", norm), "torch") as student:

        def judge(step: Parameters, labels: list[tuple[float, float]]) -> None:
            ways = of_discriminator(student.build(), real, [fake], labels=labels)
            goes_downhill(step, ways, tried="a step", cause="It does not.")

        def step(of_real: float, of_fake: float) -> Parameters:
            model = student.build()
            before = model.parameters()
            student.train(model, real, fake, of_real, of_fake, in_one_batch)
            return change(before, model.parameters())

        judge(step(1.0, 0.0), [])
        soft = step(1.0, 0.3)
        with pytest.raises(CheckFailed):
            judge(soft, [])
        judge(soft, SOFT_LABELS)
        for wrong in ({name: -value for name, value in soft.items()}, step(0.0, 1.0)):
            with pytest.raises(CheckFailed):
                judge(wrong, SOFT_LABELS)
        with pytest.raises(CheckFailed):
            judge({name: rng.standard_normal(value.shape) for name, value in soft.items()}, SOFT_LABELS)
