"""Hidden checks of `xor`."""

import numpy as np

from autograder import check, expect, tensor
from autograder.authoring.probes.functions import binary_cross_entropy, logit, sigmoid
from autograder.authoring.probes.gradient_check import gradients_match
from autograder.authoring.probes.gradients import arrived
from autograder.authoring.probes.models import new_model, take_over
from autograder.authoring.probes.parameters import output_bias_alone, random_weights

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
XOR = np.array([[0], [1], [1], [0]], dtype=np.float32)

ATTEMPTS = ((300, 0.05), (1000, 0.3), (3000, 0.5))
"""Epochs and learning rate of each attempt: Adam is done with the first, plain gradient descent needs the last."""


@check("gates.same_rule_for_all", needs=("gates.or", "gates.and"))
def _(student):
    """Both gates are single units whose ½ line crosses the square between the right corners

    Forge: weights and bias whose dividing line crosses the right edges: the grader looks along them itself.
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
            # Along the edge from the corner with fewer ones to the one with more, the score changes its sign once.
            low, high = np.eye(2)[1 - axis] * (between[0]), np.eye(2)[1 - axis] * (between[0]) + np.eye(2)[axis]
            scores = float(low @ weights + bias[0]), float(high @ weights + bias[0])
            expect.that(
                # At 0 the unit says ½, which is not above it.
                scores[0] <= 0 < scores[1],
                tried=f"{name}_gate() along an edge of the square",
                saw=f"scores of {scores[0]:.3g} and {scores[1]:.3g} at its ends",
                expected="not above 0 at the first and above 0 at the second",
                cause="The ½ line of this unit does not separate these two corners.",
            )


@check("lecture.between", needs="lecture.values")
def _(student, draw):
    """The lecture's formula is 1 everywhere, also between and beyond the corners

    Forge: answer the constant 1.
    So: the formula *is* the constant 1; the text has students find that out.
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
def _(student, draw):
    """Between the corners the hand-made network changes smoothly: no table look-up, no rounding

    Forge: a function that rises smoothly along an edge drawn from two.
    So: compute it.
    """
    start, end = np.zeros(2), np.array([0.0, 1.0])
    if draw.choice([True, False]):
        start, end = np.array([1.0, 1.0]), np.array([1.0, 0.0])
    path = (start + np.linspace(0, 1, 2001)[:, None] * (end - start)).astype(np.float32)
    values = expect.shape(
        student.xor_by_hand(path), (2001,), tried="xor_by_hand along an edge of the square, 2,001 points"
    )
    steepest = float(np.abs(np.diff(values)).max())
    distinct = len(np.unique(np.round(values, 6)))
    expect.that(
        # A logistic unit as steep as 400 rises by 0.05 in a step of 1/2000; a step function by 1.
        steepest < 0.3 and distinct > 20,
        tried="xor_by_hand along an edge of the square, in steps of 1/2000",
        saw=f"a jump of {steepest:.2g} in one step, {distinct} different values",
        expected="a smooth rise from 0 to 1",
        cause="A table look-up, an if, or a rounding; logistic units rise smoothly.",
    )


@check("by_hand.is_two_units", needs=("by_hand.corners", "by_hand.smooth"))
def _(student, draw):
    """The hand-made network is two logistic units and a linear output: it settles far from the origin

    Forge: one that settles far out along random rays as well.
    So: compute it.
    """
    # Whatever the two units are, out along any ray each is 0 or 1: the output settles. Steep units have settled near the
    # square, where no σ overflows, however it is written (`math.exp` raises beyond 709); soft ones farther out.
    angles = draw.rng.uniform(0, 2 * np.pi) + np.linspace(0, 2 * np.pi, 240, endpoint=False)
    rays = np.stack([np.cos(angles), np.sin(angles)], axis=1)

    def attempt(number):
        near, far = ((2.0, 3.5), (20.0, 40.0))[number]
        here, there = (answered(student.xor_by_hand((rays * reach).astype(np.float32))) for reach in (near, far))
        settled = np.abs(here - there) < 0.15
        expect.that(
            # Along a unit's ½ line a ray settles late, 18 % of them with weights of 7; of two ReLU units 47 % never do.
            settled.mean() > 0.7,
            tried=f"xor_by_hand along 240 rays, at {near:g} and at {far:g} from the origin",
            saw=f"{(~settled).mean():.0%} of them still changing",
            expected="values that have settled: every logistic unit is 0 or 1 out there, but near its ½ line",
            cause="A polynomial or |x₁ − x₂| has XOR's corners too, but it is no pair of logistic units.",
        )

    expect.best_of(2, attempt)


def answered(values):
    """The values along the rays; e^z / (1 + e^z) is ∞/∞ for a large z in float32, which is a 1 and no mistake of the units."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        values = np.nan_to_num(values)
    return expect.shape(values, (240,), tried="xor_by_hand outside the square")


@check("model.parameters", needs="model.shape")
def _(student, draw):
    """The model has 4·hidden + 1 parameters

    Forge: name 4·hidden + 1 parameters that nothing uses.
    So: form; `model.bends` and `gradients.values` find it.
    """
    for hidden in (3, 8):
        parameters = new_model(student, "build_model", hidden, example=CORNERS, seed=draw.seed()).parameters()
        count = sum(value.size for value in parameters.values())
        expect.equal(
            count,
            4 * hidden + 1,
            tried=f"the parameters of build_model({hidden})",
            cause="2·hidden + hidden in the first layer, hidden + 1 in the second: one hidden layer, both with biases.",
            mistakes={"The biases are missing.": 3 * hidden, "`hidden` is ignored.": 4 * (11 - hidden) + 1},
        )


@check("model.bends", needs="model.parameters")
def _(student, draw):
    """The model is no linear decision rule

    Forge: depend on the parameters as a network does: with all weights 0 the answer is the output bias alone.
    So: compute it.
    """
    model = new_model(student, "build_model", 16, example=CORNERS, seed=draw.seed())
    # Of a size that bends each unit and leaves most probabilities away from 0 and 1, where a logit is lost in rounding.
    parameters = random_weights(draw, model.parameters())
    # Where all else is 0 only the bias of the output is left. It is the one parameter of size 1, if it is one of its own.
    own = any(value.size == 1 for value in parameters.values())
    for bias in (0.0, draw.rng.uniform(1, 2) * draw.choice([-1, 1]) if own else 0.0):
        model.set_parameters(output_bias_alone(parameters, [bias]))
        expect.close(
            model.forward(draw.normal(5, 2)),
            np.full((5, 1), sigmoid(bias)),
            tried=f"the model on 5 points, every weight 0 and the bias of the output {bias:.2f}",
            cause="The answers do not come from the parameters: two layers, each weights times inputs plus a bias.",
            mistakes={"A softmax over a single output is always 1: end with a sigmoid.": np.ones((5, 1))},
            rtol=1e-3,
        )
    # The logit of a model without a hidden non-linearity is linear: the midpoint of two points has the mean of their logits.
    a, b = draw.uniform(-1, 1, 64, 2), draw.uniform(-1, 1, 64, 2)
    bend = 0.0
    # A unit that squares may be sure of nearly every point at full size, and a probability near 0 or 1 hides its logit.
    for size in (1.0, 0.5, 0.25):
        model.set_parameters({name: size * value for name, value in parameters.items()})
        seen = [expect.shape(model.forward(x), (64, 1), tried="the model on 64 points") for x in (a, b, (a + b) / 2)]
        p = [np.clip(each, 1e-6, 1 - 1e-6) for each in seen]
        in_range = np.all([(each > 1e-4) & (each < 1 - 1e-4) for each in p], axis=0)
        logits = [logit(each) for each in p]
        bend = float(np.abs((logits[0] + logits[1]) / 2 - logits[2])[in_range].max(initial=bend))
    expect.that(
        # In float32 a logit of probabilities within that range is rounded by at most 10⁻³.
        bend > 1e-2,
        tried="the logit at the midpoint of two points against the mean of their logits, with random weights",
        saw=f"a difference of {bend:.1g}",
        expected="a network that bends",
        cause="There is no non-linearity between the two layers: together they are one line, and no line separates XOR.",
    )


@check("cross_entropy.edges", needs="cross_entropy.values")
def _(student):
    """The cross-entropy stays finite where p is exactly 0 or 1

    Forge: finite values in a range.
    So: compute it.
    """
    p = np.array([[0.0], [1.0], [0.0], [1.0]], dtype=np.float32)
    sure_and_right = expect.number(
        student.binary_cross_entropy(tensor(p), tensor(p)),
        tried="binary_cross_entropy of p = 0 and 1 where y is the same",
        cause="0 · ln 0 is NaN: keep p away from 0 and 1, by 1e-7 say.",
    )
    expect.at_most(sure_and_right, 0.01, tried="binary_cross_entropy of p = 0 and 1 where y is the same", what="a loss")
    sure_and_wrong = expect.number(
        student.binary_cross_entropy(tensor(p), tensor(1 - p)),
        tried="binary_cross_entropy of p = 0 and 1 where y is the opposite",
        cause="ln 0 is −∞: keep p away from 0 and 1, by 1e-7 say.",
    )
    expect.between(
        sure_and_wrong,
        5,
        1000,
        tried="binary_cross_entropy of p = 0 and 1 where y is the opposite",
        cause="Sure and wrong costs much: about 16 where p is kept 1e-7 away from 0. You clip too early.",
        what="a loss",
    )


@check("cross_entropy.slope", needs="cross_entropy.values")
def _(student, draw):
    """Gradients flow through the cross-entropy into p

    Forge: the derivative at points drawn now, whoever works it out.
    So: compute it.
    """
    p = draw.rng.uniform(0.1, 0.9, (6, 1))
    y = draw.integers(0, 2, 6, 1).astype(np.float64)
    slope = student.gradient("binary_cross_entropy", tensor(p), tensor(y))
    arrived(
        slope,
        tried="the gradient of binary_cross_entropy in p",
        expected="(p − y) / (p (1−p) n)",
        cause="The function leaves the framework (NumPy, `.item()`, `.detach()`): compute with tensors.",
    )
    expect.close(
        slope,
        (p - y) / (p * (1 - p)) / len(p),
        tried="the gradient of binary_cross_entropy in p, in float64",
        cause="The value is right and its derivative is not: something inside is detached.",
        rtol=1e-3,
    )


@check("gradients.values", needs=("gradients.names", "cross_entropy.values"))
def _(student, draw):
    """The gradients are the derivative of the cross-entropy

    Forge: slopes along directions that are drawn after the gradients came back.
    So: compute it.
    """
    model = new_model(student, "build_model", 6, example=CORNERS, seed=draw.seed())
    start = random_weights(draw, model.parameters(), matrices=0.5, biases=0.5)
    model.set_parameters(start)
    # Inputs of a size at which no activation takes a probability near 0 or 1, where float32 rounds the loss.
    x, y = draw.uniform(-1, 1, 64, 2), draw.integers(0, 2, 64, 1).astype(np.float32)
    claimed = student.gradients(model, x, y)

    def loss_of(parameters):
        model.set_parameters(parameters)
        p = expect.shape(model.forward(x), (64, 1), tried="the model on 64 points")
        return binary_cross_entropy(p, y).mean()

    expect.differ(
        loss_of(start),
        loss_of({name: -value for name, value in start.items()}),
        tried="the cross-entropy on 64 points with some parameters, and with others",
        cause="The model's answers do not depend on its parameters.",
    )

    # A second call shows gradients that were added up.
    model.set_parameters(start)
    again = student.gradients(model, x, y)
    for gradients in (claimed, again):
        gradients_match(
            loss_of,
            start,
            gradients,
            draw,
            tried="gradients on 64 random points",
            cause="Differentiate the mean cross-entropy of the model's probabilities in every parameter.",
            factors={
                "Gradients of two calls are added up: zero them first.": 2.0,
                "You differentiate the sum over the batch; the loss is the mean.": 64.0,
                "The sign is turned round: this is the direction of descent, not the gradient.": -1.0,
            },
        )


def turned(angle):
    """The four corners of the square, turned about its middle."""
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return ((CORNERS - 0.5) @ turn + 0.5).astype(np.float32)


def trained(student, attempt, seed, points, labels):
    """A model's loss before `train` and its answers after, `(4, 1)`, both worked out here."""
    epochs, learning_rate = ATTEMPTS[attempt]
    model = new_model(student, "build_model", 8, example=CORNERS, seed=seed)
    tried = "the model on the four points that it was trained on"
    before = binary_cross_entropy(expect.shape(model.forward(points), (4, 1), tried=tried), labels).mean()
    student.train(model, points, labels, epochs, learning_rate, seed)
    # What was learned is in the parameters: another model with the same ones gives the same answers.
    fresh = new_model(student, "build_model", 8, example=CORNERS, seed=seed)
    fresh.set_parameters({name: np.zeros_like(value) for name, value in fresh.parameters().items()})
    expect.close(
        fresh.forward(points),
        np.full((4, 1), 0.5),
        tried="a model whose parameters are all 0, on the four points",
        cause="The answers do not come from the parameters.",
    )
    take_over(fresh, model.parameters())
    return before, expect.shape(fresh.forward(points), (4, 1), tried=tried)


@check("training.learns", needs=("training.losses", "cross_entropy.values"), trains=True)
def _(student, draw, limits):
    """Training lowers the cross-entropy, worked out by the grader

    Forge: parameters that solve a problem drawn now, evaluated by the grader in a newly built model.
    So: compute it.
    """
    seeds = [draw.seed() for _ in ATTEMPTS]
    # Points that no one can have weights for beforehand.
    points = turned(draw.rng.uniform(0.3, 1.2))

    def attempt(number):
        before, after = trained(student, number, seeds[number], points, XOR)
        wrong_by = np.abs(after - XOR).ravel()
        cause = "The steps are lost, go uphill, or are far too small: zero the gradients, then backward, then step."
        if wrong_by.max() > 0.5 and np.sort(wrong_by)[2] < 0.2:
            cause = "Three corners are learned and one is not: is every corner in the loss?"
        elif np.abs(after - 0.5).max() < 0.02:
            cause = "Every corner gets the same answer: do `(n,)` and `(n, 1)` meet (4 against 4×1 makes 4×4)?"
        expect.at_most(
            binary_cross_entropy(after, XOR).mean() / before,
            limits.loss_ratio,
            tried=f"the cross-entropy on the corners of a turned square after train; it was {before:.2f} before",
            cause=cause,
            what="a loss, as a share of the loss before,",
        )

    expect.best_of(len(ATTEMPTS), attempt)


@check("training.corners", needs="training.learns", trains=True)
def _(student, draw, limits):
    """After training all four corners are on the right side of ½

    Forge: parameters that have XOR right in a newly built model, which says ½ where all of them are 0.
    So: such parameters can be known beforehand; `training.learns`, which it needs, draws its points.
    """
    seeds = [draw.seed() for _ in ATTEMPTS]

    def attempt(number):
        _, after = trained(student, number, seeds[number], CORNERS, XOR)
        right = np.sign(after - 0.5) * (2 * XOR - 1) > limits.corner_margin
        expect.equal(
            int(right.sum()),
            4,
            tried="the corners that the trained model has right, best of three seeds",
            cause="Do `(n,)` and `(n, 1)` meet (4 against 4×1 makes 4×4)? Is the hidden layer linear, or too small?",
        )

    expect.best_of(len(ATTEMPTS), attempt)
