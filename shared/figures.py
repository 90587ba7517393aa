"""The figures in the exercises' texts: `python -m shared.figures xor` writes `assignments/xor/xor.png`."""

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

from shared import data, extractor, plots, wasserstein

ASSIGNMENTS = Path(__file__).resolve().parent.parent / "assignments"
RED, BLUE = "#c0392b", "#2471a3"


def xor() -> Figure:
    """The corners of OR, AND and XOR; a line that separates the first two, and why no line separates the third."""
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
    """A sentence of six words passes through embedding, convolution, pooling and LSTM to one probability."""
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
    """The 3×4 image with its first patch framed, the 2×2 kernel, and the output; below, the edges of a digit."""

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


def dcgan() -> Figure:
    """A 2×2 image, upsampled: repeated values, bilinear interpolation, and summed copies of a kernel."""
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    side = np.clip((np.arange(6) + 0.5) / 3 - 0.5, 0, 1)
    blend = np.stack([1 - side, side], axis=1)
    added = np.zeros((5, 5))
    for row, column in np.ndindex(2, 2):
        added[2 * row : 2 * row + 3, 2 * column : 2 * column + 3] += x[row, column]
    panels = {
        "2×2": x,
        "nearest, by (3, 3)": np.kron(x, np.ones((3, 3))),
        "bilinear, by (3, 3)": blend @ x @ blend.T,
        "transposed convolution:\na 3×3 kernel of ones, stride 2": added,
    }
    figure, axes = plt.subplots(1, 4, figsize=(11, 3.2), width_ratios=[2, 6, 6, 6], layout="constrained")
    for axis, (name, values) in zip(axes, panels.items(), strict=True):
        axis.imshow(values, cmap="Blues", vmin=0, vmax=14)
        for (row, column), value in np.ndenumerate(values):
            axis.text(column, row, f"{value:.2g}", ha="center", va="center", fontsize=9)
        axis.set_title(name, fontsize=10)
        axis.set(xticks=[], yticks=[])
    for (row, column), colour in zip(
        np.ndindex(2, 2), ["tab:red", "tab:green", "tab:orange", "tab:purple"], strict=True
    ):
        shift = 0.06 * (2 * row + column)
        corner = (2 * column - 0.5 + shift, 2 * row - 0.5 + shift)
        axes[3].add_patch(Rectangle(corner, 2.8, 2.8, fill=False, edgecolor=colour, linewidth=2, clip_on=False))
    return figure


def char_rnn() -> Figure:
    """A recurrent network unrolled over a window of four characters, its output, and the window moved by one."""
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


def stateful_lstm() -> Figure:
    """The airline series with its split and two windows; below, a state passed from slice to slice until a reset."""
    series = data.airline_passengers()
    months = 1949 + np.arange(len(series)) / 12
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(9.6, 5.6), height_ratios=[3, 2])
    top.plot(months[:96], series[:96], color=BLUE, label="96 months for training")
    top.plot(months[95:], series[95:], color=RED, label="48 months held out")
    for start in (20, 50):
        top.axvspan(months[start], months[start + 3], color="0.85")
        top.plot(months[start + 3], series[start + 3], "o", color="black")
    top.plot([], [], "o", color="black", label="what follows a window")
    top.set(xlabel="year", ylabel="passengers, thousands")
    top.legend(loc="upper left")

    box = {"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": "black"}
    for epoch in range(2):
        for step in range(4):
            x = 5.2 * epoch + 1.2 * step
            bottom.text(x, 1, "LSTM", ha="center", va="center", fontsize=11, bbox=box)
            bottom.text(x, 0, f"slice {step}", ha="center", va="center", fontsize=11)
            bottom.annotate("", (x, 0.75), (x, 0.12), arrowprops={"arrowstyle": "->"})
            bottom.annotate("", (x, 1.85), (x, 1.25), arrowprops={"arrowstyle": "->"})
            bottom.text(x, 1.95, f"$\\hat y_{step}$", ha="center", fontsize=12)
            if step < 3:
                bottom.annotate("", (x + 0.86, 1), (x + 0.34, 1), arrowprops={"arrowstyle": "->", "color": BLUE})
        bottom.text(5.2 * epoch + 1.8, 2.45, f"epoch {epoch + 1}", ha="center", fontsize=12)
    bottom.text(0.6, 1.12, "$h, c$", ha="center", color=BLUE, fontsize=11)
    bottom.axvline(4.4, 0.12, 0.85, color=RED, linestyle="--")
    bottom.text(4.4, -0.25, "reset", ha="center", va="center", color=RED, fontsize=12)
    bottom.set(xlim=(-0.6, 9.4), ylim=(-0.5, 2.7))
    bottom.axis("off")
    figure.tight_layout()
    return figure


def optimal_discriminator() -> Figure:
    """D* between two densities; ln(1−D) and −ln D over D's logit; the game xy under simultaneous gradient steps."""
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11.5, 3.6))
    x = np.linspace(-4, 4, 401)
    p_real, p_fake = (np.exp(-((x - m) ** 2) / 2) / np.sqrt(2 * np.pi) for m in (1, -1))
    left.fill_between(x, p_real, alpha=0.3, color=BLUE, label="$p_r$")
    left.fill_between(x, p_fake, alpha=0.3, color=RED, label="$p_g$")
    left.plot(x, p_real / (p_real + p_fake), color="black", label="$D^*$")
    left.set(title="$D^* = p_r / (p_r + p_g)$", xlabel="$x$")
    left.legend(loc="upper left")

    logit = np.linspace(-6, 6, 241)
    middle.plot(logit, -np.log1p(np.exp(logit)), color=RED, label="$\\ln(1-D)$")
    middle.plot(logit, np.log1p(np.exp(-logit)), color=BLUE, label="$-\\ln D$")
    middle.annotate("D is sure of a fake:\nred is flat", (-5.5, -0.1), (-5.6, -3.6), arrowprops={"arrowstyle": "->"})
    middle.set(title="what G descends", xlabel="logit of D(G(z))")
    middle.legend(loc="upper right")

    path = [np.array([1.0, 0.0])]
    for _ in range(60):
        a, b = path[-1]
        path.append(np.array([a - 0.1 * b, b + 0.1 * a]))
    right.plot(*np.array(path).T, ".-", color="black", linewidth=0.8, markersize=4)
    right.plot(*path[0], "o", color=BLUE)
    right.text(0.9, 0, "start", color=BLUE, ha="right", va="center")
    right.plot(0, 0, "x", color=RED)
    right.text(0, -0.12, "equilibrium", color=RED, ha="center", va="top")
    right.set(title="min in $x$, max in $y$ of $xy$", xlabel="$x$", ylabel="$y$", aspect="equal")
    figure.tight_layout()
    return figure


def style_loss() -> Figure:
    """An image, the same pixels shuffled, and another texture: what the Gram matrix of a feature map distinguishes."""
    row, column = 2 * np.pi * np.mgrid[0:64, 0:64] / 64
    waves = {"stripes": np.sin(8 * column + 3 * row), "another texture": np.sin(8 * column) * np.sin(8 * row)}
    colour = np.array([0.9, 0.6, 0.2])
    textures = {name: (wave > 0)[..., None] * colour for name, wave in waves.items()}
    moved = np.roll(textures["stripes"], (17, 21), axis=(0, 1))
    pictures = {
        "stripes": textures["stripes"],
        "the same, moved": moved,
        "another texture": textures["another texture"],
    }
    # The border is not part of the texture.
    features = {name: extractor.features(picture)[1][2:-2, 2:-2] for name, picture in pictures.items()}
    # Square roots make the picture readable: a few channels respond far more strongly than the others.
    grams = {name: np.sqrt(np.einsum("hwc,hwd->cd", f, f)) for name, f in features.items()}
    top = max(gram.max() for gram in grams.values())
    figure, axes = plt.subplots(2, 3, figsize=(8.4, 5.8), layout="constrained")
    for above, below, (name, picture) in zip(axes[0], axes[1], pictures.items(), strict=True):
        above.imshow(picture)
        above.set(title=name, xticks=[], yticks=[])
        below.imshow(grams[name], vmin=0, vmax=top, cmap="viridis")
        below.set(title="its Gram matrix", xlabel="channel", ylabel="channel", xticks=[], yticks=[])
    return figure


def gan_1d() -> Figure:
    """The data flow in a GAN, and the gradient that each of the two losses gives to G, over D's output for fakes."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), width_ratios=[3, 2])
    boxes = {"$z$": (0, 1), "G": (1.2, 1), "fake": (2.5, 1), "real": (2.5, 0), "D": (3.8, 0.5), "$p$": (5, 0.5)}
    for name, place in boxes.items():
        net = name in ("G", "D")
        frame = {"boxstyle": "round,pad=0.5", "facecolor": "#d6e4f0" if net else "white", "edgecolor": "black"}
        left.text(*place, name, ha="center", va="center", fontsize=15 if net else 12, bbox=frame, zorder=3)
    for start, end in [("$z$", "G"), ("G", "fake"), ("fake", "D"), ("real", "D"), ("D", "$p$")]:
        left.annotate("", boxes[end], boxes[start], arrowprops={"arrowstyle": "->", "shrinkA": 20, "shrinkB": 20})
    back = {"arrowstyle": "->", "linewidth": 2, "linestyle": "--"}
    left.annotate("", (3.9, 0.22), (5, 0.22), arrowprops={**back, "color": RED})
    left.text(
        5.15, 0.0, "D's step: the labels are\n1 for real, 0 for fake", color=RED, ha="right", va="top", fontsize=10
    )
    curved = {**back, "color": BLUE, "connectionstyle": "arc3,rad=0.35"}
    left.annotate("", (1.2, 1.28), (5, 0.75), arrowprops=curved)
    left.text(2.9, 1.95, "G's step: the label is 1, D stands still", color=BLUE, ha="center", fontsize=10)
    left.set(xlim=(-0.5, 5.5), ylim=(-0.6, 2.15))
    left.axis("off")
    p = np.linspace(0, 1, 101)
    right.plot(p, p, color=RED, label=r"$\ln(1 - D)$: $D$")
    right.plot(p, 1 - p, color=BLUE, label=r"$-\ln D$: $1 - D$")
    right.axvspan(0, 0.1, color="0.9")
    right.text(0.11, 0.47, "here G begins", fontsize=10)
    right.set(xlabel="$D(G(z))$", ylabel="force on the fake, in D's logit", xlim=(0, 1), ylim=(0, 1.02))
    right.legend(loc="upper center")
    figure.tight_layout()
    return figure


def conditional_gan() -> Figure:
    """G maps noise and a one-hot 3 to an image; D maps it to eleven probabilities. D's target for it and G's target."""
    figure, axis = plt.subplots(figsize=(10.5, 3.4))
    arrow = {"arrowstyle": "->", "linewidth": 1.5}
    box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": "black"}
    noise = np.random.RandomState(3).uniform(0.1, 0.9, 6)
    for row, value in enumerate(noise):
        axis.add_patch(Rectangle((0, 3.3 - 0.28 * row), 0.5, 0.26, facecolor=str(value), edgecolor="grey"))
    axis.text(0.7, 2.75, "noise", va="center", fontsize=11)
    for digit in range(10):
        axis.add_patch(
            Rectangle((0, 1.6 - 0.28 * digit), 0.5, 0.26, facecolor=BLUE if digit == 3 else "white", edgecolor="grey")
        )
        axis.text(0.25, 1.73 - 0.28 * digit, str(digit), ha="center", va="center", fontsize=7)
    axis.text(0.7, 0.35, "label: a 3,\none-hot", va="center", fontsize=11)
    axis.annotate("", (2.7, 1.3), (1.9, 1.3), arrowprops=arrow)
    axis.text(3.1, 1.3, "G", ha="center", va="center", fontsize=18, bbox=box)
    axis.annotate("", (4.3, 1.3), (3.5, 1.3), arrowprops=arrow)
    images, labels = data.digits()
    three = images[np.flatnonzero(labels == 3)[4], :, :, 0]
    axis.imshow(three, cmap="gray", extent=(4.4, 6.4, 0.3, 2.3), aspect="auto", zorder=2)
    axis.annotate("", (7.3, 1.3), (6.5, 1.3), arrowprops=arrow)
    axis.text(7.7, 1.3, "D", ha="center", va="center", fontsize=18, bbox=box)
    axis.annotate("", (8.9, 1.3), (8.1, 1.3), arrowprops=arrow)
    p = [0.45, 0.01, 0.01, 0.02, 0.3, 0.01, 0.05, 0.01, 0.01, 0.1, 0.03]
    for column, share in enumerate(p):
        top = 3.2 - 0.42 * column
        name = "fake" if column == 0 else str(column - 1)
        axis.text(9.45, top, f"{column}  {name}", ha="right", va="center", fontsize=9, family="monospace")
        axis.barh(top, 1.6 * share, left=9.6, height=0.3, color=RED if column == 0 else BLUE)
    axis.text(10.5, 3.2, "what D is told of G's image", color=RED, va="center", fontsize=10)
    axis.text(10.5, 3.2 - 0.42 * 4, "what G wants to hear", color=BLUE, va="center", fontsize=10)
    axis.set(xlim=(-0.1, 13.2), ylim=(-1.25, 3.65))
    axis.axis("off")
    figure.tight_layout()
    return figure


def wavenet() -> Figure:
    """The tree of WaveNet's paper: four dilated causal layers, and the 16 samples that the last output depends on."""
    return plots.causal_tree(2, [1, 2, 4, 8])


def attention() -> Figure:
    """A decoder state compared with four encoder states, and the weights that reverse a source of eight symbols."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.8), width_ratios=[1.5, 1])
    box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "black"}
    weights = [0.05, 0.1, 0.7, 0.15]
    for j, weight in enumerate(weights):
        left.annotate("", (1.5, 2.6), (j, 0.3), arrowprops={"arrowstyle": "->", "lw": 0.5 + 5 * weight, "color": BLUE})
        left.text(
            j + (1.5 - j) * 0.32,
            1.0,
            f"{weight:.2f}",
            ha="center",
            va="center",
            color=BLUE,
            bbox={"fc": "white", "lw": 0},
        )
        left.text(j, 0, f"$h_{j}$", ha="center", va="center", fontsize=14, bbox=box)
    left.annotate("", (1.72, 2.8), (3.3, 2.8), arrowprops={"arrowstyle": "<-"})
    left.text(1.5, 2.8, "$c$", ha="center", va="center", fontsize=14, bbox=box)
    left.text(3.5, 2.8, "$s$", ha="center", va="center", fontsize=14, bbox=box)
    left.text(1.1, 2.8, r"$\sum_j \alpha_j h_j$", ha="right", va="center", fontsize=12)
    left.annotate("", (2.45, 1.6), (3.4, 2.55), arrowprops={"arrowstyle": "->", "linestyle": "--", "color": RED})
    left.text(3.15, 1.85, "scores $e_j$,\nsoftmax", color=RED, fontsize=11, va="center")
    left.set(xlim=(-0.5, 4.3), ylim=(-0.4, 3.3))
    left.axis("off")
    places = np.arange(8)
    scores = -2.0 * np.abs(places - (7 - places)[:, None])
    right.imshow(np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True), cmap="Blues", vmin=0, vmax=1)
    right.set(xlabel="source position $j$", ylabel="target position $i$", title="the weights that reverse a source")
    figure.tight_layout()
    return figure


def wgan() -> Figure:
    """Four distances of two parallel lines over their shift; a discriminator and a critic of two distant groups."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4))
    shifts = np.linspace(-1, 1, 201)
    colours = [BLUE, RED, "tab:orange", "tab:green"]
    for (name, values), colour in zip(wasserstein.parallel_lines(shifts).items(), colours, strict=True):
        if np.isinf(values).any():
            left.annotate("", (0.2, 1.28), (0.2, 1.12), arrowprops={"arrowstyle": "->", "color": colour})
            left.text(0.27, 1.16, f"{name}: infinite", color=colour, fontsize=9)
            values = np.where(np.isinf(values), np.nan, values)
        left.plot(shifts, values, color=colour, linewidth=2 if name == "earth mover" else 1.2, label=name)
    left.plot(0, 0, "o", color="black", markersize=4)
    left.set(xlabel=r"shift $\theta$ of the second line", ylabel="distance", ylim=(-0.05, 1.35), xlim=(-1, 2.1))
    left.legend(loc="lower right", fontsize=8)
    x = np.linspace(-3, 3, 301)
    for centre, name, colour in ((-1.5, "fake", RED), (1.5, "real", BLUE)):
        right.fill_between(x, 0.7 * np.exp(-8 * (x - centre) ** 2), color=colour, alpha=0.25, label=name)
    right.plot(x, 1 / (1 + np.exp(-24 * x)), color="black", linestyle="--", label="discriminator: a probability")
    right.plot(x, x / 3 + 0.5, color="black", label="critic: a score")
    right.set(xlabel="$x$", ylim=(-0.6, 1.6))
    right.legend(loc="upper left", fontsize=8)
    figure.tight_layout()
    return figure


def _corners(axis: Axes, name: str, ones: list[tuple[int, int]]) -> None:
    for corner in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        one = corner in ones
        axis.scatter(*corner, s=240, c=BLUE if one else RED, marker="o" if one else "s", zorder=3)
        axis.annotate("1" if one else "0", corner, color="white", ha="center", va="center", zorder=4)
    axis.set(title=name, xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    axis.set(xlim=(-0.45, 1.45), ylim=(-0.45, 1.45), xticks=[0, 1], yticks=[0, 1])


FIGURES: dict[str, Callable[[], Figure]] = {
    "attention": attention,
    "char_rnn": char_rnn,
    "cnn": cnn,
    "cnn_lstm": cnn_lstm,
    "conditional_gan": conditional_gan,
    "dcgan": dcgan,
    "gan_1d": gan_1d,
    "optimal_discriminator": optimal_discriminator,
    "stateful_lstm": stateful_lstm,
    "style_loss": style_loss,
    "wavenet": wavenet,
    "wgan": wgan,
    "xor": xor,
}
"""Exercise → its figure, for exercises that have one."""


def main(names: list[str]) -> None:
    for name in names or FIGURES:
        path = ASSIGNMENTS / name / f"{name}.png"
        # Without Matplotlib's version in the file, the same picture has the same bytes.
        FIGURES[name]().savefig(path, dpi=110, metadata={"Software": None})
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
