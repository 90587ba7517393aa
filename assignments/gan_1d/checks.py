"""Checks of `gan_1d` that students can run too."""

import numpy as np

from autograder import check, expect, figures, on_gpu
from autograder.authoring.probes.gan import ALIKE, Steered, mean_log_odds
from autograder.authoring.probes.parameters import at_least_glorot, random_weights, scaled, snapshot, some_moved
from autograder.authoring.probes.samples import coverage, energy_distance

from .probes import LATENT, N, curve, new_discriminator, new_gan, new_generator

D_STEP = "GAN.train_discriminator on 64 points"
G_STEP = "GAN.train_generator(64)"


@check("real.curve")
def _(student, draw):
    """Real points are pairs of x from [−½, ½] and x².

    Forge: rows with an x in the range and its square.
    So: compute it.
    """
    for n in (400, 7, 1):
        tried = f"sample_real({n}, seed)"
        points = expect.shape(
            student.sample_real(n, draw.seed()),
            (n, 2),
            tried=tried,
            cause="Return one row for each point: x, then x².",
            mistakes={"Each point is a row, not a column: swap the axes.": (2, n)},
        )
        x, y = points[:, 0], points[:, 1]
        expect.between(
            x,
            -0.5,
            0.5,
            tried=f"{tried}, first column",
            cause="x is uniform on [−½, ½]; these look normal." if np.abs(x).max() > 1.2 else "x lies in [−½, ½].",
            what="x",
        )
        expect.close(
            y,
            x**2,
            tried=f"{tried}, second column against the square of the first",
            cause="y must be the square of the x in its row: draw x once and use it twice."
            if n > 1 and abs(np.corrcoef(x**2, y)[0, 1]) < 0.5
            else "y is the square of x.",
            mistakes={"The columns are swapped: x comes first.": np.sqrt(np.abs(x)), "This is x, not x².": x},
        )


@check("latent.shape")
def _(student, draw):
    """Latent points have the right shape, and the seed fixes them.

    Forge: arrays of that shape that the seed repeats.
    So: form.
    """
    for n, latent_dim in ((6, 5), (9, 3)):
        tried = f"sample_latent({n}, {latent_dim}, seed)"
        seed = draw.seed()
        first = expect.shape(
            student.sample_latent(n, latent_dim, seed),
            (n, latent_dim),
            tried=tried,
            cause="Return a row for each point and a column for each latent variable.",
        )
        expect.close(
            student.sample_latent(n, latent_dim, seed),
            first,
            tried=f"{tried}, twice with the same seed",
            cause="All draws must come from `seed`: make a random generator from it.",
        )
        expect.differ(
            student.sample_latent(n, latent_dim, seed + 1),
            first,
            tried=f"{tried}, with two different seeds",
            cause="`seed` is not used.",
        )


@check("discriminator.probability")
def _(student, draw):
    """The discriminator returns one probability for each point, and can reach any value between 0 and 1.

    Forge: answers from 0 to 1 that come near both ends with weights that the grader has set.
    So: form.
    """
    model, points = new_discriminator(student, draw), draw.normal(200, 2)
    tried = "build_discriminator() on 200 points"
    expect.shape(
        model.forward(points),
        (200, 1),
        tried=tried,
        cause="Return one probability for each point, in a column.",
        mistakes={
            "This is a row, not a column: the output is (n, 1).": (200,),
            "These are two numbers for each point: one is enough.": (200, 2),
        },
    )

    def with_large_weights():
        model.set_parameters(scaled(random_weights(draw, model.parameters()), 3))
        return expect.array(model.forward(points), tried=tried)

    # Weights several times as large drive a sigmoid to both ends, and anything else out of [0, 1].
    answers = [with_large_weights()]
    expect.between(
        answers[0],
        0,
        1,
        tried=f"{tried}, with large weights",
        cause="The sigmoid is missing: the output must be a probability.",
        what="probabilities",
    )
    answers += [with_large_weights() for _ in range(11)]
    low, high = float(np.min(answers)), float(np.max(answers))
    expect.that(
        low < 0.3 and high > 0.8,
        tried=f"{tried}, with twelve sets of large weights",
        saw=f"answers from {low:.2f} to {high:.2f}",
        expected="answers near 0 and near 1",
        cause="You apply the sigmoid twice: the second one leaves only ½ to 0.73."
        if low > 0.49 and high < 0.74
        else "The net ends with one sigmoid: nothing after it, no ReLU before it.",
    )


@check("generator.shape")
def _(student, draw):
    """The generator turns each latent point into a point of the plane, row by row.

    Forge: points that depend on z, row by row.
    So: form.
    """
    for latent_dim in (3, 5):
        model, z = new_generator(student, draw, latent_dim), draw.normal(30, latent_dim)
        tried = f"build_generator({latent_dim}) on 30 latent points"
        points = expect.shape(
            model.forward(z),
            (30, 2),
            tried=tried,
            cause="Return two numbers for each latent point: x and y.",
            mistakes={"This is one number for each point: the generator makes both x and y.": (30, 1)},
        )
        expect.differ(points[0], points[1], tried=f"{tried}, the first two answers", cause="z is not used.", by=1e-7)
        expect.close(
            model.forward(z[::-1])[::-1],
            points,
            tried=f"{tried}, and on the same points in reverse order",
            expected="the same point for the same z",
            cause="The points of a batch mix: the first axis is the batch.",
        )


@check("discriminator_step.freezes")
def _(student, draw):
    """A step of the discriminator changes its parameters and none of the generator's.

    Forge: parameters of D that moved, and none of G's.
    So: form; the next checks ask where the parameters must go.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    before, of_generator = discriminator.parameters(), generator.parameters()
    loss = gan.train_discriminator(curve(draw))
    expect.number(loss, tried=f"the loss that {D_STEP} returns", cause="Return the loss: one number.")
    some_moved(before, discriminator.parameters(), D_STEP, "D does not learn: its parameters have not changed.")
    expect.unmoved(
        of_generator,
        generator.parameters(),
        tried=f"{D_STEP}: the generator's parameters",
        cause="D's step trains G as well: give D's optimiser the parameters of D only.",
    )


@check("discriminator_step.separates", needs="discriminator_step.freezes")
def _(student, draw):
    """Repeated steps of the discriminator raise its answers to real points relative to those to fakes.

    Forge: answers of D to newly drawn points that grow apart after a while.
    So: lie about it: D's answers and G's samples are computed in the student's process, and the text states the
        curve.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read; a new curve for each run would change the exercise.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    z = draw.normal(256, LATENT)
    far = np.array([draw.choice([-1.5, 1.5]), draw.choice([-1.5, 1.5])])
    real, fake = curve(draw, 256) + far, generator.forward(z)

    def gaps():
        return mean_log_odds(discriminator, real) - mean_log_odds(discriminator, fake)

    before = gaps()
    for _ in range(40):
        gan.train_discriminator(curve(draw) + far)
    rise = float(np.max(gaps() - before))
    expect.that(
        rise > 0,
        tried="40 steps of GAN.train_discriminator, on real points far from the fakes",
        saw=f"D's score on real points minus its score on fakes changed by {rise:.2g}",
        expected="a difference that grows",
        cause="The labels are swapped: real is 1, fake is 0."
        if rise < -0.001
        else "D does not learn the difference. One possible cause: batch normalisation right before the output gives "
        "real points and fakes the same mean if each kind has its own batch.",
    )


@check("generator_step.freezes")
def _(student, draw):
    """A step of the generator changes its parameters and nothing in the discriminator; then D can still learn.

    Forge: parameters of G that moved, and nothing of D.
    So: form.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    before, of_discriminator = generator.parameters(), discriminator.parameters()
    statistics = discriminator.buffers()
    with expect.blame("No gradient reaches G: the fakes must stay connected to it in G's own step.", on="gradient"):
        loss = gan.train_generator(N)
    expect.number(loss, tried=f"the loss that {G_STEP} returns", cause="Return the loss: one number.")
    some_moved(
        before,
        generator.parameters(),
        G_STEP,
        "G does not learn: are its fakes detached in its own step, or does the optimiser hold D's parameters?",
    )
    expect.unmoved(
        of_discriminator,
        discriminator.parameters(),
        tried=f"{G_STEP}: the discriminator's parameters",
        cause="G's step trains D as well, and D learns to be fooled: give G's optimiser the parameters of G only.",
    )
    expect.unmoved(
        statistics,
        {name: value for name, value in discriminator.buffers().items() if name in statistics},
        tried=f"{G_STEP}: the discriminator's running statistics",
        cause="D's batch-norm statistics change in G's step: D must be in inference mode there.",
    )
    of_discriminator, of_generator = discriminator.parameters(), generator.parameters()
    tried, frozen = (
        f"{G_STEP}, then {D_STEP}",
        "After a step of G, D no longer learns: it was frozen and stayed frozen.",
    )
    with expect.blame(frozen, on="grad"):
        gan.train_discriminator(curve(draw))
    some_moved(of_discriminator, discriminator.parameters(), tried, frozen)
    expect.unmoved(
        of_generator,
        generator.parameters(),
        tried=f"{tried}: the generator's parameters in the second step",
        cause="D's step trains G as well: give D's optimiser the parameters of D only.",
    )


@check("generator_step.rises", needs="generator_step.freezes")
def _(student, draw):
    """Steps of the generator raise D(G(z)).

    Forge: answers of D to fakes that rise after a while.
    So: lie about it: D's answers and G's samples are computed in the student's process, and the text states the
        curve.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read; a new curve for each run would change the exercise.
    """
    seeds = [draw.seed(), draw.seed()]

    def attempt(number):
        gan, generator, discriminator = new_gan(student, seeds[number])
        discriminator.set_parameters(at_least_glorot(discriminator.parameters()))
        z = draw.normal(256, LATENT)
        before = mean_log_odds(discriminator, generator.forward(z))
        for _ in range(8):
            gan.train_generator(N)
        rise = float(np.max(mean_log_odds(discriminator, generator.forward(z)) - before))
        expect.that(
            rise > 0,
            tried="8 steps of GAN.train_generator(64), D(G(z)) on 256 latent points before and after",
            saw=f"D's score of the fakes changed by {rise:.2g}",
            expected="a rise: D takes the fakes for real more than before",
            cause="G learns to be caught: in its step the fakes are labelled 1, so that −ln D(G(z)) gets smaller.",
        )

    expect.best_of(len(seeds), attempt)


@check("training.losses")
def _(student, draw):
    """`fit` trains both players and returns their losses by name.

    Forge: two lists of numbers.
    So: form.
    """
    gan, *nets = new_gan(student, draw.seed())
    before = [net.parameters() for net in nets]
    steps, k = 4, 2
    tried = f"GAN.fit({steps}, {N}, k={k})"
    found = expect.mapping(
        gan.fit(steps, N, k=k), tried=tried, cause='Return {"d_loss": […], "g_loss": […]}: a dict of two lists.'
    )
    for name, counts in (("d_loss", (steps, k * steps, 2 * steps, 2 * k * steps)), ("g_loss", (steps,))):
        expect.that(
            name in found,
            tried=tried,
            saw=f"no {name} among {', '.join(map(str, found)) or 'nothing'}",
            expected='"d_loss" and "g_loss"',
        )
        losses = expect.array(found[name], tried=f"{tried}: {name}", cause="Return a list of numbers.")
        expect.that(
            losses.ndim == 1 and len(losses) in counts,
            tried=f"{tried}: {name}",
            saw=f"shape {losses.shape}",
            expected=f"{steps} losses, one for each step"
            + (f", or {k * steps}, one for each update" if name == "d_loss" else ""),
            cause="Collect a loss in each step, and return all of them.",
        )
    for name, start, net in zip(("generator", "discriminator"), before, nets, strict=True):
        some_moved(
            start,
            net.parameters(),
            f"{tried}: .{name}",
            "`fit` must train the two nets that the GAN has, not new ones.",
        )


@check("training.curve", needs="training.losses", trains=True)
def _(student, draw, limits):
    """After training, the samples lie on the curve and cover all of it.

    Forge: 1,000 points spread over the curve, from a G that makes its first points again once it has its first
        parameters again: it may know the curve, which is in the text, and be regressed on it.
    So: lie about it: D's answers and G's samples are computed in the student's process, and the text states the
        curve.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read; a new curve for each run would change the exercise.
    """
    steps, rounds, seeds = 1000, 3, [draw.seed(), draw.seed()]
    run = {}

    def attempt(number):
        if number % rounds == 0:
            run.update(parts=new_gan(student, seeds[number // rounds]), d_loss=[], g_loss=[])
            generator, z = run["parts"].generator, draw.normal(100, LATENT)
            run["new"] = z, generator.forward(z), snapshot(generator)
        gan, generator, discriminator = run["parts"]
        reported = expect.mapping(gan.fit(steps, 128), tried="GAN.fit(1000, 128)")
        for name in ("d_loss", "g_loss"):
            run[name] += list(np.ravel(reported.get(name, ())))
        done = steps * (number % rounds + 1)
        tried = f"GAN.fit, {done:,} steps of 128, then 1,000 samples"
        fake = expect.shape(generator.forward(draw.normal(1000, LATENT)), (1000, 2), tried=tried)
        real = curve(draw, 1000)
        x = np.linspace(-0.5, 0.5, 101)
        figures.scatter(f"1,000 samples after {done:,} steps", fake, np.stack([x, x**2], axis=1))
        figures.lines("losses, as your code reported", {name: run[name] for name in ("d_loss", "g_loss")})

        answers = [float(np.mean(discriminator.forward(points))) for points in (real, fake)]
        cause = what_went_wrong(real, fake, answers)
        expect.at_most(
            energy_distance(real, fake),
            limits.energy_distance,
            what="an energy distance to real points",
            tried=tried,
            cause=cause,
        )
        expect.at_most(
            float(np.abs(fake[:, 1] - fake[:, 0] ** 2).mean()),
            limits.distance,
            what="a mean distance |y − x²|",
            tried=tried,
            cause=cause,
        )
        expect.at_least(
            coverage(fake[:, 0], -0.5, 0.5),
            limits.coverage,
            what="a share of the curve reached",
            tried=tried,
            cause=cause,
        )
        z, points, restore = run["new"]
        restore()
        expect.close(
            generator.forward(z),
            points,
            tried="the trained generator, with the parameters of the new generator",
            expected="the points that the new generator made",
            cause="The points do not come from the trained parameters: everything that G has learned must be in them.",
            rtol=1e-2,
            atol=1e-3,
        )

    expect.best_of(rounds * len(seeds), attempt)


@check("evaluation.extremes")
def _(student, draw):
    """The shares are right if D takes everything for real, or everything for fake.

    Forge: the pairs (1, 0) and (0, 1) after the grader has set D.
    So: compute it.
    """
    gan, _, discriminator = new_gan(student, draw.seed())
    tried = "GAN.evaluate(51, seed)"
    seed = draw.seed()
    shares = expect.several(gan.evaluate(51, seed), 2, tried=tried, cause="Return two numbers: real, then fake.")
    for share in shares:
        expect.between(
            expect.number(share, tried=tried),
            0,
            1,
            tried=tried,
            cause="A share lies between 0 and 1; it is neither a count nor a percentage.",
            what="a share",
        )
    expect.close(
        expect.several(gan.evaluate(51, seed), 2, tried=tried),
        shares,
        tried=f"{tried}, twice with the same seed",
        cause="All draws in `evaluate` come from its `seed`.",
    )
    steered = Steered(discriminator, draw.normal(64, 2), ALIKE)
    for answer, level, wanted in (("real", 12.0, [1, 0]), ("fake", -12.0, [0, 1])):
        steered.set(level, slope=0.0)
        real, fake = wanted
        expect.close(
            expect.several(gan.evaluate(51, seed), 2, tried=tried),
            wanted,
            tried=f"{tried} if D takes everything for {answer}",
            cause="On real points D is right above ½, on fakes it is right below ½; the pair is (real, fake).",
            mistakes={
                "The two numbers are swapped: real comes first, then fake.": wanted[::-1],
                "On fakes D is right where it says less than ½; you count those above.": [wanted[0], wanted[0]],
                "These are numbers of points on which D is right; the text asks for shares.": [51 * real, 51 * fake],
                "The first is a number of points; the text asks for a share of the real ones.": [51 * real, fake],
                "The second is a number of points; the text asks for a share of the fakes.": [real, 51 * fake],
            },
        )


@on_gpu("gpu")
def _(student, draw):
    """Both nets are trained on the device of their parameters"""
    seed, real, z = draw.seed(), draw.normal(N, 2), draw.normal(4, LATENT)
    gan = student.GAN(LATENT, seed)
    generator = student.place(gan.part("generator"), z)
    student.place(gan.part("discriminator"), real)
    gan.train_discriminator(real)
    gan.train_generator(N)
    gan.evaluate(N, seed)
    return {"points": generator.forward(z)}


# Shared by the checks above.


def what_went_wrong(real, fake, answers):
    """The name of the failure, judged by the spread of the samples and D's mean answers to real and fake points."""
    if answers[0] > 0.9 and answers[1] < 0.1:
        return (
            f"D dominates: it says {answers[0]:.2f} to real points and {answers[1]:.2f} to fakes, so its gradient is "
            "of little use to G. Does G learn at all, or far too slowly?"
        )
    if coverage(fake[:, 0], -0.5, 0.5) < 0.6 and fake[:, 0].std() < 0.75 * real[:, 0].std():
        return (
            f"Mode collapse: the samples lie close together (x has a standard deviation of {fake[:, 0].std():.2f}; on "
            f"the curve it is {real[:, 0].std():.2f}). Let D learn faster than G, and give both two hidden layers."
        )
    return "G has not found the curve: look at the picture, and at the learning rates of both optimisers."
