"""What the visible and the hidden checks of `char_rnn` share."""

import numpy as np

from autograder import expect
from autograder.authoring.probes.models import new_model


def new_rnn(student, draw, *sizes, **named):
    """A new model of the student's, built even if its framework defers that."""
    return new_model(student, "build_model", *sizes, **named, example=np.zeros((1, *sizes[:2])), seed=draw.seed())


def leads_back(index_to_char, characters, tried):
    """The second table of a vocabulary, a dict or a list of characters."""
    expect.equal(
        dict(enumerate(index_to_char)) if isinstance(index_to_char, list) else index_to_char,
        dict(enumerate(characters)),
        tried=f"{tried}, the second table",
        cause="The second table maps each index back to its character.",
    )


def labels_are(labels, wanted, tried, mistakes=None):
    """The labels of `make_windows`."""
    expect.equal(
        labels,
        wanted,
        tried=f"{tried}, the labels",
        cause="The label is the one character right after the window.",
        mistakes=mistakes,
    )
