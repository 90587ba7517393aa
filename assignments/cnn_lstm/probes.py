"""What the visible and the hidden checks of `cnn_lstm` share."""

import numpy as np

from autograder import expect
from autograder.authoring.probes.models import new_model
from autograder.authoring.probes.parameters import glorot, random_weights

BUILDERS = ("build_lstm", "build_dropout_lstm", "build_cnn_lstm")


def new_reader(student, build, top_words, length):
    """A model from one of the three functions, with its weights built."""
    return new_model(
        student,
        build,
        top_words,
        length,
        example=np.ones((2, length), dtype=np.int64),
        cause=f"`{build}` must return the model that it builds.",
    )


def lively_reader(student, draw, build, top_words, length):
    """A new model and its weights by name, which are so large that every word, gate and filter affects the output."""
    model = new_reader(student, build, top_words, length)
    weights = lively_weights(draw, model)
    model.set_parameters(weights)
    return model, weights


def lively_weights(draw, model):
    """Weights for the model, three times as large as Glorot's."""
    return random_weights(draw, model.parameters(), matrices=lambda shape: 3 * glorot(shape), biases=0.1)


def in_a_row(model, x, tried, *, mistakes=None, training=False):
    """The model's outputs as one row, `(n,)`. `mistakes`: wrong shapes that they may have."""
    answers = expect.array(model.forward(x, training=training), tried=tried, cause="The model must return an array.")
    if answers.shape != (len(x),):
        expect.shape(
            answers,
            (len(x), 1),
            tried=tried,
            cause="The model must return one probability for each sentence.",
            mistakes=mistakes,
        )
    return answers.reshape(-1)
