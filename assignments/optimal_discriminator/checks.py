"""Visible checks of `optimal_discriminator`. Goodfellow et al. 2014, section 4.1."""

import numpy as np
from scipy import stats

from autograder import check, expect, on_gpu
from shared import expressions

from .probes import comes_near_optimum, formula, optimum_is


@check("objective.values")
def _(student, draw):
    """a ln d + b ln(1−d), element by element.

    Forge: values at points drawn now.
    So: compute it.
    """
    d, a, b = draw.uniform(0.05, 0.95, 6), draw.uniform(0.2, 2, 6), draw.uniform(0.2, 2, 6)
    wanted = a * np.log(d) + b * np.log(1 - d)
    expect.close(
        student.objective(d, a, b),
        wanted,
        tried="objective at six values of d, a and b",
        cause="Look again at the formula: a weighs ln d, b weighs ln(1−d).",
        mistakes={
            "You take the logarithm to base 10; the text asks for the natural one.": wanted / np.log(10),
            "You take the logarithm to base 2; the text asks for the natural one.": wanted / np.log(2),
            "You give the loss; the objective is what D maximises, without a minus sign.": -wanted,
            "a and b have changed places: a weighs ln d.": b * np.log(d) + a * np.log(1 - d),
            "You add the entries up; the answer has one entry for each d.": wanted.sum(),
        },
    )


@check("derivative.values")
def _(student, draw):
    """The derivative of the objective in d, element by element.

    Forge: values at points drawn now.
    So: compute it.
    """
    d, a, b = draw.uniform(0.05, 0.95, 6), draw.uniform(0.2, 2, 6), draw.uniform(0.2, 2, 6)
    wanted = a / d - b / (1 - d)
    expect.close(
        student.objective_derivative(d, a, b),
        wanted,
        tried="objective_derivative at six values of d, a and b",
        cause="Derive a ln d and b ln(1−d) one after the other; the second needs the chain rule.",
        mistakes={
            "The minus sign of the inner derivative is lost: ln(1−d) falls as d grows.": a / d + b / (1 - d),
            "A factor 1/ln 10 is left over, as on the slide; the logarithm is the natural one.": wanted / np.log(10),
            "The sign is the wrong way round: this is the derivative of the loss.": -wanted,
        },
    )


@check("symbolic.readable")
def _(student):
    """The formula is a string in A and B, and right for A = 3 and B = 1.

    Forge: a string that is right at one point.
    So: the next check draws twelve.
    """
    tried = "symbolic_optimum()"
    text = expect.text(
        student.symbolic_optimum(), tried=tried, cause="Return a string: of a SymPy expression, take str(…)."
    )
    optimum = formula(
        text,
        tried=tried,
        cause="The string is the right-hand side alone, in Python's notation, A and B in upper case.",
    )
    expect.close(
        expressions.value(optimum, 3, 1),
        0.75,
        tried="the formula that symbolic_optimum gives, at A = 3 and B = 1",
        cause="Set the derivative of the objective to zero and solve for d.",
        mistakes={
            "This is the share of the fake points; D says how real a point is.": 0.25,
            "This is the ratio of real to fake, which is no probability.": 3.0,
            "This is the ratio of fake to real, which is no probability.": 1 / 3,
            "Brackets are missing: A/A + B is (A/A) + B.": 2.0,
        },
    )


@check("optimum.values")
def _(student, draw):
    """D* from the two densities at each point.

    Forge: values at points drawn now.
    So: compute it.
    """
    p_real, p_fake = draw.uniform(0.1, 3, 7), draw.uniform(0.1, 3, 7)
    tried = "optimal_discriminator at seven points where both densities are above 0"
    cause = "Use the formula of the part before: A is the density of the real points, B that of the fakes."
    optimum_is(student, p_real, p_fake, p_real / (p_real + p_fake), tried, cause)


@check("optimum.empty", needs="optimum.values")
def _(student):
    """½ where there are neither real nor fake points, 0 and 1 where there is one kind only.

    Forge: three cases by a table.
    So: half of the part's other checks draw theirs.
    """
    expect.close(
        student.optimal_discriminator(np.array([0.0, 0.0, 1.5, 2.0]), np.array([0.0, 0.7, 0.0, 2.0])),
        [0.5, 0.0, 1.0, 0.5],
        tried="optimal_discriminator where p_real is 0, 0, 1.5, 2 and p_fake is 0, 0.7, 0, 2",
        cause="0/0 is not a number: where both densities are 0, answer ½.",
        mistakes={
            "Where both densities are 0 you answer 0; the text asks for ½, since D cannot know.": [
                0,
                0,
                1,
                0.5,
            ],
            "Where both densities are 0 you answer 1; the text asks for ½, since D cannot know.": [
                1,
                0,
                1,
                0.5,
            ],
        },
    )


@check("divergence.extremes")
def _(student):
    """Equal distributions and distributions that never meet: the ends of the scale.

    Forge: two cases by a table.
    So: the next two draw others.
    """
    p, q = np.array([0.5, 0.3, 0.2, 0.0, 0.0]), np.array([0.0, 0.0, 0.0, 0.6, 0.4])
    with_zero = "A term 0 · ln 0 counts as 0 (NumPy makes it NaN): leave it out, or see scipy.special.xlogy."
    same = "two equal distributions with an empty place"
    apart = "two distributions that never meet"
    expect.close(
        student.js_divergence(p, p),
        0.0,
        tried=f"js_divergence of {same}",
        cause=with_zero,
        mistakes={"m is the mean of p and q, not their sum: half of it.": -np.log(2)},
    )
    expect.close(
        student.js_divergence(p, q),
        np.log(2),
        tried=f"js_divergence of {apart}",
        cause=with_zero,
        mistakes={
            "You take the logarithm to base 2; the text asks for nats.": 1.0,
            "You take the logarithm to base 10; the text asks for nats.": np.log10(2),
            "The halves are missing: each of the two divergences counts half.": 2 * np.log(2),
            "You average over the places; a divergence is a sum over them.": np.log(2) / 5,
        },
    )
    expect.close(
        student.value_at_optimum(p, p),
        -np.log(4),
        tried=f"value_at_optimum of {same}",
        cause=with_zero,
        mistakes={
            "−ln 2 is one term of two: real and fake each give ln ½.": -np.log(2),
            "−2 is the value in bits; the text asks for the natural logarithm, which gives −2 ln 2.": -2.0,
            "The sign is the wrong way round: D maximises, and the value is never above 0.": np.log(4),
            "−2 log₁₀ 2 is the value to base 10; the text asks for the natural logarithm.": -2 * np.log10(2),
            "You average over the places; the value is a sum over them.": -np.log(4) / 5,
        },
    )
    expect.close(
        student.value_at_optimum(p, q),
        0.0,
        tried=f"value_at_optimum of {apart}",
        cause="Real points (p) weigh ln D, fakes (q) weigh ln(1−D): then only 0 · ln 0 is left, which is 0.",
        mistakes={"The factor 2 is missing: the value is 2·JSD − ln 4.": -np.log(2)},
    )


@check("training.probability")
def _(student, draw):
    """A model with parameters gives probabilities, fixed by the seed, changed by more steps.

    Forge: probabilities that depend on seed and steps.
    So: form.
    """
    real, fake = draw.normal(64, 1) - 1, draw.normal(64, 1) + 1
    seed = draw.seed()
    x = np.linspace(-4, 4, 9, dtype=np.float32)[:, None]

    def answers(steps):
        model = student.train_discriminator(real, fake, steps, seed)
        expect.remote(
            model,
            tried="train_discriminator on 64 real and 64 fake points",
            cause="Return the trained model itself, a Module or a keras.Model.",
        )
        expect.that(
            len(model.parameters()) > 0,
            tried="the parameters of the model that train_discriminator returns",
            saw="none that can be trained",
            expected="weights and biases that gradient steps have moved",
            cause="The model is trained, not put together from the formula.",
        )
        return model.forward(x)

    tried = "the model after 20 steps, at nine points from −4 to 4"
    after = expect.shape(answers(20), (9, 1), tried=tried, cause="One probability for each point: `(n, 1)`.")
    expect.between(
        after,
        0,
        1,
        tried=tried,
        cause="The model gives scores; the last layer needs a sigmoid, so that it gives probabilities.",
    )
    expect.close(
        answers(20),
        after,
        tried="train_discriminator twice with the same seed",
        cause="The seed does not fix all that is drawn: start values and the order of the points.",
    )
    expect.differ(
        answers(2),
        after,
        tried="the models after 2 and after 20 steps with the same seed",
        cause="`steps` changes nothing: it is the number of updates.",
    )


@check("training.near_optimum", needs="training.probability", trains=True)
def _(student, draw, limits):
    """Trained on real points around −0.7 and fake ones around 0.7, or thereabouts, D comes near D*.

    Forge: a model near D* of densities drawn now, of which the worker gets samples only.
    So: compute it.
    """
    middle = draw.uniform(0.6, 0.8, 2)
    real, fake = stats.norm(-middle[0], 1.0), stats.norm(middle[1], 1.0)
    tried = "train_discriminator on 8,000 points of each kind, 800 steps, against D*"
    comes_near_optimum(student, draw, real, fake, limits, tried, likely)


def likely(learned, wanted):
    """The known mistake that makes D look like `learned`."""
    if learned.min() < 0 or learned.max() > 1:
        return "The model gives scores; the last layer needs a sigmoid, so that it gives probabilities."
    if np.abs(1 - learned - wanted).max() < 0.2:
        return "The labels are the wrong way round: your model says how fake a point is. Real is 1, fake is 0."
    if np.ptp(learned) < 0.05 and abs(learned.mean() - 0.5) > 0.3:
        return "The model gives the same answer everywhere: it has seen only one kind of points, or one label."
    if np.ptp(learned) < 0.05:
        return "The model has not learned: it says the same everywhere. Do the updates reach its parameters?"
    if learned.max() > 0.97 and learned.min() < 0.03:
        return (
            "The answers go to 0 and 1, farther than the data allow: does the loss apply a second sigmoid to "
            "what are probabilities already, or do gradients pile up from step to step?"
        )
    return "Not near D* yet: try another learning rate, and batches of some hundred points of both kinds."


@check("game.path")
def _(student, draw):
    """The path of simultaneous steps, start included.

    Forge: the path from a start drawn now.
    So: compute it.
    """
    (x, y), rate = draw.uniform(0.5, 2, 2), 0.3
    path, in_turn, both_up, both_down, swapped = ([(x, y)] for _ in range(5))
    for _ in range(4):
        path.append((path[-1][0] - rate * path[-1][1], path[-1][1] + rate * path[-1][0]))
        new_x = in_turn[-1][0] - rate * in_turn[-1][1]
        in_turn.append((new_x, in_turn[-1][1] + rate * new_x))
        both_up.append((both_up[-1][0] + rate * both_up[-1][1], both_up[-1][1] + rate * both_up[-1][0]))
        both_down.append((both_down[-1][0] - rate * both_down[-1][1], both_down[-1][1] - rate * both_down[-1][0]))
        swapped.append((swapped[-1][0] + rate * swapped[-1][1], swapped[-1][1] - rate * swapped[-1][0]))
    tried = f"minmax_game({x:.3g}, {y:.3g}, rate=0.3, steps=4)"
    answer = expect.shape(
        student.minmax_game(float(x), float(y), rate, 4),
        (5, 2),
        tried=tried,
        cause="One row (x, y) for the start and one after each step.",
        mistakes={
            "A row is missing: row 0 is the start, so 4 steps give 5 rows.": (4, 2),
            "Rows and columns are the wrong way round: a row for each step, x and y side by side.": (2, 5),
        },
    )
    expect.close(
        answer,
        path,
        tried=tried,
        cause="x goes down its slope, which is y; y goes up its slope, which is x.",
        mistakes={
            "y steps with the new x: both players move at once, from the same point.": in_turn,
            "Both players climb: x descends xy, y ascends it.": both_up,
            "Both players descend: x descends xy, y ascends it.": both_down,
            "The players have changed places: x descends xy, y ascends it.": swapped,
        },
    )


@check("gradients.values")
def _(student):
    """The slopes of both generator losses in the logit, where D says 0.1 to 0.9.

    Forge: slopes at given points.
    So: the next check draws others.
    """
    d = np.array([0.1, 0.3, 0.5, 0.8, 0.9], dtype=np.float32)
    tried = "generator_gradients where D says 0.1, 0.3, 0.5, 0.8 and 0.9"
    saturating, other = expect.several(
        student.generator_gradients(d), 2, tried=tried, cause="Return both slopes, the one of ln(1−D) first."
    )
    for answer, wanted, in_d, other_wanted, name in [
        (saturating, -d, -1 / (1 - d), d - 1, "ln(1−D)"),
        (other, d - 1, -1 / d, -d, "−ln D"),
    ]:
        expect.close(
            answer,
            wanted,
            tried=f"{tried}: the slope of {name}",
            cause="Put D = σ(l) into the loss and derive it in l; σ′ = σ(1−σ).",
            mistakes={
                "The two slopes have changed places: the one of ln(1−D) comes first.": other_wanted,
                "This is the derivative in D; the text asks for the one in the logit l of D = σ(l).": in_d,
                "The sign is the wrong way round: this is the derivative of minus the loss.": -wanted,
            },
        )


@on_gpu("gpu", needs="training.probability")
def _(student, draw):
    """The training runs on the accelerator that the framework offers."""
    real, fake = draw.normal(16, 1), draw.normal(16, 1) + 1
    student.place(student.train_discriminator(real, fake, 4, draw.seed()), real, already=True)
