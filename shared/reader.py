"""The grader's own digit classifier: what a generated image shows, and how far a set of images is from real ones.

The classifier is a network with one hidden layer from scikit-learn. Each process trains it once, in half a second, on
one half of the real digits. The other half, `unseen()`, is used to train GANs and for comparisons, so GANs never see
the digits that the classifier was trained on. Its accuracy on that half is 0.96. The grader and notebooks use it; the
worker that runs a student's code never needs it.

All images are `(N, 28, 28, 1)` in [0, 1], where ink is 1; convert a generator's images in [−1, 1] by `(x + 1) / 2`.
Additional or missing axes of length 1 are accepted. Distances are measured in the hidden layer, where each unit is
scaled to variance 1 on real digits.

No measure is sufficient alone: noise is classified with a confidence of 0.6 and more, a generator that has collapsed
to one good image gets a high confidence, and one that generates garbage is diverse.
"""

import warnings
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import linalg
from scipy.spatial.distance import cdist, pdist

from shared import data

Images = Float[np.ndarray, "N 28 28 1"]


class _Reader(NamedTuple):
    """The trained network, and the location, scale and spread of its hidden units on its training digits."""

    network: Any
    mean: Float[np.ndarray, "64"]
    deviation: Float[np.ndarray, "64"]
    real_spread: float


@cache
def _halves() -> tuple[data.Digits, data.Digits]:
    images, labels = data.digits()
    order = np.random.RandomState(7).permutation(len(labels))
    first, second = order[:898], order[898:]
    return (images[first], labels[first]), (images[second], labels[second])


def unseen() -> data.Digits:
    """Images and labels of the 899 digits that the classifier was not trained on, in a fixed shuffled order."""
    return _halves()[1]


@cache
def _trained() -> _Reader:
    # This import takes a second or two, and the process may never need it.
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits

    images, labels = _halves()[0]
    network = MLPClassifier(
        (64,),
        batch_size=50,  # pyright: ignore[reportArgumentType] - the stub knows "auto" only
        learning_rate_init=3e-3,
        alpha=1e-3,
        max_iter=25,
        tol=0,
        n_iter_no_change=25,
        random_state=0,
    )
    # With matrices this small, threads wait for each other on a busy machine: twenty times the CPU seconds.
    with threadpool_limits(1), warnings.catch_warnings():
        # Training stops after 25 epochs on purpose, before the loss has converged.
        warnings.filterwarnings("ignore", category=UserWarning)
        network.fit(_flat(images), labels)
    hidden = _hidden(network, images)
    deviation = hidden.std(axis=0)
    # A unit that real digits hardly ever activate must not dominate the others if an image activates it.
    mean, deviation = hidden.mean(axis=0), np.maximum(deviation, np.median(deviation) / 4)
    return _Reader(network, mean, deviation, _spread((hidden - mean) / deviation))


def probabilities(images: Images) -> Float[np.ndarray, "N 10"]:
    """The classifier's probability for each digit; rows sum to 1."""
    return np.asarray(_trained().network.predict_proba(_flat(images)))


def read(images: Images) -> Int[np.ndarray, "N"]:
    """The most likely digit of each image."""
    return probabilities(images).argmax(axis=1)


def features(images: Images) -> Float[np.ndarray, "N 64"]:
    """The hidden layer's activations, each unit scaled to mean 0 and variance 1 on real digits."""
    reader = _trained()
    return (_hidden(reader.network, images) - reader.mean) / reader.deviation


def feature_distance(images: Images, real: Images) -> float:
    """Fréchet distance of two Gaussians with the features' means and covariances: 0 if both sets are alike.

    |μ₁ − μ₂|² + tr(C₁ + C₂ − 2 (C₁C₂)^½), as in Heusel et al. 2017, in the features of this classifier. It is larger
    for small sets: compare only values for sets of equal size, with 300 or more images each.
    """
    first, second = features(images), features(real)
    covariances = np.cov(first.T), np.cov(second.T)
    # The trace of the square root is the sum of the square roots of the product's eigenvalues, which are real and ≥ 0.
    eigenvalues = np.real(np.asarray(linalg.eigvals(covariances[0] @ covariances[1])))
    roots = np.sqrt(np.maximum(eigenvalues, 0))
    apart = np.sum((first.mean(axis=0) - second.mean(axis=0)) ** 2)
    return float(apart + np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * roots.sum())


def diversity(images: Images) -> float:
    """Mean feature distance between two of the images, divided by that of real digits: 1 as diverse, 0 all alike."""
    return _spread(features(images)) / _trained().real_spread


def kinds(images: Images) -> float:
    """The effective number of digits: exp of the entropy of the predicted digits, 1 (always one) to 10 (uniform)."""
    shares = np.bincount(read(images), minlength=10) / len(images)
    shares = shares[shares > 0]
    return float(np.exp(-np.sum(shares * np.log(shares))))


def coverage(images: Images, real: Images, neighbours: int = 5) -> float:
    """Share of the real images for which one of `images` is closer than their `neighbours`-th nearest real neighbour.

    Naeem et al. 2020, in the features of this classifier. About 1 for an equally large set of real digits (0.97 at 300
    images and 5 neighbours); 0 for noise. A collapsed generator covers only the neighbourhood of its few images.
    """
    generated, true = features(images), features(real)
    radius = np.sort(cdist(true, true), axis=1)[:, neighbours]  # column 0 is the image itself
    return float(np.mean(cdist(true, generated).min(axis=1) < radius))


def _flat(images: np.ndarray) -> np.ndarray:
    return np.asarray(images, dtype=np.float64).reshape(len(images), -1)


def _hidden(network: Any, images: np.ndarray) -> np.ndarray:
    return np.maximum(_flat(images) @ network.coefs_[0] + network.intercepts_[0], 0)


def _spread(points: np.ndarray) -> float:
    return float(pdist(points).mean()) if len(points) > 1 else 0.0
