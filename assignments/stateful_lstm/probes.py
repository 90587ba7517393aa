"""Code shared by the visible and the hidden checks of `stateful_lstm`."""

import numpy as np

from autograder import expect
from autograder.authoring.probes import recurrent
from autograder.authoring.probes.models import take_over
from autograder.authoring.probes.parameters import random_weights

UNITS = 8


def build(student, batch_size, look_back, units):
    """A new stateful model with all of its variables."""
    tried = f"build_stateful_lstm({batch_size}, {look_back}, {units})"
    model = expect.remote(student.build_stateful_lstm(batch_size, look_back, units), tried=tried)
    return recurrent.ready_without_state(model, np.zeros((batch_size, look_back, 1)))


def forecasts(model, x, tried):
    """The model's outputs, `(batch, 1)`."""
    return expect.shape(model.forward(x), (len(x), 1), tried=tried, cause="Return one number for each row: (batch, 1).")


def loud(draw, parameters, scale=1.0):
    """Weights large enough to make the memory visible: that of a new net changes its output by only 2e-3."""
    return random_weights(draw, parameters, matrices=scale, biases=0.2)


def give(model, weights):
    """Set the weights of another model of the same architecture: same order, same shapes."""
    return take_over(
        model,
        weights,
        tried="build_stateful_lstm twice, with two values of look_back",
        expected="the same shapes: an LSTM's parameters depend neither on look_back nor on batch_size",
        cause="The output layer must read only the last time step.",
    )


def output_layer(model, weights, x):
    """The position of the output layer's kernel, and those of its kernel and bias. With zeros there, the output is 0.

    The gradient with respect to the kernel is then the error times the state.
    """
    cause = "The output must be one linear layer on the last step of the second LSTM."
    return recurrent.output_layer(model, weights, UNITS, x, cause=cause)


def windows_are(answer, X, y, tried, *, column, missing):
    """Check windows and the value after each. `column` is the likely cause of a wrong y, `missing` of a lost window."""
    found = expect.several(answer, 2, tried=tried, cause="Return the pair `(X, y)`.")
    expect.close(
        found[0],
        X,
        tried=f"{tried}: X",
        cause="Row i of X is series[i], …, series[i + look_back − 1].",
        mistakes={missing: X[:-1]},
    )
    expect.close(
        found[1],
        y,
        tried=f"{tried}: y",
        cause=column,
        mistakes={
            missing: y[:-1],
            "y is the last value of the window itself: the net would only need to copy it.": X[:, -1:],
            "y must be a column, (n, 1); yours is flat.": y[:, 0],
        },
    )
