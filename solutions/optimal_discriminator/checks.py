"""Hidden checks of `optimal_discriminator`."""

from fractions import Fraction

import numpy as np
from scipy import optimize, special, stats

from autograder import check, expect
from autograder.authoring.probes.functions import sigmoid
from autograder.authoring.probes.gradients import slope_by_differences
from shared import expressions

from .probes import Halves, comes_near_optimum, formula, optimum_is


@check("objective.one_sided")
def _(student, draw):
    """ln d for only real points, ln(1−d) for only fakes, in arrays of any shape; exact close to both ends.

    Forge: values at points drawn now.
    So: compute it.
    """
    d = draw.uniform(0.01, 0.99, 3, 5)
    nothing, all_of_it = np.zeros_like(d), np.ones_like(d)
    for a, b, wanted, kind in [
        (all_of_it, nothing, np.log(d), "real"),
        (nothing, all_of_it, np.log(1 - d), "fake"),
    ]:
        expect.close(
            student.objective(d, a, b),
            wanted,
            tried=f"objective of a 3×5 array of d where all points are {kind}",
            cause="ln d belongs to the real points (a), ln(1−d) to the fakes (b).",
            mistakes={
                "You use the logarithm to base 10; use the natural logarithm.": wanted / np.log(10),
                "You return the loss; the objective is what D maximises, without a minus sign.": -wanted,
            },
        )
    # Powers of two: 1 − d is exact in float32 too.
    ends = np.array([2.0**-40, 2.0**-30, 1 - 2.0**-24, 1 - 2.0**-20])
    ones = np.ones_like(ends)
    expect.close(
        student.objective(ends, ones, ones),
        np.log(ends) + np.log(1 - ends),
        tried="objective for d close to 0 and close to 1, where a = b = 1",
        cause="It must be exact there too: do not clip d, and add nothing to it inside the logarithms.",
    )


@check("derivative.differences")
def _(student, draw):
    """The derivative agrees with central differences of the objective, and is 0 at the maximum.

    Forge: derivatives that the grader computes from differences.
    So: compute it.
    """
    d, a, b = (draw.uniform(low, high, 3, 5).astype(float) for low, high in [(0.02, 0.98), (0, 3), (0, 3)])

    def objective(d):
        return a * np.log(d) + b * np.log(1 - d)

    expect.close(
        student.objective_derivative(d, a, b),
        slope_by_differences(objective, d, 1e-6),
        tried="objective_derivative at 3×5 random points, against central differences",
        cause="a/d is the first term; the second comes from ln(1−d), whose inner derivative is −1.",
        mistakes={
            "The minus sign of the inner derivative is missing: ln(1−d) falls as d grows.": a / d + b / (1 - d),
        },
        atol=1e-3,
    )
    highest = np.array([0.2, 0.5, 0.9])
    expect.close(
        student.objective_derivative(highest, highest, 1 - highest),
        np.zeros(3),
        tried="objective_derivative where the objective is highest",
        cause="At its maximum the objective is flat.",
        atol=1e-4,
    )


@check("symbolic.equal", needs="symbolic.readable")
def _(student, draw):
    """The formula is the maximiser for every A and B, in whatever form.

    Forge: a formula that the grader reads without running it and evaluates at points drawn afterwards.
    So: compute it.
    """
    tried = "symbolic_optimum() at twelve random pairs A, B"
    text = expect.text(student.symbolic_optimum(), tried=tried, cause="Return a string.")
    answer = formula(
        text,
        tried="symbolic_optimum(), called a second time",
        cause="The function must return the same string in every call.",
    )
    # Drawn after the string is known: an expression that agrees at all points is the same expression.
    points = [(Fraction(int(a), int(b)), Fraction(int(c), int(d))) for a, b, c, d in draw.integers(1, 10**6, 12, 4)]
    maximiser = expressions.A / (expressions.A + expressions.B)
    a, b = next((p for p in points if not expressions.same(answer, maximiser, [p])), points[0])
    expect.that(
        expressions.same(answer, maximiser, points),
        tried=tried,
        saw=f"{expressions.value(answer, a, b):.4g} at A = {float(a):.4g}, B = {float(b):.4g}",
        expected=f"{float(a / (a + b)):.4g}, where the objective is highest",
        cause="The formula holds for one pair of numbers but not for all: solve with A and B as letters.",
    )


@check("optimum.maximises", needs="optimum.values")
def _(student, draw):
    """No other probability does better, according to SciPy's search for the maximum.

    Forge: the place of a maximum that the grader searches for.
    So: compute it.
    """
    p_real, p_fake = (draw.uniform(0.05, 3, 2, 4).astype(float) for _ in range(2))

    def highest(a, b):
        found = optimize.minimize_scalar(
            lambda d: -(a * np.log(d) + b * np.log(1 - d)),
            bounds=(1e-9, 1 - 1e-9),
            method="bounded",
            options={"xatol": 1e-9},
        )
        return found.x

    tried = "optimal_discriminator at 2×4 points, against SciPy's maximum of a ln d + b ln(1−d)"
    cause = "Another probability gives D more than yours: see the part on the formula."
    optimum_is(student, p_real, p_fake, np.vectorize(highest)(p_real, p_fake), tried, cause, atol=1e-4)


def random_distributions(draw):
    """Two distributions over nine places, one of them empty in both."""
    weights = draw.uniform(0.05, 1, 2, 9).astype(float)
    weights[:, 4] = 0
    return weights / weights.sum(axis=1, keepdims=True)


def jensen_shannon(p, q):
    middle = (p + q) / 2
    return (special.rel_entr(p, middle).sum() + special.rel_entr(q, middle).sum()) / 2


@check("divergence.jensen_shannon")
def _(student, draw):
    """The Jensen–Shannon divergence of random distributions, which is symmetric.

    Forge: values of distributions drawn now.
    So: compute it.
    """
    p, q = random_distributions(draw)
    wanted = jensen_shannon(p, q)
    for one, other in [(p, q), (q, p)]:
        against_mean = special.rel_entr(one, (p + q) / 2).sum()
        expect.close(
            student.js_divergence(one, other),
            wanted,
            tried="js_divergence of two random distributions over nine places",
            cause="Add half of KL(p‖m) and half of KL(q‖m), where m is the mean of p and q.",
            mistakes={
                "This is the square root of the divergence, a distance; return the divergence.": np.sqrt(wanted),
                "Only one of the two divergences is there, not halved: q counts as much as p.": against_mean,
                "Only half of the first divergence is there: q counts as much as p.": against_mean / 2,
                "You average over the places; a divergence is a sum over them.": wanted / 9,
                "The factors ½ are missing: each of the two divergences counts half.": 2 * wanted,
            },
        )


@check("divergence.value")
def _(student, draw):
    """The value of the game at D*, for random distributions: 2·JSD − ln 4.

    Forge: values of distributions drawn now.
    So: compute it.
    """
    p, q = random_distributions(draw)
    wanted = 2 * jensen_shannon(p, q) - np.log(4)
    d = np.divide(p, p + q, out=np.full(9, 0.5), where=p + q > 0)

    def value(real, fake):
        return special.xlogy(real, d).sum() + special.xlogy(fake, 1 - d).sum()

    expect.close(
        student.value_at_optimum(p, q),
        wanted,
        tried="value_at_optimum of two random distributions over nine places",
        cause="Put D* into Σ p ln D + Σ q ln(1−D).",
        mistakes={
            "The factor 2 is missing: the value is 2·JSD − ln 4.": jensen_shannon(p, q) - np.log(4),
            "You weight both logarithms with p; ln(1−D) belongs to the fakes, q.": value(p, p),
            "You weight ln D with q and ln(1−D) with p; ln D belongs to the real points, p.": value(q, p),
            "You average over the places; p and q are already weights, so take the sum.": wanted / 9,
        },
    )


@check("training.other_densities", needs="training.probability", trains=True)
def _(student, draw, limits):
    """D is close to D* if one density is wide and one is narrow, and if real points form two groups.

    Forge: a model close to D* of densities drawn now, from which the worker gets only samples.
    So: compute it; a forger may count the samples in bins, and return the table as a model.
    """
    # So different that even the best single unit is 0.15 off.
    middle = draw.uniform(0.3, 0.5, 2)
    narrow, wide = draw.uniform(0.6, 0.7, 1)[0], draw.uniform(1.1, 1.2, 1)[0]
    real, fake = stats.norm(middle[0], narrow), stats.norm(-middle[1], wide)
    tried = "train_discriminator, 800 steps, on 8,000 narrow real points and 8,000 wide fakes"
    cause = "D* falls on both sides of the real points: a hidden layer can follow it, one unit cannot."
    comes_near_optimum(student, draw, real, fake, limits, tried, lambda learned, wanted: cause)
    # The normal densities of the same means and variances give a D that is at least 0.2 off between the two groups.
    # 12 seeds of the reference in PyTorch: 0.055 [0.032–0.078].
    middle, fake = draw.uniform(0.9, 1.0, 2), stats.norm(0, draw.uniform(0.9, 1.0, 1)[0])
    real = Halves(stats.norm(-middle[0], 0.5), stats.norm(middle[1], 0.5))
    tried = "train_discriminator, 800 steps, on 8,000 real points in two groups and 8,000 wide fakes"
    cause = "D* falls between the two groups of real points: learn it from the points, whatever their density."
    comes_near_optimum(student, draw, real, fake, limits, tried, lambda learned, wanted: cause)


@check("game.grows", needs="game.path")
def _(student, draw):
    """Each step leads away from the equilibrium, by the same factor.

    Forge: the path from a start drawn now.
    So: compute it.
    """
    (x, y), rate = draw.uniform(-2, 2, 2), float(draw.uniform(0.05, 0.5, 1)[0])
    tried = f"the factor by which each step of minmax_game increases the distance from the origin, at rate {rate:.2g}"
    path = expect.shape(
        student.minmax_game(float(x), float(y), rate, 30), (31, 2), tried=tried, cause="Row 0 must be the start."
    )
    distance = np.linalg.norm(path, axis=1)
    expect.close(
        distance[1:] / distance[:-1],
        np.full(30, np.sqrt(1 + rate**2)),
        tried=tried,
        cause="Both players must step from the same point, with a constant rate.",
        mistakes={"The rate has no effect: the steps have rate 1.": np.full(30, np.sqrt(2))},
    )


@check("gradients.vanishing")
def _(student, draw):
    """Where D wins, the derivative of ln(1−D) vanishes and that of −ln D does not, against differences.

    Forge: derivatives that the grader computes from differences.
    So: compute it.
    """
    logits = draw.uniform(-7, 3, 9).astype(float)
    tried = "generator_gradients at nine random points, against central differences in the logit"
    saturating, other = expect.several(
        student.generator_gradients(sigmoid(logits)),
        2,
        tried=tried,
        cause="Return both derivatives, first that of ln(1−D).",
    )
    for answer, loss, name in [
        (saturating, lambda logit: special.log_expit(-logit), "ln(1−D)"),
        (other, lambda logit: -special.log_expit(logit), "−ln D"),
    ]:
        expect.close(
            answer,
            slope_by_differences(loss, logits),
            tried=f"{tried}: {name}",
            cause="Differentiate the loss with respect to the logit l, where D = σ(l), not with respect to D.",
        )
