"""Claimed gradients against finite differences: right ones pass, also at kinks; wrong ones fail and are named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.authoring.challenges import Draw
from autograder.authoring.probes.gradient_check import gradients_match
from autograder.errors import CheckFailed
from tests.test_expect import failure

# Gradients in NumPy only: a small network with tanh and one with ReLU.

RNG = np.random.default_rng(7)
X, Y = RNG.normal(size=(16, 3)), RNG.normal(size=(16, 1))
START = {
    "w1": RNG.normal(size=(3, 5)),
    "b1": RNG.normal(size=5),
    "w2": RNG.normal(size=(5, 1)),
    "b2": RNG.normal(size=1),
}


def forward(p: dict[str, Any], bend: Callable[[Any], Any]) -> tuple[Any, Any]:
    hidden = bend(X @ p["w1"] + p["b1"])
    return hidden, hidden @ p["w2"] + p["b2"]


def loss_with(bend: Callable[[Any], Any]) -> Callable[[dict[str, Any]], float]:
    # float32, as from a worker.
    return lambda p: float(np.float32(np.mean((forward(p, bend)[1] - Y) ** 2)))


def slopes_with(bend: Callable[[Any], Any], slope: Callable[[Any], Any]) -> dict[str, Any]:
    hidden, out = forward(START, bend)
    back = 2 * (out - Y) / len(X)
    inner = (back @ START["w2"].T) * slope(hidden)
    return {"w1": X.T @ inner, "b1": inner.sum(0), "w2": hidden.T @ back, "b2": back.sum(0)}


def relu(z: Any) -> Any:
    return np.maximum(z, 0)


TANH = slopes_with(np.tanh, lambda h: 1 - h**2)
RELU = slopes_with(relu, lambda h: (h > 0) * 1.0)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize(("bend", "slopes"), [(np.tanh, TANH), (relu, RELU)], ids=["tanh", "relu"])
def test_right_gradients_pass(bend: Callable[[Any], Any], slopes: dict[str, Any], seed: int) -> None:
    rounded = {name: np.float32(value) for name, value in slopes.items()}
    gradients_match(loss_with(bend), START, rounded, Draw(seed), tried="f(x)")


FACTORS = {"Twice.": 2.0, "The sum.": 16.0, "Uphill.": -1.0}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("change", "likely"),
    [
        (lambda s: {name: 16 * value for name, value in s.items()}, "The sum."),
        (lambda s: {name: 2 * value for name, value in s.items()}, "Twice."),
        (lambda s: {name: -value for name, value in s.items()}, "Uphill."),
        (lambda s: {name: 0 * value for name, value in s.items()}, "Other."),
        (lambda s: {name: value.T.reshape(value.shape) for name, value in s.items()}, "Other."),
        (lambda s: {**s, "b2": 0 * s["b2"]}, "Other."),
        (lambda s: {**s, "w1": s["w1"] * 0.7}, "Other."),
        (lambda s: {name: np.ones_like(value) for name, value in s.items()}, "Other."),
    ],
    ids=["sum", "twice", "sign", "zero", "turned", "one missing", "one too small", "ones"],
)
def test_wrong_gradients_fail(change: Callable[[Any], Any], likely: str, seed: int) -> None:
    found = failure(
        gradients_match, loss_with(np.tanh), START, change(TANH), Draw(seed), cause="Other.", factors=FACTORS
    )
    assert found.likely == likely
    assert "along a random direction" in found.tried


def test_gradients_of_a_wrong_form() -> None:
    loss = loss_with(np.tanh)
    assert "no gradient for b2" in failure(gradients_match, loss, START, {**TANH, "b2": None}, Draw(1)).saw
    assert (
        "no gradient for w2"
        in failure(gradients_match, loss, START, {name: TANH[name] for name in ("w1", "b1", "b2")}, Draw(1)).saw
    )
    assert "gradients for other" in failure(gradients_match, loss, START, {**TANH, "other": 1.0}, Draw(1)).saw
    found = failure(gradients_match, loss, START, {**TANH, "w1": TANH["w1"].T}, Draw(1))
    assert (found.saw, found.expected) == ("shape (5, 3)", "shape (3, 5)")
    failure(gradients_match, loss, START, list(TANH.values()), Draw(1))


def relu_net(seed: int) -> tuple[Callable[[dict[str, Any]], float], dict[str, Any], dict[str, Any]]:
    """The cross-entropy of a ReLU network on 64 samples in float32, its weights, and its analytic gradients."""
    draw = Draw(seed, "relu")
    start = {name: 0.5 * draw.normal(*shape) for name, shape in {"w1": (2, 6), "b1": (6,), "w2": (6, 1)}.items()}
    x, y = draw.normal(64, 2), draw.integers(0, 2, 64, 1).astype(np.float32)

    def forward(weights: dict[str, Any]) -> tuple[Any, Any]:
        single = {name: np.asarray(value, dtype=np.float32) for name, value in weights.items()}
        hidden = np.maximum(x @ single["w1"] + single["b1"], 0)
        return hidden, 1 / (1 + np.exp(-hidden @ single["w2"]))

    def loss(weights: dict[str, Any]) -> float:
        p = forward(weights)[1].astype(np.float64)
        return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))

    hidden, p = forward(start)
    error = (p - y) / len(x)
    below = error @ start["w2"].T * (hidden > 0)
    return loss, start, {"w1": x.T @ below, "b1": below.sum(0), "w2": hidden.T @ error}


def test_the_kinks_of_relu_cost_no_right_gradient_its_points() -> None:
    for seed in range(300):
        loss, start, slopes = relu_net(seed)
        gradients_match(loss, start, slopes, Draw(seed), tried="f(x)")


@pytest.mark.parametrize("factor", [0.7, 1.4, 2.0, -1.0])
def test_the_kinks_of_relu_hide_no_wrong_gradient(factor: float) -> None:
    caught = 0
    for seed in range(100):
        loss, start, slopes = relu_net(seed)
        try:
            gradients_match(loss, start, {k: factor * v for k, v in slopes.items()}, Draw(seed), tried="f(x)")
        except CheckFailed:
            caught += 1
    assert caught >= 99
