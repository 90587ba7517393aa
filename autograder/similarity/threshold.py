"""The similarity from which a pair is flagged, and what was measured with it (docs/similarity-measured.md)."""

from __future__ import annotations

from dataclasses import dataclass

THRESHOLD = 0.35
"""Chosen with one half of the measured programs: twice the largest similarity of two independent ones, rounded down."""


@dataclass(frozen=True)
class BaseRate:
    """How alike independent right programs of one exercise were, in the half that the threshold was not chosen with."""

    programs: int
    pairs: int
    flagged: int
    largest: float
    """Similarity of the pair that is most alike."""


MEASURED = BaseRate(programs=20, pairs=190, flagged=0, largest=0.13)
"""Written by hand from the measurement; a test compares it with the page."""
