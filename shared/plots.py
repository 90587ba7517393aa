"""Plots for the demo cells: each function draws a new figure and returns it."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from shared.inference import array


def decision_regions(gates: Mapping[str, tuple[Float[np.ndarray, "2"], float]]) -> Figure:
    """σ(w·x + b) of each named `(weights, bias)` over the plane, with its ½ contour and the four corners."""

    def logistic_unit(weights: Float[np.ndarray, "2"], bias: float):
        return lambda x: 1 / (1 + np.exp(-(x @ array(weights).ravel() + array(bias).ravel())))

    return surfaces({name: logistic_unit(weights, bias) for name, (weights, bias) in gates.items()})


def surfaces(functions: Mapping[str, Callable[[Float[np.ndarray, "n 2"]], Float[np.ndarray, "n"]]]) -> Figure:
    """Each named function of `(n, 2)` points as colours over [−½, 1½]², its ½ contour, and the four corners."""
    side = np.linspace(-0.5, 1.5, 81, dtype=np.float32)
    grid = np.stack(np.meshgrid(side, side), axis=-1)
    figure, axes = plt.subplots(1, len(functions), figsize=(4.2 * len(functions), 3.6), squeeze=False)
    for axis, (name, function) in zip(axes[0], functions.items(), strict=True):
        values = array(function(grid.reshape(-1, 2))).reshape(81, 81)
        # All pictures share one colour scale; otherwise the rounding errors of a constant would look like a pattern.
        colours = axis.contourf(side, side, values.clip(-0.1, 1.1), levels=np.linspace(-0.1, 1.1, 25), cmap="RdBu")
        if values.min() < 0.5 < values.max():
            axis.contour(side, side, values, levels=[0.5], colors="black")
        axis.scatter([0, 0, 1, 1], [0, 1, 0, 1], c="white", edgecolors="black", zorder=3)
        axis.set(title=name, xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
        figure.colorbar(colours, ax=axis)
    figure.tight_layout()
    return figure


def loss_curve(losses: Sequence[float] | Mapping[str, Sequence[float]], unit: str = "epoch") -> Figure:
    """A loss over epochs or steps: one curve, or one for each name."""
    figure, axis = plt.subplots(figsize=(5, 3))
    for name, curve in losses.items() if isinstance(losses, Mapping) else [("", losses)]:
        axis.plot(range(1, len(curve) + 1), array(curve).ravel(), label=name or None)
    axis.set(xlabel=unit, ylabel="loss")
    if isinstance(losses, Mapping):
        axis.legend()
    figure.tight_layout()
    return figure


def curves(x: Sequence[float], functions: Mapping[str, Sequence[float]], xlabel: str = "", ylabel: str = "") -> Figure:
    """One curve for each name over the same `x`; dashes show all curves where they coincide."""
    figure, axis = plt.subplots(figsize=(5, 3))
    for index, (name, values) in enumerate(functions.items()):
        axis.plot(x, values, label=name, linestyle=["-", "--", ":"][index % 3], linewidth=max(3 - index, 1.5))
    axis.set(xlabel=xlabel, ylabel=ylabel)
    axis.legend()
    figure.tight_layout()
    return figure


def two_densities(
    x: Float[np.ndarray, "n"],
    p_real: Float[np.ndarray, "n"],
    p_fake: Float[np.ndarray, "n"],
    discriminators: Mapping[str, Float[np.ndarray, "n"]],
) -> Figure:
    """The densities of real and fake points as areas, and each named discriminator as a curve."""
    figure, axis = plt.subplots(figsize=(6, 3.4))
    axis.fill_between(x, p_real, alpha=0.25, color="tab:blue", label="real")
    axis.fill_between(x, p_fake, alpha=0.25, color="tab:red", label="fake")
    for (name, values), style in zip(discriminators.items(), ["-", "--", ":", "-."], strict=False):
        axis.plot(x, values, color="black", linestyle=style, label=name)
    axis.axhline(0.5, color="grey", linewidth=0.5)
    axis.set(xlabel="$x$", ylim=(0, 1.02), xlim=(min(x), max(x)))
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
    figure.tight_layout()
    return figure


def trajectories(paths: Mapping[str, Float[np.ndarray, "steps 2"]]) -> Figure:
    """Paths in the plane, each in its own panel, with a dot at its start and a cross at 0."""
    figure, axes = plt.subplots(1, len(paths), figsize=(3.4 * len(paths), 3.4), squeeze=False)
    reach = 1.1 * max(np.abs(path).max() for path in paths.values())
    for axis, (name, path) in zip(axes[0], paths.items(), strict=True):
        axis.plot(*array(path).T, marker=".", markersize=3, linewidth=0.8)
        axis.plot(*path[0], "o", color="tab:red")
        axis.plot(0, 0, "+", color="black")
        axis.set(title=name, xlabel="$x$", ylabel="$y$", aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach))
    figure.tight_layout()
    return figure


def next_characters(
    text: str,
    probabilities: Float[np.ndarray, "n characters"],
    index_to_char: Mapping[int, str],
    top: int = 5,
) -> Figure:
    """The model's `top` guesses below each character of `text`: darker is more likely, and the right one is framed."""
    ranked = np.argsort(-probabilities, axis=1)[:, :top]
    figure, axis = plt.subplots(figsize=(0.32 * len(text) + 1, 0.32 * top + 1))
    axis.imshow(np.take_along_axis(probabilities, ranked, axis=1).T, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    for column, character in enumerate(text):
        for row, index in enumerate(ranked[column]):
            guess, dark = index_to_char[int(index)], probabilities[column, index] > 0.5
            axis.text(column, row, _visible(guess), ha="center", va="center", color="white" if dark else "black")
            if guess == character:
                frame = Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, fill=False, color="tab:orange", lw=2)
                axis.add_patch(frame)
    axis.set_xticks(range(len(text)), [_visible(character) for character in text])
    axis.set_yticks(range(top), [str(rank + 1) for rank in range(top)])
    axis.tick_params(length=0)
    axis.xaxis.tick_top()
    axis.set_ylabel("guess")
    figure.tight_layout()
    return figure


def distributions(
    probabilities: Mapping[str, Float[np.ndarray, "outcomes"]], labels: Sequence[str], top: int = 12
) -> Figure:
    """Named distributions over the same outcomes, side by side: the `top` most likely outcomes of the first."""
    shown = np.argsort(-next(iter(probabilities.values())), kind="stable")[:top]
    figure, axes = plt.subplots(
        1, len(probabilities), figsize=(3 * len(probabilities), 2.4), sharey=True, squeeze=False
    )
    for axis, (name, values) in zip(axes[0], probabilities.items(), strict=True):
        axis.bar(range(len(shown)), values[shown])
        axis.set_xticks(range(len(shown)), [_visible(str(labels[outcome])) for outcome in shown])
        axis.set_title(name)
    axes[0, 0].set_ylabel("probability")
    figure.tight_layout()
    return figure


def _visible(character: str) -> str:
    """The character in readable form: spaces and line breaks become visible symbols."""
    return {" ": "␣", "\n": "↵"}.get(character, character)


def time_series(curves: Mapping[str, tuple[int, Float[np.ndarray, "time"]]], time: str, value: str) -> Figure:
    """Named curves over a common time axis, each given as its first time step and its values."""
    figure, axis = plt.subplots(figsize=(8, 3.2))
    for name, (start, values) in curves.items():
        axis.plot(np.arange(start, start + len(values)), values, label=name)
    axis.set(xlabel=time, ylabel=value)
    axis.grid(alpha=0.3)
    axis.legend()
    figure.tight_layout()
    return figure


def image_grid(
    images: Sequence[Float[np.ndarray, "_ _"]], titles: Sequence[str] = (), columns: int | None = None
) -> Figure:
    """Grey images, `columns` per row (None: all in one row). The smallest value of each is black, the largest white."""
    columns = columns or len(images)
    rows = -(-len(images) // columns)
    tile = 2.2 if titles else 0.6
    figure, axes = plt.subplots(rows, columns, figsize=(tile * columns, tile * rows), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, image in zip(axes.flat, images, strict=False):
        axis.imshow(array(image), cmap="gray")
    for axis, title in zip(axes.flat, titles, strict=False):
        axis.set_title(title, fontsize=10)
    figure.tight_layout(pad=0.4, w_pad=1, h_pad=1)
    return figure


def confusion_matrix(labels: Int[np.ndarray, "n"], guesses: Int[np.ndarray, "n"]) -> Figure:
    """How often each true class (row) was predicted as each class (column); mistakes are red."""
    classes = int(max(np.max(labels), np.max(guesses))) + 1
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (labels, guesses), 1)
    right = np.eye(classes, dtype=bool)
    figure, axis = plt.subplots(figsize=(4.6, 4.4))
    axis.imshow(np.where(right, counts, np.nan), cmap="Blues", vmin=0)
    axis.imshow(np.where(right | (counts == 0), np.nan, counts), cmap="Reds", vmin=0, vmax=counts.max() / 4)
    for row, column in np.argwhere(counts):
        dark = counts[row, column] > counts.max() * (0.5 if row == column else 0.15)
        axis.text(column, row, str(counts[row, column]), ha="center", va="center", color="white" if dark else "black")
    accuracy = np.trace(counts) / counts.sum()
    axis.set(xlabel="answer", ylabel="truth", xticks=range(classes), yticks=range(classes))
    axis.set_title(f"{np.trace(counts)} of {counts.sum()} right, {accuracy:.1%}", fontsize=10)
    figure.tight_layout()
    return figure


def token_matrix(tokens: Int[np.ndarray, "n length"], title: str = "") -> Figure:
    """Sentences of unequal length after padding, as a table of numbers with pale zeros."""
    tokens = np.asarray(tokens)
    rows, length = tokens.shape
    figure, axis = plt.subplots(figsize=(0.6 * length + 1.2, 0.45 * rows + 1))
    axis.imshow(tokens > 0, cmap="Blues", vmin=0, vmax=2.5, aspect="auto")
    for (row, step), token in np.ndenumerate(tokens):
        axis.text(step, row, str(token), ha="center", va="center", color="black" if token else "0.7")
    axis.set(title=title, xlabel="time step", ylabel="sentence", xticks=range(length), yticks=range(rows))
    axis.set_xticks(np.arange(length - 1) + 0.5, minor=True)
    axis.set_yticks(np.arange(rows - 1) + 0.5, minor=True)
    axis.grid(which="minor", color="white", linewidth=2)
    axis.tick_params(which="both", length=0)
    axis.spines[:].set_visible(False)
    figure.tight_layout()
    return figure


def opinion_while_reading(words: Sequence[str], probabilities: Float[np.ndarray, "words"]) -> Figure:
    """A model's probability after each word of a sentence: bars above ½ mean yes, bars below mean no."""
    leaning = np.asarray(probabilities).reshape(-1) - 0.5
    places = np.arange(len(words))
    figure, axis = plt.subplots(figsize=(0.5 * len(words) + 1.5, 3.2))
    axis.bar(places, leaning, bottom=0.5, color=np.where(leaning > 0, "tab:blue", "tab:red"))
    axis.axhline(0.5, color="black", linewidth=0.8)
    axis.set(ylim=(0, 1), ylabel="probability so far", xticks=places)
    axis.set_xticklabels(words, rotation=45, ha="right")
    axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure


def layers_over_steps(
    layers: Sequence[tuple[str, str, Sequence[str]]],
    links: Sequence[Sequence[tuple[int, int]]],
    recurrent: Sequence[int] = (),
) -> Figure:
    """Layers of a network over a sequence, from bottom to top: `(name, shape, contents of the boxes)`.

    `links[k]` pairs boxes of layer k with the boxes of layer k + 1 that read them. In the layers of `recurrent`, each
    box also reads its left neighbour.
    """
    width = max(len(boxes) for _, _, boxes in layers)
    figure, axis = plt.subplots(figsize=(1.0 * width + 3.6, 0.75 * len(layers)))

    def place(layer: int, box: int) -> float:
        return (box + 0.5) * width / len(layers[layer][2])

    for height, (name, shape, boxes) in enumerate(layers):
        axis.text(-0.2, height, name, ha="right", va="center")
        axis.text(width + 0.2, height, shape, ha="left", va="center", color="0.4", family="monospace")
        for box, content in enumerate(boxes):
            frame = {"boxstyle": "round,pad=0.4", "facecolor": f"C{height}", "alpha": 0.3}
            axis.text(place(height, box), height, content or "   ", ha="center", va="center", bbox=frame)
    for height, pairs in enumerate(links):
        for below, above in pairs:
            line = [place(height, below), place(height + 1, above)], [height + 0.28, height + 0.72]
            axis.plot(*line, color="0.6", linewidth=1, zorder=0)
    for height in recurrent:
        for box in range(1, len(layers[height][2])):
            arrow = {"arrowstyle": "->", "color": "0.4", "shrinkA": 16, "shrinkB": 16}
            ends = (place(height, box), height), (place(height, box - 1), height)
            axis.annotate("", *ends, arrowprops=arrow)
    axis.set(xlim=(-2.2, width + 1.6), ylim=(-0.5, len(layers) - 0.5))
    axis.axis("off")
    figure.tight_layout()
    return figure


def heat_maps(matrices: Mapping[str, Float[np.ndarray, "rows columns"]]) -> Figure:
    """Each named matrix as colours, each with its own colour scale."""
    figure, axes = plt.subplots(1, len(matrices), figsize=(3.2 * len(matrices), 3), squeeze=False)
    for axis, (name, matrix) in zip(axes[0], matrices.items(), strict=True):
        colours = axis.imshow(np.asarray(matrix), cmap="viridis")
        axis.set(title=name, xlabel="channel", ylabel="channel")
        figure.colorbar(colours, ax=axis, fraction=0.046)
    figure.tight_layout()
    return figure


def pictures(images: Mapping[str, Float[np.ndarray, "height width 3"]]) -> Figure:
    """Named colour images in [0, 1], side by side."""
    figure, axes = plt.subplots(1, len(images), figsize=(3.2 * len(images), 3.4), squeeze=False)
    for axis, (name, image) in zip(axes[0], images.items(), strict=True):
        axis.imshow(array(image))
        axis.set_title(name)
        axis.axis("off")
    figure.tight_layout()
    return figure


def points(groups: Mapping[str, Float[np.ndarray, "_ 2"]]) -> Figure:
    """Named groups of points in the plane, each in its own colour."""
    figure, axis = plt.subplots(figsize=(5, 3))
    for name, group in groups.items():
        axis.plot(*np.asarray(group).T, ".", markersize=4, alpha=0.6, label=name)
    axis.set(xlabel="$x$", ylabel="$y$")
    axis.legend()
    figure.tight_layout()
    return figure


def probability_map(
    discriminator: Callable[[Float[np.ndarray, "n 2"]], Float[np.ndarray, "n 1"]],
    groups: Mapping[str, Float[np.ndarray, "_ 2"]],
) -> Figure:
    """A probability as colours over the region of the named groups of points, and the points."""
    everywhere = np.concatenate([np.asarray(group) for group in groups.values()])
    low, high = everywhere.min(axis=0) - 0.1, everywhere.max(axis=0) + 0.1
    sides = [np.linspace(low[axis], high[axis], 81, dtype=np.float32) for axis in (0, 1)]
    grid = np.stack(np.meshgrid(*sides), axis=-1)
    figure, axis = plt.subplots(figsize=(5.4, 3.4))
    values = np.asarray(discriminator(grid.reshape(-1, 2))).reshape(81, 81)
    colours = axis.contourf(*sides, values, levels=np.linspace(0, 1, 21), cmap="RdBu")
    for (name, group), colour in zip(groups.items(), ["black", "tab:green", "tab:orange"], strict=False):
        axis.plot(*np.asarray(group).T, ".", markersize=3, color=colour, label=name)
    axis.set(xlabel="$x$", ylabel="$y$")
    axis.legend()
    figure.colorbar(colours, ax=axis)
    figure.tight_layout()
    return figure


def image_sheet(groups: Mapping[str, Float[np.ndarray, "n height width"]], columns: int = 12) -> Figure:
    """Each named group of grey images in [−1, 1] as one sheet, `columns` images per row, side by side."""
    figure, axes = plt.subplots(1, len(groups), figsize=(3.4 * len(groups), 3.4), squeeze=False)
    for axis, (name, images) in zip(axes[0], groups.items(), strict=True):
        axis.set_title(f"{name} ({len(images)})", fontsize=10)
        axis.axis("off")
        if len(images):
            height, width = images.shape[1:]
            rows = -(-len(images) // columns)
            sheet = np.full((rows * columns, height, width), -1.0)
            sheet[: len(images)] = images
            sheet = sheet.reshape(rows, columns, height, width).swapaxes(1, 2).reshape(rows * height, columns * width)
            axis.imshow(sheet, cmap="gray", vmin=-1, vmax=1)
    figure.tight_layout()
    return figure


def causal_tree(kernel_size: int, dilations: Sequence[int]) -> Figure:
    """Dilated causal layers over time, from the input at the bottom to the output: what the last output depends on.

    All connections are grey. Those that lead to the last output, and the samples that it depends on, are blue.
    """
    reach = (kernel_size - 1) * sum(dilations)
    steps = reach + 3
    figure, axis = plt.subplots(figsize=(min(0.42 * steps + 1, 9.5), 0.62 * len(dilations) + 1))
    used = [{steps - 1}]
    for height, dilation in reversed(list(enumerate(dilations))):
        delays = [tap * dilation for tap in range(kernel_size)]
        for step in range(steps):
            blue = step in used[0]
            for delay in delays:
                if step >= delay:
                    style = {"color": "tab:blue", "lw": 1.3, "zorder": 2} if blue else {"color": "0.87", "lw": 0.7}
                    axis.plot([step - delay, step], [height, height + 1], **style)
        used.insert(0, {step - delay for step in used[0] for delay in delays})
    for height, steps_used in enumerate(used):
        colours = ["tab:blue" if step in steps_used else "0.8" for step in range(steps)]
        axis.scatter(range(steps), [height] * steps, c=colours, s=28, zorder=3)
    names = ["samples", *(f"dilation {dilation}" for dilation in dilations)]
    axis.set_yticks(range(len(names)), names)
    axis.set_xticks([steps - 1 - reach, steps - 1], [f"$x_{{t-{reach}}}$", "$x_t$"])
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    figure.tight_layout()
    return figure
