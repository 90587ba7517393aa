"""Probes of GANs: the two networks, a discriminator controlled by the grader, and the effect of training steps.

D is a discriminator whose output is a probability. The grader can shift and negate its logit through parameters that it
identifies by their effect, whatever layers the student has chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograder.authoring import expect
from autograder.authoring.probes.batch_norm import in_both_modes
from autograder.authoring.probes.functions import logit
from autograder.authoring.probes.parameters import Parameters, change, flat
from autograder.authoring.student import Remote, Student
from autograder.worker.names import Numbers

ALIKE, APART = 0.02, 0.5
"""Spreads of D's logit for `Steered`: nearly the same output for all points, and clearly different outputs."""


class Players(NamedTuple):
    """A student's GAN and its two networks, both built."""

    gan: Remote
    generator: Remote
    discriminator: Remote


def players(gan: Any, noise: Any, judged: Any, *, tried: str, cause: str = "") -> Players:
    """The GAN that a student's class returned, with its attributes `generator` and `discriminator`.

    `noise`, `judged`: example inputs of generator and discriminator, used to build networks that are not built yet.
    Raises `CheckFailed` if `gan` is not an object, `StudentError` if it lacks these attributes or they do not accept
    the examples.
    """
    whole = expect.remote(gan, tried=tried, cause=cause)
    generator = whole.part("generator").ready(noise)
    return Players(whole, generator, whole.part("discriminator").ready(judged))


def new_gan(
    student: Student, seed: int, *, kind: str, latent_dim: int, judged: Any, labels: int = 0, cause: str = ""
) -> Players:
    """Create the student's class `kind(latent_dim, seed)` and return it with its two networks.

    `judged`: an example input of the discriminator. `labels`: columns that the generator takes besides the noise.
    Raises what `players` raises.
    """
    tried = f"{kind}({latent_dim}, seed)"
    return players(
        student.call(kind, latent_dim, seed), np.zeros((2, latent_dim + labels)), judged, tried=tried, cause=cause
    )


def log_odds(answers: Any, tried: str = "the discriminator's answers") -> Numbers:
    """ln p/(1−p) of D's outputs, elementwise, finite also at 0 and 1. Raises `CheckFailed` unless they are numbers."""
    return logit(expect.array(answers, tried=tried))


def mean_log_odds(discriminator: Remote, x: Any) -> Numbers:
    """D's mean logit on `x` in inference and training mode, `(2,)`: with batch norm, a step may use either."""
    return np.array([np.mean(log_odds(answers)) for answers in in_both_modes(discriminator, x)])


def output_bias(discriminator: Remote, x: Any) -> str | None:
    """The name of the scalar parameter that is added to D's logit; `None` if there is none.

    It is identified by its effect on D's outputs for `x`. All parameters are restored afterwards.
    """
    before = log_odds(discriminator.forward(x))
    for name, value in reversed(discriminator.parameters().items()):
        if value.size == 1:
            discriminator.set_parameters({name: value + 1})
            rise = log_odds(discriminator.forward(x)) - before
            discriminator.set_parameters({name: value})
            if np.allclose(rise, 1, atol=0.02):
                return name
    return None


def output_weights(discriminator: Remote, x: Any, bias: str | None) -> str | None:
    """The name of the weights that negate D's logit on `x` when they and the `bias` are negated.

    `None` if there are none, or if D's logit is nearly 0. All parameters are restored afterwards.
    """
    own = discriminator.parameters()
    before = log_odds(discriminator.forward(x))
    for name, value in reversed(own.items()):
        if name != bias and value.ndim >= 2 and np.abs(before).max() > 1e-4:
            discriminator.set_parameters({name: -value} | ({bias: -own[bias]} if bias else {}))
            after = log_odds(discriminator.forward(x))
            discriminator.set_parameters(own)
            if np.allclose(after, -before, rtol=0.01, atol=1e-5):
                return name
    return None


class Steered:
    """A student's D with its logit set to slope · f(x) + level, where f is the function of the untrained network.

    f is scaled to the `spread` over `points`; with `ALIKE` it is only scaled down. `bias` and `output` name the
    parameters that shift and negate the logit. If `bias` is `None`, D cannot be controlled; if `output` is `None`, the
    slope stays 1.
    """

    def __init__(self, discriminator: Remote, points: Any, spread: float) -> None:
        self._model = discriminator
        self._points = points
        self._start = discriminator.parameters()
        self._scale, self._mean = 1.0, 0.0
        self.output: str | None = None
        self.bias = output_bias(discriminator, points)
        if self.bias is None:
            return
        spread_when_new = float(self._logit().std())
        discriminator.set_parameters({self.bias: np.zeros_like(self._start[self.bias])})
        self.output = output_weights(discriminator, points, self.bias)
        if self.output is not None:
            scale = spread / max(spread_when_new, 1e-3)
            # Outputs that are already more alike than requested stay so: scaling up would spread other points.
            self._scale = min(scale, 1.0) if spread == ALIKE else scale
            self._mean = float(self._logit().mean())
        discriminator.set_parameters(self._start)

    def set(self, level: float, slope: float = 1.0) -> None:
        """Restore the initial parameters, with the logit's slope set to `slope` and its mean to `level`."""
        values = dict(self._start)
        if self.output is not None:
            values[self.output] = values[self.output] * slope * self._scale
        if self.bias is not None:
            # Computed first, because far from 0 float32 keeps too few digits of a probability; then corrected.
            values[self.bias] = np.full_like(values[self.bias], level - slope * self._scale * self._mean)
            self._model.set_parameters(values)
            values[self.bias] = values[self.bias] + (level - float(self._logit().mean()))
        self._model.set_parameters(values)

    def _logit(self) -> Numbers:
        return log_odds(self._model.forward(self._points))


def moves(net: Remote, step: Callable[[], object], count: int) -> list[Parameters]:
    """The change of the parameters of `net` in each of `count` steps.

    Each step starts from the same parameters, which are also restored at the end: only the optimiser's state links one
    step to the next.
    """
    start = net.parameters()
    changes: list[Parameters] = []
    for _ in range(count):
        step()
        changes.append(change(start, net.parameters()))
        net.set_parameters(start)
    return changes


def mean_of(changes: Sequence[Mapping[str, Numbers]]) -> Parameters:
    """The mean of several parameter changes."""
    return {name: np.mean([each[name] for each in changes], axis=0) for name in changes[0]}


def cosine(a: Mapping[str, Numbers], b: Mapping[str, Numbers]) -> float:
    """The cosine of the angle between two parameter changes, as flattened vectors; 0 if nothing changed."""
    first, second = flat(a), flat(b)
    return float(first @ second / max(np.sqrt((first @ first) * (second @ second)), 1e-30))
