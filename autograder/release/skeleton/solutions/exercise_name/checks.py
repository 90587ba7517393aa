"""Hidden checks of `exercise_name`."""

from autograder import check, expect

from .probes import drawn, tensors


@check("weights.rows", needs="weights.values")
def _(student, draw, limits):
    """Each row of the weights sums to 1, however large the scores are.

    Forge: rows that sum to 1.
    So: form; `weights.values`, which it needs, asks which ones.
    """
    queries, keys, _ = drawn(draw)
    tried = "attention_weights of queries whose scores reach several hundred; the sums of the rows"
    weights = expect.array(
        student.attention_weights(*tensors(300 * queries, keys)),
        tried=tried,
        cause="Subtract the largest score of each row before you take exponentials.",
    )
    expect.at_most(
        abs(weights.sum(-1) - 1).max(),
        limits.row_error,
        tried=tried,
        cause="The weights of a query are shares of 1: divide by the sum of the row.",
        what="a distance from 1",
    )


@check("values.order", needs="values.average")
def _(student, draw):
    """Keys and values that are shuffled together change nothing.

    Forge: the same answer twice, whatever it is.
    So: form; `values.average`, which it needs, asks which one.
    """
    queries, keys, values = drawn(draw)
    order = draw.permutation(keys.shape[-2])
    expect.close(
        student.attention(*tensors(queries, keys[:, order], values[:, order])),
        student.attention(*tensors(queries, keys, values)),
        tried="attention, and attention with keys and values in another order",
        cause="Each value counts by the weight of its own key, wherever the two stand.",
    )
