"""Shared by the checks of `wgan`."""

from functools import partial
from typing import NamedTuple

import numpy as np

from autograder import expect, figures
from autograder.authoring.probes.batch_norm import outputs_in_both_modes
from autograder.authoring.probes.models import new_model
from autograder.authoring.probes.parameters import random_weights, scaled, snapshot
from autograder.authoring.probes.samples import coverage, energy_distance
from autograder.authoring.student import Remote

LATENT = 5
N = 64
"""One batch size throughout: a traced function is traced again for each size."""
PENALTIES = ("clip", "gradient")
LARGEST_LIMIT = 0.05
"""From the exercise's text."""


class Players(NamedTuple):
    """A student's WGAN and its two networks, both built."""

    gan: Remote
    generator: Remote
    critic: Remote


def untrained(student, seed, penalty):
    """What `WGAN` returns, as `Players`."""
    whole = expect.remote(
        student.WGAN(LATENT, seed, penalty), tried=f'WGAN({LATENT}, seed, "{penalty}")', cause="`WGAN` is a class."
    )
    return Players(
        whole, whole.part("generator").ready(np.zeros((2, LATENT))), whole.part("critic").ready(np.zeros((2, 2)))
    )


model_of = partial(new_model, cause="Return a model: a `torch.nn.Module` or a `keras.Model`.")
"""What a student's function returns: `model_of(student, "build_critic", example=…, seed=…)`."""


def on_the_curve(draw, n=N):
    """Real points: x from [−½, ½], and x²."""
    x = draw.uniform(-0.5, 0.5, n)
    return np.stack([x, x * x], axis=1)


def off_the_curve(points):
    """The mean of |y − x²|."""
    return float(np.abs(points[:, 1] - points[:, 0] ** 2).mean())


def linear_critic(student, slope, angle):
    """A critic of the grader's that is linear, with the given slope in the direction of `angle`."""
    kernel = slope * np.array([[np.cos(angle)], [np.sin(angle)]], dtype=np.float32)
    return student.shared("networks.dense", [(kernel, np.array([0.3], dtype=np.float32))])


def mean_score(critic, points):
    """The critic's mean score of points, as an array, in inference mode."""
    return float(np.mean(expect.array(critic.forward(points), tried="the critic's scores")))


def scores_of_fakes(generator, critic, z):
    """The mean scores of G(z) with G in inference mode and in training mode, since a step may use either."""
    return np.array([mean_score(critic, points) for points in outputs_in_both_modes(generator, z)])


def unbounded(model, inputs, draw, what):
    """Weights ten times as large move the outputs of a model with a linear last layer outwards, on both sides of 0."""
    # A single draw may lie on one side of 0.
    starts, reach = [random_weights(draw, model.parameters()) for _ in range(12)], []
    for size in (4, 40):
        answers = []
        for start in starts:
            model.set_parameters(scaled(start, size))
            answers.append(expect.array(model.forward(inputs), tried=f"{what} with large weights"))
        reach.append((np.min(answers, axis=(0, 1)), np.max(answers, axis=(0, 1))))
    (low, high), (lower, higher) = reach
    expect.that(
        bool(np.all(higher > 3 * high) and np.all(lower < 3 * low) and np.all(high > 0) and np.all(low < 0)),
        tried=f"{what} with weights ten times as large",
        saw=f"outputs from {lower.min():.3g} to {higher.max():.3g}, before from {low.min():.3g} to {high.max():.3g}",
        expected="outputs at least three times as far out, on both sides of 0",
        cause="The output has one sign only: nothing may follow the last linear layer, no ReLU, softplus or square."
        if (lower.min() >= 0 and higher.max() > 2 * high.max()) or (higher.max() <= 0 and lower.min() < 2 * low.min())
        else "The output is bounded: the last layer is linear, without sigmoid, tanh or clipping.",
    )


def find_the_curve(student, draw, limits, penalty):
    """A WGAN that is trained on the curve makes points near all of it; the best of two seeds, at any of six stages."""
    steps, stages, seeds = 300, 6, [draw.seed(), draw.seed()]
    run = {}

    def attempt(number):
        if number % stages == 0:
            players = untrained(student, seeds[number // stages], penalty)
            z = draw.normal(300, LATENT)
            run.update(players=players, losses={"critic_loss": [], "g_loss": []})
            run["new"] = z, players.generator.forward(z), snapshot(players.generator)
        gan, generator, _ = run["players"]
        reported = expect.mapping(gan.fit(steps, 128), tried=f"WGAN.fit({steps}, 128)")
        for name, values in run["losses"].items():
            values += list(np.ravel(reported.get(name, ())))
        done = steps * (number % stages + 1)
        tried = f'fit of a WGAN with "{penalty}", {done:,} steps of 128, then 1,000 samples'
        fake = expect.shape(generator.forward(draw.normal(1000, LATENT)), (1000, 2), tried=tried)
        real, x = on_the_curve(draw, 1000), np.linspace(-0.5, 0.5, 101)
        figures.scatter(f"{penalty}: 1,000 samples after {done:,} steps", fake, np.stack([x, x**2], axis=1))
        figures.lines("losses, as your code reported", run["losses"])
        reached = coverage(fake[:, 0], -0.5, 0.5)
        cause = (
            "The samples are all alike: G follows the critic faster than the critic learns. Train the critic "
            "faster, or more often, than G."
            if fake[:, 0].std() < 0.15
            else "G has not found the curve: look at the picture, at the real points of `fit` and at both learning "
            "rates. With a penalty, try the factor λ = 1; with clipping, the limit 0.05."
        )
        expect.at_most(
            energy_distance(real, fake),
            limits.energy_distance,
            what="an energy distance to real points",
            tried=tried,
            cause=cause,
        )
        expect.at_most(off_the_curve(fake), limits.distance, what="a mean distance |y − x²|", tried=tried, cause=cause)
        expect.at_least(reached, limits.coverage, what="a share of the curve reached", tried=tried, cause=cause)
        z, points, restore = run["new"]
        restore()
        again = generator.forward(z)
        expect.close(
            again,
            points,
            tried="the trained generator, after the parameters of the new one were put back",
            expected="the points of the new generator",
            cause="The points do not come from the parameters of `.generator`: what G learns must be in them.",
            rtol=1e-2,
            atol=1e-3,
        )
        expect.that(
            energy_distance(real, again) > limits.energy_distance
            or off_the_curve(again) > limits.distance
            or coverage(again[:, 0], -0.5, 0.5) < limits.coverage,
            tried="the new generator, before it was trained",
            saw="points that lie as near to the real points as those after training",
            expected="points that training brings to the curve",
            cause="G knows the curve before it has learned anything: it must learn the curve from the critic.",
        )

    expect.best_of(stages * len(seeds), attempt)
