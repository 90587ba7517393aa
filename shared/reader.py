"""The grader's own reader of digits: says what a generated image shows, and how far a set of images is from real ones.

A network of one hidden layer from scikit-learn, trained once in a process, in half a second, on one half of the real
digits. The other half, `unseen()`, is for GANs to learn from and for comparisons, so the reader judges by digits that
they have not seen. It reads 0.96 of that half rightly. It is meant for the grader and for notebooks; the worker that
runs a student's code never needs it.

Everywhere: images are `(N, 28, 28, 1)` in [0, 1], ink is 1; those of a generator, in [−1, 1], are `(x + 1) / 2`. More or
fewer axes of length 1 do no harm. Distances are in the space of the hidden layer, each unit scaled to variance 1 on real digits.

No measure is enough alone: noise is read as digits with a confidence of 0.6 and more; a generator that has collapsed to one good
image makes a confident reader; a wild one is diverse.
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
    """The trained network; where its hidden units lie on the real digits it was trained on; how far apart those are."""

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
    """The 899 digits that the reader was not trained on: images and labels, in a mixed order, always the same."""
    return _halves()[1]


@cache
def _trained() -> _Reader:
    # Costs a second or two to import, in a process that may never ask for it.
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
    # On a busy machine the threads of matrices as small as these wait for each other: twenty times the CPU seconds.
    with threadpool_limits(1), warnings.catch_warnings():
        # That 25 epochs end before the loss stands still is meant.
        warnings.filterwarnings("ignore", category=UserWarning)
        network.fit(_flat(images), labels)
    hidden = _hidden(network, images)
    deviation = hidden.std(axis=0)
    # A unit that real digits hardly ever switch on must not drown all others where an image does.
    mean, deviation = hidden.mean(axis=0), np.maximum(deviation, np.median(deviation) / 4)
    return _Reader(network, mean, deviation, _spread((hidden - mean) / deviation))


def probabilities(images: Images) -> Float[np.ndarray, "N 10"]:
    """The reader's probability for each digit; rows sum to 1."""
    return np.asarray(_trained().network.predict_proba(_flat(images)))


def read(images: Images) -> Int[np.ndarray, "N"]:
    """The likeliest digit of each image."""
    return probabilities(images).argmax(axis=1)


def features(images: Images) -> Float[np.ndarray, "N 64"]:
    """The hidden layer's answers, each unit with mean 0 and variance 1 on real digits."""
    reader = _trained()
    return (_hidden(reader.network, images) - reader.mean) / reader.deviation


def feature_distance(images: Images, real: Images) -> float:
    """Fréchet distance of two Gaussians with the features' means and covariances: 0 where both sets are alike.

    |μ₁ − μ₂|² + tr(C₁ + C₂ − 2 (C₁C₂)^½), as in Heusel et al. 2017, in the features of this reader. Few images make it
    larger: compare figures from equally many, 300 or more of each.
    """
    first, second = features(images), features(real)
    covariances = np.cov(first.T), np.cov(second.T)
    # The trace of the root is the sum of the roots of the product's eigenvalues, which are real and not negative.
    eigenvalues = np.real(np.asarray(linalg.eigvals(covariances[0] @ covariances[1])))
    roots = np.sqrt(np.maximum(eigenvalues, 0))
    apart = np.sum((first.mean(axis=0) - second.mean(axis=0)) ** 2)
    return float(apart + np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * roots.sum())


def diversity(images: Images) -> float:
    """Mean distance between two of the images (features), as a share of that of real digits: 1 is as diverse, 0 all alike."""
    return _spread(features(images)) / _trained().real_spread


def kinds(images: Images) -> float:
    """How many digits are among them: the exponential of the entropy of the digits read, 1 (always one) to 10 (equally many)."""
    shares = np.bincount(read(images), minlength=10) / len(images)
    shares = shares[shares > 0]
    return float(np.exp(-np.sum(shares * np.log(shares))))


def coverage(images: Images, real: Images, neighbours: int = 5) -> float:
    """Share of the real images that have one of `images` nearer than their own `neighbours`-th real neighbour.

    Naeem et al. 2020, in the features of this reader. About 1 for as many real digits (0.97 at 300 and 5); 0 for noise; a
    generator that has collapsed covers only what lies around its few images.
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
