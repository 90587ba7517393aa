"""The pictures in the exercises' texts: `python -m shared.figures xor` writes `assignments/xor/xor.png`."""

import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from shared import data, plots

ASSIGNMENTS = Path(__file__).resolve().parent.parent / "assignments"
RED, BLUE = "#c0392b", "#2471a3"


def xor() -> Figure:
    """The corners of OR, AND and XOR; a line that separates the first two, and why none does the third."""
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(9.6, 3.5))
    _corners(left, "OR: one line is enough", ones=[(0, 1), (1, 0), (1, 1)])
    left.axline((0, 0.5), (0.5, 0), color="black", linestyle="--")
    _corners(middle, "AND: one line is enough", ones=[(1, 1)])
    middle.axline((1, 0.5), (0.5, 1), color="black", linestyle="--")
    _corners(right, "XOR: no line is enough", ones=[(0, 1), (1, 0)])
    right.plot([0, 1], [1, 0], color=BLUE, linewidth=2)
    right.plot([0, 1], [0, 1], color=RED, linewidth=2)
    arrow = {"arrowstyle": "->"}
    right.annotate("they cross", (0.5, 0.47), (0.5, -0.05), ha="center", arrowprops=arrow)
    figure.tight_layout()
    return figure


def cnn_lstm() -> Figure:
    """A sentence of six words on its way through embedding, convolution, pooling and LSTM to one probability."""
    words = ["not", "good", "but", "very", "very", "funny"]
    near = [(i, j) for i in range(6) for j in (i - 1, i, i + 1) if 0 <= j < 6]
    return plots.layers_over_steps(
        [
            ("words", "6", words),
            ("embedding", "6 × 32", [""] * 6),
            ("convolution of 3", "6 × 32", [""] * 6),
            ("max-pooling of 2", "3 × 32", [""] * 3),
            ("LSTM", "3 × 100", ["$h_1$", "$h_2$", "$h_3$"]),
            ("sigmoid of the last", "1", ["$p$"]),
        ],
        [[(i, i) for i in range(6)], near, [(i, i // 2) for i in range(6)], [(i, i) for i in range(3)], [(2, 0)]],
        recurrent=[4],
    )


def cnn() -> Figure:
    """The 3×4 image and the 2×2 kernel of the text, the first patch framed, and what comes out; below, edges of a digit."""

    def slid(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        return (np.lib.stride_tricks.sliding_window_view(image, kernel.shape) * kernel).sum(axis=(-2, -1))

    image = np.array([[1, 0, 2, 0], [0, 3, 0, 1], [1, 0, 0, 2]])
    kernel = np.array([[1, 2], [0, -1]])
    digit = data.digits()[0][5, :, :, 0]
    edge = np.array([[-1.0, 0.0, 1.0]])
    figure, axes = plt.subplots(2, 3, figsize=(8.4, 5.4), height_ratios=[3, 4])
    tables = (("image, 3×4", image), ("kernel, 2×2", kernel), ("result, 2×3", slid(image, kernel)))
    for axis, (name, table) in zip(axes[0], tables, strict=True):
        for (row, column), value in np.ndenumerate(table):
            axis.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="0.6"))
            axis.text(column, row, str(value).replace("-", "−"), ha="center", va="center", fontsize=13)
        axis.set(title=name, xlim=(-0.6, 3.6), ylim=(2.6, -0.6), aspect="equal")
        axis.axis("off")
    frame = {"fill": False, "edgecolor": RED, "linewidth": 2.5, "zorder": 3}
    axes[0, 0].add_patch(Rectangle((-0.5, -0.5), 2, 2, **frame))
    axes[0, 2].add_patch(Rectangle((-0.5, -0.5), 1, 1, **frame))
    pictures = (("a digit, 28×28", digit), ("kernel, 1×3: −1, 0, 1", edge), ("result, 28×26", slid(digit, edge)))
    for axis, (name, picture) in zip(axes[1], pictures, strict=True):
        axis.imshow(picture, cmap="gray")
        axis.set(title=name, xticks=[], yticks=[])
    figure.tight_layout()
    return figure


def char_rnn() -> Figure:
    """A recurrent network written out over a window of four characters, its answer, and the window slid on."""
    figure, axis = plt.subplots(figsize=(9.6, 4.2))
    box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "black"}
    arrow = {"arrowstyle": "->", "shrinkA": 15, "shrinkB": 15}
    for step, character in enumerate("alic", start=1):
        axis.text(step, 0, character, ha="center", va="center", fontsize=16, family="monospace")
        axis.annotate("", (step, 1), (step, 0), arrowprops=arrow)
        axis.text(step + 0.06, 0.47, "$U$", color=BLUE, fontsize=12)
        axis.text(step, 1, f"$h_{step}$", ha="center", va="center", fontsize=14, bbox=box)
    for step in range(4):
        axis.annotate("", (step + 1, 1), (step, 1), arrowprops=arrow)
        axis.text(step + 0.5, 1.1, "$W$", color=BLUE, fontsize=12, ha="center")
    axis.text(0, 1, "$h_0=0$", ha="center", va="center", fontsize=14, bbox=box)
    axis.annotate("", (4, 2), (4, 1), arrowprops=arrow)
    axis.text(4.06, 1.47, "$V$", color=BLUE, fontsize=12)
    axis.text(4, 2, "softmax", ha="center", va="center", fontsize=12, bbox=box)

    axis.add_patch(Rectangle((0.6, -0.32), 3.8, 0.64, fill=False, edgecolor=RED, linewidth=2))
    axis.add_patch(Rectangle((1.6, -0.4), 3.8, 0.8, fill=False, edgecolor=RED, linestyle="--"))
    axis.text(0.6, -0.62, "the window, and where it slides to", color=RED, fontsize=11)
    for row, (character, p) in enumerate([("e", 0.8), ("k", 0.1), ("a", 0.05), ("t", 0.03)]):
        axis.barh(2.25 - 0.22 * row, 1.2 * p, left=5.0, height=0.16, color=BLUE)
        axis.text(4.85, 2.25 - 0.22 * row, character, ha="center", va="center", family="monospace")
    axis.annotate("", (4.7, 2), (4.15, 2), arrowprops={"arrowstyle": "->", "shrinkA": 18})
    axis.annotate("", (5, 0.1), (5, 1.45), arrowprops={"arrowstyle": "->"})
    axis.text(5.07, 0.75, "pick one, append it", fontsize=11)
    axis.text(5, 0, "e", ha="center", va="center", fontsize=16, family="monospace", color="grey")
    axis.set(xlim=(-0.5, 6.6), ylim=(-0.8, 2.5))
    axis.axis("off")
    figure.tight_layout()
    return figure


def _corners(axis: Axes, name: str, ones: list[tuple[int, int]]) -> None:
    for corner in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        one = corner in ones
        axis.scatter(*corner, s=240, c=BLUE if one else RED, marker="o" if one else "s", zorder=3)
        axis.annotate("1" if one else "0", corner, color="white", ha="center", va="center", zorder=4)
    axis.set(title=name, xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    axis.set(xlim=(-0.45, 1.45), ylim=(-0.45, 1.45), xticks=[0, 1], yticks=[0, 1])


FIGURES: dict[str, Callable[[], Figure]] = {"char_rnn": char_rnn, "cnn": cnn, "cnn_lstm": cnn_lstm, "xor": xor}
"""The picture of each exercise that has one, by the exercise's name."""


def main(names: list[str]) -> None:
    for name in names or FIGURES:
        path = ASSIGNMENTS / name / f"{name}.png"
        # No version of Matplotlib in the file: the same picture is the same bytes.
        FIGURES[name]().savefig(path, dpi=110, metadata={"Software": None})
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
