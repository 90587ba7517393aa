"""All pairs of a class that share rare fingerprints, found with a sparse inverted index.

The similarity of two programs is the weight of the fingerprints that they share, divided by the weight of all
fingerprints of the one that has less: 1 means that one program contains the other. A fingerprint weighs the more, the
fewer programs have it; one that more than `COMMON` of the class have weighs nothing.

Memory stays within a block of rows of the matrix of all pairs, whatever the size of the class.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.similarity.fingerprints import Prints

COMMON = 0.2
"""Share of the programs above which a fingerprint is common code."""
FEW = 4
"""Programs that may share a fingerprint in any class: one fifth of six programs would be one."""
LEAST = 20
"""Fingerprints that a program needs to be compared."""
BINS = 100
"""Of the histogram of similarities between 0 and 1."""
_BLOCK = 1 << 22
"""Entries of the matrix of all pairs that are in memory at once."""


@dataclass(frozen=True)
class Pair:
    """Two programs, by their numbers, and their similarity, 0 to 1."""

    first: int
    second: int
    similarity: float


@dataclass(frozen=True)
class Weights:
    """The weight of each fingerprint."""

    prints: Prints
    weights: NDArray[np.float64]
    """One for each of `prints`."""

    def of(self, prints: Prints) -> NDArray[np.float64]:
        """The weights of these fingerprints; 0 for those of no program."""
        places = np.searchsorted(self.prints, prints)
        found = np.append(self.prints, np.uint64(0))[places] == prints
        return np.where(found, np.append(self.weights, 0.0)[places], 0.0)


@dataclass(frozen=True)
class Pairs:
    """The pairs of a class."""

    above: list[Pair]
    """The pairs that reach the threshold, the most similar first, as many as were asked for."""
    reached: int
    """The number of all pairs that reach it."""
    spread: NDArray[np.int64]
    """The number of pairs within the class in each of `BINS` bins."""


def weights(programs: Sequence[Prints]) -> Weights:
    """The weight of each fingerprint of these programs. Programs with the same fingerprints count once."""
    distinct = list({each.tobytes(): each for each in programs if len(each)}.values())
    if not distinct:
        return Weights(np.empty(0, np.uint64), np.empty(0))
    prints, counts = np.unique(np.concatenate(distinct), return_counts=True)
    rare = counts <= max(FEW, COMMON * len(distinct))
    return Weights(prints, np.where(rare, np.log((len(distinct) + 1) / counts), 0.0))


def pairs(programs: Sequence[Prints], own: int, threshold: float, most: int) -> Pairs:
    """Compare the first `own` programs with each other and with all others.

    The others are of earlier years: they are not compared with each other. `most`: pairs that are returned.
    """
    weighed = weights(programs)
    rows = _matrix(programs, weighed)
    totals = np.asarray(rows.sum(axis=1), np.float64).ravel()
    # Too little code to be compared is similar to nothing.
    enough = np.array([len(each) >= LEAST for each in programs], bool) & (totals > 0)
    totals[~enough] = np.inf
    # √w on both sides of the product is w.
    rows.data = np.sqrt(rows.data)
    columns = rows.T.tocsr()
    best: list[tuple[float, int, int]] = []
    reached, spread = 0, np.zeros(BINS, np.int64)
    step = max(1, _BLOCK // max(1, len(programs)))
    for start in range(0, own, step):
        first, second, weight = _shared(rows[start : min(own, start + step)], columns, start)
        similarity = np.minimum(weight / np.minimum(totals[first], totals[second]), 1.0)
        similarity[np.isinf(np.maximum(totals[first], totals[second]))] = 0.0
        spread += np.histogram(similarity[second < own], BINS, (0, 1))[0]
        for at in np.flatnonzero(similarity >= threshold):
            reached += 1
            entry = (float(similarity[at]), -int(first[at]), -int(second[at]))
            if len(best) < most:
                heapq.heappush(best, entry)
            elif entry > best[0]:
                heapq.heapreplace(best, entry)
    able = int(enough[:own].sum())
    # Pairs that share nothing are not in a sparse matrix; programs with too little code are in no pair.
    spread[0] = able * (able - 1) // 2 - spread[1:].sum()
    above = [Pair(-first, -second, similarity) for similarity, first, second in sorted(best, reverse=True)]
    return Pairs(above, reached, spread)


def _shared(rows: Any, columns: Any, start: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The pairs of these rows, the first of which is `start`, with later programs, and the weight that they share."""
    product: Any = (rows @ columns).tocoo()
    first = np.asarray(product.row, np.int64) + start
    second = np.asarray(product.col, np.int64)
    later = first < second
    return first[later], second[later], np.asarray(product.data, np.float64)[later]


def _matrix(programs: Sequence[Prints], weighed: Weights) -> Any:
    """A row for each program, a column for each fingerprint; without those that weigh nothing, or only one has."""
    # SciPy's sparse matrices take long to import, and only this command needs them.
    from scipy import sparse  # pyright: ignore[reportMissingTypeStubs]

    kept = weighed.prints[weighed.weights > 0]
    places = [np.intersect1d(each, kept, assume_unique=True, return_indices=True)[2] for each in programs]
    lengths = np.cumsum([0, *map(len, places)])
    columns = np.concatenate(places) if places else np.empty(0, np.int64)
    return sparse.csr_matrix(
        (weighed.weights[weighed.weights > 0][columns], columns, lengths), shape=(len(programs), len(kept))
    )
