"""Hidden checks of `exercise_name`."""

from autograder import check, expect

from .probes import drawn, tensors


@check("weights.rows", needs="weights.values")
def _(student, draw, limits):
    """Each row of the weights sums to 1, also for large scores.

    Forge: rows that sum to 1.
    So: form; `weights.values`, which it needs, checks the values.
    """
    queries, keys, _ = drawn(draw)
    tried = "the row sums of attention_weights, for scores of several hundred"
    weights = expect.array(
        student.attention_weights(*tensors(300 * queries, keys)),
        tried=tried,
        cause="Subtract the largest score of each row before you take exponentials.",
    )
    expect.at_most(
        abs(weights.sum(-1) - 1).max(),
        limits.row_error,
        tried=tried,
        cause="The weights of a query must sum to 1: divide each row by its sum.",
        what="a distance from 1",
    )


@check("values.order", needs="values.average")
def _(student, draw):
    """Shuffling keys and values together changes nothing.

    Forge: the same answer twice, whatever it is.
    So: form; `values.average`, which it needs, checks the values.
    """
    queries, keys, values = drawn(draw)
    order = draw.permutation(keys.shape[-2])
    expect.close(
        student.attention(*tensors(queries, keys[:, order], values[:, order])),
        student.attention(*tensors(queries, keys, values)),
        tried="attention, and attention with keys and values in another order",
        cause="Each value must have the weight of its own key, in any order.",
    )
