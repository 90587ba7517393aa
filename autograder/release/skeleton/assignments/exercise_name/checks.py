"""Visible checks of `exercise_name`. Vaswani et al. 2017, section 3.2.1."""

import numpy as np

from autograder import check, expect, on_gpu

from .probes import drawn, scores, softmax, tensors


@check("weights.values")
def _(student, draw):
    """The weights are the softmax of Q Kᵀ / √d over the keys.

    Forge: the softmax of scores of queries and keys drawn now.
    So: compute it.
    """
    queries, keys, _ = drawn(draw)
    raw, d = scores(queries, keys), queries.shape[-1]
    expect.close(
        student.attention_weights(*tensors(queries, keys)),
        softmax(raw / np.sqrt(d)),
        tried="attention_weights of a batch of 2, with 3 queries and 5 keys of 4 numbers each",
        cause="Divide Q Kᵀ by √d, then apply the softmax along the last axis.",
        mistakes={
            "You do not divide by √d.": softmax(raw),
            "You divide by d, not by √d.": softmax(raw / d),
            "The softmax is over the queries; it must be over the keys, the last axis.": softmax(raw / np.sqrt(d), -2),
            "These are the scores; the softmax is missing.": raw / np.sqrt(d),
        },
    )


@check("values.average", needs="weights.values")
def _(student, draw):
    """The answers are the values averaged with the weights.

    Forge: averages of values drawn now.
    So: compute it.
    """
    queries, keys, values = drawn(draw)
    weights = softmax(scores(queries, keys) / np.sqrt(queries.shape[-1]))
    expect.close(
        student.attention(*tensors(queries, keys, values)),
        weights @ values,
        tried="attention of a batch of 2, with 3 queries, 5 keys and 5 values of 6 numbers each",
        cause="Multiply the weights, `(*batch, n, m)`, by the values, `(*batch, m, w)`.",
        mistakes={"You sum the values without the weights.": np.ones_like(weights) @ values},
    )


@on_gpu("gpu", needs="values.average")
def _(student, draw):
    """Attention and its gradient are computed on the device of the inputs."""
    inputs = tensors(*drawn(draw))
    return {
        "answers": student.attention(*inputs),
        "gradient": student.gradient("attention", *inputs, cotangent=draw.normal(2, 3, 6)),
    }
