"""Pairs of sequences to translate, and the picture of where a decoder looks."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure


def reversed_pairs(
    n: int, length: int = 8, symbols: int = 6, seed: int = 0
) -> tuple[Int[np.ndarray, "n length"], Int[np.ndarray, "n length"]]:
    """`n` random sequences of the symbols 0 … `symbols` − 1, and the same sequences read from the end."""
    source = np.random.default_rng(seed).integers(symbols, size=(n, length))
    return source, source[:, ::-1].copy()


def alignments(
    weights: Float[np.ndarray, "n target source"],
    sources: Sequence[Sequence[int]],
    targets: Sequence[Sequence[int]],
) -> Figure:
    """The attention weights of each pair, target symbols (rows) against source symbols: darker is a larger weight."""
    figure, axes = plt.subplots(1, len(sources), figsize=(3.2 * len(sources), 3.4), squeeze=False)
    for axis, matrix, source, target in zip(axes[0], weights, sources, targets, strict=True):
        axis.imshow(matrix, cmap="Blues", vmin=0, vmax=1)
        axis.set_xticks(range(len(source)), [str(symbol) for symbol in source])
        axis.set_yticks(range(len(target)), [str(symbol) for symbol in target])
        axis.tick_params(length=0)
        axis.xaxis.tick_top()
        axis.xaxis.set_label_position("top")
        axis.set(xlabel="source", ylabel="target")
    figure.tight_layout()
    return figure
