"""Checks of `xor` that students can run too."""

import numpy as np

from autograder import check, expect, on_gpu, tensor
from autograder.authoring.probes.functions import binary_cross_entropy, sigmoid
from autograder.authoring.probes.models import new_model
from autograder.authoring.probes.parameters import flat, output_bias_alone, random_weights, zeros
from autograder.authoring.probes.settles import does_not_overshoot
from autograder.authoring.probes.training import losses_of_copies

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
XOR = np.array([0, 1, 1, 0])


def unit(gate, tried):
    """The probabilities of a logistic unit, given as `(weights, bias)`, on the four corners."""
    weights, bias = expect.several(gate, 2, tried=tried, cause="Return the pair `(weights, bias)`.")
    weights = expect.array(weights, tried=f"{tried}: the weights")
    expect.that(
        weights.size == 2,
        tried=f"{tried}: the weights",
        saw=f"shape {weights.shape}",
        expected="two weights, one for each input",
    )
    bias = expect.array(bias, tried=f"{tried}: the bias")
    expect.that(bias.size == 1, tried=f"{tried}: the bias", saw=f"shape {bias.shape}", expected="one number")
    return sigmoid(CORNERS.astype(np.float64) @ weights.ravel() + bias.ravel()[0])


def gate_is(gate, wanted, name, mistakes):
    tried = f"{name}_gate() on the corners (0,0), (0,1), (1,0), (1,1)"
    expect.equal(
        (unit(gate, f"{name}_gate()") > 0.5).astype(int),
        wanted,
        tried=tried,
        cause="Draw the corners and a line that has all 1s on one side; the bias shifts the line away from the origin.",
        mistakes=mistakes,
    )


@check("gates.or")
def _(student):
    """The OR unit is above ½ on exactly the corners where OR is 1

    Forge: return weights and a bias that separate the corners: the grader multiplies.
    So: compute it.
    """
    gate_is(
        student.or_gate(),
        [0, 1, 1, 1],
        "or",
        {
            "This is AND: the bias is so low that one input alone does not switch the unit on.": [0, 0, 0, 1],
            "The unit is always on: at (0,0) the score is the bias alone, so it must be negative.": [1, 1, 1, 1],
            "The signs are reversed: the unit is on where OR is 0.": [1, 0, 0, 0],
        },
    )


@check("gates.and")
def _(student):
    """The AND unit is above ½ on exactly the corners where AND is 1

    Forge: return weights and a bias that separate the corners: the grader multiplies.
    So: compute it.
    """
    gate_is(
        student.and_gate(),
        [0, 0, 0, 1],
        "and",
        {
            "This is OR: one input alone switches the unit on; lower the bias.": [0, 1, 1, 1],
            "The unit is never on: at (1,1) the two weights together must outweigh the bias.": [0, 0, 0, 0],
            "The signs are reversed: the unit is on where AND is 0.": [1, 1, 1, 0],
        },
    )


@check("lecture.values")
def _(student):
    """The lecture's formula has the right values on the corners

    Forge: return the constant 1.
    So: the formula *is* the constant 1; the text lets students find that out.
    """
    expect.close(
        student.lecture_formula(CORNERS),
        np.ones(4),
        tried="lecture_formula on the four corners",
        cause="Take the formula as it stands: σ(2x₁+2x₂−1) + σ(−2x₁−2x₂+1). It is not XOR, and the text asks why.",
        mistakes={
            "You repaired it: this part asks for the formula exactly as the lecture has it.": XOR,
            "The second unit is missing.": sigmoid(2 * CORNERS.sum(axis=1) - 1),
        },
        atol=1e-4,
    )


@check("by_hand.corners")
def _(student, limits):
    """The network with weights chosen by hand is XOR on the corners

    Forge: look up the four corners in a table.
    So: the table fails the next check.
    """
    tried = "xor_by_hand on the corners (0,0), (0,1), (1,0), (1,1)"
    expect.close(
        student.xor_by_hand(CORNERS),
        XOR,
        tried=tried,
        cause="The units are too soft: multiply weights and biases by the same factor to make each step steeper.",
        mistakes={
            "This is XNOR: XOR is 1 where the inputs differ (the lecture's table is upside down).": 1 - XOR,
            "This is the lecture's formula, the constant 1: the two units cancel each other.": np.ones(4),
            "This is OR: subtract a second unit that is on at (1,1) only.": np.array([0, 1, 1, 1]),
        },
        rtol=0,
        atol=limits.by_hand_error,
    )


@check("model.shape")
def _(student, draw):
    """The model maps (n, 2) to probabilities (n, 1)

    Forge: return probabilities of shape (n, 1).
    So: form.
    """
    for hidden in (3, 6):
        seed, points = draw.seed(), draw.normal(5, 2)
        tried = f"build_model({hidden}) on 5 points"
        model = new_model(student, "build_model", hidden, example=points, seed=seed)
        # The weights are small enough that no correct output overflows, whatever the activation and the form of σ. The
        # last ones are 0 except for the output bias: they are sure to take an output without σ out of [0, 1].
        start = random_weights(draw, model.parameters())
        alone = output_bias_alone(start, [3.0])
        for weights, values in (
            ("its initial weights", {}),
            ("other weights", start),
            ("an output bias of 3 alone", alone),
        ):
            model.set_parameters(values)
            probabilities = expect.shape(
                model.forward(points),
                (5, 1),
                tried=tried,
                cause="There are two inputs and one output: the last layer has one unit.",
                mistakes={"The output axis is missing: keep (n, 1), do not squeeze.": (5,)},
            )
            expect.between(
                probabilities,
                0,
                1,
                tried=f"{tried}, with {weights}",
                cause="The output is not a probability: end with a sigmoid, not with a ReLU, a tanh or a linear layer.",
                what="outputs",
            )


@check("cross_entropy.values")
def _(student, draw):
    """The cross-entropy is the mean of −y ln p − (1−y) ln(1−p)

    Forge: return the mean for probabilities and labels that are drawn at grading time.
    So: compute it.
    """
    p = draw.uniform(0.05, 0.95, 7, 1)
    y = draw.integers(0, 2, 7, 1).astype(np.float32)
    y[:2, 0] = 0, 1
    p[:2, 0] = 0.2, 0.3
    each = binary_cross_entropy(p, y)
    expect.close(
        expect.number(
            student.binary_cross_entropy(tensor(p), tensor(y)), tried="binary_cross_entropy of 7 probabilities"
        ),
        each.mean(),
        tried="binary_cross_entropy of 7 probabilities",
        cause="Compare with −y ln p − (1−y) ln(1−p), averaged over the 7.",
        mistakes={
            "You sum; the text asks for the mean.": each.sum(),
            "The logarithm has base 2; the text asks for the natural logarithm.": each.mean() / np.log(2),
            "The logarithm has base 10; the text asks for the natural logarithm.": each.mean() / np.log(10),
            "The sign is wrong: a cross-entropy is positive.": -each.mean(),
            "The term for y = 0 is missing: add (1−y) ln(1−p).": -(y * np.log(p)).mean(),
            "p and y are swapped.": binary_cross_entropy(y, p).mean(),
            "A second sigmoid is applied: p is already a probability, not a logit.": binary_cross_entropy(
                sigmoid(p), y
            ).mean(),
        },
        rtol=1e-3,
    )


@check("gradients.names", needs="model.shape")
def _(student, draw):
    """There is a gradient for every parameter, with its name and shape

    Forge: return zeros with the right names and shapes, and leave the parameters alone.
    So: form.
    """
    model = new_model(student, "build_model", 5, example=CORNERS, seed=draw.seed())
    parameters = model.parameters()
    slopes = expect.mapping(
        student.gradients(model, draw.normal(6, 2), draw.integers(0, 2, 6, 1).astype(np.float32)),
        tried="gradients of a model with 5 hidden units",
        cause="Return a dictionary: the name of each parameter → an array.",
    )
    expect.equal(
        sorted(slopes, key=str),
        sorted(parameters),
        tried="the names that gradients returns",
        cause="Use the names of `named_parameters()` in PyTorch and each variable's `.path` in Keras.",
    )
    for name, value in parameters.items():
        expect.shape(
            slopes[name],
            value.shape,
            tried=f"the gradient of {name}",
            cause="A gradient has the shape of its parameter.",
        )
    expect.unmoved(
        parameters,
        model.parameters(),
        tried="the parameters before and after gradients",
        cause="You take a step: gradients only says which way is uphill and must leave the parameters as they are.",
    )


@check("training.losses", needs="model.shape")
def _(student, draw):
    """train returns one loss for each epoch, the mean cross-entropy

    Forge: return losses of outputs that the grader has too, and move the parameters.
    So: compute it.
    """
    seed = draw.seed()
    # Eight units and 16 points: in one of 200 initialisations, four ReLU units are dead on all corners and do not move.
    points, labels = draw.normal(16, 2), draw.integers(0, 2, 16, 1).astype(np.float32)
    model = new_model(student, "build_model", 8, example=points, seed=seed)
    before = model.parameters()
    losses = student.train(model, points, labels, 7, 0.05, draw.seed())
    expect.losses(
        losses,
        7,
        tried="train for 7 epochs",
        cause="Collect the loss of each epoch as a float and return the list.",
    )
    expect.moved(
        before,
        model.parameters(),
        tried="the parameters before and after 7 epochs of train",
        cause="The optimiser's step is missing, or the optimiser holds the parameters of another model.",
    )
    model.set_parameters(random_weights(draw, before, matrices=2.0))
    points = draw.normal(200, 2)
    p = expect.shape(model.forward(points), (200, 1), tried="the model on 200 points")
    # Of label 1, a point with p ≈ 0.1: every other loss is then far from the cross-entropy.
    copies, ones = np.tile(points[np.abs(p - 0.1).argmin()], (12, 1)), np.ones((12, 1), dtype=np.float32)
    tried = "train for 2 epochs on 12 copies of one point"
    start = model.forward(copies)
    losses = expect.losses(student.train(model, copies, ones, 2, 0.005, draw.seed()), 2, tried=tried)
    known = [expect.shape(each, (12, 1), tried="the model on 12 points") for each in (start, model.forward(copies))]

    def ends(loss):
        return tuple(float(np.mean(loss(each))) for each in known)

    losses_of_copies(
        losses,
        12,
        ends(lambda p: binary_cross_entropy(p, ones)),
        {
            "The loss takes a sigmoid of probabilities: the model already ends in one.": ends(
                lambda p: binary_cross_entropy(sigmoid(p), ones)
            ),
            "This is the squared error, not the cross-entropy.": ends(lambda p: np.square(p - ones)),
            "The loss is in bits; use the natural logarithm.": ends(
                lambda p: binary_cross_entropy(p, ones) / np.log(2)
            ),
        },
        tried=tried,
        cause="The loss must be the mean of −ln p of the label; this is another one.",
    )
    # Before the same model is trained several times, which adds up the gradients of all trainings.
    half = np.full((1, 1), 0.5, dtype=np.float32)
    does_not_overshoot(
        lambda: new_model(student, "build_model", 8, example=points, seed=seed),
        lambda model, steps: student.train(model, points[:1], half, steps, 0.05, seed),
        tried="train on one point whose label is ½",
    )
    student.eagerly()
    one_epoch_uses_what_it_is_given(student, draw, model)


def one_epoch_uses_what_it_is_given(student, draw, model):
    """One epoch of `train` on this model starts from its parameters, and uses the learning rate and each row."""
    shapes, seed, global_seed = model.parameters(), draw.seed(), draw.seed()

    def after(start, points, labels, learning_rate):
        model.set_parameters(start)
        student.seed(global_seed)
        student.train(model, points, labels, 1, learning_rate, seed)
        return flat(model.parameters())

    points, labels = draw.normal(16, 2), draw.integers(0, 2, 16, 1).astype(np.float32)
    start, other = (random_weights(draw, shapes) for _ in range(2))
    tried = "the parameters after one epoch of train on 16 points"
    slow = after(start, points, labels, 0.002)
    expect.differ(
        slow,
        flat(start),
        tried=f"{tried}, and before it",
        cause="One epoch takes no step: is the last epoch left out?",
        by=0,
    )
    expect.differ(
        slow,
        after(start, points, labels, 0.01),
        tried=f"{tried}, with the learning rates 0.002 and 0.01",
        cause="`learning_rate` is ignored: give it to the optimiser.",
        by=0,
    )
    expect.differ(
        slow,
        after(other, points, labels, 0.002),
        tried=f"{tried}, from two different starts",
        cause="`train` begins with new weights: it must train the model that it is given, from where it is.",
        by=0,
    )
    # Where all parameters are 0, p is ½ everywhere. Each label decides whether most are 1, and so where the bias moves.
    points, few = draw.normal(5, 2), np.float32([[0], [1], [0], [1], [0]])
    many = np.where(np.arange(5)[:, None] == 0, np.float32(1), few)

    def from_zero(labels):
        return after(zeros(shapes), points, labels, 0.05)

    ends = from_zero(few), from_zero(many)
    without_effect = [row for row in (0,) if np.array_equal(*ends)]
    for row in range(1, 5):
        flipped = np.array(many if few[row] else few)
        flipped[row] = 1 - flipped[row]
        if np.array_equal(from_zero(flipped), ends[int(few[row, 0])]):
            without_effect.append(row)
    expect.that(
        not without_effect,
        tried="one epoch of train on 5 points, each time with another label changed",
        saw=f"the same parameters, whatever the label of {len(without_effect)} of the points",
        expected="different parameters",
        cause="An epoch does not use all rows of x and y: it is one pass over all of them.",
    )


@on_gpu("gpu", needs=("training.losses", "gradients.names"))
def _(student, draw):
    """train and gradients compute on the device where the model's parameters are"""
    seed, corners = draw.seed(), XOR[:, None].astype(np.float32)
    student.seed(seed)
    model = student.place(student.build_model(4), CORNERS, corners)
    student.train(model, CORNERS, corners, 5, 0.05, seed)
    return {"gradients": student.gradients(model, CORNERS, corners)}
