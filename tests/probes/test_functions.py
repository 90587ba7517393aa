"""The functions, compared with SciPy's, also for extreme arguments for which the plain formula overflows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from autograder.authoring.probes import functions


def test_sigmoid_softmax_and_relu_are_the_usual_ones() -> None:
    x = np.random.default_rng(1).normal(0, 5, (4, 3))
    np.testing.assert_allclose(functions.sigmoid(x), special.expit(x))
    np.testing.assert_allclose(functions.softmax(x), special.softmax(x, axis=-1))
    np.testing.assert_allclose(functions.softmax(x, axis=0), special.softmax(x, axis=0))
    np.testing.assert_array_equal(functions.relu([-1.0, 0.0, 2.0]), [0, 0, 2])


@pytest.mark.filterwarnings("error::RuntimeWarning", "error::UserWarning")
def test_nothing_overflows() -> None:
    np.testing.assert_array_equal(functions.sigmoid([-1e6, 1e6]), [0, 1])
    np.testing.assert_array_equal(functions.softmax([-1e6, 1e6]), [0, 1])
    assert np.all(np.isfinite(functions.logit([0.0, 1.0])))
    assert np.isfinite(functions.binary_cross_entropy(np.array([0.0, 1.0]), np.array([1.0, 0.0]))).all()


def test_logit_undoes_sigmoid() -> None:
    x = np.linspace(-15, 15, 31)
    np.testing.assert_allclose(functions.logit(functions.sigmoid(x)), x, rtol=1e-6)


def test_one_hot_keeps_the_shape_of_the_labels() -> None:
    found = functions.one_hot(np.array([[2, 0], [1, 1]]), 4)
    assert found.shape == (2, 2, 4)
    np.testing.assert_array_equal(found.argmax(axis=-1), [[2, 0], [1, 1]])
    with pytest.raises(IndexError):
        functions.one_hot(np.array([4]), 4)


def test_cross_entropies_agree_where_there_are_two_classes() -> None:
    p, y = np.array([0.1, 0.6, 1.0, 0.0]), np.array([0.0, 1.0, 1.0, 1.0])
    both = functions.cross_entropy(np.stack([1 - p, p], axis=1), np.stack([1 - y, y], axis=1))
    np.testing.assert_allclose(functions.binary_cross_entropy(p, y), both, atol=2e-7)
    np.testing.assert_allclose(both[:2], [-np.log(0.9), -np.log(0.6)])


def test_probabilities_and_labels_of_other_shapes_are_not_broadcast() -> None:
    with pytest.raises(ValueError, match="labels of shape"):
        functions.binary_cross_entropy(np.full(4, 0.5), np.ones((4, 1)))
