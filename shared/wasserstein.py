"""Distances of distributions on two parallel lines, the first example of the Wasserstein GAN paper.

Arjovsky, Chintala and Bottou (2017), example 1: https://arxiv.org/abs/1701.07875
"""

import numpy as np
from jaxtyping import Float


def parallel_lines(shifts: Float[np.ndarray, "n"]) -> dict[str, Float[np.ndarray, "n"]]:
    """Four distances of the uniform distributions on {0} × [0, 1] and on {θ} × [0, 1], for each shift θ.

    Both lines are the same for θ = 0, and have no point in common otherwise. The divergences are in nats; the
    Kullback–Leibler divergence is infinite where the lines differ, and a plot leaves these points out.
    """
    apart = np.asarray(shifts) != 0
    return {
        "earth mover's distance": np.abs(shifts),
        "Jensen–Shannon divergence": np.where(apart, np.log(2), 0.0),
        "total variation distance": np.where(apart, 1.0, 0.0),
        "Kullback–Leibler divergence": np.where(apart, np.inf, 0.0),
    }
