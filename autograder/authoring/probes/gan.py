"""Probes of GANs: the two networks, a discriminator controlled by the grader, and the effect of training steps.

D is a discriminator whose output is a probability. The grader can shift and negate its logit through parameters that it
identifies by their effect, whatever layers the student has chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograder.authoring import expect
from autograder.authoring.challenges import Draw
from autograder.authoring.probes.batch_norm import outputs_in_both_modes
from autograder.authoring.probes.functions import logit
from autograder.authoring.probes.parameters import Parameters, change, flat, scaled, weights
from autograder.authoring.student import Remote, Student
from autograder.errors import CheckFailed, StudentError
from autograder.worker.arrays import Numbers

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


def keeps_latent_dim(gan: Remote, latent_dim: int, *, tried: str) -> None:
    """The attribute `latent_dim` must be the number that the constructor received; raises `CheckFailed` if it is not."""
    expect.equal(
        gan.part("latent_dim").call("__int__"),
        latent_dim,
        tried=f"{tried}.latent_dim",
        cause="`.latent_dim` is the number that the constructor receives: self.latent_dim = latent_dim.",
    )


def log_odds(answers: Any, tried: str = "the discriminator's answers") -> Numbers:
    """ln p/(1−p) of D's outputs, elementwise, finite also at 0 and 1. Raises `CheckFailed` unless they are numbers."""
    return logit(expect.array(answers, tried=tried))


def mean_log_odds(discriminator: Remote, x: Any) -> Numbers:
    """D's mean logit on `x` in inference and training mode, `(2,)`: with batch norm, a step may use either."""
    return np.array([np.mean(log_odds(answers)) for answers in outputs_in_both_modes(discriminator, x)])


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

    Weights that also scale it come first: the direction of a weight normalisation does not. `None` if there are none,
    or if D's logit is nearly 0. All parameters are restored afterwards.
    """
    own = discriminator.parameters()
    if np.abs(log_odds(discriminator.forward(x))).max() <= 1e-4:
        return None
    names = [name for name in reversed(own) if name != bias and own[name].ndim >= 2]
    turning = [name for name in names if multiplies(discriminator, x, name, bias, -1)]
    scaling = (name for name in turning if multiplies(discriminator, x, name, bias, 0.5))
    return next(scaling, turning[0] if turning else None)


def multiplies(discriminator: Remote, x: Any, name: str, bias: str | None, factor: float) -> bool:
    """Is D's logit on `x` multiplied by the factor if the parameter `name` and the `bias` are? All are restored."""
    own = discriminator.parameters()
    before = log_odds(discriminator.forward(x))
    discriminator.set_parameters({name: factor * own[name]} | ({bias: factor * own[bias]} if bias else {}))
    after = log_odds(discriminator.forward(x))
    discriminator.set_parameters(own)
    return np.allclose(after, factor * before, rtol=0.01, atol=1e-5)


class OutputBias:
    """The bias of D's output, by which its logit is set and read. `name`: the parameter's name."""

    def __init__(self, name: str, start: Parameters) -> None:
        self.name = name
        self._start = start

    def values(self, level: float, tilt: float = 0.0) -> Parameters:
        """The first parameters, with a bias of `level`. `tilt` is not used: the kernel still has its own function."""
        return {**self._start, self.name: np.full_like(self._start[self.name], level)}

    def lift(self, change: Mapping[str, Numbers]) -> float:
        """By how much a change of the bias raises the logit, in nats."""
        return float(change[self.name].sum())


class OutputKernel:
    """The last kernel of a D whose output has no bias, made to do what a bias does.

    The hidden units get biases of 1 and hardly any weights, so that they say nearly the same to every input. The kernel
    then sets the logit. `name`: the kernel's name. `find` returns `None` for a D of which this is not possible.
    """

    QUIET = 0.01

    def __init__(self, name: str, start: Parameters, unit: float, hidden: Parameters) -> None:
        self.name = name
        self._start, self._unit, self._hidden = start, unit, hidden

    @classmethod
    def find(cls, discriminator: Remote, points: Any, amount: float = QUIET) -> OutputKernel | None:
        """The output kernel of D, identified by its effect on D's outputs for `points`. All parameters are restored.

        `amount`: what is left of the hidden weights and of the gains of normalisations.
        """
        name = output_weights(discriminator, points, None)
        if name is None:
            return None
        start = discriminator.parameters()
        for hidden in quiet(start, name, amount):
            found = cls(name, start, 1.0, hidden)
            discriminator.set_parameters(found.values(1.0))
            said = [log_odds(answers) for answers in outputs_in_both_modes(discriminator, points)]
            discriminator.set_parameters(start)
            found._unit = float(np.mean(said))
            # Units that are hardly shifted, or that still depend on the input, cannot stand for a constant.
            steady = max(float(np.std(each)) for each in said) < 0.05 * abs(found._unit)
            if steady and abs(found._unit) > 0.01:
                return found
        return None

    def values(self, level: float, tilt: float = 0.0) -> Parameters:
        """Parameters with which D's logit is about `level`, plus `tilt` times a fixed function of the input.

        With a `tilt` of 1 the entries of the kernel differ as much as a level of 1 raises each.
        """
        shape = self._start[self.name].shape
        uneven = Draw(0).normal(*shape)
        kernel = (level + tilt * (uneven - uneven.mean())) / self._unit / uneven.size
        return {**self._start, **self._hidden, self.name: kernel}

    def lift(self, change: Mapping[str, Numbers]) -> float:
        """By how much a change of the kernel raises the logit, in nats."""
        return float(self._unit * change[self.name].sum())


def quiet(values: Mapping[str, Numbers], output: str, amount: float) -> Iterator[Parameters]:
    """Hidden parameters with which the units before the `output` say nearly the same to every input: they have biases of 1.

    First those of the layer that comes before the output in the order of the parameters: the gain of its normalisation
    is scaled by `amount`, or, without one, its kernel. Then those of all layers, for parameters in another order. Last
    biases of 1 / `amount` and no other change, since spectral normalisation undoes the scaling of a kernel.
    """
    names = list(values)
    kernels = {name for name in names if values[name].ndim > 1}
    # An array with one axis and a mean above ½ is taken for the gain of a normalisation.
    gains = {name for name in names if name not in kernels and values[name].mean() > 0.5}

    def with_scaled(scaled: set[str], shifted: Iterable[str]) -> Parameters:
        return {name: np.ones_like(values[name]) for name in shifted} | {name: amount * values[name] for name in scaled}

    before = names[: names.index(output)]
    if earlier := [name for name in before if name in kernels]:
        after_it = set(before[before.index(earlier[-1]) + 1 :])
        yield with_scaled(gains & after_it or {earlier[-1]}, after_it - gains)
    biases = set(names) - kernels - gains
    yield with_scaled((kernels | gains) - {output}, biases)
    yield {name: np.full_like(values[name], 1 / amount) for name in biases}


def output_level(discriminator: Remote, points: Any) -> OutputBias | OutputKernel:
    """What sets D's logit and tells how far a step has moved it. Raises `CheckFailed` if nothing does."""
    if name := output_bias(discriminator, points):
        return OutputBias(name, discriminator.parameters())
    if found := OutputKernel.find(discriminator, points):
        return found
    raise unsteerable()


def ever_blinder(discriminator: Remote, points: Any) -> Iterator[OutputBias | OutputKernel]:
    """The same for a D of which each is about half as sensitive to its input as the one before: 40 times at most."""
    start, level = discriminator.parameters(), output_level(discriminator, points)
    for halvings in range(1, 41):
        yield level
        if isinstance(level, OutputKernel):
            # From the first parameters: a gain that is scaled already would no longer be known as one.
            discriminator.set_parameters(start)
            level = OutputKernel.find(discriminator, points, OutputKernel.QUIET * 0.5**halvings) or level
        else:
            discriminator.set_parameters(scaled(weights(discriminator), 0.5))
            level = OutputBias(level.name, discriminator.parameters())


_EVEN = 1e-4
"""Logits near 0 that vary less than this are rounded to their last hundreds of float32 steps."""


class Steered:
    """A student's D with its logit set to slope · f(x) + level, where f is the function of the untrained network.

    f is scaled to the `spread` over `points`; with `ALIKE` it is only scaled down. If the output has no bias, its kernel
    sets the level, and f is another function of the input. If `output` is `None`, no parameter negates the logit, and
    the slope stays 1; this is only accepted with `ALIKE`. Where the output's weights have a fixed norm (spectral
    normalisation), f is not scaled, and only the sign of the slope counts.

    Raises `CheckFailed` for a D that cannot be controlled: no check passes because it could not ask.
    """

    def __init__(self, discriminator: Remote, points: Any, spread: float) -> None:
        self._model = discriminator
        self._points = points
        self._start = discriminator.parameters()
        # In a new net, spectral normalisation has not followed the weights yet.
        discriminator.set_parameters(self._start)
        self._scale, self._mean, self._rigid = 1.0, 0.0, False
        self.output: str | None = None
        self._kernel: OutputKernel | None = None
        self.bias = output_bias(discriminator, points)
        if self.bias is None:
            self._kernel, uneven, self._mean = self._found_kernel(spread)
            self.output = self._kernel.name
            # A kernel of one number has no function of the input besides its constant.
            self._scale = spread / uneven if uneven > _EVEN else 0.0
            return
        spread_when_new = float(self._logit().std())
        discriminator.set_parameters({self.bias: np.zeros_like(self._start[self.bias])})
        self.output = output_weights(discriminator, points, self.bias)
        if self.output is not None:
            self._mean = float(self._logit().mean())
            self._rigid = not multiplies(discriminator, points, self.output, self.bias, 0.5)
            scale = spread / max(spread_when_new, 1e-3)
            # Outputs that are already more alike than requested stay so: scaling up would spread other points.
            self._scale = 1.0 if self._rigid else min(scale, 1.0) if spread == ALIKE else scale
        discriminator.set_parameters(self._start)
        if self.output is None and spread != ALIKE:
            raise unsteerable()

    def _found_kernel(self, spread: float) -> tuple[OutputKernel, float, float]:
        """The output kernel, and the deviation and the mean of the logit over the points with a tilt of 1.

        Where the points are much alike, hidden units that are too quiet do not tell them apart.
        """
        for amount in (OutputKernel.QUIET, 10 * OutputKernel.QUIET, 100 * OutputKernel.QUIET):
            kernel = OutputKernel.find(self._model, self._points, amount)
            if kernel is None:
                continue
            self._model.set_parameters(kernel.values(0.0, tilt=1.0))
            tilted = self._logit()
            self._model.set_parameters(self._start)
            if tilted.std() > _EVEN or spread == ALIKE:
                return kernel, float(tilted.std()), float(tilted.mean())
        raise unsteerable()

    def set(self, level: float, slope: float = 1.0) -> None:
        """Restore the initial parameters, with the logit's slope set to `slope` and its mean to `level`."""
        if self._kernel is not None:
            tilt = slope * self._scale
            # Computed first, because a probability of 1 does not tell how far its logit is off; then corrected.
            about = level - tilt * self._mean
            self._model.set_parameters(self._kernel.values(about, tilt))
            self._model.set_parameters(self._kernel.values(about + level - float(self._logit().mean()), tilt))
            return
        values = dict(self._start)
        if self._rigid:
            slope = -1.0 if slope < 0 else 1.0
        if self.output is not None:
            values[self.output] = values[self.output] * slope * self._scale
        if self.bias is not None:
            # Computed first, because far from 0 float32 keeps too few digits of a probability; then corrected.
            values[self.bias] = np.full_like(values[self.bias], level - slope * self._scale * self._mean)
            self._model.set_parameters(values)
            values[self.bias] = values[self.bias] + (level - float(self._logit().mean()))
        self._model.set_parameters(values)

    def lift(self, change: Mapping[str, Numbers]) -> float:
        """By how much a change of D's parameters raises the logit of every point, in nats: that of its output bias."""
        if self._kernel is not None:
            return self._kernel.lift(change)
        return float(change[str(self.bias)].sum())

    def _logit(self) -> Numbers:
        return log_odds(self._model.forward(self._points))


def unsteerable() -> CheckFailed:
    """The failure of a check that cannot set what the student's D says."""
    return CheckFailed(
        tried="to set the discriminator's answers through its parameters",
        saw="no output bias that shifts its logit, and no output kernel behind hidden biases that does",
        expected="a discriminator that ends with a layer of weights and a sigmoid, with a bias in that layer or before it",
        likely="The layers have no biases (bias=False, use_bias=False): the network cannot say the same to all inputs.",
    )


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


def batch_size_counts(end: Callable[[int], Numbers], *, tried: str) -> None:
    """`end(batch_size)`: the parameters of a new GAN after one step of `fit`, always with the same seed.

    If `batch_size` is ignored or halved, they are the same for 2 and 3. Raises `CheckFailed`.
    """
    expect.that(
        not np.array_equal(end(2), end(3)),
        tried=f"{tried}, with batch_size=2 and with batch_size=3, each time from the same seed",
        saw="the same parameters",
        expected="different ones",
        cause="`batch_size` is not the number of real points, and of fakes, in an update.",
    )


def last_point_counts(net: Remote, step: Callable[[Numbers], object], points: Numbers) -> None:
    """A step must use all points: if the last one is NaN, all of `net` becomes NaN. Raises `CheckFailed`.

    Code that raises an exception for NaN has met it.
    """
    with_nan = np.array(points)
    with_nan[-1] = np.nan
    try:
        step(with_nan)
    except StudentError:
        return
    expect.that(
        not np.isfinite(flat(net.parameters())).all(),
        tried=f"one step on {len(points)} real points, of which the last is NaN",
        saw="parameters that are all numbers, so that it was not used",
        expected="NaN: each point has a part in the step",
        cause="Some of the real points are left out: use all that the step receives.",
    )


def starts_without_gradients(
    discriminator: Remote,
    set_level: Callable[[float], object],
    lift: Callable[[Parameters], float],
    *,
    generator_step: Callable[[], object],
    discriminator_step: Callable[[], object],
    samples: str,
) -> None:
    """D's own steps must not follow gradients that G's steps have left in D.

    `set_level(level)`: sets D's logit for all inputs; `lift(change)`: by how much a change of D's parameters raises it.
    `samples`: what D judges, in a student's words. Raises `CheckFailed` if D follows such gradients.

    Where D ≈ 0.02, G's step makes large gradients in D, upwards. In D's own step, where D ≈ 0.9, the fakes pull down.
    """
    set_level(-4.0)
    for _ in range(10):
        generator_step()
    set_level(2.2)
    first = moves(discriminator, discriminator_step, 3)
    expect.that(
        float(np.mean([lift(each) for each in first])) < 0,
        tried="10 steps of train_generator where D ≈ 0.02, then 3 of train_discriminator where D ≈ 0.9",
        saw="D's answers go up",
        expected=f"down, since half of the {samples} are fakes",
        cause="G's steps leave gradients in D: zero D's gradients before each step of its own, not after it.",
    )
