"""Common deep-learning functions in NumPy, for comparison with a student's results."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from autograder.worker.arrays import Numbers

SMALLEST = 1e-7
"""Cross-entropies clip probabilities to this distance from 0, as Keras does, so that 0 does not give infinity."""


def sigmoid(x: ArrayLike) -> Numbers:
    """1 / (1 + e⁻ˣ) elementwise, computed as exp(−ln(1 + e⁻ˣ)), which does not overflow."""
    return np.exp(-np.logaddexp(0, -np.asarray(x)))


def logit(p: ArrayLike) -> Numbers:
    """ln p/(1−p) elementwise, the inverse of `sigmoid`.

    Finite also for p = 0 and p = 1: p is first clipped to 10⁻³⁰ … 1 − 10⁻⁷, the limit of float32.
    """
    clipped = np.clip(np.asarray(p, dtype=np.float64), 1e-30, 1 - SMALLEST)
    return np.log(clipped) - np.log1p(-clipped)


def softmax(scores: ArrayLike, axis: int = -1) -> Numbers:
    """exp(scores) divided by its sum along `axis`, without overflow."""
    values = np.asarray(scores)
    powers = np.exp(values - values.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def relu(x: ArrayLike) -> Numbers:
    """max(x, 0) elementwise."""
    return np.maximum(x, 0)


def one_hot(labels: Int[np.ndarray, "*shape"], classes: int) -> Float[np.ndarray, "*shape classes"]:
    """One-hot rows of the labels. Raises `IndexError` for a label of `classes` or more."""
    return np.eye(classes, dtype=np.float32)[labels]


def cross_entropy(
    p: Float[np.ndarray, "*rows classes"], y: Float[np.ndarray, "*rows classes"]
) -> Float[np.ndarray, "*rows"]:
    """−Σ y ln p of each row, in nats, for probabilities `p` and one-hot labels `y`."""
    return -(y * np.log(np.clip(p, SMALLEST, 1))).sum(axis=-1)


def binary_cross_entropy(p: Float[np.ndarray, "*shape"], y: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """−y ln p − (1−y) ln(1−p) elementwise, in nats, for probabilities `p` and labels `y`, computed in float64.

    Raises `ValueError` if the shapes differ: `(n,)` and `(n, 1)` would broadcast to n×n entries.
    """
    if np.shape(p) != np.shape(y):
        raise ValueError(f"probabilities of shape {np.shape(p)} and labels of shape {np.shape(y)}")
    clipped = np.clip(np.asarray(p, dtype=np.float64), SMALLEST, 1 - SMALLEST)
    return -(y * np.log(clipped) + (1 - y) * np.log1p(-clipped))
