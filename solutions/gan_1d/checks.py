"""Hidden checks of `gan_1d`.

The checks probe the steps of both players with a discriminator that the grader steers: its logit is
slope · f(x) + level, where f is what the student's own net computed when it was new. Each step starts from the same
parameters, so only the state of the optimiser links one step to the next.
"""

from itertools import combinations

import numpy as np
from scipy import stats

from autograder import check, expect
from autograder.authoring.probes import gan_slopes
from autograder.authoring.probes.batch_norm import outputs_in_both_modes, settle
from autograder.authoring.probes.descent import goes_downhill
from autograder.authoring.probes.gan import (
    ALIKE,
    APART,
    Steered,
    batch_size_counts,
    cosine,
    keeps_latent_dim,
    last_point_counts,
    log_odds,
    mean_log_odds,
    mean_of,
    moves,
    starts_without_gradients,
)
from autograder.authoring.probes.parameters import at_least_glorot, flat, random_weights, scaled, snapshot, zeros

from .probes import LATENT, N, curve, new_discriminator, new_gan, new_generator


@check("real.uniform", needs="real.curve")
def _(student, draw):
    """x is uniform on [−½, ½], and only the seed fixes the draw.

    Forge: an x that is uniform and that the seed repeats.
    So: compute it.
    """
    seed = draw.seed()
    x = expect.shape(student.sample_real(4000, seed), (4000, 2), tried="sample_real(4000, seed)")[:, 0]
    distance = stats.kstest(x, "uniform", args=(-0.5, 1)).statistic
    expect.that(
        # 20 seeds: at most 0.022; a uniform sample of this size exceeds 0.05 once in 10⁸ times.
        distance < 0.05,
        tried="the distribution of x in sample_real(4000, seed)",
        saw=f"a mean of {x.mean():.2f} and a standard deviation of {x.std():.2f}",
        expected="a mean of 0 and a standard deviation of 0.29, equally dense on all of [−½, ½]",
        cause="x is uniform on [−½, ½]: both signs, and the ends are as likely as the middle.",
    )
    expect.close(
        expect.array(student.sample_real(4000, seed), tried="sample_real(4000, seed)")[:, 0],
        x,
        tried="sample_real(4000, seed), twice with the same seed",
        cause="All draws must come from `seed`: make a random generator from it.",
    )
    expect.differ(
        expect.array(student.sample_real(4000, seed + 1), tried="sample_real(4000, seed)")[:, 0],
        x,
        tried="sample_real(4000, …) with two different seeds",
        cause="`seed` is not used, or x lies on a grid: draw it at random.",
    )


@check("latent.normal", needs="latent.shape")
def _(student, draw):
    """Latent variables are standard normal, and independent of each other.

    Forge: normal numbers in independent columns.
    So: compute it.
    """
    z = expect.shape(student.sample_latent(3000, 3, draw.seed()), (3000, 3), tried="sample_latent(3000, 3, seed)")
    distance = stats.kstest(z.ravel(), "norm").statistic
    expect.that(
        distance < 0.05,
        tried="the distribution of sample_latent(3000, 3, seed)",
        saw=f"a mean of {z.mean():.2f} and a standard deviation of {z.std():.2f}",
        expected="standard normal: mean 0, standard deviation 1",
        cause="These look uniform; the latent space here is standard normal."
        if np.abs(z).max() <= 1
        else "Use the standard normal distribution: `standard_normal`, `randn`.",
    )
    correlation = np.abs(np.corrcoef(z, rowvar=False) - np.eye(3)).max()
    expect.that(
        # Independent columns of 3,000 exceed 0.15 once in 10¹⁵ times.
        correlation < 0.15,
        tried="the largest correlation of two columns of sample_latent(3000, 3, seed)",
        saw=f"{correlation:.2f}",
        expected="0",
        cause="The columns depend on each other: draw each entry independently.",
    )


@check("discriminator.nonlinear", needs="discriminator.probability")
def _(student, draw):
    """The discriminator is nonlinear.

    Forge: a nonlinear function, with weights that the grader has set.
    So: form; any such function is enough.
    """
    model = new_discriminator(student, draw)
    bend, start = 0.0, at_least_glorot(model.parameters())
    for size in (1, 1.5, 2, 3, 5):
        # One of several sizes suits the depth: small weights are nearly linear, large ones leave nothing but 0 and 1.
        model.set_parameters(
            {name: size * value + 0.3 * draw.normal(*value.shape) * (value.ndim < 2) for name, value in start.items()}
        )
        a, b = draw.normal(200, 2), draw.normal(200, 2)
        at = [log_odds(model.forward(x)) for x in (a, b, (a + b) / 2)]
        sure = np.max(np.abs(at), axis=0) < 8  # beyond, float32 keeps too little of a probability
        bend = max(bend, float(np.abs((at[0] + at[1]) / 2 - at[2])[sure].max(initial=0)))
    expect.that(
        bend > 0.02,
        tried="the discriminator's logit halfway between two points, against the mean of both logits, random weights",
        saw=f"a difference of {bend:.1g}",
        expected="a nonlinear net",
        cause="There is no hidden layer with a nonlinear activation: one line cannot fence in a curve.",
    )


@check("generator.linear_output", needs="generator.shape")
def _(student, draw):
    """The generator's output layer is linear: its output is unbounded.

    Forge: points that move outwards with the weights that the grader has set.
    So: form; any such function is enough.
    """
    model, z = new_generator(student, draw), draw.normal(400, LATENT)
    start = random_weights(draw, model.parameters())
    reach = []
    for size in (4, 40):
        lows, highs = [], []
        for sign in (1, -1):
            # Both signs of all parameters: a single draw may lie on one side of 0.
            model.set_parameters(scaled(start, sign * size))
            points = expect.shape(model.forward(z), (400, 2), tried="the generator on 400 latent points, large weights")
            lows.append(points.min(axis=0))
            highs.append(points.max(axis=0))
        reach.append((np.min(lows, axis=0), np.max(highs, axis=0)))
    (low, high), (lower, higher) = reach
    grows = bool(np.all(higher > 3 * high) and np.all(lower < 3 * low) and np.all(high > 0) and np.all(low < 0))
    expect.that(
        grows,
        tried="the generator with weights ten times as large",
        saw=f"answers from {lower.min():.3g} to {higher.max():.3g}, before from {low.min():.3g} to {high.max():.3g}",
        expected="answers at least three times as far out, on both sides of 0",
        cause="The net ends with ReLU, softplus or a square, but x can be negative."
        if lower.min() >= 0 and higher.max() > 2
        else "The output is bounded (tanh, sigmoid, clipping): the last layer of this generator is linear.",
    )


@check("discriminator_step.labels", needs="discriminator_step.freezes")
def _(student, draw):
    """A discriminator that is too sure of everything becomes less sure: real and fake have equal weight.

    Forge: move the output bias, which the grader reads back, as the cross-entropy would from weights that the
        grader has set.
    So: compute it.
    """
    gan, generator, discriminator = lively_gan(student, draw)
    steered = Steered(discriminator, fakes(generator, draw), ALIKE)
    changes, losses = {}, {}
    # Also with the sign reversed: a loss whose two halves cancel goes up once and down once.
    for level, slope, steps in ((-3.0, 1, 10), (-3.0, -1, 10), (3.0, 1, 40)):
        steered.set(level=level, slope=slope)
        last = moves(discriminator, lambda: gan.train_discriminator(curve(draw)), steps)[-5:]
        changes[level, slope] = float(np.mean([steered.lift(move) for move in last]))
        steered.set(level=level, slope=slope)
        losses[level] = expect.number(gan.train_discriminator(curve(draw)), tried="the loss of train_discriminator")
    ups, down = [changes[-3.0, slope] > 0 for slope in (1, -1)], changes[3.0, 1] < 0
    # ln 2, or 2 ln 2 for the sum: the loss that a second sigmoid gives at D = 0.05.
    sigmoid_twice = not all(ups) and min(abs(losses[-3.0] - each) for each in (0.694, 1.387)) < 0.02
    expect.that(
        all(ups) and down,
        tried="train_discriminator, twice 10 steps from D ≈ 0.05 everywhere, then 40 from D ≈ 0.95 everywhere",
        saw=f"D's answers go {' and '.join('up' if up else 'down' for up in ups)} from 0.05, "
        f"and {'down' if down else 'up'} from 0.95",
        expected="up from 0.05, since half of the points are real, and down from 0.95, since half are fake",
        cause="The sigmoid is applied twice: D returns probabilities, and the loss takes them for logits."
        if sigmoid_twice
        else "The two halves of the loss cancel where D says the same to all points: it is not the cross-entropy."
        if any(ups) != all(ups)
        else "D's step uses real points only: add as many fakes. If they are there, does the gradient of their loss "
        "reach D (no `detach` after D), and is it the cross-entropy?"
        if all(ups)
        else "D's step uses fakes only, or gives them more weight than the real points. If both are there, does the "
        "gradient of the real points' loss reach D (no `detach` after D), and is it the cross-entropy?"
        if down
        else "The sign of the loss is wrong: the loss must get smaller where D is right.",
    )


@check("discriminator_step.own_gradient", needs="discriminator_step.labels", trains=True)
def _(student, draw):
    """Each step of the discriminator follows the gradient of its own batch; the optimiser keeps its state.

    Forge: move the output bias, which the grader reads back, as the cross-entropy would, from two levels in turn,
        in steps that depend on earlier steps.
    So: compute it.
    """
    seed, far = draw.seed(), np.array([1.5, 1.5])
    ends = []
    for points in (curve(draw) + far, curve(draw) - far):
        gan, _, discriminator = new_gan(student, seed)
        gan.train_discriminator(points)
        ends.append(flat(discriminator.parameters()))
    expect.differ(
        *ends,
        tried="train_discriminator of two GANs with the same seed, on different real points",
        cause="`real` is not used: D's step must use the points that it receives.",
        by=0,
    )

    gan, generator, discriminator = lively_gan(student, draw)
    real = curve(draw, 256) + far
    step = mean_of(moves(discriminator, lambda: gan.train_discriminator(real), 8))
    goes_downhill(
        step,
        gan_slopes.of_discriminator(
            discriminator, real, [fakes(generator, draw, 256) for _ in range(2)], labels=gan_slopes.SOFT_LABELS
        ),
        tried="the mean of 8 steps of train_discriminator from the same parameters, against the gradient of the "
        "cross-entropy",
        cause="D's step must follow the gradient of its own loss, in every layer.",
    )

    gan, generator, discriminator = lively_gan(student, draw)
    steered = Steered(discriminator, fakes(generator, draw), ALIKE)
    real, fake = curve(draw, 256), generator.forward(draw.normal(256, LATENT))

    def pull():
        """The pull of the real points on D (up), divided by the pull of the fakes (down)."""
        up = 1 - np.mean(expect.array(discriminator.forward(real), tried="D on real points"))
        down = np.mean(expect.array(discriminator.forward(fake), tried="D on fakes"))
        return up / max(down, 1e-6)

    def steps(count):
        return moves(discriminator, lambda: gan.train_discriminator(curve(draw)), count)

    starts_without_gradients(
        discriminator,
        steered.set,
        steered.lift,
        generator_step=lambda: gan.train_generator(N),
        discriminator_step=lambda: gan.train_discriminator(curve(draw)),
        samples="points",
    )
    steered.set(level=4.0)
    high = steps(60)
    # D may give real points and fakes different answers: lower the level until the pull upwards is the stronger.
    level = -1.0
    steered.set(level=level)
    while pull() < 2 and level > -12:
        level -= 0.5
        steered.set(level=level)
    low = steps(60)
    expect.that(
        not forgets(high, low),
        tried="train_discriminator from D ≈ 0.98 on the fakes, then from where D is too low",
        saw="steps of the same length in every parameter, whatever the gradient",
        expected="steps that depend on earlier steps or on the size of the gradient",
        cause="Each step makes a new optimiser, which has no averages yet. Create it once, in the constructor.",
    )
    expect.that(
        np.mean([steered.lift(move) for move in low[-5:]]) > 0,
        tried="60 steps of train_discriminator from D ≈ 0.98 on the fakes, then 60 from where D is too low",
        saw="D's answers still go down",
        expected="up, since half of the points are real",
        cause="Gradients of earlier steps are still there and add up: zero them in each step.",
    )


@check("generator_step.own_gradient", needs="generator_step.rises", trains=True)
def _(student, draw):
    """Each step of the generator follows the gradient of its own fakes, new ones each time.

    Forge: steps after which D's answers have risen, also where the grader has reversed D's logit.
    So: lie about it: D's answers and G's samples are computed in the student's process, and the text states the
        curve.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read; a new curve for each run would change the exercise.
    """
    gan, generator, discriminator = lively_gan(student, draw)
    goes_downhill(
        mean_of(moves(generator, lambda: gan.train_generator(512), 8)),
        gan_slopes.of_generator(generator, discriminator, [draw.normal(1024, LATENT) for _ in range(2)]),
        tried="the mean of 8 steps of train_generator from the same parameters, against the gradient of −ln D(G(z))",
        cause="G's step must follow the gradient of its own loss, in every layer.",
    )

    gan, generator, discriminator = lively_gan(student, draw)
    z = draw.normal(256, LATENT)
    steered = Steered(discriminator, fakes(generator, draw), APART)

    def steps(count):
        return moves(generator, lambda: gan.train_generator(N), count)

    # At D ≈ 0.9, D's own step pushes G's fakes away from there nine times as hard as G's step pulls them back.
    for _ in range(3):
        steered.set(level=2.2)
        gan.train_discriminator(curve(draw))
    steered.set(level=2.2)
    (first,) = steps(1)
    steered.set(level=0.0)
    rise = float(np.nanmax(rises(generator, discriminator, z, first)))
    expect.that(
        rise > 0,
        tried="3 steps of train_discriminator, then one step of train_generator, where D ≈ 0.9",
        saw=f"D's score of the fakes changed by {rise:.2g}",
        expected="a rise",
        cause="D's step leaves gradients in G: detach the fakes there, or zero G's gradients before its step.",
    )
    steered.set(level=0.0)
    up = steps(70)
    steered.set(level=0.0, slope=-1)
    down = steps(45)
    expect.that(
        cosine(up[-1], up[-2]) < 1 - 1e-6 or cosine(up[-2], up[-3]) < 1 - 1e-6,
        tried="train_generator, three times from the same parameters",
        saw="the same change three times",
        expected="different changes, since the latent points are different",
        cause="z is the same in each step: draw new latent points each time.",
    )
    expect.that(
        not forgets(up, down),
        tried="train_generator, 70 steps, then 45 with the sign of D's logit reversed",
        saw="steps of the same length in every parameter, whatever the gradient",
        expected="steps that depend on earlier steps or on the size of the gradient",
        cause="Each step makes a new optimiser, which has no averages yet. Create it once, in the constructor.",
    )
    rise = float(np.nanmax(rises(generator, discriminator, z, mean_of(down[-8:]))))
    expect.that(
        rise > 0,
        tried="train_generator, 70 steps, then 45 with the sign of D's logit reversed",
        saw=f"steps that still go the old way: D's reversed score changes by {rise:.2g}",
        expected="steps that reverse as well",
        cause="Gradients of earlier steps are still there and add up: zero them in each step.",
    )


@check("generator_step.does_not_saturate", needs="generator_step.own_gradient", trains=True)
def _(student, draw):
    """Where D is sure that the fakes are fake, the generator's gradient is large, not small.

    Forge: steps that raise D's answers as far where D is sure as where it is not.
    So: lie about it: D's answers and G's samples are computed in the student's process, and the text states the
        curve.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read; a new curve for each run would change the exercise.
    """
    seeds = [draw.seed(), draw.seed()]

    def attempt(number):
        gan, generator, discriminator = lively_gan(student, draw, seeds[number])
        steered = Steered(discriminator, fakes(generator, draw), APART)
        z = draw.normal(256, LATENT)

        def rises_after(steps):
            last = moves(generator, lambda: gan.train_generator(N), steps)[-8:]
            return rises(generator, discriminator, z, mean_of(last))

        steered.set(level=0.0)
        due = rises_after(20)
        # With the sign reversed, so that the state of the optimiser cannot pass for a gradient.
        steered.set(level=-5.0, slope=-1)
        found = rises_after(25)
        ratio = float(np.nanmax(np.where(due > 0, found / due, np.nan), initial=0.0))
        expect.at_least(
            ratio,
            0.25,
            what="a step",
            tried="how far train_generator raises D's logit where D ≈ 0.007 on the fakes, relative to where D ≈ ½",
            cause="The loss saturates: ln(1 − D(G(z))) hardly changes where D is near 0. Minimise −ln D(G(z)), "
            "the cross-entropy with label 1.",
        )

    expect.best_of(len(seeds), attempt)


@check("training.repeatable", needs="training.losses", trains=True)
def _(student, draw):
    """The seed of a GAN fixes its starting weights and everything that follows; all points of a batch count.

    Forge: identical parameters for the same seed, different ones for another seed.
    So: form.
    """
    seed, real, room = draw.seed(), curve(draw), {"rtol": 1e-3, "atol": 1e-5}

    def run(**k):
        """The parameters of a new GAN, and those after four steps, the last two in `fit`."""
        student.seed(draw.seed())
        gan, generator, discriminator = new_gan(student, seed)
        start = flat(generator.parameters(), discriminator.parameters())
        gan.train_discriminator(real)
        gan.train_generator(N)
        gan.fit(2, N, **k)
        return start, flat(generator.parameters(), discriminator.parameters())

    starts, ends = zip(run(), run(k=1), strict=True)
    tried = f"GAN({LATENT}, seed), twice with the same seed"
    cause = "The starting weights come from `seed`: seed the framework with it before you build the nets."
    expect.close(starts[0], starts[1], tried=f"{tried}: the starting weights", cause=cause, atol=1e-6)
    steps = "the weights after four steps"
    cause = "Some draw after construction is not controlled by the seed: latent points, real points, or labels."
    if not np.allclose(*ends, **room) and np.allclose(run()[1], ends[0], **room):
        steps += f", the last two in fit(2, {N}) and in fit(2, {N}, k=1)"
        cause = "Without `k`, `fit` must make one update of D in each step: the default is k=1."
    expect.close(ends[0], ends[1], tried=f"{tried}: {steps}", cause=cause, **room)
    _, generator, discriminator = new_gan(student, seed + 1)
    expect.differ(
        flat(generator.parameters(), discriminator.parameters()),
        starts[0],
        tried=f"GAN({LATENT}, …) with two different seeds: the starting weights",
        cause="`seed` is not used. Or, in Keras, one initializer object serves all nets: it draws the same weights "
        "each time, so create an initializer where you build the net.",
    )
    student.eagerly()
    gan, *_ = new_gan(student, seed, latent_dim=7)
    keeps_latent_dim(gan, 7, tried="GAN(7, seed)")
    with expect.blame("The number of latent variables is fixed somewhere: it is what the constructor receives."):
        gan.evaluate(N, seed)
        gan.train_discriminator(real)
        gan.train_generator(N)

    def end(batch_size):
        gan, generator, discriminator = new_gan(student, seed)
        gan.fit(1, batch_size)
        return flat(generator.parameters(), discriminator.parameters())

    batch_size_counts(end, tried="GAN.fit(1, batch_size)")
    gan, _, discriminator = new_gan(student, seed)
    last_point_counts(discriminator, gan.train_discriminator, real)


@check("training.updates", needs=("training.losses", "discriminator_step.freezes"), trains=True)
def _(student, draw):
    """`fit` makes k updates of D and one of G in each step.

    Forge: move D's output bias steps · k times as far, and G as far as in one step of train_generator.
    So: compute it; the forger receives `k`.
    """
    gan, generator, discriminator = lively_gan(student, draw)
    steered = Steered(discriminator, fakes(generator, draw), ALIKE)
    start = generator.parameters()

    def moved(steps, k):
        """How far D's logit goes in `fit`, from the same weights each time."""
        # Its output does not depend on the input, so that many updates of a wide net do not carry it away from there.
        steered.set(level=6.0, slope=0)
        generator.set_parameters(start)
        (change,) = moves(discriminator, lambda: gan.fit(steps, N, k=k), 1)
        return abs(steered.lift(change))

    # Where D takes everything for real, the gradient of its output bias is the same in each update.
    for _ in range(12):  # until the optimiser's averages have settled
        moved(1, 1)
    one = max(moved(1, 1), 1e-12)
    for steps, k in ((1, 4), (2, 3)):
        times = moved(steps, k) / one
        expect.that(
            0.55 * steps * k < times < 1.7 * steps * k,
            tried=f"GAN.fit({steps}, {N}, k={k}) against GAN.fit(1, {N}, k=1): how far D goes where it is far too sure",
            saw=f"{times:.1f} times as far",
            expected=f"about {steps * k} times as far: {steps * k} updates",
            cause="`k` is not used: D gets one update in each step."
            if 0.6 * steps < times < 1.5 * steps
            else "In each of `steps` steps, D is updated k times, then G once.",
        )

    gan, generator, discriminator = lively_gan(student, draw)
    k, times, restore = 8, [], snapshot(discriminator)
    for _ in range(5):
        restore()
        # G's step comes last: where D is now, one step of `train_generator` has the same gradient.
        (by_fit,) = moves(generator, lambda: gan.fit(1, N, k=k), 1)
        (by_step,) = moves(generator, lambda: gan.train_generator(N), 1)
        times.append(np.linalg.norm(flat(by_fit)) / max(np.linalg.norm(flat(by_step)), 1e-12))
    expect.that(
        # 3 seeds of each of 13 right programs: 0.9 to 1.2. With k updates of G: 7.7 to 7.9.
        0.4 < np.median(times) < 2.5,
        tried=f"GAN.fit(1, {N}, k={k}) against one step of train_generator: how far G goes",
        saw=f"{np.median(times):.1f} times as far",
        expected="about as far: one update",
        cause=f"G gets {k} updates too: only D is updated k times in each step, then G once."
        if np.median(times) > 1
        else "In each of `steps` steps, D is updated k times, then G once.",
    )


@check(
    "training.new_points",
    needs=("training.losses", "discriminator_step.separates", "discriminator_step.own_gradient"),
    trains=True,
)
def _(student, draw):
    """`fit` draws new real points for each update.

    Forge: move D in two directions in the first two steps, and in others in later calls.
    So: a forger may move it anywhere, and three sets of points may take turns; half a point.
    """
    student.eagerly()
    points, rows, seed = draw.normal(64, 2), 3, draw.seed()

    def calls(count, level, steps, k=1):
        """How D moves in each call of `fit`, if it says the same to all points. The seed is the same each time."""
        gan, generator, discriminator = lively_gan(student, draw, seed)
        steered = Steered(discriminator, points, ALIKE)
        # The gain of a weight normalisation is one number, which moves alike for all points: its direction must move.
        single = steered.output is not None and discriminator.parameters()[steered.output].size == 1
        steered.set(level=level, slope=1 if single else 0)
        silent = zeros(generator.parameters())

        def fit():
            # All fakes are the same point. So where D takes everything for fake, its gradient depends on the real ones.
            generator.set_parameters(silent)
            gan.fit(steps, rows, k=k)

        return [flat(change) for change in moves(discriminator, fit, count)]

    def moved(steps, level):
        """The same for the first call: the first of its steps is the same, whatever their number."""
        return calls(1, level, steps)[0]

    # A program may keep D away from 0 in its loss: there, D has no gradient.
    first, level = next(((first, level) for level in (-6.0, -3.0) if (first := moved(1, level)).any()), (None, 0.0))
    expect.that(
        first is not None,
        tried=f"GAN.fit(1, {rows}) where D takes all points for fake",
        saw="a discriminator that does not move",
        expected="one that learns from the real points",
        cause="D has no gradient where it is sure and wrong: keep it away from 0 by at most 0.001.",
    )
    second = moved(2, level) - first
    # The layers before the output have no gradient in the first step.
    learns = np.abs(first) > 1e-3 * np.abs(first).max()
    expect.that(
        # 3 seeds of each of 13 right programs: at least 3·10⁻⁴ below 1. With the same points: at most 4·10⁻⁷.
        cosine({"": first[learns]}, {"": second[learns]}) < 1 - 1e-5,
        tried=f"GAN.fit(1, {rows}) and GAN.fit(2, {rows}) with the same seed, where D takes all points for fake",
        saw="a second update of D in the direction of the first",
        expected="another direction, from other real points",
        cause="The real points are the same in each update: call sample_real in the loop, with a new seed each time.",
    )
    # Two updates before G moves: points that take turns give the same pair of updates in each call, once the averages
    # of the optimiser have settled.
    student.eagerly(False)
    pairs = [change[learns] for change in calls(20, level, 1, k=2)[-3:]]
    expect.that(
        # 4 seeds of each of 11 right programs in PyTorch: at least 0.02; 2 seeds of 8 in Keras: at least 0.13. With two
        # sets: at most 0.0007 in PyTorch. In Keras at most 0.002 for five seeds; 0.005 to 0.009 for a sixth passes.
        min(distance_of_updates(one, other) for one, other in combinations(pairs, 2)) > 0.003,
        tried=f"20 calls of GAN.fit(1, {rows}, k=2) from the same parameters, where D takes all points for fake",
        saw="the same two updates of D in two of the last three",
        expected="other updates, from other real points",
        cause="The real points are the same in each call of `fit`, or take turns: draw them with a new seed each time.",
    )


def distance_of_updates(one, other):
    """How far the most similar four fifths of two updates' entries differ, relative to a typical entry.

    In Keras an entry or two of the others change from call to call, where a unit is at its kink for one of the points.
    """
    return np.quantile(np.abs(one - other), 0.8) / np.median(np.abs(one))


@check("evaluation.shares", needs="evaluation.extremes")
def _(student, draw):
    """The shares are those of D's answers, and `evaluate` changes nothing.

    Forge: shares of D's answers, with weights that the grader has set.
    So: compute it.
    """
    gan, generator, discriminator = lively_gan(student, draw)
    # The student's own points: this check is not about `sample_real` and `sample_latent`.
    real = expect.shape(student.sample_real(6000, draw.seed()), (6000, 2), tried="sample_real(6000, seed)")
    z = student.sample_latent(6000, LATENT, draw.seed())
    fake = generator.forward(expect.shape(z, (6000, LATENT), tried=f"sample_latent(6000, {LATENT}, seed)"))
    steered = Steered(discriminator, fake[:64], APART)
    n = 3000
    for group in (real, fake):
        # Half of the real points above ½, then half of the fakes.
        steered.set(level=0.0)
        steered.set(level=-float(np.median(log_odds(discriminator.forward(group)))))
        before = (discriminator.parameters(), generator.parameters(), discriminator.buffers(), generator.buffers())
        tried = f"GAN.evaluate({n}, seed)"
        shares = expect.several(gan.evaluate(n, draw.seed()), 2, tried=tried)
        after = (discriminator.parameters(), generator.parameters(), discriminator.buffers(), generator.buffers())
        for was, is_now in zip(before, after, strict=True):
            expect.unmoved(
                was,
                is_now,
                tried=f"{tried}: what it changes in both nets",
                cause="Evaluation must not train: use inference mode, and no update.",
            )
        p_real, p_fake = (expect.array(discriminator.forward(x), tried="D") for x in (real, fake))
        expect.close(
            shares,
            [np.mean(p_real > 0.5), np.mean(p_fake < 0.5)],
            tried=f"{tried} against D's answers on other points of the same kind",
            cause="The shares of real points with D > ½ and of fakes with D < ½; fakes are G of new latent points.",
            # Two shares of about one half, of 3,000 and of 6,000 draws, differ by 0.06 once in 10⁷ times.
            atol=0.06,
        )
        counts = 7 * expect.array(gan.evaluate(7, draw.seed()), tried="GAN.evaluate(7, seed)")
        expect.that(
            # Seven times a share of about one half of 1,000 points is 3.5 ± 0.1.
            bool(np.all(np.abs(counts - np.round(counts)) < 0.05)),
            tried="GAN.evaluate(7, seed), times 7",
            saw=", ".join(f"{count:.2f}" for count in counts),
            expected="whole numbers: shares of 7 points",
            cause="`n` is not used: take `n` real points and `n` fakes.",
        )
    if 0.2 < np.mean(p_fake < 0.5) < 0.8:
        # Two shares of 3,000 points are the same once in 80 times, four of them once in half a million.
        others = [expect.array(gan.evaluate(n, draw.seed()), tried=tried) for _ in range(3)]
        expect.that(
            any(not np.array_equal(shares, other) for other in others),
            tried=f"{tried}, four times with different seeds",
            saw="the same pair each time",
            expected="other pairs, from other points",
            cause="`seed` is not used: all draws in `evaluate` come from it.",
        )
    ends = [name for name in (steered.output, steered.bias) if name]
    discriminator.set_parameters({name: np.zeros_like(discriminator.parameters()[name]) for name in ends})
    # The output weights of a spectral normalisation cannot be 0.
    if all(np.all(np.asarray(discriminator.forward(x)) == 0.5) for x in (real, fake)):
        expect.close(
            expect.several(gan.evaluate(51, draw.seed()), 2, tried="GAN.evaluate(51, seed)"),
            [0, 0],
            tried="GAN.evaluate(51, seed) where D says exactly ½ to every point",
            cause="Real counts as right where D > ½ and fake where D < ½: at exactly ½, D is right on neither.",
        )


# Shared by the checks above.


def lively_gan(student, draw, seed=None):
    """A new GAN in whose nets no matrix is so small that the answers are nearly constant.

    Some GANs draw their weights from N(0, 0.02²). What a step changes is then lost in the rounding of a probability.
    """
    made = new_gan(student, draw.seed() if seed is None else seed)
    for net in (made.generator, made.discriminator):
        net.set_parameters(at_least_glorot(net.parameters()))
    settle(made.discriminator, np.ones((8, 2)))
    return made


def fakes(generator, draw, n=64):
    """Half of them from G in inference mode and half from G in training mode, since a step may use either."""
    return np.concatenate(outputs_in_both_modes(generator, draw.normal(n // 2, LATENT)))


def rises(generator, discriminator, z, change):
    """By how much a change of G's parameters raises D's mean logit of G(z), each net in either mode.

    A right step may use any of the four; the result is NaN where dropout makes the answers differ by themselves. The
    parameters alone do not tell: with batch normalisation most of them hardly affect the mean, and follow the spread.
    """

    def scores():
        return np.concatenate([mean_log_odds(discriminator, points) for points in outputs_in_both_modes(generator, z)])

    start = generator.parameters()
    before, again = scores(), scores()
    generator.set_parameters({name: start[name] + change[name] for name in start})
    after = scores()
    generator.set_parameters(start)
    return np.where(before == again, after - before, np.nan)


def forgets(before, after):
    """Do all parameters go equally far in each step, also in the first after the gradient has changed sign and size?

    An adaptive optimiser does so in its first step, and in no other. Where gradients are tiny, the number that it adds
    to the divisor makes its steps shorter, so the check looks at the longer half.
    """
    lengths = [np.abs(flat(change)) for change in (before[0], before[-1], after[0], after[-1])]
    halves = [np.percentile(each[each > 0], (50, 95)) if np.any(each > 0) else (0.0, 0.0) for each in lengths]
    low, high = np.min(halves), np.max(halves)
    # An optimiser that keeps its state: at least 1.3, mostly in the first step after the change.
    return bool(low > 0 and high < 1.02 * low)
