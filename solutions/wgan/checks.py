"""Hidden checks of `wgan`. The penalty is asked of critics that the grader builds, for which it is known exactly."""

import numpy as np
from scipy import stats

from autograder import check, expect, tensor
from autograder.authoring.probes import gan_slopes
from autograder.authoring.probes.batch_norm import outputs_in_both_modes
from autograder.authoring.probes.descent import goes_downhill
from autograder.authoring.probes.gan import batch_size_counts, cosine, last_point_counts, mean_of, moves
from autograder.authoring.probes.gradients import arrived
from autograder.authoring.probes.parameters import at_least_glorot, flat, random_weights, scaled, silent

from .probes import LATENT, PENALTIES, N, find_the_curve, model_of, on_the_curve, scores_of_fakes, unbounded, untrained


@check("distance.random")
def _(student, draw):
    """The distance agrees with SciPy's for random samples, with ties too.

    Forge: distances of newly drawn samples.
    So: compute it.
    """
    for n in (50, 7, 1):
        a, b = draw.normal(n), 2 * draw.normal(n) + 0.5
        ties = draw.integers(0, 3, n).astype(np.float32)
        for first, second, kind in ((a, b, "normal"), (ties, draw.integers(0, 4, n).astype(np.float32), "whole")):
            tried = f"wasserstein_1d of two samples of {n} {kind} numbers"
            expect.close(
                expect.number(student.wasserstein_1d(first, second), tried=tried),
                stats.wasserstein_distance(first, second),
                tried=tried,
                cause="Sort both samples, and take the mean distance of the numbers at the same place.",
                mistakes={
                    "The samples are not sorted: a point may go to any other.": np.mean(np.abs(first - second)),
                    "This is the distance of the two means: ways in opposite directions do not cancel.": abs(
                        np.mean(first) - np.mean(second)
                    ),
                    "This is the square root of the mean square: the earth mover's distance is the mean way.": np.sqrt(
                        np.mean((np.sort(first) - np.sort(second)) ** 2)
                    ),
                },
            )


@check("distance.shift")
def _(student, draw):
    """A sample and the same sample shifted by c, in another order, have the distance |c|.

    Forge: the shift of two newly drawn samples.
    So: compute it.
    """
    for shift in (3.0, -0.25, 0.0):
        sample = draw.normal(40)
        tried = f"wasserstein_1d of 40 numbers and the same numbers plus {shift:g}, in another order"
        for first, second in ((sample, sample[draw.permutation(40)] + np.float32(shift)), (sample + shift, sample)):
            expect.close(
                expect.number(student.wasserstein_1d(first, second), tried=tried),
                abs(shift),
                tried=tried,
                cause="Each number is carried by the shift: the distance is its absolute value, whatever the order.",
            )


@check("losses.slopes")
def _(student, draw):
    """The gradients of both losses are the same for all scores: a critic's score is not squashed.

    Forge: 1/m and −1/n, which the forger can read off the shapes.
    So: form; `losses.values` asks for the values.
    """
    n, m = 5, 3
    real, fake = tensor(draw.normal(n, 1).astype(np.float64)), tensor(30 * draw.normal(m, 1).astype(np.float64))
    for name, arguments, wrt, due in (
        ("critic_loss", (real, fake), 0, np.full((n, 1), -1 / n)),
        ("critic_loss", (real, fake), 1, np.full((m, 1), 1 / m)),
        ("generator_loss", (fake,), 0, np.full((m, 1), -1 / m)),
    ):
        expect.float64(student.call(name, *arguments), tried=name)
        slope = student.gradient(name, *arguments, wrt=wrt)
        tried = f"the gradient of {name} in the scores of the {'real points' if len(due) == n else 'fakes'}"
        arrived(slope, tried=tried, expected="a gradient", cause="Stay in tensors: no NumPy, no `.item()`, no detach.")
        expect.close(
            slope,
            due,
            tried=tried,
            cause="Each loss is a mean of scores, or a difference of two means: all slopes are 1/n or −1/n.",
            mistakes={"The sign is wrong: both players minimise.": -due},
        )


@check("clipping.nothing_else")
def _(student, draw):
    """What is within the limits stays exactly as it is, and so do statistics, which are not trained.

    Forge: parameters and statistics of a network of the grader's, which reads them back.
    So: compute it.
    """
    layers = [(3 * draw.normal(2, 6), draw.normal(6)), (draw.normal(6, 1), draw.normal(1))]
    model = student.shared("networks.dense", layers, batch_norm=True)
    # Statistics beyond the limits, all weights of the normalisation within them.
    model.set_buffers({name: 3 + draw.uniform(0, 1, *value.shape) for name, value in _statistics(model).items()})
    weights = {
        name: value if value.ndim > 1 else np.clip(value, -0.4, 0.4) for name, value in model.parameters().items()
    }
    model.set_parameters(weights)
    statistics = _statistics(model)
    for limit in (0.5, 0.7):
        student.clip_weights(model, limit)
    tried = "clip_weights(model, 0.5), then clip_weights(model, 0.7), on a net with batch normalisation"
    after = model.parameters()
    for name, value in weights.items():
        expect.close(
            after[name],
            np.clip(value, -0.5, 0.5),
            tried=f"{tried}: the parameter {name}",
            cause="Entries within the limits stay as they are; entries beyond 0.5 become 0.5 or −0.5, with their sign.",
            mistakes={
                "The parameter is as before: clip the parameters of any model, not of one of your own only.": value
            },
            rtol=1e-6,
            atol=1e-7,
        )
    expect.unmoved(
        statistics,
        _statistics(model),
        tried=f"{tried}: its running means and variances",
        cause="Clip trainable parameters only: running statistics are not trained.",
    )


@check("penalty.place")
def _(student, draw):
    """x̂ is uniform on the segment from a real point to the fake in its row, with a number of its own for each row.

    Forge: the share of points x̂ on the steep side of a critic that the grader has built and drawn.
    So: compute it; the critic's parameters are all that tells the share.
    """
    n, length = 4000, 1.5
    along = np.array([draw.choice([-1, 1]), draw.choice([-1, 1])]) / np.sqrt(2)
    places = np.array([-0.5, 0.0, 0.5])
    shares = []
    for place in places:
        # Slope 1 before the place and 3 after it: the penalty is 0 there, and 4 here.
        critic = _bent_critic(student, along, [length * place], [1.0, 3.0])
        real, fake = (np.tile((length * end * along).astype(np.float32), (n, 1)) for end in (-1, 1))
        penalty = student.gradient_penalty(critic, real, fake, draw.seed())
        shares.append(expect.number(penalty, tried="gradient_penalty of a critic with two slopes") / 4)
    found, due = np.array(shares), (1 - places) / 2
    one_for_all = all(min(abs(share), abs(share - 1)) < 1e-3 for share in found)
    triangular = np.array([0.875, 0.5, 0.125])
    expect.that(
        # A share of 4,000 independent draws has a standard deviation of at most 0.008.
        bool(np.all(np.abs(found - due) < 0.05)),
        tried=f"gradient_penalty with {n:,} equal pairs and critics that are steep from a quarter, a half and three "
        "quarters of the segment on",
        saw=f"shares of {', '.join(f'{share:.2f}' for share in found)} of the x̂ on the steep part",
        expected=", ".join(f"{share:.2f}" for share in due) + ": x̂ is uniform on the segment",
        cause="All rows have the same x̂: draw one number for each row, not one for the whole batch, and take no end "
        "and no middle of the segment."
        if one_for_all
        else "Each coordinate has its own random number, so x̂ lies off the segment: draw one number for each row, "
        "`(n, 1)`."
        if np.all(np.abs(found - triangular) < 0.02)
        else "x̂ = ε · real + (1 − ε) · fake with ε uniform on [0, 1], one ε for each row.",
    )


@check("penalty.pairs")
def _(student, draw):
    """Each x̂ lies between the two points of its own row, and each row's slope is compared with 1 by itself.

    Forge: the mean of known penalties over regions that the grader has drawn.
    So: compute it; the critic's parameters are all that tells the slopes.
    """
    along, n = np.array([0.6, draw.choice([-0.8, 0.8])]), 30
    # Very steep between the two regions, where no x̂ may lie.
    critic = _bent_critic(student, along, [-3.0, 3.0], [0.5, 10.0, 1.5])
    right = draw.rng.permutation(np.arange(n) < 12)
    # Both points of a row lie in the same region, well away from its border, and at other places.
    middles = np.where(right, 5.0, -5.0)[:, None] * along
    real, fake = (middles + draw.uniform(-1, 1, n, 2) for _ in range(2))
    tried = "gradient_penalty with pairs of points in two regions, slope ½ in one and 1½ in the other"
    found = expect.number(student.gradient_penalty(critic, real, fake, draw.seed()), tried=tried)
    slopes = np.where(right, 1.5, 0.5)
    expect.close(
        found,
        np.mean((slopes - 1) ** 2),
        tried=tried,
        cause="Each x̂ lies on the segment of its own pair: row i of `real` with row i of `fake`.",
        mistakes={
            "The mean of the slopes is compared with 1: square the difference in each row, then take the mean.": (
                slopes.mean() - 1
            )
            ** 2,
            "Only slopes above 1 count here; those below 1 are penalised as well.": np.mean(
                np.maximum(slopes - 1, 0) ** 2
            ),
        },
        atol=5e-4,
    )


@check("penalty.seed")
def _(student, draw):
    """The seed fixes the points x̂, and another seed gives others.

    Forge: a number that depends on the seed, and repeats.
    So: form; `penalty.place` asks where the points are.
    """
    critic = _bent_critic(student, [0.6, 0.8], [0.0], [1.0, 3.0])
    real, fake, seed = draw.normal(500, 2), draw.normal(500, 2), draw.seed()

    def penalty(seed):
        value = student.gradient_penalty(critic, real, fake, seed)
        return expect.number(value, tried="gradient_penalty of a critic with two slopes")

    # Another seed gives the same count of 500 by chance once in 20 times, five others once in 10⁶ times.
    student.seed(draw.seed())
    first = penalty(seed)
    student.seed(draw.seed())
    expect.close(
        [penalty(seed) for _ in range(5)],
        [first] * 5,
        tried="gradient_penalty, six times with the same seed",
        cause="All draws must come from `seed`: make a random generator from it.",
    )
    expect.differ(
        [penalty(seed + number) for number in range(1, 6)],
        [first] * 5,
        tried="gradient_penalty, with different seeds",
        cause="`seed` is not used, or x̂ is always at the same place of the segment.",
    )


@check("penalty.gradient")
def _(student, draw):
    """The gradient of the penalty reaches the critic's parameters.

    Forge: gradients in the parameters of a critic that the grader has built and drawn.
    So: compute it.
    """
    # All units are active on the points, so that the critic is linear there, with the slope kernel · weights.
    kernel, weights = draw.normal(2, 4), draw.normal(4, 1)
    for factor in (0.4, 2.0):
        wanted = factor / np.linalg.norm(kernel @ weights)
        weights_now = (wanted * weights).astype(np.float32)
        layers = [(kernel, np.full(4, 30, dtype=np.float32)), (weights_now, np.zeros(1, dtype=np.float32))]
        critic = student.shared("networks.dense", layers)
        real, fake = draw.uniform(-2, 2, 20, 2), draw.uniform(-2, 2, 20, 2)
        found = expect.mapping(
            student.shared(
                "networks.parameter_gradients", student.function("gradient_penalty"), critic, real, fake, draw.seed()
            ),
            tried="the gradient of gradient_penalty in the critic's parameters",
        )
        slope = kernel @ weights_now
        along = 2 * (factor - 1) / factor * slope
        due = {(2, 4): along @ weights_now.T, (4, 1): kernel.T @ along}
        for name, value in critic.parameters().items():
            if value.ndim < 2:
                continue  # The slope does not depend on the biases, whose gradient may be `None`.
            tried = f"the gradient of gradient_penalty in the critic's parameter {name}"
            arrived(
                found.get(name),
                tried=tried,
                expected="a gradient",
                cause="The slope is a constant for autodiff, so the penalty trains nothing: in PyTorch, call "
                "`autograd.grad` with `create_graph=True`; in Keras, stay in tensors, with no `stop_gradient`.",
            )
            right = next(
                each if each.shape == value.shape else each.T for each in due.values() if each.size == value.size
            )
            expect.close(
                found[name],
                right,
                tried=tried,
                cause="The penalty must depend on the parameters through the slope: differentiate it as it is.",
                rtol=5e-3,
                atol=2e-3,
            )


@check("critic.rows", needs="critic.unbounded")
def _(student, draw):
    """The score of a point does not depend on the other points of its batch, in training mode either.

    Forge: gradients that are 0 outside of one row.
    So: lie about it: the gradients come from the worker's own autodiff; half a point.
    Closed by: a comparison with differences of `forward`, which dropout would make impossible.
    """
    model = model_of(student, "build_critic", example=np.zeros((2, 2)), seed=draw.seed())
    points, row = draw.normal(9, 2), int(draw.integers(0, 9))
    for training in (False, True):
        slopes = model.input_gradient(points, np.eye(9, dtype=np.float32)[:, [row]], training=training)
        tried = (
            f"the gradient of one score in all 9 points of its batch, in {'training' if training else 'inference'} mode"
        )
        arrived(slopes, tried=tried, expected="a gradient", cause="The scores do not depend on the points.")
        sizes = np.abs(expect.shape(slopes, (9, 2), tried=tried)).max(axis=1)
        others = float(np.delete(sizes, row).max())
        expect.that(
            others <= 1e-6 * max(float(sizes[row]), 1e-6),
            tried=tried,
            saw=f"a gradient of up to {others:.2g} in another point",
            expected="0 in all other points",
            cause="The critic mixes the points of a batch: leave out batch normalisation. The penalty compares the "
            "slope at each point, so each score must depend on its own point only.",
        )


@check("critic.nonlinear", needs="critic.unbounded")
def _(student, draw):
    """The critic is nonlinear.

    Forge: a nonlinear function, with weights that the grader has set.
    So: form; any such function is enough.
    """
    model = model_of(student, "build_critic", example=np.zeros((2, 2)), seed=draw.seed())
    bend, start = 0.0, at_least_glorot(model.parameters())
    for size in (1, 1.5, 3):
        model.set_parameters(
            {name: size * value + 0.3 * draw.normal(*value.shape) * (value.ndim < 2) for name, value in start.items()}
        )
        a, b = 2 * draw.normal(200, 2), 2 * draw.normal(200, 2)
        ends = [expect.array(model.forward(x), tried="the critic's scores") for x in (a, b, (a + b) / 2)]
        spread = max(float(np.std(ends[0])), 1e-6)
        bend = max(bend, float(np.abs((ends[0] + ends[1]) / 2 - ends[2]).max()) / spread)
    expect.that(
        bend > 0.02,
        tried="the critic's score halfway between two points, against the mean of both scores, random weights",
        saw=f"a difference of {bend:.1g} of the scores' standard deviation",
        expected="a nonlinear net",
        cause="There is no hidden layer with a nonlinear activation: a linear critic sees only the means of real "
        "points and fakes.",
    )


@check("training.generator")
def _(student, draw):
    """The generator maps each latent point to a point of the plane, and its last layer is linear.

    Forge: points that depend on z and move outwards with the weights that the grader has set.
    So: form; any such function is enough.
    """
    for latent_dim in (3, LATENT):
        model = model_of(student, "build_generator", latent_dim, example=np.zeros((2, latent_dim)), seed=draw.seed())
        z, tried = draw.normal(30, latent_dim), f"build_generator({latent_dim}) on 30 latent points"
        points = expect.shape(
            model.forward(z), (30, 2), tried=tried, cause="Return two numbers for each latent point: x and y."
        )
        expect.differ(points[0], points[1], tried=f"{tried}, the first two", cause="z is not used.", by=1e-7)
        unbounded(model, 3 * draw.normal(400, latent_dim), draw, "the generator on 400 latent points,")
    whole = expect.remote(student.WGAN(3, draw.seed(), "clip"), tried='WGAN(3, seed, "clip")')
    generator = whole.part("generator").ready(np.zeros((2, 3)))
    expect.shape(
        generator.forward(np.zeros((4, 3))), (4, 2), tried='WGAN(3, seed, "clip").generator on 4 latent points'
    )
    student.eagerly()
    with expect.blame("Latent points have as many coordinates as `latent_dim` says; here it is 3."):
        whole.train_generator(N)


@check("training.penalty", trains=True)
def _(student, draw):
    """With "gradient", steps of the critic bring its slope towards 1 where real points and fakes are the same.

    Forge: scores whose slope moves towards 1.
    So: lie about it: scores and slopes are computed in the student's process.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
    it has read.
    """
    gan, generator, critic = untrained(student, draw.seed(), "gradient")
    # All fakes are one point, and all real points are that point: the difference of the mean scores is 0.
    generator.set_parameters(makes_one_point(generator, np.array([0.3, -0.2])))
    point = expect.shape(generator.forward(draw.normal(N, LATENT)), (N, 2), tried="G on 64 latent points")[:1]
    slope = _slope(critic, point)
    if slope == 0:
        # Where all biases are 0, as in a new Keras model, the point (0, 0) lies on the kinks of all ReLUs.
        new = critic.parameters()
        critic.set_parameters({name: 0.3 * draw.normal(*value.shape) for name, value in new.items() if value.ndim < 2})
        slope = _slope(critic, point)
    if 0.7 < slope < 1.5:
        critic.set_parameters(scaled(critic.parameters(), 0.6))
        slope = _slope(critic, point)
    for _ in range(40):
        gan.train_critic(np.repeat(point, N, axis=0).astype(np.float32))
    nearer = abs(slope - 1) - abs(_slope(critic, point) - 1)
    expect.that(
        # Without a penalty the gradient is 0 apart from rounding, and 40 steps of Adam change the slope by 0.2 %.
        nearer > 0.005 * abs(slope - 1),
        tried='40 steps of WGAN.train_critic, "gradient", where all real points and all fakes are the same point',
        saw=f"a slope of {slope:.3g} there before, and {_slope(critic, point):.3g} after",
        expected="a slope that comes nearer to 1",
        cause='With "gradient", the critic\'s loss is the difference of the mean scores plus λ times the penalty: add '
        "it, with a positive sign, and let its gradient reach the critic's parameters.",
    )


@check("training.own_gradients", trains=True)
def _(student, draw):
    """Each step follows the gradient of its own batch, on the points that it receives and on new fakes.

    Forge: steps along the gradient of the difference that the grader has chosen, also after it has changed sides.
    So: lie about it: scores and samples are computed in the student's process.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
    it has read.
    """
    latent_points(student, draw)
    gan, generator, critic = untrained(student, draw.seed(), "clip")
    zero = "Gradients of earlier steps are still there and add up: zero them in each step."
    far = 1.5 * np.array([draw.choice([-1, 1]), draw.choice([-1, 1])])
    new, z = critic.parameters(), draw.normal(256, LATENT)
    _halfway_to_the_limit(gan, critic, draw)

    def critic_steps(shift, count):
        return moves(critic, lambda: gan.train_critic(on_the_curve(draw) + shift), count)

    downhill = (
        "A step must go against the gradient of the loss in every layer: no other search, and no gradients of earlier "
        "steps, so zero them in each step."
    )
    made = [generator.forward(draw.normal(256, LATENT)) for _ in range(2)]
    goes_downhill(
        mean_of(critic_steps(far, 8)),
        gan_slopes.of_discriminator(critic, on_the_curve(draw, 256) + far, made, gan_slopes.mean_score),
        tried="the mean of 8 steps of train_critic from the same parameters, against the gradient of critic_loss",
        cause=f"{downhill} Or `real` is not used: the step must use the points that it receives.",
    )

    critic_steps(far, 60)
    last = mean_of(critic_steps(-far, 15)[-4:])
    real, fake = on_the_curve(draw, 256) - far, generator.forward(z)
    ones = np.full((256, 1), 1 / 256, dtype=np.float32)
    up, down = critic.gradients(real, ones), critic.gradients(fake, ones)
    gain = sum(float(np.sum(last[name] * (up[name] - down[name]))) for name in last if up[name] is not None)
    expect.that(
        gain > 0,
        tried="60 steps of WGAN.train_critic on real points on one side of the fakes, then 15 on the other side, "
        "always from the same parameters",
        saw="steps that still go the old way" if gain < 0 else "no steps",
        expected="steps that score the points higher that `train_critic` receives",
        cause=f"{zero} Or `real` is not used: the step must use the points that it receives.",
    )

    critic.set_parameters(at_least_glorot(new))
    start = critic.parameters()
    reverse = _reversal(critic, z[:, :2])

    def generator_steps(count):
        return moves(generator, lambda: gan.train_generator(N), count)

    def goes_down(number):
        # Where the slope is small, noise decides; a longer look then tells it from a search.
        batches = [draw.normal(1024 * (1 + 3 * number), LATENT) for _ in range(2 + number)]
        goes_downhill(
            mean_of(generator_steps(8 * (1 + 3 * number))),
            gan_slopes.of_generator(generator, critic, batches, gan_slopes.mean_score),
            tried="the mean of several steps of train_generator from the same parameters, against the gradient of "
            "generator_loss",
            cause=downhill,
        )

    expect.best_of(2, goes_down)

    def rise(change):
        before, own = scores_of_fakes(generator, critic, z), generator.parameters()
        generator.set_parameters({name: own[name] + change[name] for name in own})
        after = scores_of_fakes(generator, critic, z)
        generator.set_parameters(own)
        return float(np.max(after - before))

    for _ in range(3):
        gan.train_critic(on_the_curve(draw))
        critic.set_parameters(start)
    expect.that(
        rise(generator_steps(1)[0]) > 0,
        tried="3 steps of WGAN.train_critic, then one of train_generator",
        saw="a step after which the fakes score lower",
        expected="a step after which they score higher",
        cause="The critic's step leaves gradients in G: detach the fakes there, or zero G's gradients before its step.",
    )
    ups = generator_steps(60)
    expect.that(
        min(cosine(ups[-1], ups[-2]), cosine(ups[-2], ups[-3])) < 1 - 1e-6,
        tried="train_generator, three times from the same parameters",
        saw="the same change three times",
        expected="different changes, since the latent points are different",
        cause="z is the same in each step: draw new latent points each time.",
    )
    critic.set_parameters(reverse)
    expect.that(
        rise(mean_of(generator_steps(15)[-4:])) > 0,
        tried="train_generator, 60 steps, then 15 with the sign of the critic's scores reversed",
        saw="steps that still go the old way",
        expected="steps that reverse as well",
        cause=zero,
    )


FEW, MANY = 16, 1024
"""Fakes of one step."""


def latent_points(student, draw):
    """Steps draw as many latent points as they are asked for, standard normal: told by the losses that they report.

    A loss that tells neither, such as a constant, is allowed here.
    """
    gan, generator, critic = untrained(student, draw.seed(), "clip")
    _halfway_to_the_limit(gan, critic, draw)
    held, real = critic.parameters(), on_the_curve(draw, MANY)
    normal, *uniform = draw.normal(8000, LATENT), *(draw.uniform(low, 1, 8000, LATENT) for low in (-1, 0))

    def losses(step, size, count):
        made, found = generator.parameters(), []
        for _ in range(count):
            found.append(expect.number(step(size), tried="the loss of a step"))
            generator.set_parameters(made)
            critic.set_parameters(held)
        return np.array(found)

    def means():
        """The mean scores of the three distributions for a new G that tells them apart, in standard deviations."""
        for _ in range(20):
            # Large weights: the step itself hardly changes the loss.
            generator.set_parameters(scaled(random_weights(draw, generator.parameters()), 2))
            scores = [critic.forward(generator.forward(z)) for z in (normal, *uniform)]
            spread = max(float(np.std(scores[0])), 1e-12)
            found = np.array([np.mean(each) for each in scores]) / spread
            if np.abs(found[1:] - found[0]).min() > 0.25:
                return found, spread
        return None, spread

    _, spread = means()
    steps = {"train_critic": lambda size: gan.train_critic(real[:size]), "train_generator": gan.train_generator}
    for name, step in steps.items():
        as_many_fakes_as_asked(name, *(losses(step, size, 16) for size in (FEW, MANY)), spread)
    # A net that is another one in training mode, as with batch normalisation, has other losses for normal points too.
    if all(
        np.allclose(*outputs_in_both_modes(net, inputs), rtol=1e-4, atol=1e-6)
        for net, inputs in ((generator, normal[:100]), (critic, real[:100]))
    ):
        latent_points_are_normal(means, lambda: losses(gan.train_generator, MANY, 4))


def as_many_fakes_as_asked(name, of_few, of_many, spread):
    """The losses of many fakes vary less than those of few. `spread`: the standard deviation of one fake's score."""
    small, large = float(np.var(of_few)), float(np.var(of_many))
    expect.that(
        # A mean of 64 times as many has a variance of 1/64.
        large <= small / 4 or small < 1e-4 * spread**2 / FEW,
        tried=f"16 steps of {name} with {FEW} points, and 16 with {MANY:,}, from the same parameters",
        saw=f"losses with standard deviations of {np.sqrt(small):.2g} and {np.sqrt(large):.2g}",
        expected=f"losses of {MANY:,} fakes that differ much less",
        cause="The number of fakes is always the same: make as many as `real` has points."
        if name == "train_critic"
        else "The number of fakes is always the same: make `n` of them.",
    )


def latent_points_are_normal(means, losses):
    """The loss of G is not three times that of uniform latent points.

    `means()`: the mean scores that standard normal and uniform points have for a new G, and the scores' spread.
    `losses()`: those of G's step with many fakes.
    """
    fits = np.ones(2, dtype=bool)
    for _ in range(3):
        due, spread = means()
        if due is None:
            return
        reported = -float(np.mean(losses())) / spread
        fits &= (np.abs(due[1:] - reported) < 0.06) & (abs(due[0] - reported) > 0.12)
    expect.that(
        not fits.any(),
        tried=f"the loss of train_generator({MANY:,}), for three G with random weights",
        saw=f"three times the loss of latent points that are uniform on [{-1 if fits[0] else 0}, 1]",
        expected="the loss of latent points that are standard normal",
        cause="The latent points are uniform: draw them from the standard normal distribution.",
    )


def makes_one_point(generator, point):
    """Parameters with which G makes the same point of every z: this one if it has a bias for it, otherwise (0, 0)."""
    return {
        name: point.reshape(value.shape) if value.size == point.size and not value.any() else value
        for name, value in silent(generator, np.zeros((2, LATENT))).items()
    }


@check("training.updates", trains=True)
def _(student, draw):
    """`fit` makes n_critic updates of the critic in each step.

    Forge: move the critic's parameters steps · n_critic times as far.
    So: compute it; the forger receives `n_critic`.
    """
    gan, generator, critic = untrained(student, draw.seed(), "clip")
    # All fakes are one point far from the curve, so that each update goes the same way. No penalty adds noise to it.
    generator.set_parameters(makes_one_point(generator, np.array([2.0, 2.0])))
    _halfway_to_the_limit(gan, critic, draw)
    start = generator.parameters()

    def moved(train):
        generator.set_parameters(start)
        return flat(*moves(critic, train, 1))

    def updates(count):
        for _ in range(count):
            gan.train_critic(on_the_curve(draw))

    for _ in range(30):  # until the optimiser's averages have settled
        moved(lambda: gan.fit(1, N, n_critic=1))
    for steps, n_critic, given in ((1, 4, {"n_critic": 4}), (2, 3, {"n_critic": 3}), (1, 5, {})):
        several = moved(lambda steps=steps, given=given: gan.fit(steps, N, **given))
        wanted = moved(lambda count=steps * n_critic: updates(count))
        share = float(several @ wanted) / max(float(wanted @ wanted), 1e-30)
        expect.that(
            # 4 seeds of 10 right programs: 0.90 to 1.29. With n_critic ignored: at most 0.16 of four updates.
            0.65 < share < 1.6,
            tried=f"WGAN.fit({steps}, {N}{f', n_critic={n_critic}' if given else ''}) against {steps * n_critic} calls "
            "of train_critic: how far the critic's parameters go",
            saw=f"{share:.2f} times as far",
            expected=f"about as far: {steps * n_critic} updates",
            cause="`n_critic` is not used: the critic gets one update in each step; without it, five."
            if share < 0.65
            else "In each of `steps` steps, the critic is updated n_critic times, then G once.",
        )

    def draws():
        """Sixteen updates, each on two new real points."""
        for _ in range(16):
            gan.train_critic(on_the_curve(draw, 2))

    # The fakes in the middle of the curve: where they were, all updates go the same way, whatever the real points are.
    generator.set_parameters(makes_one_point(generator, np.array([0.0, 1 / 12])))
    start = generator.parameters()
    moved(draws)
    new, found = [], []
    for _ in range(24):
        # In turn: steps may become larger all the time, as those of RMSprop do while it forgets.
        new.append(moved(draws))
        found.append(moved(lambda: gan.fit(1, 2, n_critic=16)))
    times = spread(found) / max(spread(new), 1e-30)
    expect.that(
        # Moves by the same points add up: they spread sixteen times as much as moves by new ones. Right: 0.6 to 1.8.
        times < 8,
        tried="WGAN.fit(1, 2, n_critic=16) and sixteen calls of train_critic, 24 times from the same parameters",
        saw=f"the critic's parameters spread {times:.2g} times as much after `fit`",
        expected="about as much",
        cause="Several updates in a row use the same real points: draw new ones for each update of the critic.",
    )


def spread(moves):
    """How much changes of parameters differ: the sum of their variances."""
    return float(np.var(moves, axis=0).sum())


@check("training.repeatable")
def _(student, draw):
    """The seed of a WGAN fixes its starting weights and everything that follows, and all points of a batch count.

    Forge: identical parameters for the same seed, different ones for another seed.
    So: form.
    """
    student.eagerly()
    for penalty in PENALTIES:
        seed, real = draw.seed(), on_the_curve(draw)
        ends, starts = [], []
        for _ in range(2):
            student.seed(draw.seed())
            gan, *nets = untrained(student, seed, penalty)
            starts.append(flat(*(net.parameters() for net in nets)))
            gan.train_critic(real)
            gan.fit(2, N, n_critic=2)
            ends.append(flat(*(net.parameters() for net in nets)))
        tried = f'WGAN({LATENT}, seed, "{penalty}"), twice with the same seed'
        cause = "The starting weights come from `seed`: seed the framework with it before you build the nets."
        expect.close(starts[0], starts[1], tried=f"{tried}: the starting weights", cause=cause, atol=1e-6)
        cause = "Some draw after construction is not controlled by the seed: latent points, real points, or x̂."
        expect.close(ends[0], ends[1], tried=f"{tried}: the weights after training", cause=cause, rtol=1e-3, atol=1e-5)
    _, *nets = untrained(student, seed + 1, penalty)
    expect.differ(
        flat(*(net.parameters() for net in nets)),
        starts[0],
        tried=f"WGAN({LATENT}, …) with two different seeds: the starting weights",
        cause="`seed` is not used. Or, in Keras, one initializer object serves all nets: create an initializer where "
        "you build the net.",
    )

    def end(batch_size):
        gan, *nets = untrained(student, seed, penalty)
        gan.fit(1, batch_size, n_critic=1)
        return flat(*(net.parameters() for net in nets))

    batch_size_counts(end, tried="WGAN.fit(1, batch_size, n_critic=1)")
    gan, _, critic = untrained(student, seed, penalty)
    last_point_counts(critic, gan.train_critic, real)


@check("training.far", trains=True)
def _(student, draw, limits):
    """A critic that is trained for long, on real points far from all fakes, still tells the fakes where to go.

    Forge: a slope of the critic at the fakes.
    So: lie about it: slopes are computed in the student's process.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
    it has read.
    """
    far = 3 * np.array([draw.choice([-1, 1]), draw.choice([-1, 1])])
    for penalty in PENALTIES:
        gan, generator, critic = untrained(student, draw.seed(), penalty)
        for _ in range(150):
            gan.train_critic(on_the_curve(draw) + far)
        expect.at_least(
            _slope(critic, generator.forward(draw.normal(100, LATENT))),
            limits.far_slope,
            what="a mean slope",
            tried=f'the critic at the fakes after 150 steps of train_critic, "{penalty}", on real points far away',
            cause="The critic is flat where the fakes are, so G has no gradient: the critic's output is linear, "
            "without a sigmoid, and its loss has no logarithm.",
        )


@check("training.curve_gradient", trains=True)
def _(student, draw, limits):
    """After training with "gradient", the samples lie near the curve and cover it.

    Forge: 1,000 points spread over the curve, from a G that makes other points with its first parameters: it may know
        the curve, which is in the text, and show it once a parameter has changed.
    So: lie about it: G's samples are computed in the student's process, and the text states the curve.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read; a new curve for each run would change the exercise.
    """
    find_the_curve(student, draw, limits, "gradient")


# Shared by the checks above.


def _halfway_to_the_limit(gan, critic, draw):
    """Give a clipped critic half of its weights after a step: so far from its limit that no entry meets it soon."""
    gan.train_critic(on_the_curve(draw))
    critic.set_parameters(scaled(critic.parameters(), 0.5))


def _bent_critic(student, along, places, slopes):
    """A critic whose slope changes at the `places` of along · x, from each of the `slopes` to the next."""
    direction = np.asarray(along, dtype=np.float32)[:, None]
    kernel = np.repeat(direction, len(slopes), axis=1)
    # The first unit is active on all points that the checks use.
    bias = np.array([100.0, *(-place for place in places)], dtype=np.float32)
    outputs = np.diff(slopes, prepend=0).astype(np.float32)[:, None]
    return student.shared("networks.dense", [(kernel, bias), (outputs, np.zeros(1, dtype=np.float32))])


def _slope(critic, points):
    """The mean norm of the gradient of a critic's scores with respect to the points."""
    tried = "the gradient of the critic's scores in the points"
    slopes = critic.input_gradient(points, np.ones((len(points), 1), dtype=np.float32))
    return float(np.linalg.norm(expect.array(slopes, tried=tried), axis=1).mean())


def _statistics(model):
    """A model's running means and variances, without counters."""
    return {name: value for name, value in model.buffers().items() if value.dtype.kind == "f" and value.ndim}


def _reversal(critic, points):
    """All parameters of the critic, those changed whose negation reverses its scores, apart from a constant.

    They are one array, or all that the scores depend on linearly: a last layer may consist of several.
    """
    own = critic.parameters()

    def scores(values):
        critic.set_parameters(values)
        found = np.ravel(critic.forward(points))
        critic.set_parameters(own)
        return found

    before = scores({})
    spread = np.abs(before - before.mean()).max()
    opposite = {name: -value for name, value in own.items()}
    linear = {}
    for name, value in reversed(own.items()):
        without, after = scores({name: np.zeros_like(value)}), scores({name: opposite[name]})
        if np.allclose(after + before, 2 * without, rtol=1e-2, atol=1e-2 * spread):
            linear[name] = opposite[name]
            for changed, turned in (({name: opposite[name]}, after), (linear, scores(linear))):
                if np.allclose(turned - turned.mean(), before.mean() - before, rtol=1e-2, atol=1e-2 * spread):
                    return own | changed
    expect.that(
        False,
        tried="the critic with the sign of its arrays of weights reversed, one after the other and together",
        saw="no arrays that reverse the scores",
        expected="a linear last layer",
        cause="The last layer of the critic is linear, and nothing comes after it.",
    )
    return own
