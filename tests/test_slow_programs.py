"""Right programs that are far slower than the reference solution have full marks."""

from __future__ import annotations

import pytest

from autograder.execution.zygote_client import Zygotes
from tests import catalogue

COMPILED = """

def train(model, x, y, epochs, learning_rate, seed):
    keras.utils.set_random_seed(seed)
    model.compile(keras.optimizers.Adam(learning_rate), "binary_crossentropy")
    losses = []
    for epoch in range(epochs):
        {step}
    return losses
"""
STEPS = {
    "fit for every epoch": 'losses += model.fit(x, y, batch_size=4, epochs=1, verbose=0).history["loss"]',
    "predict in every step": ("model.predict(x, verbose=0)\n        losses.append(float(model.train_on_batch(x, y)))"),
}


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_a_slow_training_has_full_marks(zygotes: Zygotes, step: str) -> None:
    source = catalogue.reference_source("xor", "keras") + COMPILED.replace("{step}", STEPS[step])
    result = catalogue.grade(zygotes, "xor", "keras", source)
    assert result.score == result.maximum, catalogue.not_passed(result)
