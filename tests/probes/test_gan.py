"""Probes of GANs, on small networks of both frameworks: which networks can be controlled, and where steps lead."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import numpy as np
import pytest

from autograder.authoring.probes import gan
from autograder.authoring.probes.parameters import flat, standing_still
from autograder.authoring.student import Remote, Student
from autograder.errors import CheckFailed, StudentError
from autograder.execution.zygote_client import Zygotes
from autograder.worker.names import FrameworkName
from tests import toy

GANS: dict[FrameworkName, str] = {
    "torch": """
        FRAMEWORK = "torch"
        import torch
        from torch import nn

        class Discriminator(nn.Module):
            # One number that is a slope, and no bias.
            def __init__(self, *last):
                super().__init__()
                self.net = nn.Sequential(nn.Linear(2, 8), nn.PReLU(), *last)

            def forward(self, x):
                return torch.sigmoid(self.net(x))

        class GAN:
            def __init__(self, latent_dim, momentum=0.0):
                torch.manual_seed(3)
                self.latent_dim = latent_dim
                self.generator = nn.Sequential(nn.LazyLinear(2))
                self.discriminator = Discriminator(nn.LazyLinear(1))
                self.momentum, self.optimizer = momentum, None

            def climb(self, rate):
                # Raise D's mean answer, or lower it.
                if self.optimizer is None:
                    self.optimizer = torch.optim.SGD(self.discriminator.parameters(), lr=1.0, momentum=self.momentum)
                self.optimizer.zero_grad()
                x = torch.linspace(-1, 1, 16).reshape(8, 2)
                (-rate * self.discriminator(x).mean()).backward()
                self.optimizer.step()

            def forge(self):
                # The part of a generator's step that leaves gradients in the discriminator.
                p = self.discriminator(self.generator(torch.ones(8, 5)))
                (-torch.log(p).mean()).backward()

            def judge(self, forgets):
                optimizer = torch.optim.SGD(self.discriminator.parameters(), lr=0.01)
                if forgets:
                    optimizer.zero_grad()
                real, fake = torch.linspace(-1, 1, 16).reshape(8, 2), self.generator(torch.ones(8, 5)).detach()
                loss = torch.log(self.discriminator(real)) + torch.log(1 - self.discriminator(fake))
                (-loss.mean()).backward()
                optimizer.step()
                optimizer.zero_grad()

        def without_bias():
            return Discriminator(nn.Linear(8, 1, bias=False))

        def scaled_after_the_bias():
            return Discriminator(nn.Linear(8, 1), nn.Linear(1, 1, bias=False))

        def normalised():
            return Discriminator(
                nn.Linear(8, 8, bias=False), nn.BatchNorm1d(8), nn.LeakyReLU(0.2), nn.Linear(8, 1, bias=False)
            )

        def no_biases():
            return nn.Sequential(
                nn.Linear(2, 8, bias=False), nn.ReLU(), nn.Linear(8, 1, bias=False), nn.Sigmoid()
            )

        def squared():
            class Square(nn.Module):
                def forward(self, x):
                    return x**2 - 1

            return Discriminator(nn.Linear(8, 1), Square())
        """,
    "keras": """
        FRAMEWORK = "keras"
        import keras
        import tensorflow as tf
        from keras import layers

        def discriminator(*last):
            return keras.Sequential([layers.Dense(8), layers.PReLU(shared_axes=[1]), *last, layers.Activation("sigmoid")])

        class GAN:
            def __init__(self, latent_dim, momentum=0.0):
                keras.utils.set_random_seed(3)
                self.latent_dim = latent_dim
                self.generator = keras.Sequential([layers.Dense(2)])
                self.discriminator = discriminator(layers.Dense(1))
                self.optimizer = keras.optimizers.SGD(1.0, momentum=momentum)

            def climb(self, rate):
                x = tf.reshape(tf.linspace(-1.0, 1.0, 16), (8, 2))
                with tf.GradientTape() as tape:
                    loss = -rate * tf.reduce_mean(self.discriminator(x))
                variables = self.discriminator.trainable_variables
                self.optimizer.apply(tape.gradient(loss, variables), variables)

            def forge(self):
                # The part of a generator's step that would leave gradients in the discriminator in PyTorch.
                with tf.GradientTape() as tape:
                    loss = -tf.reduce_mean(tf.math.log(self.discriminator(self.generator(tf.ones((8, 5))))))
                slopes = tape.gradient(loss, self.discriminator.trainable_variables)
                self.left = [a + b for a, b in zip(slopes, getattr(self, "left", [0.0] * len(slopes)))]

            def judge(self, forgets):
                real, fake = tf.reshape(tf.linspace(-1.0, 1.0, 16), (8, 2)), self.generator(tf.ones((8, 5)))
                variables = self.discriminator.trainable_variables
                with tf.GradientTape() as tape:
                    loss = tf.math.log(self.discriminator(real)) + tf.math.log(1 - self.discriminator(fake))
                    loss = -tf.reduce_mean(loss)
                slopes = tape.gradient(loss, variables)
                if not forgets:
                    slopes = [a + b for a, b in zip(slopes, self.left)]
                self.left = [0.0 * slope for slope in slopes]
                keras.optimizers.SGD(0.01).apply(slopes, variables)

        def without_bias():
            return discriminator(layers.Dense(1, use_bias=False))

        def scaled_after_the_bias():
            return discriminator(layers.Dense(1), layers.Dense(1, use_bias=False))

        def normalised():
            return discriminator(
                layers.Dense(8, use_bias=False), layers.BatchNormalization(), layers.LeakyReLU(0.2),
                layers.Dense(1, use_bias=False),
            )

        def no_biases():
            return keras.Sequential([
                layers.Dense(8, use_bias=False, activation="relu"),
                layers.Dense(1, use_bias=False, activation="sigmoid"),
            ])

        def squared():
            return discriminator(layers.Dense(1), layers.Lambda(lambda x: x**2 - 1))
        """,
}
BOTH = pytest.mark.parametrize("framework", GANS)
POINTS = np.random.default_rng(0).standard_normal((40, 2)).astype(np.float32)
NOISE = np.zeros((2, 5))


@contextmanager
def a_gan(zygotes: Zygotes, framework: FrameworkName, **kwargs: float) -> Iterator[tuple[Student, gan.Players]]:
    with toy.student(zygotes, GANS[framework], framework) as student:
        yield student, gan.players(student.GAN(5, **kwargs), NOISE, POINTS, tried="GAN(5)")


@BOTH
def test_players_have_their_parameters(zygotes: Zygotes, framework: FrameworkName) -> None:
    with a_gan(zygotes, framework) as (_, (_, generator, discriminator)):
        assert sorted(value.shape for value in generator.parameters().values()) in ([(2,), (2, 5)], [(2,), (5, 2)])
        assert np.shape(discriminator.forward(POINTS)) == (40, 1)
        with pytest.raises(CheckFailed) as caught:
            gan.players(7, NOISE, POINTS, tried="GAN(5)", cause="`GAN` is a class.")
        assert (caught.value.tried, caught.value.likely) == ("GAN(5)", "`GAN` is a class.")
        with pytest.raises(StudentError):
            gan.players(discriminator, NOISE, POINTS, tried="an object without parts")


@BOTH
def test_a_gan_keeps_its_latent_dim(zygotes: Zygotes, framework: FrameworkName) -> None:
    with a_gan(zygotes, framework) as (_, (whole, _, discriminator)):
        gan.keeps_latent_dim(whole, 5, tried="GAN(5)")
        with pytest.raises(CheckFailed) as caught:
            gan.keeps_latent_dim(whole, 7, tried="GAN(7)")
        assert "the number that the constructor receives" in str(caught.value.likely)
        with pytest.raises(StudentError):
            gan.keeps_latent_dim(discriminator, 5, tried="an object without it")


def test_log_odds_are_finite_and_want_numbers() -> None:
    assert np.allclose(gan.log_odds([[0.5], [0.25]]), [[0], [-np.log(3)]])
    assert np.isfinite(gan.log_odds(np.array([0.0, 1.0]))).all()
    with pytest.raises(CheckFailed, match="D on 3 points"):
        gan.log_odds("a half", tried="D on 3 points")


@BOTH
def test_a_bias_is_found_where_it_shifts_the_logit_by_itself(zygotes: Zygotes, framework: FrameworkName) -> None:
    with a_gan(zygotes, framework) as (student, players):
        before = players.discriminator.parameters()
        found = gan.output_bias(players.discriminator, POINTS)
        assert found == list(before)[-1]
        assert standing_still(before, players.discriminator.parameters()) == list(before)
        for build in ("without_bias", "scaled_after_the_bias"):
            assert gan.output_bias(student.call(build).ready(POINTS), POINTS) is None


@BOTH
def test_weights_are_found_where_they_turn_the_logit_round(zygotes: Zygotes, framework: FrameworkName) -> None:
    with a_gan(zygotes, framework) as (student, players):
        before = players.discriminator.parameters()
        bias = gan.output_bias(players.discriminator, POINTS)
        found = gan.output_weights(players.discriminator, POINTS, bias)
        assert found is not None and sorted(before[found].shape) == [1, 8]
        assert standing_still(before, players.discriminator.parameters()) == list(before)
        assert gan.output_weights(student.without_bias().ready(POINTS), POINTS, None) is not None
        assert gan.output_weights(student.squared().ready(POINTS), POINTS, None) is None
        # A logit of 0 has no opposite.
        players.discriminator.set_parameters({name: 0 * value for name, value in before.items()})
        assert gan.output_weights(players.discriminator, POINTS, bias) is None


NORMALISED = """
    FRAMEWORK = "torch"
    import torch
    from torch import nn

    def build(norm):
        norm = {
            "spectral_norm": nn.utils.spectral_norm,
            "parametrizations.spectral_norm": nn.utils.parametrizations.spectral_norm,
            "parametrizations.weight_norm": nn.utils.parametrizations.weight_norm,
        }[norm]
        torch.manual_seed(3)
        return nn.Sequential(norm(nn.Linear(2, 8)), nn.LeakyReLU(0.2), norm(nn.Linear(8, 1)), nn.Sigmoid())
    """


@pytest.mark.parametrize("norm", ["spectral_norm", "parametrizations.spectral_norm", "parametrizations.weight_norm"])
def test_a_discriminator_with_weights_of_a_fixed_norm_is_steered(zygotes: Zygotes, norm: str) -> None:
    with toy.student(zygotes, NORMALISED, "torch") as student:
        discriminator = student.build(norm).ready(POINTS)
        steered = gan.Steered(discriminator, POINTS, gan.APART)
        found = {}
        for slope in (1, -1, 0):
            steered.set(level=2.0, slope=slope)
            found[slope] = gan.log_odds(discriminator.forward(POINTS))
            assert float(found[slope].mean()) == pytest.approx(2.0, abs=0.02)
        assert np.allclose(found[1] - 2, 2 - found[-1], atol=0.05)
        assert float(found[1].std()) > 0.1
        assert np.isfinite(found[0]).all()


@BOTH
def test_a_discriminator_is_steered(zygotes: Zygotes, framework: FrameworkName) -> None:
    with a_gan(zygotes, framework) as (_, players):
        discriminator = players.discriminator
        bias = gan.output_bias(discriminator, POINTS)
        assert bias
        discriminator.set_parameters({bias: discriminator.parameters()[bias] + 0.25})
        start, when_new = discriminator.parameters(), gan.log_odds(discriminator.forward(POINTS))

        def logit(level: float, slope: float = 1.0) -> np.ndarray:
            steered.set(level, slope)
            return gan.log_odds(discriminator.forward(POINTS))

        for spread in (gan.APART, gan.ALIKE):
            discriminator.set_parameters(start)
            steered = gan.Steered(discriminator, POINTS, spread)
            assert steered.bias == bias and steered.output
            assert standing_still(start, discriminator.parameters()) == list(start)
            straight, turned = logit(0.0), logit(0.0, slope=-1)
            assert straight.std() == pytest.approx(spread, rel=0.01)
            assert np.allclose(turned, -straight, atol=1e-4)
            assert np.allclose(straight / spread, (when_new - when_new.mean()) / when_new.std(), atol=0.01)
            assert logit(-3.0).mean() == pytest.approx(-3, abs=0.01)
            assert np.allclose(logit(6.0, slope=0), 6, atol=0.01)
        # A difference within `ALIKE` is left unchanged.
        steered.set(0.0)
        discriminator.set_parameters({steered.output: discriminator.parameters()[steered.output] / 10})
        steered = gan.Steered(discriminator, POINTS, gan.ALIKE)
        assert logit(0.0).std() == pytest.approx(gan.ALIKE / 10, rel=0.05)


def logit(model: Remote, steered: gan.Steered, level: float, slope: float = 1.0) -> np.ndarray:
    """D's logits after steering."""
    steered.set(level, slope)
    return gan.log_odds(model.forward(POINTS))


@BOTH
def test_an_output_without_a_bias_is_steered_by_its_kernel(zygotes: Zygotes, framework: FrameworkName) -> None:
    with toy.student(zygotes, GANS[framework], framework) as student:
        for build in ("without_bias", "scaled_after_the_bias", "normalised"):
            model = student.call(build).ready(POINTS)
            start = model.parameters()
            for spread in (gan.ALIKE,) if build == "scaled_after_the_bias" else (gan.APART, gan.ALIKE):
                steered = gan.Steered(model, POINTS, spread)
                assert steered.bias is None and steered.output
                assert standing_still(start, model.parameters()) == list(start)
                straight, turned = (logit(model, steered, 0.0, slope) for slope in (1, -1))
                if build != "scaled_after_the_bias":  # one hidden unit has no function besides its constant
                    assert straight.std() == pytest.approx(spread, rel=0.05)
                    assert np.allclose(turned, -straight, atol=0.1 * spread)
                for level in (-3.0, 6.0):
                    assert logit(model, steered, level, 0) == pytest.approx(level, abs=0.25)
                    assert logit(model, steered, level).mean() == pytest.approx(level, abs=0.05)
                    kernel = model.parameters()[steered.output]
                    rise = {steered.output: np.full_like(kernel, 0.01)}
                    model.set_parameters({steered.output: kernel + rise[steered.output]})
                    after = gan.log_odds(model.forward(POINTS)).mean()
                    assert steered.lift(rise) == pytest.approx(after - level, rel=0.2)
                model.set_parameters(start)


@BOTH
@pytest.mark.parametrize("build", ["with_bias", "without_bias", "normalised"])
def test_each_discriminator_is_blinder_than_the_one_before(
    zygotes: Zygotes, framework: FrameworkName, build: str
) -> None:
    with a_gan(zygotes, framework) as (student, players):
        model = players.discriminator if build == "with_bias" else student.call(build).ready(POINTS)
        slopes: list[float] = []
        for level in gan.ever_blinder(model, POINTS):
            model.set_parameters(level.values(0.0, tilt=4.0))
            slope = model.input_gradient(POINTS, np.ones((40, 1)), training=True)
            assert slope is not None
            slopes.append(float(np.abs(slope).mean()))
            model.set_parameters(level.values(-6.0, tilt=4.0))
            assert gan.log_odds(model.forward(POINTS)).mean() == pytest.approx(-6, abs=1)
            if len(slopes) == 6:
                break
    assert all(later < 0.75 * earlier for earlier, later in itertools.pairwise(slopes)), slopes


@BOTH
def test_a_discriminator_that_cannot_be_steered_says_so(zygotes: Zygotes, framework: FrameworkName) -> None:
    with toy.student(zygotes, GANS[framework], framework) as student:
        for build in ("no_biases", "squared"):
            model = student.call(build).ready(POINTS)
            with pytest.raises(CheckFailed, match="no output bias that shifts its logit"):
                gan.Steered(model, POINTS, gan.APART)


@BOTH
def test_steps_from_the_same_parameters(zygotes: Zygotes, framework: FrameworkName) -> None:
    with a_gan(zygotes, framework) as (_, (whole, _, discriminator)):
        before = discriminator.parameters()
        up = gan.moves(discriminator, lambda: whole.climb(0.1), 3)
        down = gan.moves(discriminator, lambda: whole.climb(-0.1), 1)
        assert standing_still(before, discriminator.parameters()) == list(before)
    # Plain gradient descent has no state: all steps are the same.
    assert np.allclose(flat(up[0]), flat(up[2]), atol=1e-6)
    assert gan.cosine(up[0], up[1]) == pytest.approx(1, abs=1e-4)
    assert gan.cosine(gan.mean_of(up), down[0]) == pytest.approx(-1, abs=1e-4)
    with a_gan(zygotes, framework, momentum=0.9) as (_, (whole, _, discriminator)):
        first, second = gan.moves(discriminator, lambda: whole.climb(0.1), 2)
    assert np.linalg.norm(flat(second)) == pytest.approx(1.9 * np.linalg.norm(flat(first)), rel=0.01)


@BOTH
@pytest.mark.parametrize("forgets", [True, False])
def test_gradients_that_another_player_leaves_are_found(
    zygotes: Zygotes, framework: FrameworkName, forgets: bool
) -> None:
    with a_gan(zygotes, framework) as (_, (whole, _, discriminator)):
        steered = gan.Steered(discriminator, POINTS, gan.ALIKE)
        with nullcontext() if forgets else pytest.raises(CheckFailed, match="D's answers go up"):
            gan.starts_without_gradients(
                discriminator,
                steered.set,
                steered.lift,
                generator_step=whole.forge,
                discriminator_step=lambda: whole.judge(forgets),
                samples="points",
            )


@BOTH
def test_the_mean_logit_rises_where_the_discriminator_climbs(zygotes: Zygotes, framework: FrameworkName) -> None:
    with a_gan(zygotes, framework) as (_, (whole, _, discriminator)):
        before = gan.mean_log_odds(discriminator, POINTS)
        assert before[0] == before[1]  # no batch norm here
        whole.climb(0.1)
        assert np.all(gan.mean_log_odds(discriminator, POINTS) > before)


def test_directions() -> None:
    a, b = {"w": np.array([[1.0, 0.0]]), "b": np.zeros(1)}, {"w": np.array([[1.0, 1.0]]), "b": np.zeros(1)}
    assert gan.cosine(a, b) == pytest.approx(np.sqrt(0.5))
    assert gan.cosine(a, {"w": np.zeros((1, 2)), "b": np.zeros(1)}) == 0
    assert gan.mean_of([a, b])["w"].tolist() == [[1.0, 0.5]]


STEP = """
    import torch
    FRAMEWORK = "torch"
    def build():
        return torch.nn.Linear(2, 1)
    def step(net, x, rows):
        batch = torch.as_tensor(x[:rows], dtype=torch.float32)
        if rows == 5 and batch.isnan().any():
            raise ValueError("NaN")
        optimizer = torch.optim.Adam(net.parameters())
        net(batch).square().mean().backward()
        optimizer.step()
"""


@pytest.mark.parametrize(("rows", "is_right"), [(6, True), (4, False), (1, False)])
def test_points_that_are_left_out_are_found(zygotes: Zygotes, rows: int, is_right: bool) -> None:
    points = np.random.default_rng(1).normal(size=(6, 2))
    with toy.student(zygotes, STEP) as student:
        net = student.build()

        def judge() -> None:
            gan.last_point_counts(net, lambda x: student.step(net, x, rows), points)

        if is_right:
            judge()
        else:
            with pytest.raises(CheckFailed, match="it was not used"):
                judge()


def test_code_that_refuses_a_point_has_seen_it(zygotes: Zygotes) -> None:
    with toy.student(zygotes, STEP) as student:
        net = student.build()
        gan.last_point_counts(net, lambda x: student.step(net, x, 5), np.ones((5, 2)))


def test_a_batch_size_that_is_ignored_or_halved_is_found() -> None:
    gan.batch_size_counts(lambda size: np.full(3, size), tried="fit")
    for wrong in (lambda size: np.ones(3), lambda size: np.full(3, size // 2)):
        with pytest.raises(CheckFailed, match="saw the same parameters"):
            gan.batch_size_counts(wrong, tried="fit")
