"""Code shared by the visible and the hidden checks of `cnn`."""

import numpy as np

from autograder import expect, images
from autograder.authoring.probes.models import new_model, take_over
from autograder.authoring.probes.parameters import random_weights
from autograder.authoring.probes.training import accuracy

NETS = (("build_iris_net", (4,), 3), ("build_dense_net", (784,), 10), ("build_cnn", (28, 28, 1), 10))
"""For each net: its function, the shape of a sample and the number of classes."""


def new_net(student, draw, name, example):
    """A new model with all of its parameters."""
    return new_model(student, name, example=example, seed=draw.seed(), cause="Return the model.")


def at_work(student, draw, name, shape, rows):
    """A new net with random weights that make each of its units matter, and `rows` samples for it."""
    x = draw.uniform(0, 1, rows, *shape)
    x = images(x) if len(shape) == 3 else x
    model = new_net(student, draw, name, x)
    start = random_weights(draw, model.parameters())
    model.set_parameters({key: value / np.sqrt(max(value.shape)) for key, value in start.items()})
    return model, x


def put(model, wanted, name):
    """Set parameters by their shape; return their names.

    Weights are given as `(inputs, outputs)`, kernels as `(rows, columns, 1, filters)`.
    """
    names = []
    values = {}
    for weights in wanted:
        turned = [weights, weights.T]
        if weights.ndim == 4:
            # Also in PyTorch's layout, and as the matrix of a dense layer over patches.
            flat = weights.reshape(9, 32)
            turned = [weights, weights.transpose(3, 2, 0, 1), flat, flat.T]
        # Axes of length 1 do not count: some students write a bias as a row.
        found = [
            (key, each.reshape(old.shape))
            for key, old in model.parameters().items()
            for each in turned
            if each.squeeze().shape == old.squeeze().shape
        ]
        expect.that(
            bool(found),
            tried=f"the parameters of {name}",
            saw=f"no parameter of shape {weights.shape}",
            expected="weights and biases of the framework's own layers",
            cause="Keep weights and biases as separate parameters, as the framework's layers do.",
        )
        names.append(found[0][0])
        values[found[0][0]] = np.ascontiguousarray(found[0][1], dtype=np.float32)
    model.set_parameters(values)
    return names


def slid(image, kernel, axis=(-2, -1)):
    """The sum of products of the kernel and each patch of the image; over other axes, a likely mistake."""
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (patches * kernel).sum(axis=axis)


def knows(student, draw, name, model, samples, bar, *, tried, guessed, near_guessing):
    """A trained net classifies new `samples`, inputs and labels, with an accuracy of at least `bar`.

    `tried`: what is measured, and after which training. `guessed`: the likely cause of a share below `near_guessing`.
    """
    (x, labels), (asked, trained) = samples, tried
    classes = next(classes for known, _, classes in NETS if known == name)
    # What was learned is in the parameters: another model with the same parameters gives the same outputs.
    fresh = take_over(new_net(student, draw, name, x), model.parameters())
    share = accuracy(fresh, x, labels, classes, tried=asked)
    expect.at_least(
        share,
        bar,
        tried=trained,
        cause=guessed
        if share < near_guessing
        else "The steps are too few or too small, gradients are never zeroed, or there is a large weight decay: Adam "
        "with a rate of 0.001, and without decay, is enough.",
        what="an accuracy",
    )
