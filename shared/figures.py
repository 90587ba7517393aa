"""The pictures in the exercises' texts: `python -m shared.figures xor` writes `assignments/xor/xor.png`."""

import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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


def _corners(axis: Axes, name: str, ones: list[tuple[int, int]]) -> None:
    for corner in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        one = corner in ones
        axis.scatter(*corner, s=240, c=BLUE if one else RED, marker="o" if one else "s", zorder=3)
        axis.annotate("1" if one else "0", corner, color="white", ha="center", va="center", zorder=4)
    axis.set(title=name, xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    axis.set(xlim=(-0.45, 1.45), ylim=(-0.45, 1.45), xticks=[0, 1], yticks=[0, 1])


FIGURES: dict[str, Callable[[], Figure]] = {"xor": xor}
"""The picture of each exercise that has one, by the exercise's name."""


def main(names: list[str]) -> None:
    for name in names or FIGURES:
        path = ASSIGNMENTS / name / f"{name}.png"
        # No version of Matplotlib in the file: the same picture is the same bytes.
        FIGURES[name]().savefig(path, dpi=110, metadata={"Software": None})
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
