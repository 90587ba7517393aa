"""Probes of generated points: how far two samples are from each other, and how much of an interval one reaches."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.spatial.distance import cdist


def energy_distance(a: Float[np.ndarray, "n d"], b: Float[np.ndarray, "m d"]) -> float:
    """2 E|A−B| − E|A−A'| − E|B−B'|: 0 for samples of the same distribution (Székely and Rizzo 2013)."""
    return float(2 * cdist(a, b).mean() - cdist(a, a).mean() - cdist(b, b).mean())


def coverage(x: Float[np.ndarray, " n"], low: float, high: float) -> float:
    """The share of ten equal pieces of [low, high] with at least a fifth of what a uniform sample puts there."""
    counts, _ = np.histogram(x, bins=10, range=(low, high))
    return float(np.mean(counts >= len(x) / 10 / 5))
