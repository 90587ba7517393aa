"""The demo cells of `wgan`: four distances of two parallel lines, and pictures of critics."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from shared.inference import array


def parallel_lines(shifts: Float[np.ndarray, "n"]) -> dict[str, Float[np.ndarray, "n"]]:
    """Four distances of the uniform distributions on {0} × [0, 1] and on {θ} × [0, 1], for each shift θ.

    Example 1 of Arjovsky, Chintala and Bottou (2017), https://arxiv.org/abs/1701.07875. Both lines are the same for
    θ = 0, and have no point in common otherwise. The divergences are in nats; the Kullback–Leibler divergence is
    infinite where the lines differ, and a plot leaves these points out.
    """
    apart = np.asarray(shifts) != 0
    return {
        "earth mover": np.abs(shifts),
        "Jensen–Shannon": np.where(apart, np.log(2), 0.0),
        "total variation": np.where(apart, 1.0, 0.0),
        "Kullback–Leibler": np.where(apart, np.inf, 0.0),
    }


def curve(n: int, seed: int) -> Float[np.ndarray, "n 2"]:
    """Points of the parabola: x, uniform on [−½, ½], and x²."""
    x = np.random.default_rng(seed).uniform(-0.5, 0.5, n)
    return np.stack([x, x**2], axis=1).astype(np.float32)


def energy_distance(a: Float[np.ndarray, "n 2"], b: Float[np.ndarray, "m 2"]) -> float:
    """2 E‖A−B‖ − E‖A−A'‖ − E‖B−B'‖ of two samples: 0 for the same distribution (Székely and Rizzo 2013)."""
    return 2 * _mean_way(a, b) - _mean_way(a, a) - _mean_way(b, b)


def loss_and_quality(stages: Sequence[tuple[float, float]], title: str) -> Figure:
    """The critic's difference of mean scores and the samples' energy distance, stage by stage of a training."""
    gaps, distances = np.array(stages).T
    figure, left = plt.subplots(figsize=(5, 3))
    right = left.twinx()
    left.plot(range(1, len(gaps) + 1), gaps, "o-", color="tab:blue")
    right.plot(range(1, len(gaps) + 1), distances, "s--", color="tab:red")
    left.set(xlabel="stage of training", title=title)
    left.set_ylabel("mean score, real minus fake", color="tab:blue")
    right.set_ylabel("energy distance", color="tab:red")
    figure.tight_layout()
    return figure


def score_maps(
    critics: Mapping[str, Callable[[Float[np.ndarray, "n 2"]], Float[np.ndarray, "n 1"]]],
    points: Float[np.ndarray, "m 2"],
) -> Figure:
    """The scores of each named critic as colours over the region of the points, with lines of equal score."""
    low, high = points.min(axis=0) - 0.3, points.max(axis=0) + 0.3
    sides = [np.linspace(low[axis], high[axis], 61, dtype=np.float32) for axis in (0, 1)]
    grid = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    figure, axes = plt.subplots(1, len(critics), figsize=(4.6 * len(critics), 3.2), squeeze=False)
    for axis, (name, critic) in zip(axes[0], critics.items(), strict=True):
        values = array(critic(grid)).reshape(61, 61)
        colours = axis.contourf(*sides, values, levels=15, cmap="viridis")
        axis.contour(*sides, values, levels=15, colors="white", linewidths=0.5)
        axis.plot(*points.T, ".", markersize=2, color="tab:red")
        axis.set(title=f"{name}: scores", xlabel="$x$", ylabel="$y$")
        figure.colorbar(colours, ax=axis)
    figure.tight_layout()
    return figure


def weight_histograms(models: Mapping[str, Any]) -> Figure:
    """How the parameters of each named model, a `torch.nn.Module` or a `keras.Model`, are distributed."""
    figure, axes = plt.subplots(1, len(models), figsize=(4 * len(models), 2.6), squeeze=False)
    for axis, (name, model) in zip(axes[0], models.items(), strict=True):
        parameters = model.parameters() if hasattr(model, "named_parameters") else model.trainable_variables
        axis.hist(np.concatenate([array(parameter).ravel() for parameter in parameters]), bins=61)
        axis.set(title=f"{name}: the critic's weights", xlabel="weight", yscale="log")
    figure.tight_layout()
    return figure


def _mean_way(a: Float[np.ndarray, "n 2"], b: Float[np.ndarray, "m 2"]) -> float:
    return float(np.linalg.norm(a[:, None] - b[None], axis=-1).mean())
