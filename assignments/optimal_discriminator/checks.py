"""Visible checks of `optimal_discriminator`. Goodfellow et al. 2014, section 4.1."""

import numpy as np
from scipy import stats

from autograder import check, expect, on_gpu
from shared import expressions

from .probes import comes_near_optimum, formula, optimum_is


@check("objective.values")
def _(student, draw):
    """The objective a ln d + b ln(1−d), elementwise.

    Forge: values at points drawn now.
    So: compute it.
    """
    d, a, b = draw.uniform(0.05, 0.95, 8), draw.uniform(0.2, 2, 8), draw.uniform(0.2, 2, 8)
    d[-2:] = 1e-4, 1 - 1e-3
    wanted = a * np.log(d) + b * np.log(1 - d)
    expect.close(
        student.objective(d, a, b),
        wanted,
        tried="objective at six values of d, a and b",
        cause="Check the formula: a weights ln d, b weights ln(1−d).",
        mistakes={
            "You use the logarithm to base 10; use the natural logarithm.": wanted / np.log(10),
            "You use the logarithm to base 2; use the natural logarithm.": wanted / np.log(2),
            "You return the loss; the objective is what D maximises, without a minus sign.": -wanted,
            "a and b are swapped: a weights ln d.": b * np.log(d) + a * np.log(1 - d),
            "You sum the entries; return one entry for each d.": wanted.sum(),
        },
    )


@check("derivative.values")
def _(student, draw):
    """The derivative of the objective with respect to d, elementwise.

    Forge: values at points drawn now.
    So: compute it.
    """
    d, a, b = draw.uniform(0.05, 0.95, 8), draw.uniform(0.2, 2, 8), draw.uniform(0.2, 2, 8)
    d[-2:] = 1e-4, 1 - 1e-3
    wanted = a / d - b / (1 - d)
    expect.close(
        student.objective_derivative(d, a, b),
        wanted,
        tried="objective_derivative at eight values of d, a and b",
        cause="Differentiate a ln d and b ln(1−d) separately; the second needs the chain rule.",
        mistakes={
            "The minus sign of the inner derivative is missing: ln(1−d) falls as d grows.": a / d + b / (1 - d),
            "There is an extra factor 1/ln 10, as on the slide; the logarithm is the natural one.": wanted / np.log(10),
            "The sign is wrong: this is the derivative of the loss.": -wanted,
        },
    )


@check("symbolic.readable")
def _(student):
    """The formula is a string in A and B that is right for A = 3 and B = 1.

    Forge: a string that is right at one point.
    So: the next check draws twelve points.
    """
    tried = "symbolic_optimum()"
    text = expect.text(
        student.symbolic_optimum(), tried=tried, cause="Return a string: apply str(…) to a SymPy expression."
    )
    optimum = formula(
        text,
        tried=tried,
        cause="The string must be the right-hand side alone, in Python's notation, with A and B in upper case.",
    )
    expect.close(
        expressions.value(optimum, 3, 1),
        0.75,
        tried="the formula that symbolic_optimum returns, at A = 3 and B = 1",
        cause="Set the derivative of the objective to zero and solve for d.",
        mistakes={
            "This is the share of the fake points; D says how real a point is.": 0.25,
            "This is the ratio of real to fake, which is not a probability.": 3.0,
            "This is the ratio of fake to real, which is not a probability.": 1 / 3,
            "Brackets are missing: A/A + B means (A/A) + B.": 2.0,
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
    cause = "Use the formula of the previous part: A is the density of the real points, B that of the fakes."
    optimum_is(student, p_real, p_fake, p_real / (p_real + p_fake), tried, cause)


@check("optimum.empty", needs="optimum.values")
def _(student):
    """½ where there are neither real nor fake points, 0 or 1 where there is only one kind.

    Forge: a table of three cases.
    So: the part's other checks draw their points.
    """
    right = np.array([0.5, 0.0, 1.0, 0.25, 0.8])
    expect.close(
        student.optimal_discriminator(np.array([0, 0, 1.5, 1e-7, 40]), np.array([0, 0.7, 0, 3e-7, 10])),
        right,
        tried="optimal_discriminator where p_real is 0, 0, 1.5, 1e-7, 40 and p_fake is 0, 0.7, 0, 3e-7, 10",
        cause="0/0 is not a number: where both densities are exactly 0, return ½. All other values follow the formula: "
        "add no small number, and clip nothing.",
        mistakes={
            "Where both densities are 0 you return 0; return ½.": [0, *right[1:]],
            "Where both densities are 0 you return 1; return ½.": [1, *right[1:]],
        },
    )


@check("divergence.extremes")
def _(student):
    """The extremes: equal distributions, and distributions that never meet.

    Forge: a table of two cases.
    So: the next two checks draw other distributions.
    """
    p, q = np.array([0.5, 0.3, 0.2, 0.0, 0.0]), np.array([0.0, 0.0, 0.0, 0.6, 0.4])
    with_zero = "A term 0 · ln 0 counts as 0, but NumPy returns NaN: leave it out, or see scipy.special.xlogy."
    same = "two equal distributions with an empty place"
    apart = "two distributions that never meet"
    divergence = "Sum p · ln(p/m) over all places, and q · ln(q/m); each of the two sums counts half."
    value = "Sum p · ln D over all places, and q · ln(1 − D), where D = p/(p + q)."
    expect.close(
        expect.number(student.js_divergence(p, p), tried=f"js_divergence of {same}", cause=with_zero),
        0.0,
        tried=f"js_divergence of {same}",
        cause=divergence,
        mistakes={"You use the sum of p and q; m must be their mean.": -np.log(2)},
    )
    expect.close(
        expect.number(student.js_divergence(p, q), tried=f"js_divergence of {apart}", cause=with_zero),
        np.log(2),
        tried=f"js_divergence of {apart}",
        cause=divergence,
        mistakes={
            "You use the logarithm to base 2; use the natural logarithm.": 1.0,
            "You use the logarithm to base 10; use the natural logarithm.": np.log10(2),
            "The factors ½ are missing: each of the two divergences counts half.": 2 * np.log(2),
            "This is the square root of the divergence, a distance; return the divergence.": np.sqrt(np.log(2)),
            "You average over the places; a divergence is a sum over them.": np.log(2) / 5,
        },
    )
    expect.close(
        expect.number(student.value_at_optimum(p, p), tried=f"value_at_optimum of {same}", cause=with_zero),
        -np.log(4),
        tried=f"value_at_optimum of {same}",
        cause=value,
        mistakes={
            "−ln 2 is only one of two terms: real and fake points each give ln ½.": -np.log(2),
            "−2 is the value in bits; use the natural logarithm, which gives −2 ln 2.": -2.0,
            "The sign is wrong: D maximises the value, which is never above 0.": np.log(4),
            "−2 log₁₀ 2 is the value to base 10; use the natural logarithm.": -2 * np.log10(2),
            "You average over the places; the value is a sum over them.": -np.log(4) / 5,
        },
    )
    expect.close(
        student.value_at_optimum(p, q),
        0.0,
        tried=f"value_at_optimum of {apart}",
        cause="p weights ln D, q weights ln(1−D): only terms 0 · ln 0 and ln 1 are left, which are 0.",
        mistakes={"The factor 2 is missing: the value is 2·JSD − ln 4.": -np.log(2)},
    )


@check("training.probability")
def _(student, draw):
    """A model with parameters returns probabilities that depend on the seed and on the number of steps.

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
            saw="no trainable parameter",
            expected="weights and biases that gradient steps have changed",
            cause="Train a model; do not build it from the formula.",
        )
        return model.forward(x)

    tried = "the model after 20 steps, at nine points from −4 to 4"
    after = expect.shape(
        answers(20), (9, 1), tried=tried, cause="The model must return one probability for each point: `(n, 1)`."
    )
    expect.between(
        after,
        0,
        1,
        tried=tried,
        cause="The model returns scores; the last layer needs a sigmoid to return probabilities.",
    )
    expect.close(
        answers(20),
        after,
        tried="train_discriminator twice with the same seed",
        cause="The seed does not fix all random numbers: the starting weights and the choice of the points.",
    )
    expect.differ(
        answers(2),
        after,
        tried="the models after 2 and after 20 steps with the same seed",
        cause="`steps` has no effect: it must be the number of updates.",
    )


@check("training.near_optimum", needs="training.probability", trains=True)
def _(student, draw, limits):
    """D trained on real points around −0.7 and fakes around 0.7 is close to D*.

    Forge: a model close to D* of densities drawn now, from which the worker gets only samples.
    So: compute it.
    """
    middle = draw.uniform(0.6, 0.8, 2)
    real, fake = stats.norm(-middle[0], 1.0), stats.norm(middle[1], 1.0)
    tried = "train_discriminator on 8,000 points of each kind, 800 steps, against D*"
    comes_near_optimum(student, draw, real, fake, limits, tried, likely)


def likely(learned, wanted):
    """The known mistake that gives a D like `learned`."""
    if learned.min() < 0 or learned.max() > 1:
        return "The model returns scores; the last layer needs a sigmoid to return probabilities."
    if np.abs(1 - learned - wanted).max() < 0.2:
        return "The labels are swapped: your model says how fake a point is. Real is 1, fake is 0."
    if np.ptp(learned) < 0.05 and abs(learned.mean() - 0.5) > 0.3:
        return "The model returns one probability everywhere: it has seen only one kind of point, or one label."
    if np.ptp(learned) < 0.05:
        return "The model returns the same probability everywhere: do the updates reach its parameters?"
    if learned.max() > 0.97 and learned.min() < 0.03:
        return (
            "The probabilities go to 0 and 1, farther than the data allow. Does the loss apply a second sigmoid to "
            "probabilities, or do gradients pile up from step to step?"
        )
    return "Not close to D* yet: try another learning rate, and batches of a few hundred points of both kinds."


@check("game.path")
def _(student, draw):
    """The path of simultaneous steps, including the start.

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
        cause="Return one row (x, y) for the start and one after each step.",
        mistakes={
            "A row is missing: row 0 is the start, so 4 steps give 5 rows.": (4, 2),
            "Rows and columns are swapped: return a row for each step, with x and y as columns.": (2, 5),
        },
    )
    expect.close(
        answer,
        path,
        tried=tried,
        cause="x must descend along its slope, which is y; y must ascend along its slope, which is x.",
        mistakes={
            "y steps with the new x; both players must move at once, from the same point.": in_turn,
            "Both players ascend; x must descend xy, and y must ascend it.": both_up,
            "Both players descend; x must descend xy, and y must ascend it.": both_down,
            "The players are swapped; x must descend xy, and y must ascend it.": swapped,
        },
    )
    expect.close(
        student.minmax_game(1, 0, 0.5, 2),
        [[1, 0], [1, 0.5], [0.75, 1]],
        tried="minmax_game(1, 0, rate=0.5, steps=2), which starts at whole numbers",
        cause="The path is cut to whole numbers: make its array one of floats.",
    )


@check("gradients.values")
def _(student):
    """The derivatives of both generator losses with respect to the logit, where D says 0.1 to 0.9.

    Forge: slopes at given points.
    So: the next check draws other points.
    """
    d = np.array([0.1, 0.3, 0.5, 0.8, 0.9], dtype=np.float32)
    tried = "generator_gradients where D says 0.1, 0.3, 0.5, 0.8 and 0.9"
    saturating, other = expect.several(
        student.generator_gradients(d), 2, tried=tried, cause="Return both derivatives, first that of ln(1−D)."
    )
    for answer, wanted, in_d, other_wanted, name in [
        (saturating, -d, -1 / (1 - d), d - 1, "ln(1−D)"),
        (other, d - 1, -1 / d, -d, "−ln D"),
    ]:
        expect.close(
            answer,
            wanted,
            tried=f"{tried}: the derivative of {name}",
            cause="Put D = σ(l) into the loss and differentiate with respect to l; σ′ = σ(1−σ).",
            mistakes={
                "The two derivatives are swapped: that of ln(1−D) comes first.": other_wanted,
                "This is the derivative with respect to D; take it with respect to the logit l, where D = σ(l).": in_d,
                "The sign is wrong: this is the derivative of minus the loss.": -wanted,
            },
        )


@on_gpu("gpu", needs="training.probability")
def _(student, draw):
    """`train_discriminator` works on the accelerator that the framework offers."""
    real, fake = draw.normal(16, 1), draw.normal(16, 1) + 1
    student.place(student.train_discriminator(real, fake, 4, draw.seed()), real, already=True)
