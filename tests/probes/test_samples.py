"""Distances between samples, and the share of an interval that a sample reaches."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.authoring.probes.samples import coverage, energy_distance


def test_the_energy_distance_of_two_points_is_twice_their_distance() -> None:
    assert energy_distance(np.zeros((4, 2)), np.tile([3.0, 4.0], (5, 1))) == pytest.approx(10)
    points = np.random.default_rng(0).standard_normal((50, 2))
    assert energy_distance(points, points) == pytest.approx(0, abs=1e-12)


def test_coverage_counts_the_pieces_that_are_reached() -> None:
    assert coverage(np.linspace(-0.5, 0.5, 1000), -0.5, 0.5) == 1
    assert coverage(np.full(1000, 0.31), 0.0, 1.0) == 0.1
    # A fifth of what a uniform sample puts into a piece is enough, and less is not.
    assert coverage(np.repeat([0.05, 0.15], [980, 20]), 0.0, 1.0) == 0.2
    assert coverage(np.repeat([0.05, 0.15], [981, 19]), 0.0, 1.0) == 0.1
