"""Shared by both check files of `exercise_name`. Students see this file: keep hidden challenges out of it."""

import numpy as np

from autograder import tensor


def drawn(draw):
    """Queries `(2, 3, 4)`, keys `(2, 5, 4)` and values `(2, 5, 6)`: different sizes reveal swapped axes."""
    return draw.normal(2, 3, 4), draw.normal(2, 5, 4), draw.normal(2, 5, 6)


def tensors(*arrays):
    """The arrays as tensors of the student's framework."""
    return [tensor(array) for array in arrays]


def softmax(scores, axis=-1):
    """The softmax along an axis."""
    exponentials = np.exp(scores - scores.max(axis, keepdims=True))
    return exponentials / exponentials.sum(axis, keepdims=True)


def scores(queries, keys):
    """Q Kᵀ, not yet divided by √d."""
    return queries @ keys.swapaxes(-1, -2)
