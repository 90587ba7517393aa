"""Checks of `cnn` that students can run too."""

import numpy as np

from autograder import check, expect, images, on_gpu
from autograder.authoring.probes.functions import binary_cross_entropy, cross_entropy, softmax
from autograder.authoring.probes.gradient_check import gradients_match
from autograder.authoring.probes.gradients import lost
from autograder.authoring.probes.models import start_differently
from autograder.authoring.probes.parameters import scaled
from autograder.authoring.probes.training import losses_of_copies
from shared import data

from .probes import NETS, at_work, knows, new_net, put, slid

ROWS = 263
"""Seven more than a multiple of 16, 32, 64, 128 and 256: this reveals a value of the last batch alone."""


def answers(model, x, shape, tried):
    """The model's outputs, whose rows must be probability distributions."""
    p = expect.shape(
        model.forward(x),
        shape,
        tried=tried,
        cause=f"Return one row for each sample and {shape[1]} columns: the last layer has {shape[1]} units.",
    )
    expect.between(
        p,
        0,
        1,
        tried=tried,
        cause="These are scores, not probabilities: the model itself must end in a softmax.",
        what="outputs",
    )
    expect.close(
        p.sum(axis=1),
        np.ones(len(p)),
        tried=f"{tried}: the sum of each row",
        cause="A row does not sum to 1: there is no softmax, or something else instead (a sigmoid for each class).",
        mistakes={
            "The softmax runs over the batch axis: the columns sum to 1, but each row must.": p.sum(axis=1)
            if np.allclose(p.sum(axis=0), 1, atol=1e-4)
            else np.full(len(p), np.inf)
        },
        atol=1e-4,
    )
    return p


def parameter_count(model, wanted, name, mistakes):
    expect.equal(
        sum(value.size for value in model.parameters().values()),
        wanted,
        tried=f"the number of parameters of {name}()",
        cause="Count layer by layer, (inputs + 1) · units, as in the text: the 1 is the bias.",
        mistakes=mistakes,
    )


@check("one_hot.example")
def _(student):
    """The labels 2, 0, 1 become three rows with one 1 each

    Forge: keep a table of one example.
    So: the next check draws others.
    """
    expect.close(
        student.one_hot(np.array([2, 0, 1]), 3),
        np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]),
        tried="one_hot of the labels 2, 0, 1 with 3 classes",
        cause="Row i has its 1 in column labels[i].",
        mistakes={
            "Rows and columns are swapped: samples come first.": np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]]),
            "Labels start at 0: label 0 is the first column.": np.array([[0, 1, 0], [0, 0, 0], [1, 0, 0]]),
        },
    )


@check("convolution.example")
def _(student):
    """The example of the text: a 2×2 kernel on a 3×4 image gives 2×3 sums

    Forge: keep a table of one example.
    So: the next two checks draw others.
    """
    image = np.array([[1, 0, 2, 0], [0, 3, 0, 1], [1, 0, 0, 2]], dtype=np.float32)
    kernel = np.array([[1, 2], [0, -1]], dtype=np.float32)
    expect.close(
        student.convolve2d(image, kernel),
        np.array([[-2, 4, 1], [6, 3, 0]]),
        tried="convolve2d of the text's image and kernel",
        cause="Lay the kernel on each patch, multiply elementwise and sum.",
        mistakes={
            "The kernel is flipped: apply it to each patch as it is.": slid(image, kernel[::-1, ::-1]),
            "The kernel is transposed: apply it to each patch as it is.": slid(image, kernel.T),
            "The image is padded: use only patches completely inside it, (H−h+1, W−w+1) of them.": slid(
                np.pad(image, [(0, 1), (0, 1)]), kernel
            ),
            "The last row and the last column of patches are missing: there are H−h+1 rows and W−w+1 columns.": slid(
                image[:-1, :-1], kernel
            ),
            "You sum over one axis of each patch: sum over both, its rows and its columns.": slid(
                image, kernel, axis=-1
            ),
            "You sum over the rows of the patches' positions: sum inside each patch, over its last two axes.": slid(
                image, kernel, axis=0
            ),
            "You sum over the columns of the patches' positions: sum inside each patch, over its last two axes.": slid(
                image, kernel, axis=1
            ),
            "You sum over all patches: sum inside each patch, over its last two axes.": slid(image, kernel, axis=None),
        },
    )


@check("iris.parameters")
def _(student, draw):
    """The iris net maps 4 measurements to 3 probabilities, with 1,027 parameters

    Forge: return probabilities of the right shape and have 1,027 parameters.
    So: form.
    """
    x = draw.normal(6, 4)
    model = new_net(student, draw, "build_iris_net", x)
    answers(model, x, (6, 3), "build_iris_net() on 6 flowers")
    parameter_count(
        model,
        1027,
        "build_iris_net",
        {
            "The biases are missing.": 896,
            "There is a second hidden layer: the one in the lecture's code is commented out.": 1027 + 129 * 128,
        },
    )
    start_differently(model, new_net(student, draw, "build_iris_net", x), tried="build_iris_net() twice")


@check("dense.parameters")
def _(student, draw):
    """The dense net maps 784 pixels to 10 probabilities, with 118,282 parameters

    Forge: return scores of the right shape and have 118,282 parameters.
    So: form.
    """
    x = draw.uniform(0, 1, 6, 784)
    model = new_net(student, draw, "build_dense_net", x)
    answers(model, x, (6, 10), "build_dense_net() on 6 images as rows of 784 pixels")
    parameter_count(
        model,
        118_282,
        "build_dense_net",
        {
            "One hidden layer of 128 units is missing: there should be two.": 101_770,
            "There is one hidden layer of 128 units too many: there should be two.": 134_794,
            "The biases are missing.": 118_016,
        },
    )
    start_differently(model, new_net(student, draw, "build_dense_net", x), tried="build_dense_net() twice")


@check("cnn.parameters")
def _(student, draw):
    """The convolutional net maps 28×28 images to 10 classes, with 2,770,634 parameters

    Forge: return probabilities of the right shape and have 2,770,634 parameters.
    So: form.
    """
    x = images(draw.uniform(0, 1, 3, 28, 28, 1))
    model = new_net(student, draw, "build_cnn", x)
    expect.shape(
        model.forward(x), (3, 10), tried="build_cnn() on 3 images", cause="Return a row of 10 outputs for each image."
    )
    parameter_count(
        model,
        2_770_634,
        "build_cnn",
        {
            "The convolution pads the image (28×28 feature maps): without padding they are 26×26.": 3_213_002,
            "There is a pooling layer: here the dense layer gets the whole feature maps.": 693_962,
            "The convolution has no bias.": 2_770_602,
            "The dense layer of 128 units is missing.": 320 + 21_633 * 10,
        },
    )
    start_differently(model, new_net(student, draw, "build_cnn", x), tried="build_cnn() twice")


@check("cnn.probabilities")
def _(student, draw):
    """The convolutional net returns probabilities, for each image independently

    Forge: return the same output for an image alone and among others.
    So: compute it.
    """
    x = draw.normal(5, 28, 28, 1)
    model = new_net(student, draw, "build_cnn", images(x))
    together = answers(model, images(x), (5, 10), "build_cnn() on 5 images")
    alone = expect.shape(model.forward(images(x[2:3])), (1, 10), tried="build_cnn() on a single image")
    expect.close(
        alone[0],
        together[2],
        tried="build_cnn() on an image alone and as the third of five",
        cause="The images of a batch mix: a reshape, a transposition or a softmax involves the batch axis.",
        atol=1e-4,
    )


TWO_FLOWERS = np.array([[1, 0, 0, 0], [-1, 0, 0, 0]], dtype=np.float32)


def answering(student, draw, first, second):
    """An iris net that returns `first` for x₁ = 1 and `second` for x₁ = −1, with output biases 0."""
    model = new_net(student, draw, "build_iris_net", TWO_FLOWERS)
    kernel = np.zeros((4, 128), dtype=np.float32)
    kernel[0, :64], kernel[0, 64:] = 20, -20
    readout = np.repeat(np.log(np.array([first, second], dtype=np.float32)) / 64, 64, axis=0)
    names = put(model, [kernel, np.zeros(128), readout, np.zeros(3)], "build_iris_net()")
    expect.close(
        model.forward(TWO_FLOWERS),
        np.array([first, second]),
        tried="an iris net whose weights the grader has set",
        cause="The net is not 4 → 128 sigmoid → 3 softmax: check its activations.",
        rtol=1e-3,
    )
    return model, names[3]


def step_of(model, bias):
    """The output biases of the iris net, which were 0 before the step."""
    return expect.array(model.parameters().get(bias), tried="the output biases after one step of train").ravel()


@check("training.cross_entropy", few_steps=True)
def _(student, draw):
    """One training step goes downhill on the cross-entropy, not on another loss

    Forge: move one bias, which the grader reads back, as the cross-entropy would.
    So: compute it.
    """
    # Output biases move against the sum of p − y: every optimiser's first step has the same sign.
    sure = [0.9, 0.08, 0.02]
    model, bias = answering(student, draw, sure, sure)
    x, y = np.repeat(TWO_FLOWERS, 3, axis=0), np.tile(np.float32([0, 0, 1]), (6, 1))
    student.train(model, x, y, 1, 6, draw.seed())
    step = step_of(model, bias)
    tried = "the output biases after one step on six flowers of class 2, for which the net returns 0.90, 0.08, 0.02"
    signs = np.sign(step).astype(int).tolist()
    cause = "The step does not go against the gradient p − y of the cross-entropy."
    if signs == [0, 0, 0]:
        cause = "Nothing moved: the gradients are lost, for example zeroed between backward and step."
    elif signs == [1, 1, -1]:
        cause = "The step goes uphill: the loss has the wrong sign."
    elif signs[1] == 1:
        cause = (
            "The loss takes a softmax of probabilities (the model already ends in one), or it is another loss: "
            "a squared error or a binary cross-entropy."
        )
    expect.that(
        signs == [-1, -1, 1],
        tried=tried,
        saw=f"steps of {', '.join(f'{value:.1g}' for value in step)}",
        expected="down, down, up: p falls where it is too large",
        cause=cause,
    )

    # Each flower pulls the bias of class 0 by its own p − y: −0.95 and 0.6, then −0.9 and 0.6.
    for first, second, expected, cause in (
        (
            [0.05, 0.9, 0.05],
            [0.6, 0.35, 0.05],
            "a step up: with the cross-entropy, the worst prediction pulls hardest",
            "The loss is −p of the right class without the logarithm (`nll_loss` expects log-probabilities).",
        ),
        (
            [0.1, 0.89, 0.01],
            [0.6, 0.01, 0.39],
            "a step up, from the net's outputs for these flowers",
            "The inputs are scaled again inside train: the net learns from other inputs than these.",
        ),
    ):
        model, bias = answering(student, draw, first, second)
        x, y = np.tile(TWO_FLOWERS, (4, 1)), np.tile(np.float32([[1, 0, 0], [0, 1, 0]]), (4, 1))
        student.train(model, x, y, 1, 8, draw.seed())
        step = step_of(model, bias)
        expect.that(
            step[0] > 0,
            tried="one step on flowers of class 0 and of class 1, for which the net returns a probability of class 0 "
            f"of {first[0]} and {second[0]}",
            saw=f"a step of {step[0]:.1g} in the bias of class 0",
            expected=expected,
            cause=cause,
        )


@check("training.losses", needs="iris.parameters")
def _(student, draw):
    """train returns the mean cross-entropy of each epoch

    Forge: return losses of outputs that the grader has too.
    So: compute it.
    """
    x = np.tile(draw.normal(1, 4), (24, 1))
    model = new_net(student, draw, "build_iris_net", x)
    # Hidden units that say nearly nothing: a step hardly changes the loss, and every other loss is far from it.
    biases = np.full(128, -6.0), np.log([0.7, 0.2, 0.1])
    put(model, [np.zeros((4, 128)), biases[0], np.zeros((128, 3)), biases[1]], "build_iris_net()")
    y = np.tile(np.float32([0, 1, 0]), (24, 1))
    p = expect.shape(model.forward(x), y.shape, tried="build_iris_net() on 24 flowers")
    tried = "train on 24 copies of one flower, for 2 epochs in batches of 8"
    cause = "Collect the mean loss of each epoch as a float and return the list."
    losses = expect.losses(student.train(model, x, y, 2, 8, draw.seed()), 2, tried=tried, cause=cause)
    known = [expect.shape(each, y.shape, tried="the trained net") for each in (p, model.forward(x))]

    def ends(loss):
        return tuple(float(np.mean(loss(each))) for each in known)

    losses_of_copies(
        losses,
        3,
        ends(lambda p: cross_entropy(p, y)),
        {
            "The loss takes a softmax of probabilities: the model already ends in one.": ends(
                lambda p: cross_entropy(softmax(p), y)
            ),
            "This is the squared error, not the cross-entropy.": ends(lambda p: np.square(p - y)),
            "This is the binary cross-entropy; the categorical one counts only the right class.": ends(
                lambda p: binary_cross_entropy(p, y)
            ),
            "You average over the classes too: sum the terms of a row.": ends(lambda p: cross_entropy(p, y) / 3),
            "The loss is −p of the right class, without the logarithm.": ends(lambda p: -(p * y).sum(axis=1)),
            "The loss is in bits; use the natural logarithm.": ends(lambda p: cross_entropy(p, y) / np.log(2)),
        },
        tried=tried,
        cause="The loss must be the mean of −ln p of the right class, not another one such as a binary cross-entropy.",
    )


@check("training.iris", trains=True)
def _(student, draw, limits):
    """After training, the iris net recognises new flowers: best of three seeds

    Forge: return parameters with which a newly built model is right on flowers whose labels never leave the grader.
        The order of the labels is drawn at grading time; the data set is public.
    So: lie about it: the data are public: a net can look up its inputs in the file, or in what `train` has stored
        outside of any model.
    Closed by: the order of the labels is drawn at grading time and a newly built model answers, so weights and tables
        in the model are useless; the rest also takes work.
    """
    (x, labels), (new_x, new_labels) = data.iris_split()
    # The order of the species is drawn here: nobody has weights for it beforehand.
    order = draw.permutation(3)
    labels, new_labels = order[labels], order[new_labels]

    def attempt(_):
        model = new_net(student, draw, "build_iris_net", x)
        student.train(model, x, np.eye(3, dtype=np.float32)[labels], 40, 2, draw.seed())
        asked = "the trained iris net on 45 new flowers"
        after = "the iris net on 45 new flowers, after 40 epochs in batches of 2"
        guessed = "Guessing gives 0.33: are x and y shuffled together, with the same permutation?"
        knows(
            student,
            draw,
            "build_iris_net",
            model,
            (new_x, new_labels),
            limits.iris_accuracy,
            tried=(asked, after),
            guessed=guessed,
            near_guessing=0.6,
        )

    expect.best_of(3, attempt)


@check("evaluation.figures")
def _(student, draw):
    """evaluate returns the mean cross-entropy and the accuracy

    Forge: return loss and accuracy of outputs that the grader also has, for rows drawn at grading time.
    So: compute it.
    """
    for name, inputs, classes in (("build_iris_net", 4, 3), ("build_dense_net", 784, 10)):
        x = draw.normal(ROWS, inputs)
        y = np.eye(classes, dtype=np.float32)[draw.integers(0, classes, ROWS)]
        model = new_net(student, draw, name, x)
        start, factor = model.parameters(), 1.5
        model.set_parameters(scaled(start, factor))
        p = expect.shape(model.forward(x), y.shape, tried=f"{name}() on {ROWS} rows")
        # Probabilities may be clipped or not: at 10⁻⁷ the two would differ.
        while p.min() < 1e-6 and factor > 0.01:
            factor *= 0.8
            model.set_parameters(scaled(start, factor))
            p = expect.shape(model.forward(x), y.shape, tried=f"{name}() on {ROWS} rows")
        tried = f"evaluate of {name}() on {ROWS} rows"
        claimed = student.evaluate(model, x, y)
        # Of the net as evaluate has left it: whether it trains is the question of `evaluation.inference`.
        p = expect.shape(model.forward(x), y.shape, tried=f"{name}() on {ROWS} rows")
        in_training = expect.shape(model.forward(x, training=True), y.shape, tried=f"{name}() in training mode")
        same_figures(claimed, p, y, tried, noisy=not np.allclose(p, in_training, atol=1e-4))


def same_figures(claimed, p, y, tried, noisy):
    """Compare loss and accuracy with the grader's; `noisy`: in training mode the net's outputs are different."""
    still_on = "Dropout or similar layers are still on: evaluate in inference mode (`model.eval()`, `training=False`)."
    loss, share = expect.several(claimed, 2, tried=tried, cause="Return the pair (loss, accuracy).")
    each, right = cross_entropy(p, y), p.argmax(axis=1) == y.argmax(axis=1)
    batches = [np.arange(len(y))[start : start + size] for size in (32, 256) for start in range(0, len(y), size)]
    expect.close(
        expect.number(loss, tried=f"{tried}: the loss", cause="Return the loss as one number."),
        each.mean(),
        tried=f"{tried}: the loss",
        cause=still_on if noisy else "Return the mean over all rows of −ln p of the right class.",
        mistakes={
            "This is the accuracy: return (loss, accuracy).": right.mean(),
            "The softmax is applied twice: p is already a probability.": cross_entropy(softmax(p), y).mean(),
            "You sum over the rows; the text asks for the mean.": each.sum(),
            "You average over the classes too: sum the terms of a row.": each.mean() / y.shape[1],
            "The loss is −p without the logarithm.": -(p * y).sum(axis=1).mean(),
            "This is the loss of the last batch alone.": each[-7:].mean(),
            "This is the mean of the batch means: the last batch is smaller, so weight each by its rows.": np.mean(
                [each[rows].mean() for rows in batches[:9]]
            ),
            "The last, smaller batch counts as much as a full one: weight each batch by its rows.": np.mean(
                [each[rows].mean() for rows in batches[9:]]
            ),
        },
        rtol=1e-3,
    )
    expect.close(
        expect.number(share, tried=f"{tried}: the accuracy", cause="Return the accuracy as one number."),
        right.mean(),
        tried=f"{tried}: the accuracy",
        cause=still_on if noisy else "Return the fraction of rows whose largest probability is in the column of the 1.",
        mistakes={
            "This is the last batch alone: count over all rows.": right[-7:].mean(),
            "This is the number of correct predictions; the text asks for their fraction.": right.sum(),
            "This is a percentage; the text asks for a fraction between 0 and 1.": 100 * right.mean(),
            "The correct predictions of the last batch are divided by all rows: sum over all batches.": right[-7:].sum()
            / len(y),
            "This is the error rate: count the correct predictions.": 1 - right.mean(),
            "This compares every entry of a row; compare the positions of the maximum.": ((p > 0.5) == y).mean(),
        },
        rtol=1e-3,
    )


@check("gradients.reach")
def _(student, draw):
    """In all three nets, every parameter gets a nonzero gradient

    Forge: predict slopes of nets whose weights the grader has drawn, along directions that are drawn after the
        gradients were returned.
    So: compute it.
    """
    for name, shape, classes in NETS:
        model, x = at_work(student, draw, name, shape, rows=8)
        slopes_reach(model, model.parameters(), x, draw.normal(8, classes), name, draw)


def slopes_reach(model, start, x, weights, name, draw):
    """The gradient of a weighted sum of the outputs exists, and agrees with small steps in each parameter."""
    tried = f"the gradient of the outputs of {name}() with respect to each parameter"
    cause = (
        "Between these parameters and the output the graph is cut (detach, NumPy, no_grad), or the parameters are "
        "frozen or not used."
    )
    slopes = model.gradients(x, weights)
    unreached = lost(slopes)
    expect.that(
        not unreached,
        tried=tried,
        saw=f"no gradient for {', '.join(unreached[:3])}",
        expected="a nonzero gradient for every parameter",
        cause=cause,
    )

    def answer(parameters):
        model.set_parameters(parameters)
        return float(np.sum(weights * expect.shape(model.forward(x), weights.shape, tried=f"{name}() on 8 rows")))

    for key, value in start.items():
        gradients_match(answer, {key: value}, {key: slopes.get(key)}, draw, tried=tried, cause=cause)
        model.set_parameters({key: value})


@on_gpu("gpu", needs="training.cross_entropy")
def _(student, draw):
    """train and evaluate compute on the device where the model's parameters are"""
    seed, x, y = draw.seed(), draw.uniform(0, 1, 8, 28, 28, 1), np.eye(10, dtype=np.float32)[draw.integers(0, 10, 8)]
    student.seed(seed)
    model = student.place(student.build_cnn(), images(x), y)
    student.train(model, images(x), y, 2, 4, seed)
    return {"figures": student.evaluate(model, images(x), y)}
