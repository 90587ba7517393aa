"""What both check files of `exercise_name` use. Students receive this file: no challenge of a hidden check may stand here."""

import numpy as np

from autograder import tensor


def drawn(draw):
    """Queries `(2, 3, 4)`, keys `(2, 5, 4)` and values `(2, 5, 6)`: no two sides are equal, so that a swapped axis shows."""
    return draw.normal(2, 3, 4), draw.normal(2, 5, 4), draw.normal(2, 5, 6)


def tensors(*arrays):
    """The arrays as tensors of the student's framework."""
    return [tensor(array) for array in arrays]


def softmax(scores, axis=-1):
    """Positive numbers that sum to 1 along the axis."""
    exponentials = np.exp(scores - scores.max(axis, keepdims=True))
    return exponentials / exponentials.sum(axis, keepdims=True)


def scores(queries, keys):
    """Q Kᵀ, not yet divided by √d."""
    return queries @ keys.swapaxes(-1, -2)
