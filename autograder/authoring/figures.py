"""Pictures that a check adds to its result: samples, points over a curve, losses over time.

The grader draws them from arrays that the student's code returned and stores them in the result as PNG. Values that
cannot be drawn (not numbers, a wrong shape) produce no picture: `expect` reports what is wrong with them.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from autograder.results.form import Picture
from autograder.worker.arrays import Numbers

MOST = 4
"""Pictures per check; further ones are dropped."""
MOST_SAMPLES = 36
MOST_POINTS = 2_000
DOTS_PER_INCH = 80


_collected: ContextVar[list[Picture] | None] = ContextVar("pictures", default=None)


@contextmanager
def collecting() -> Generator[list[Picture]]:
    """Collect the pictures drawn inside the block."""
    pictures: list[Picture] = []
    token = _collected.set(pictures)
    try:
        yield pictures
    finally:
        _collected.reset(token)


def forget() -> None:
    """Drop the pictures drawn so far: they belong to an attempt that does not count."""
    pictures = _collected.get()
    if pictures is not None:
        pictures.clear()


def grid(title: str, images: Any, low: float = 0.0, high: float = 1.0) -> None:
    """Draw up to 36 images, `(N, H, W)` or `(N, H, W, 1)`, in grey from `low` (black) to `high` (white)."""
    samples = _numbers(images)
    if samples is not None and samples.ndim == 4 and samples.shape[-1] == 1:
        samples = samples[..., 0]
    if samples is None or samples.ndim != 3 or not samples.size:
        return
    samples = samples[:MOST_SAMPLES]
    columns = min(len(samples), int(np.ceil(np.sqrt(len(samples)))))
    rows = -(-len(samples) // columns)
    height, width = samples.shape[1:]
    # One array with lines between the tiles, because a figure with 36 axes takes a second.
    sheet = np.full((rows * (height + 1) + 1, columns * (width + 1) + 1), high, dtype=np.float64)
    for number, sample in enumerate(samples):
        top, left = (number // columns) * (height + 1) + 1, (number % columns) * (width + 1) + 1
        sheet[top : top + height, left : left + width] = sample

    def draw(axes: Any) -> None:
        axes.imshow(sheet, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
        axes.set_axis_off()

    _draw(title, draw, (4.5, 4.5 * sheet.shape[0] / sheet.shape[1] + 0.3))


def scatter(title: str, points: Any, curve: Any = None) -> None:
    """Draw points `(n, 2)`, over a curve `(m, 2)` if one is given."""
    samples = _numbers(points)
    if samples is None or samples.ndim != 2 or samples.shape[1] != 2 or not len(samples):
        return
    samples = samples[:MOST_POINTS]

    def draw(axes: Any) -> None:
        if curve is not None:
            axes.plot(*np.asarray(curve).T, color="0.6", linewidth=3, label="real")
        axes.plot(*samples.T, ".", markersize=4, alpha=0.6, color="C3", label="samples")
        axes.legend(loc="best", fontsize=8)

    _draw(title, draw, (4.5, 3.5))


def lines(title: str, values: Mapping[str, Any], x: str = "step") -> None:
    """Plot each named list of numbers over its index. NaN and infinity leave a gap."""
    named = {label: numbers for label, given in values.items() if (numbers := _numbers(given, gap=True)) is not None}
    named = {label: numbers for label, numbers in named.items() if numbers.ndim == 1 and len(numbers)}
    if not named:
        return

    def draw(axes: Any) -> None:
        for label, numbers in named.items():
            axes.plot(numbers, linewidth=1, label=label)
        axes.set_xlabel(x)
        axes.legend(loc="best", fontsize=8)

    _draw(title, draw, (5.0, 3.0))


def _numbers(values: Any, *, gap: bool = False) -> Numbers | None:
    """The values as float64 without NaN or infinity (with `gap`, NaN for either); `None` if they are not numbers."""
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    if gap:
        return np.clip(np.where(np.isfinite(numbers), numbers, np.nan), -1e6, 1e6)
    return np.clip(np.nan_to_num(numbers, nan=0.0), -1e6, 1e6)


def _draw(title: str, draw: Any, size: tuple[float, float]) -> None:
    pictures = _collected.get()
    if pictures is None or len(pictures) >= MOST:
        return
    # Imported here because it takes half a second and most checks draw nothing.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # Matplotlib's own types are incomplete.
    figure: Any = Figure(figsize=size, dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    draw(axes)
    axes.set_title(title, fontsize=9)
    buffer = io.BytesIO()
    # Without software version and date, the same arrays give the same bytes.
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(buffer, metadata={"Software": None})
    pictures.append(Picture(title, buffer.getvalue()))
