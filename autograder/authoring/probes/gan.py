"""Probes of GANs: the two players, a discriminator that the grader steers, and where steps lead.

D is a discriminator whose output is a probability. Its logit is a number that the grader can raise, lower and turn round by
parameters that it finds by what they do, whatever layers the student has chosen.
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
"""Spreads of D's logit for `Steered`: nearly one answer for all points, and answers that differ."""


class Players(NamedTuple):
    """A student's GAN and its two nets, which have their parameters."""

    gan: Remote
    generator: Remote
    discriminator: Remote


def players(gan: Any, noise: Any, judged: Any, *, tried: str, cause: str = "") -> Players:
    """The GAN that a student's class returned, with its parts `generator` and `discriminator`.

    `noise`, `judged`: examples of what the generator and the discriminator take, to build nets that are not built yet. Raises
    `CheckFailed` where `gan` is not an object, `StudentError` where it has no such parts or they do not take the examples.
    """
    whole = expect.remote(gan, tried=tried, cause=cause)
    generator = whole.part("generator").ready(noise)
    return Players(whole, generator, whole.part("discriminator").ready(judged))


def new_gan(
    student: Student, seed: int, *, kind: str, latent_dim: int, judged: Any, labels: int = 0, cause: str = ""
) -> Players:
    """`kind(latent_dim, seed)`, a class of the student's, with its players.

    `judged`: an example of what the discriminator takes. `labels`: columns that the generator takes beside the noise. Raises
    what `players` raises.
    """
    tried = f"{kind}({latent_dim}, seed)"
    return players(
        student.call(kind, latent_dim, seed), np.zeros((2, latent_dim + labels)), judged, tried=tried, cause=cause
    )


def log_odds(answers: Any, tried: str = "the discriminator's answers") -> Numbers:
    """ln p/(1−p) of D's answers, in their shape, finite also at 0 and 1. Raises `CheckFailed` where they are no numbers."""
    return logit(expect.array(answers, tried=tried))


def mean_log_odds(discriminator: Remote, x: Any) -> Numbers:
    """D's mean logit on `x` in inference mode and in training mode, `(2,)`: with batch norm, a step may use either."""
    return np.array([np.mean(log_odds(answers)) for answers in in_both_modes(discriminator, x)])


def output_bias(discriminator: Remote, x: Any) -> str | None:
    """The name of the single number that is added to D's logit; `None` where there is none.

    It is found by what it does to D's answers to `x`. Afterwards all parameters are as before.
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
    """The name of the weights whose opposite, together with that of the `bias`, turns D's logit on `x` into its opposite.

    `None` where there are none, or where D's logit is nearly 0. Afterwards all parameters are as before.
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
    """A student's D whose logit is set to slope · f(x) + level, where f is what its net computed when it was new.

    f is scaled to the `spread` over `points`; with `ALIKE` it is only scaled down. `bias` and `output` name the parameters that
    shift the logit and turn it round. Where `bias` is `None`, nothing can be steered; where `output` is, the slope stays 1.
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
            # Answers that are more alike than asked for stay so: other points would be drawn apart.
            self._scale = min(scale, 1.0) if spread == ALIKE else scale
            self._mean = float(self._logit().mean())
        discriminator.set_parameters(self._start)

    def set(self, level: float, slope: float = 1.0) -> None:
        """All parameters as when new, but for the logit's slope, and for its mean over the points, which is `level`."""
        values = dict(self._start)
        if self.output is not None:
            values[self.output] = values[self.output] * slope * self._scale
        if self.bias is not None:
            # Worked out first, since far from 0 float32 keeps too few digits of a probability; then corrected.
            values[self.bias] = np.full_like(values[self.bias], level - slope * self._scale * self._mean)
            self._model.set_parameters(values)
            values[self.bias] = values[self.bias] + (level - float(self._logit().mean()))
        self._model.set_parameters(values)

    def _logit(self) -> Numbers:
        return log_odds(self._model.forward(self._points))


def moves(net: Remote, step: Callable[[], object], count: int) -> list[Parameters]:
    """By how much each of `count` steps changes the parameters of `net`.

    Each step starts from the same parameters, which the net also has afterwards: only what an optimiser remembers links a
    step to the next.
    """
    start = net.parameters()
    found: list[Parameters] = []
    for _ in range(count):
        step()
        found.append(change(start, net.parameters()))
        net.set_parameters(start)
    return found


def mean_of(changes: Sequence[Mapping[str, Numbers]]) -> Parameters:
    """The mean of several changes of the same parameters."""
    return {name: np.mean([each[name] for each in changes], axis=0) for name in changes[0]}


def cosine(a: Mapping[str, Numbers], b: Mapping[str, Numbers]) -> float:
    """Of the angle between two changes of the same parameters, all arrays taken as one vector; 0 where nothing changed."""
    first, second = flat(a), flat(b)
    return float(first @ second / max(np.sqrt((first @ first) * (second @ second)), 1e-30))
