"""`shared.reader`: its predictions, and that each of its measures distinguishes real digits from failures of GANs."""

import numpy as np
import pytest

from shared import data, reader

N = 400


@pytest.fixture(scope="module")
def real() -> np.ndarray:
    return reader.unseen()[0][:N]


@pytest.fixture(scope="module")
def other() -> np.ndarray:
    """An equal number of other real digits."""
    return reader.unseen()[0][N : 2 * N]


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return np.random.default_rng(1).uniform(0, 1, (N, 28, 28, 1))


def test_reads_digits_that_it_was_not_trained_on():
    images, labels = reader.unseen()
    assert len(images) == 899
    assert np.mean(reader.read(images) == labels) > 0.94
    for digit in range(10):
        assert np.mean(reader.read(images[labels == digit]) == digit) > 0.85


def test_probabilities_are_those_of_what_it_reads(real: np.ndarray):
    p = reader.probabilities(real)
    assert p.shape == (N, 10)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-9)
    np.testing.assert_array_equal(p.argmax(axis=1), reader.read(real))


def test_the_same_in_a_second_training(real: np.ndarray):
    before = reader.features(real)
    reader._trained.cache_clear()
    np.testing.assert_allclose(reader.features(real), before)


def test_unseen_digits_are_half_of_all_and_hold_every_digit():
    (seen, _), (unseen, labels) = reader._halves()
    everything = {image.tobytes() for image in data.digits()[0]}
    assert {image.tobytes() for image in seen} | {image.tobytes() for image in unseen} == everything
    assert np.bincount(labels, minlength=10).min() > 60


def test_real_digits_are_near_diverse_and_cover(real: np.ndarray, other: np.ndarray):
    assert reader.feature_distance(real, real) == pytest.approx(0, abs=1e-6)
    assert reader.feature_distance(other, real) < 2
    assert reader.diversity(other) == pytest.approx(1, abs=0.05)
    assert reader.coverage(other, real) > 0.9
    assert reader.kinds(other) > 9.5


def test_distance_does_not_depend_on_the_order_of_its_arguments(real: np.ndarray, noise: np.ndarray):
    assert reader.feature_distance(noise, real) == pytest.approx(reader.feature_distance(real, noise))


def test_noise_is_far_and_covers_nothing_however_sure_the_reader_is(real: np.ndarray, noise: np.ndarray):
    assert reader.probabilities(noise).max(axis=1).mean() > 0.5
    assert reader.feature_distance(noise, real) > 100
    assert reader.coverage(noise, real) == 0


def test_one_digit_only_is_a_collapse(real: np.ndarray):
    images, labels = reader.unseen()
    threes = images[labels == 3]
    assert reader.kinds(threes) < 2
    assert reader.coverage(threes, real) < 0.2
    assert reader.feature_distance(threes, real) > 30
    assert reader.diversity(threes) < 0.7


def test_one_image_only_has_no_diversity(real: np.ndarray):
    same = np.repeat(real[:1], N, axis=0)
    assert reader.diversity(same) == pytest.approx(0, abs=1e-6)
    assert reader.kinds(same) == 1
    assert reader.coverage(same, real) < 0.05


def test_one_image_of_each_digit_covers_half(real: np.ndarray):
    images, labels = reader.unseen()
    means = np.stack([images[labels == digit].mean(axis=0) for digit in range(10)])
    assert reader.kinds(means) == pytest.approx(10)
    assert reader.coverage(np.repeat(means, N // 10, axis=0), real) < 0.6


def test_the_axis_of_one_channel_may_stand_anywhere(real: np.ndarray):
    np.testing.assert_array_equal(reader.read(real), reader.read(np.moveaxis(real, -1, 1)))
