"""Checks of `wgan` that students can run too."""

import numpy as np

from autograder import check, expect, on_gpu, tensor
from autograder.authoring.probes.parameters import random_weights, scaled, some_moved

from .probes import (
    LARGEST_LIMIT,
    LATENT,
    PENALTIES,
    N,
    find_the_curve,
    linear_critic,
    mean_score,
    model_of,
    on_the_curve,
    scores_of_fakes,
    unbounded,
    untrained,
)

CRITIC_STEP = "WGAN.train_critic on 64 points"
G_STEP = "WGAN.train_generator(64)"


@check("distance.example")
def _(student):
    """The earth mover's distance of the text's two samples.

    Forge: a table of one example.
    So: the next check draws others.
    """
    a, b = np.array([0.0, 1.0, 3.0]), np.array([5.0, 6.0, 8.0])
    expect.close(
        expect.number(student.wasserstein_1d(a, b[[1, 2, 0]]), tried="wasserstein_1d([0, 1, 3], [6, 8, 5])"),
        5.0,
        tried="wasserstein_1d([0, 1, 3], [6, 8, 5])",
        cause="Sort both samples; the smallest goes to the smallest. The distance is the mean way.",
        mistakes={
            "The mean over the points, not the sum.": 15.0,
            "The mean of the ways, not of their squares.": 25.0,
            "The ways are absolute values: this sign is wrong.": -5.0,
        },
    )
    expect.close(
        expect.number(
            student.wasserstein_1d(a, np.array([2.0, 1.0, 1.0])), tried="wasserstein_1d([0, 1, 3], [2, 1, 1])"
        ),
        2 / 3,
        tried="wasserstein_1d([0, 1, 3], [2, 1, 1])",
        cause="Sort both samples; the smallest goes to the smallest. The distance is the mean way.",
        mistakes={
            "The samples are not sorted: a point may go to any other.": 4 / 3,
            "This is the distance of the two means: ways in opposite directions do not cancel.": 0.0,
        },
    )


@check("losses.values")
def _(student, draw):
    """Both losses are differences of mean scores, also of different numbers of points.

    Forge: means of newly drawn scores.
    So: compute it.
    """
    for n, m in ((4, 4), (6, 3), (1, 5)):
        real, fake = 3 * draw.normal(n, 1) + 1, 3 * draw.normal(m, 1)
        tried = f"critic_loss of {n} real and {m} fake scores"
        expect.close(
            expect.number(student.critic_loss(tensor(real), tensor(fake)), tried=tried, cause="Return one number."),
            fake.mean() - real.mean(),
            tried=tried,
            cause="The critic minimises the mean score of the fakes minus the mean score of the real points.",
            mistakes={
                "The sign is wrong: the critic wants high scores for real points, and it minimises.": real.mean()
                - fake.mean(),
                "The mean over the points, not the sum.": fake.sum() - real.sum(),
                "These scores are no probabilities: no sigmoid, no logarithm.": np.mean(np.log1p(np.exp(-real)))
                + np.mean(np.log1p(np.exp(fake))),
            },
        )
        tried = f"generator_loss of {m} scores"
        expect.close(
            expect.number(student.generator_loss(tensor(fake)), tried=tried, cause="Return one number."),
            -fake.mean(),
            tried=tried,
            cause="G minimises minus the mean score of its fakes.",
            mistakes={
                "The sign is wrong: G wants high scores for its fakes, and it minimises.": fake.mean(),
                "The mean over the points, not the sum.": -fake.sum(),
                "These scores are no probabilities: no sigmoid, no logarithm.": np.mean(np.log1p(np.exp(-fake))),
            },
        )


@check("clipping.clips")
def _(student, draw):
    """Every parameter is clipped to the limits on both sides, in place.

    Forge: parameters of the student's own critic, clipped: set by the grader and read back.
    So: compute it.
    """
    critic = model_of(student, "build_critic", example=np.zeros((2, 2)), seed=draw.seed())
    for limit in (0.3, 0.01):
        weights = random_weights(draw, critic.parameters())
        critic.set_parameters(weights)
        student.clip_weights(critic, limit)
        for name, value in critic.parameters().items():
            expect.close(
                value,
                np.clip(weights[name], -limit, limit),
                tried=f"clip_weights(model, {limit}), then the parameter {name}",
                cause="Every entry of every parameter is clipped to [−limit, limit], weights and biases, in the model "
                "itself.",
                mistakes={
                    "The parameter is as before: clip every parameter, biases too, and store the result in the "
                    "model.": weights[name],
                    "Only the upper limit holds: clip on both sides.": np.minimum(weights[name], limit),
                    "Each parameter is scaled to the limit. Clipping changes only the entries beyond it.": weights[name]
                    * limit
                    / np.abs(weights[name]).max(initial=1e-6),
                },
                atol=1e-6,
            )


@check("penalty.linear")
def _(student, draw):
    """For a linear critic of slope k the penalty is (k − 1)², wherever the points lie.

    Forge: (k − 1)² for slopes that the grader has drawn.
    So: compute it; the critic's parameters are all that tells k.
    """
    for n, slope in ((40, 0.3), (7, 2.5), (16, 1.0)):
        angle = float(draw.uniform(0.3, 1.2))
        critic = linear_critic(student, slope, angle)
        tried = f"gradient_penalty with {n} rows, of a linear critic of slope {slope}"
        with expect.blame(
            "The slope is the gradient with respect to x̂, so x̂ must be watched: `requires_grad_()` in PyTorch, "
            "`tape.watch` in Keras.",
            on="grad",
        ):
            penalty = student.gradient_penalty(critic, 2 * draw.normal(n, 2), 2 * draw.normal(n, 2), draw.seed())
        along = slope * np.array([np.cos(angle), np.sin(angle)])
        expect.close(
            expect.number(penalty, tried=tried, cause="Return one number: the mean over the rows."),
            (slope - 1) ** 2,
            tried=tried,
            cause="In each row, take the norm of the gradient of the critic's score with respect to x̂, subtract 1 and "
            "square; then take the mean.",
            mistakes={
                "The slope should be 1: subtract 1 from the norm before you square it.": slope**2,
                "The penalty is the mean over the rows, not the sum.": n * (slope - 1) ** 2,
                "This is the norm over the whole batch: take the norm in each row.": (slope * np.sqrt(n) - 1) ** 2,
                "This is the gradient of the mean score, which is n times too small: take the sum of the scores.": (
                    slope / n - 1
                )
                ** 2,
                "This is the square of the norm minus 1: take the square root first.": (slope**2 - 1) ** 2,
                "Only slopes above 1 count here; those below 1 are penalised as well.": max(slope - 1, 0) ** 2,
                "Square the difference; this is its absolute value.": abs(slope - 1),
                "This compares each coordinate of the gradient with 1: take the norm of each row first.": float(
                    np.mean((along - 1) ** 2)
                ),
                "The factor λ does not belong here: this function returns the mean itself.": 10 * (slope - 1) ** 2,
            },
            rtol=1e-3,
            atol=1e-4,
        )


@check("critic.unbounded")
def _(student, draw):
    """The critic returns one score for each point, and scores have no bounds.

    Forge: scores that move outwards with the weights that the grader has set.
    So: form; any such function is enough.
    """
    model = model_of(student, "build_critic", example=np.zeros((2, 2)), seed=draw.seed())
    points = draw.normal(200, 2)
    expect.shape(
        model.forward(points),
        (200, 1),
        tried="build_critic() on 200 points",
        cause="Return one score for each point, in a column.",
        mistakes={"This is a row, not a column: the output is (n, 1).": (200,)},
    )
    unbounded(model, points, draw, "the critic on 200 points,")


@check("training.losses", few_steps=True)
def _(student, draw):
    """`fit` trains both players and returns their losses by name.

    Forge: two lists of numbers, and parameters that moved.
    So: form.
    """
    steps, n_critic = 3, 2
    tried = f"WGAN.fit({steps}, {N}, n_critic={n_critic})"
    for penalty in PENALTIES:
        gan, *nets = untrained(student, draw.seed(), penalty)
        before = [net.parameters() for net in nets]
        found = expect.mapping(
            gan.fit(steps, N, n_critic=n_critic),
            tried=tried,
            cause='Return {"critic_loss": […], "g_loss": […]}: a dict of two lists.',
        )
        for name, counts in (("critic_loss", (steps, n_critic * steps)), ("g_loss", (steps,))):
            expect.that(
                name in found,
                tried=tried,
                saw=f"no {name} among {', '.join(map(str, found)) or 'nothing'}",
                expected='"critic_loss" and "g_loss"',
            )
            losses = expect.array(found[name], tried=f"{tried}: {name}", cause="Return a list of numbers.")
            expect.that(
                losses.ndim == 1 and len(losses) in counts,
                tried=f"{tried}: {name}",
                saw=f"shape {losses.shape}",
                expected=" or ".join(map(str, counts)) + " losses, one for each step or for each update",
                cause="Append a loss in each step, and return all of them.",
            )
        for name, start, net in zip(("generator", "critic"), before, nets, strict=True):
            some_moved(
                start,
                net.parameters(),
                f"{tried}: .{name}",
                "`fit` must train the two nets that the WGAN has, not new ones.",
            )


@check("training.critic_step")
def _(student, draw):
    """A step of the critic changes its parameters alone; repeated, it separates real points from fakes.

    Forge: parameters of the critic that moved, none of G's, and scores of newly drawn points that grow apart.
    So: lie about it: scores and samples are computed in the student's process.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read.
    """

    def attempt(penalty):
        gan, generator, critic = untrained(student, draw.seed(), penalty)
        before, of_generator = critic.parameters(), generator.parameters()
        far = np.array([draw.choice([-1.5, 1.5]), draw.choice([-1.5, 1.5])])
        real, z = on_the_curve(draw, 256) + far, draw.normal(256, LATENT)

        def gap():
            return mean_score(critic, real) - mean_score(critic, generator.forward(z))

        gaps = [gap()]
        loss = gan.train_critic(on_the_curve(draw) + far)
        tried = f'{CRITIC_STEP}, "{penalty}"'
        expect.number(loss, tried=f"the loss that {tried} returns", cause="Return the loss: one number.")
        some_moved(before, critic.parameters(), tried, "The critic does not learn: its parameters have not changed.")
        expect.unmoved(
            of_generator,
            generator.parameters(),
            tried=f"{tried}: the generator's parameters",
            cause="The critic's step trains G as well: give its optimiser the critic's parameters only.",
        )
        # The first steps are not counted: clipping makes all scores smaller at once.
        for steps in (2, 60):
            for _ in range(steps):
                gan.train_critic(on_the_curve(draw) + far)
            gaps.append(gap())
        new, early, late = gaps
        settled = abs(late - early) <= 1e-3 * abs(late) and late > 0
        expect.that(
            late > early or late > max(new, 0) or settled,
            tried=f'63 steps of WGAN.train_critic, "{penalty}", on real points far from the fakes',
            saw=f"the mean score of real points minus that of fakes went from {early:.3g} to {late:.3g}",
            expected="a difference that grows",
            cause="The sign of the critic's loss is wrong: it minimises the mean score of the fakes minus the mean "
            "score of the real points."
            if late < early - 1e-3 * abs(early)
            else "The critic does not learn the difference: do the scores depend on the points at all?",
        )

    for penalty in PENALTIES:
        # A large λ may first turn a critic that starts the wrong way, and flatten it, before it learns the right way.
        expect.best_of(2, lambda _, penalty=penalty: attempt(penalty))


@check("training.generator_step", few_steps=True)
def _(student, draw):
    """A step of the generator changes its parameters alone and raises its scores; then the critic can still learn.

    Forge: parameters of G that moved, none of the critic's, and scores of fakes that rise.
    So: lie about it: scores and samples are computed in the student's process.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read.
    """
    seeds = [draw.seed(), draw.seed()]

    def attempt(number):
        gan, generator, critic = untrained(student, seeds[number], PENALTIES[number])
        before, of_critic, z = generator.parameters(), critic.parameters(), draw.normal(256, LATENT)
        start = scores_of_fakes(generator, critic, z)
        with expect.blame("No gradient reaches G: its fakes must stay connected to it in its own step.", on="grad"):
            loss = gan.train_generator(N)
        expect.number(loss, tried=f"the loss that {G_STEP} returns", cause="Return the loss: one number.")
        some_moved(
            before,
            generator.parameters(),
            G_STEP,
            "G does not learn: are its fakes detached in its own step, or does its optimiser hold other parameters?",
        )
        for _ in range(7):
            gan.train_generator(N)
        expect.unmoved(
            of_critic,
            critic.parameters(),
            tried=f"{G_STEP}: the critic's parameters",
            cause="G's step trains or clips the critic as well: give G's optimiser the parameters of G only.",
        )
        rise = float(np.max(scores_of_fakes(generator, critic, z) - start))
        expect.that(
            rise > 0,
            tried="8 steps of WGAN.train_generator(64), the critic's mean score of 256 fakes before and after",
            saw=f"a change of {rise:.2g}",
            expected="a rise: G makes points that the critic scores higher",
            cause="The sign of G's loss is wrong: it minimises minus the mean score.",
        )
        most_moved_by_the_critic(gan, critic, draw)

    expect.best_of(len(seeds), attempt)


@check("training.limit", few_steps=True)
def _(student, draw):
    """With "clip", no parameter of the critic is beyond 0.05 after a step; with "gradient", none is clipped.

    Forge: parameters within the limit, set by the grader and read back.
    So: compute it.
    """
    for penalty in PENALTIES:
        gan, _, critic = untrained(student, draw.seed(), penalty)
        # Far beyond the limit, but not so large that the penalty of a steep critic makes it diverge.
        critic.set_parameters(scaled(random_weights(draw, critic.parameters()), 0.3))
        tried = f'{CRITIC_STEP}, "{penalty}", from weights of about 0.3: the largest parameter of the critic'
        for _ in range(2):
            gan.train_critic(on_the_curve(draw))
        values = {name: float(np.abs(value).max(initial=0)) for name, value in critic.parameters().items()}
        largest = expect.number(max(values.values(), default=0.0), tried=tried)
        if penalty == "clip":
            expect.that(
                # One unit of float32 beyond the limit is rounding.
                largest <= LARGEST_LIMIT * (1 + 1e-5),
                tried=tried,
                saw=f"{largest:.3g}",
                expected=f"at most {LARGEST_LIMIT}",
                cause="The weights are clipped before the update, and the update moves them beyond the limit: clip "
                "after it."
                if largest < 0.2
                else "The critic is not clipped: call `clip_weights` after each of its updates, on all its parameters, "
                f"with a limit of at most {LARGEST_LIMIT}.",
            )
        else:
            expect.that(
                largest > 0.2,
                tried=tried,
                saw=f"{largest:.3g}",
                expected="parameters that are not clipped",
                cause='The critic is clipped although the penalty is "gradient": use one of the two, not both.',
            )


@check("training.curve_clip", trains=True)
def _(student, draw, limits):
    """After training with "clip", the samples lie near the curve and cover it.

    Forge: 1,000 points spread over the curve, from a G that makes other points with its first parameters: it may know
        the curve, which is in the text, and show it once a parameter has changed.
    So: lie about it: G's samples are computed in the student's process, and the text states the curve.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read; a new curve for each run would change the exercise.
    """
    find_the_curve(student, draw, limits, "clip")


@on_gpu("gpu")
def _(student, draw):
    """Both nets are trained on the device of their parameters"""
    seed, real, fake, z = draw.seed(), draw.normal(N, 2), draw.normal(N, 2), draw.normal(4, LATENT)
    answers = {}
    for penalty in PENALTIES:
        gan = student.WGAN(LATENT, seed, penalty)
        generator = student.place(gan.part("generator"), z)
        critic = student.place(gan.part("critic"), real)
        if penalty == "gradient":
            answers["penalty"] = student.gradient_penalty(critic, real, fake, seed)
        gan.train_critic(real)
        gan.train_generator(N)
        answers[penalty] = generator.forward(z)
    return answers


# Shared by the checks above.


def most_moved_by_the_critic(gan, critic, draw):
    """After a step of G, the critic still learns."""
    frozen = "After a step of G, the critic no longer learns: it was frozen and stayed frozen."
    # Twice: with clipping, the first step moves the weights in any case.
    for _ in range(2):
        before = critic.parameters()
        with expect.blame(frozen, on="grad"):
            gan.train_critic(on_the_curve(draw))
    some_moved(before, critic.parameters(), f"{G_STEP}, then {CRITIC_STEP}", frozen)
