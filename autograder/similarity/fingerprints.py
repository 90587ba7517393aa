"""Fingerprints of a program: hashes of token sequences, chosen by winnowing.

Schleimer, Wilkerson, Aiken: *Winnowing: local algorithms for document fingerprinting*. SIGMOD 2003. Two statements that
share `GUARANTEED` tokens in a row share a fingerprint; what is shorter than `NOISE` tokens counts only as a whole
statement. A sequence never crosses from one statement into the next, so that other statements between them, or the same
statements in another order, change nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from autograder.similarity.tokens import Statement

Prints = NDArray[np.uint64]
"""Hashes, sorted, each once."""

NOISE = 6
"""Tokens in a row that are hashed."""
GUARANTEED = 8
"""Tokens in a row that always share a fingerprint."""
_WINDOW = GUARANTEED - NOISE + 1
_BASE = np.uint64(0x9E3779B97F4A7C15)


def of_statement(statement: Statement) -> Prints:
    """The fingerprints of one statement."""
    return _chosen(statement.tokens)


def of_program(statements: Sequence[Statement], without: Prints) -> Prints:
    """The fingerprints of a program, except those in `without`."""
    each = [_chosen(tokens) for tokens in {statement.tokens for statement in statements}]
    return np.setdiff1d(np.concatenate(each), without) if each else np.empty(0, np.uint64)


def everything(statements: Sequence[Statement]) -> Prints:
    """All hashes of a text, not only the chosen ones: for code that is taken out of all programs."""
    each = [hashes(tokens) for tokens in {statement.tokens for statement in statements}]
    return np.unique(np.concatenate(each)) if each else np.empty(0, np.uint64)


def hashes(tokens: Sequence[str]) -> Prints:
    """The hash of each `NOISE` tokens in a row; of fewer tokens, a single hash of all of them."""
    codes = np.array([_code(token) for token in tokens], np.uint64)
    if len(codes) < NOISE:
        # The length too: a short statement is not the beginning of a longer one.
        codes = np.append(codes, np.uint64(len(codes)))
        return _mixed(codes[np.newaxis])
    return _mixed(sliding_window_view(codes, NOISE))


@lru_cache(maxsize=1 << 14)
def _chosen(tokens: tuple[str, ...]) -> Prints:
    # A class writes many statements alike.
    return np.unique(winnowed(hashes(tokens)))


def winnowed(all_hashes: Prints) -> Prints:
    """Of each window of hashes, the smallest one."""
    if len(all_hashes) <= _WINDOW:
        return all_hashes.min(keepdims=True)
    return np.unique(sliding_window_view(all_hashes, _WINDOW).min(axis=1))


def _mixed(rows: NDArray[np.uint64]) -> Prints:
    """A hash of each row: a polynomial modulo 2⁶⁴, mixed so that its smallest values are spread evenly."""
    value = np.zeros(len(rows), np.uint64)
    for column in rows.T:
        value = (value ^ column) * _BASE
        value ^= value >> np.uint64(32)
    return value


@lru_cache(maxsize=1 << 16)
def _code(token: str) -> int:
    """A number for each token, the same in every process."""
    return int.from_bytes(hashlib.blake2b(token.encode(errors="surrogatepass"), digest_size=8).digest(), "big")
