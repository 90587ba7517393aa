"""Hidden checks of `xor`."""

import itertools

import numpy as np

from autograder import check, expect, tensor
from autograder.authoring.probes.functions import binary_cross_entropy, logit, sigmoid
from autograder.authoring.probes.gradient_check import gradients_match
from autograder.authoring.probes.gradients import arrived
from autograder.authoring.probes.models import new_model, start_differently, take_over
from autograder.authoring.probes.parameters import output_bias_alone, random_weights
from autograder.errors import CheckFailed, StudentError

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
XOR = np.array([[0], [1], [1], [0]], dtype=np.float32)

ATTEMPTS = ((300, 0.05), (1000, 0.3), (3000, 0.5))
"""Epochs and learning rate of each attempt: the first is enough for Adam, plain gradient descent needs the last."""


@check("gates.same_rule_for_all", needs=("gates.or", "gates.and"))
def _(student):
    """The decision boundary of each gate passes between the right corners

    Forge: return weights and a bias whose decision boundary crosses the right edges: the grader computes the scores.
    So: compute it.
    """
    for name, gate, between in (("or", student.or_gate(), (0, 1)), ("and", student.and_gate(), (1, 2))):
        weights, bias = expect.several(gate, 2, tried=f"{name}_gate()")
        weights = expect.array(weights, tried=f"{name}_gate(): the weights").ravel()
        bias = expect.array(bias, tried=f"{name}_gate(): the bias").ravel()
        expect.that(
            weights.size == 2 and bias.size == 1,
            tried=f"{name}_gate()",
            saw=f"{weights.size} weights and {bias.size} biases",
            expected="two weights and one bias",
        )
        for axis in (0, 1):
            # Along the edge from the corner with fewer ones to the corner with more, the score changes sign once.
            low, high = np.eye(2)[1 - axis] * (between[0]), np.eye(2)[1 - axis] * (between[0]) + np.eye(2)[axis]
            scores = float(low @ weights + bias[0]), float(high @ weights + bias[0])
            expect.that(
                # At a score of 0 the unit returns ½, which is not above ½.
                scores[0] <= 0 < scores[1],
                tried=f"{name}_gate() along an edge of the square",
                saw=f"scores of {scores[0]:.3g} and {scores[1]:.3g} at its ends",
                expected="a score not above 0 at the first end and above 0 at the second",
                cause="The decision boundary of this unit does not separate these two corners.",
            )


@check("lecture.between", needs="lecture.values")
def _(student, draw):
    """The lecture's formula is 1 everywhere, also between and beyond the corners

    Forge: return the constant 1.
    So: the formula *is* the constant 1; the text lets students find that out.
    """
    points = draw.uniform(-1.5, 2.5, 40, 2)
    expect.close(
        student.lecture_formula(points),
        np.ones(40),
        tried="lecture_formula on 40 random points",
        cause="σ(z) + σ(−z) = 1 for every z, so the sum of the two units is the constant 1; compute it from x.",
        atol=1e-4,
    )


@check("by_hand.smooth", needs="by_hand.corners")
def _(student):
    """The network by hand is smooth between the corners: no lookup table, no rounding

    Forge: write a function that rises smoothly along all four edges.
    So: form; `by_hand.is_two_units` asks about the rest of the plane.
    """
    for start, end in itertools.product(CORNERS[[0, 3]], CORNERS[[1, 2]]):
        path = start + np.linspace(0, 1, 2001, dtype=np.float32)[:, None] * (end - start)
        values = expect.shape(
            student.xor_by_hand(path), (2001,), tried="xor_by_hand along an edge of the square, 2,001 points"
        )
        steepest = float(np.abs(np.diff(values)).max())
        distinct = len(np.unique(np.round(values, 6)))
        expect.that(
            # A logistic unit as steep as 400 rises by 0.05 in a step of 1/2000; a step function by 1.
            steepest < 0.3 and distinct > 20,
            tried=f"xor_by_hand from {start} to {end}, in steps of 1/2000",
            saw=f"a jump of {steepest:.2g} in one step, {distinct} different values",
            expected="a smooth rise from 0 to 1",
            cause="You use a lookup table, an `if` or rounding; logistic units rise smoothly.",
        )


@check("by_hand.is_two_units", needs=("by_hand.corners", "by_hand.smooth"))
def _(student, draw):
    """The network by hand is two logistic units and a linear output: far from the origin it is constant

    Forge: write a function that also becomes constant far from the origin, along random rays.
    So: compute it.
    """
    # Whatever the two units are, each saturates at 0 or 1 far out along a ray, so the output becomes constant. Steep
    # units saturate near the square, where no form of σ overflows (`math.exp` raises above 709), soft ones farther out.
    angles = draw.rng.uniform(0, 2 * np.pi) + np.linspace(0, 2 * np.pi, 240, endpoint=False)
    rays = np.stack([np.cos(angles), np.sin(angles)], axis=1)

    def attempt(number):
        near, far = ((2.0, 3.5), (20.0, 40.0))[number]
        here, there = (answered(student.xor_by_hand((rays * reach).astype(np.float32))) for reach in (near, far))
        settled = np.abs(here - there) < 0.15
        expect.that(
            # Near a unit's decision boundary a ray saturates late (18 % of the rays with weights of 7). With two ReLU
            # units, 47 % never do.
            settled.mean() > 0.7,
            tried=f"xor_by_hand along 240 rays, at {near:g} and at {far:g} from the origin",
            saw=f"{(~settled).mean():.0%} of them still change",
            expected="constant values: far out, a logistic unit saturates at 0 or 1 unless it is near its boundary",
            cause="A polynomial or |x₁ − x₂| also fits the corners, but it is not a sum of two logistic units.",
        )

    expect.best_of(2, attempt)

    def tails(number):
        bends = bends_of_tails(student, rays[::6], *((3.0, 3.5), (20.0, 40.0), (80.0, 160.0))[number])
        enough = len(bends) >= 8
        middle = np.median(bends) if enough else np.inf
        expect.that(
            # For logistic units, 1.00 to 1.02, and 0.83 where soft ones meet the limits of float32; for exp(−z²), 1.34;
            # for arctan(z), 0.1. On a few rays the tails of two units cancel; along their boundaries there is none.
            0.6 < middle < 1.15,
            tried="xor_by_hand along 40 rays from the middle of the square: how it approaches its value far out",
            saw=f"{'ever faster' if middle > 1 else 'ever more slowly'}" if enough else "no steady approach",
            expected="a distance that falls as e^(−z), like that of σ(z) from 0 or 1",
            cause="A bump such as exp(−z²) also fits the corners, but it is not a sum of two logistic units.",
        )

    expect.best_of(3, tails)


def bends_of_tails(student, rays, near, far):
    """How much faster the last of three decades falls than the first, for each ray on which all three are seen.

    The distance from the value at `far` is followed from 1/100 to 1/100,000, which float32 still resolves near 1, and
    which it must reach before `near`.
    """
    levels = np.geomspace(1e-2, 1e-5, 4)

    def values(reaches):
        points = (np.array([0.5, 0.5]) + reaches[:, :, None] * rays[:, None]).reshape(-1, 2).astype(np.float32)
        return answered(student.xor_by_hand(points), reaches.size).reshape(reaches.shape)

    limit = values(np.full((len(rays), 1), far))
    reaches = np.tile(np.linspace(0, near, 301), (len(rays), 1))
    first, last = (last_above(np.abs(values(reaches) - limit), level) for level in levels[[0, -1]])
    seen = (first >= 0) & (last < 300)
    # Steep units fall through all decades from one of these points to the next, so the tail is looked at closely.
    ends = [np.take_along_axis(reaches, np.clip(each, 0, 300)[:, None], axis=1) for each in (first, last + 1)]
    tails = np.abs(values(np.linspace(*ends, 400, axis=1)[:, :, 0]) - limit)
    crossed = np.array([last_above(tails, level) for level in levels])
    early, late = crossed[1] - crossed[0], crossed[3] - crossed[2]
    seen &= late > 0
    return early[seen] / late[seen]


def last_above(tails, level):
    """The index of each ray's last point whose distance is above that level; −1 if there is none."""
    above = tails > level
    return np.where(above.any(axis=1), above.shape[1] - 1 - above[:, ::-1].argmax(axis=1), -1)


def answered(values, count=240):
    """The values along the rays. e^z / (1 + e^z) is ∞/∞ for a large z in float32: it counts as 1, not as a mistake."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        values = np.nan_to_num(values)
    return expect.shape(values, (count,), tried="xor_by_hand outside the square")


@check("model.parameters", needs="model.shape")
def _(student, draw):
    """The model has 4·hidden + 1 parameters

    Forge: name 4·hidden + 1 parameters that nothing uses.
    So: form; `model.nonlinear` and `gradients.values` detect it.
    """
    for hidden in (3, 8):
        parameters = new_model(student, "build_model", hidden, example=CORNERS, seed=draw.seed()).parameters()
        count = sum(value.size for value in parameters.values())
        expect.equal(
            count,
            4 * hidden + 1,
            tried=f"the parameters of build_model({hidden})",
            cause="The hidden layer has 2·hidden weights and hidden biases, the output has hidden weights and 1 bias.",
            mistakes={"The biases are missing.": 3 * hidden, "`hidden` is ignored.": 4 * (11 - hidden) + 1},
        )
    start_differently(
        *(new_model(student, "build_model", 3, example=CORNERS, seed=draw.seed()) for _ in range(2)),
        tried="build_model(3) twice",
    )


@check("model.nonlinear", needs="model.parameters")
def _(student, draw):
    """The model is nonlinear

    Forge: depend on the parameters as a network does: with all weights 0, the output depends on the output bias alone.
    So: compute it.
    """
    model = new_model(student, "build_model", 16, example=CORNERS, seed=draw.seed())
    # Large enough for each unit to be nonlinear, and small enough for most probabilities to stay away from 0 and 1,
    # where rounding destroys a logit.
    parameters = random_weights(draw, model.parameters())
    # Where all else is 0, only the output bias is left: the only parameter of size 1, if it is a parameter of its own.
    own = any(value.size == 1 for value in parameters.values())
    for bias in (0.0, draw.rng.uniform(1, 2) * draw.choice([-1, 1]) if own else 0.0):
        model.set_parameters(output_bias_alone(parameters, [bias]))
        expect.close(
            model.forward(draw.normal(5, 2)),
            np.full((5, 1), sigmoid(bias)),
            tried=f"the model on 5 points, with all weights 0 and an output bias of {bias:.2f}",
            cause="The outputs do not come from the parameters: each layer is weights times inputs plus bias.",
            mistakes={"A softmax over a single output is always 1: end with a sigmoid.": np.ones((5, 1))},
            rtol=1e-3,
        )
    # Without a hidden nonlinearity the logit is linear: at the midpoint of two points it is the mean of their logits.
    a, b = draw.uniform(-1, 1, 64, 2), draw.uniform(-1, 1, 64, 2)
    bend = 0.0
    # At full size, units that square may give nearly every point a probability near 0 or 1, which hides its logit.
    for size in (1.0, 0.5, 0.25):
        model.set_parameters({name: size * value for name, value in parameters.items()})
        seen = [expect.shape(model.forward(x), (64, 1), tried="the model on 64 points") for x in (a, b, (a + b) / 2)]
        p = [np.clip(each, 1e-6, 1 - 1e-6) for each in seen]
        in_range = np.all([(each > 1e-4) & (each < 1 - 1e-4) for each in p], axis=0)
        logits = [logit(each) for each in p]
        bend = float(np.abs((logits[0] + logits[1]) / 2 - logits[2])[in_range].max(initial=bend))
    expect.that(
        # In float32, the logit of a probability within that range is rounded by at most 10⁻³.
        bend > 1e-2,
        tried="the logit at the midpoint of two points, and the mean of the two points' logits, with random weights",
        saw=f"a difference of {bend:.1g}",
        expected="a nonlinear model: the two differ",
        cause="There is no nonlinearity between the two layers: together they are linear, and no line separates XOR.",
    )


@check("cross_entropy.edges", needs="cross_entropy.values")
def _(student):
    """The cross-entropy stays finite where p is exactly 0 or 1

    Forge: return finite values in a range.
    So: compute it.
    """
    p = np.array([[0.0], [1.0], [0.0], [1.0]], dtype=np.float32)
    sure_and_right = expect.number(
        student.binary_cross_entropy(tensor(p), tensor(p)),
        tried="binary_cross_entropy of p = 0 and 1 where y is the same",
        cause="0 · ln 0 is NaN: keep p away from 0 and 1, for example by 1e-7.",
    )
    expect.at_most(
        sure_and_right,
        0.01,
        tried="binary_cross_entropy of p = 0 and 1 where y is the same",
        cause="A certain and right p costs next to nothing. You clip too early: keep p away from 0 and 1 by 1e-7 only.",
        what="a loss",
    )
    sure_and_wrong = expect.number(
        student.binary_cross_entropy(tensor(p), tensor(1 - p)),
        tried="binary_cross_entropy of p = 0 and 1 where y is the opposite",
        cause="ln 0 is −∞: keep p away from 0 and 1, for example by 1e-7.",
    )
    expect.between(
        sure_and_wrong,
        5,
        1000,
        tried="binary_cross_entropy of p = 0 and 1 where y is the opposite",
        cause="A certain and wrong p must cost a lot: about 16 if p is clipped at 1e-7. You clip too early.",
        what="a loss",
    )


@check("cross_entropy.slope", needs="cross_entropy.values")
def _(student, draw):
    """Gradients flow through the cross-entropy to p

    Forge: return the derivative at points that are drawn at grading time, computed in any way.
    So: compute it.
    """
    p = draw.rng.uniform(0.1, 0.9, (6, 1))
    y = draw.integers(0, 2, 6, 1).astype(np.float64)
    slope = student.gradient("binary_cross_entropy", tensor(p), tensor(y))
    arrived(
        slope,
        tried="the gradient of binary_cross_entropy with respect to p",
        expected="(p − y) / (p (1−p) n)",
        cause="The function leaves the framework (NumPy, `.item()`, `.detach()`): compute with tensors.",
    )
    expect.close(
        slope,
        (p - y) / (p * (1 - p)) / len(p),
        tried="the gradient of binary_cross_entropy with respect to p, in float64",
        cause="The value is right but its derivative is wrong: something inside is detached.",
        rtol=1e-3,
    )


@check("gradients.values", needs="gradients.names")
def _(student, draw):
    """The gradients are the derivatives of the cross-entropy

    Forge: predict slopes along directions that are drawn after the gradients were returned.
    So: compute it.
    """
    model = new_model(student, "build_model", 6, example=CORNERS, seed=draw.seed())
    start = random_weights(draw, model.parameters(), matrices=0.5, biases=0.5)
    model.set_parameters(start)
    # Inputs small enough that no activation brings a probability near 0 or 1, where float32 rounds the loss.
    x, y = draw.uniform(-1, 1, 64, 2), draw.integers(0, 2, 64, 1).astype(np.float32)
    if not in_range(model.forward(x)):
        # Outputs that are no probabilities cost the points of `model`. With a small last layer and an output bias of ½,
        # they lie between 0 and 1 without a sigmoid too, where every cross-entropy has a slope.
        start = {name: value * (0.05 if value.shape in ((1, 6), (6, 1)) else 1) for name, value in start.items()}
        start = {name: np.full_like(value, 0.5) if value.size == 1 else value for name, value in start.items()}
        model.set_parameters(start)
    claimed = student.gradients(model, x, y)
    # A wrong cross-entropy costs the points of `cross_entropy`: the gradients may be those of the student's own.
    loss = own_cross_entropy(student, expect.shape(model.forward(x), (64, 1), tried="the model on 64 points"), y)

    def loss_of(parameters):
        model.set_parameters(parameters)
        return loss(expect.shape(model.forward(x), (64, 1), tried="the model on 64 points"))

    expect.differ(
        loss_of(start),
        loss_of({name: -value for name, value in start.items()}),
        tried="the cross-entropy on 64 points with two different sets of parameters",
        cause="The model's outputs do not depend on its parameters.",
    )

    # A second call shows whether gradients accumulate.
    model.set_parameters(start)
    again = student.gradients(model, x, y)
    for gradients in (claimed, again):
        gradients_match(
            loss_of,
            start,
            gradients,
            draw,
            tried="gradients on 64 random points",
            cause="Differentiate the mean cross-entropy of the model's probabilities with respect to every parameter.",
            factors={
                "The gradients of two calls accumulate: zero them first.": 2.0,
                "You differentiate the sum over the batch; the loss is the mean.": 64.0,
                "The sign is wrong: this is the direction of descent, not the gradient.": -1.0,
            },
        )


def in_range(outputs):
    """Whether all outputs are numbers between 0 and 1."""
    values = expect.array(outputs, tried="the model on 64 points")
    return bool(np.all((values >= 0) & (values <= 1)))


def own_cross_entropy(student, p, y):
    """The student's own cross-entropy with the labels `y` if it is another function at `p`, else the right one."""

    def right(p):
        return binary_cross_entropy(p, y).mean()

    def own(p):
        return expect.number(student.binary_cross_entropy(tensor(p), tensor(y)), tried="binary_cross_entropy")

    try:
        other = not np.isclose(own(p), right(p), rtol=1e-3)
    except (CheckFailed, StudentError):
        other = False
    return own if other else right


def turned(angle):
    """The four corners of the square, rotated about its centre."""
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return ((CORNERS - 0.5) @ turn + 0.5).astype(np.float32)


def trained(student, attempt, seed, points, labels):
    """A model's loss before `train` and its outputs after it, `(4, 1)`, both computed here."""
    epochs, learning_rate = ATTEMPTS[attempt]
    model = new_model(student, "build_model", 8, example=CORNERS, seed=seed)
    tried = "the model on the four points that it was trained on"
    before = binary_cross_entropy(expect.shape(model.forward(points), (4, 1), tried=tried), labels).mean()
    student.train(model, points, labels, epochs, learning_rate, seed)
    # What was learned is in the parameters: another model with the same parameters gives the same outputs.
    fresh = new_model(student, "build_model", 8, example=CORNERS, seed=seed)
    fresh.set_parameters({name: np.zeros_like(value) for name, value in fresh.parameters().items()})
    expect.close(
        expect.shape(silent := fresh.forward(points), (4, 1), tried=tried),
        np.full((4, 1), silent[0]),
        tried="a model whose parameters are all 0, on the four points",
        cause="The outputs do not come from the parameters.",
    )
    take_over(fresh, model.parameters())
    return before, expect.shape(fresh.forward(points), (4, 1), tried=tried)


@check("training.learns", needs="training.losses", trains=True)
def _(student, draw, limits):
    """Training lowers the cross-entropy, as the grader computes it

    Forge: find parameters that solve a problem drawn at grading time; the grader evaluates them in a newly built model.
    So: compute it.
    """
    seeds = [draw.seed() for _ in ATTEMPTS]
    # Nobody can have weights for these points beforehand.
    points = turned(draw.rng.uniform(0.3, 1.2))
    constant = []

    def attempt(number):
        before, after = trained(student, number, seeds[number], points, XOR)
        wrong_by = np.abs(after - XOR).ravel()
        constant.append(np.abs(after - 0.5).max() < 0.02)
        cause = "The steps are lost, go uphill, or are far too small: zero the gradients, then backward, then step."
        if wrong_by.max() > 0.5 and np.sort(wrong_by)[2] < 0.2:
            cause = "Three corners are learned and one is not: is every corner in the loss?"
        # The rate of the last attempt may throw a constant model off ½.
        elif any(constant):
            cause = "All corners get the same output: do you mix `(n,)` and `(n, 1)`? 4 and 4×1 broadcast to 4×4."
        expect.at_most(
            binary_cross_entropy(after, XOR).mean() / before,
            limits.loss_ratio,
            tried=f"the cross-entropy on the corners of a rotated square after train; it was {before:.2f} before",
            cause=cause,
            what="a loss, as a fraction of the loss before,",
        )

    expect.best_of(len(ATTEMPTS), attempt)


@check("training.corners", needs="training.learns", trains=True)
def _(student, draw, limits):
    """After training, all four corners are on the right side of ½

    Forge: return parameters that solve XOR in a newly built model, whose outputs are all the same where all of them
        are 0.
    So: such parameters can be known beforehand; `training.learns`, which this check needs, draws its points.
    """
    seeds = [draw.seed() for _ in ATTEMPTS]

    def attempt(number):
        _, after = trained(student, number, seeds[number], CORNERS, XOR)
        right = np.sign(after - 0.5) * (2 * XOR - 1) > limits.corner_margin
        expect.equal(
            int(right.sum()),
            4,
            tried="the number of corners that the trained model gets right, best of three seeds",
            cause="Do you mix `(n,)` and `(n, 1)`? Is the hidden layer linear, or too small?",
        )

    expect.best_of(len(ATTEMPTS), attempt)
