"""Shared by the checks of `attention`."""

import numpy as np

from autograder import expect
from autograder.authoring.probes.functions import softmax
from autograder.authoring.probes.gradients import arrived, gradient_by_differences
from autograder.authoring.student import tensor
from autograder.errors import StudentError

SYMBOLS, LENGTH, HIDDEN = 6, 8, 32
"""The sizes of the trainings, from the exercise's text."""
FIT = "Translator.fit on 2,000 pairs, 12 epochs, batches of 64"


def tensors(*arrays):
    """The arrays as tensors that keep their dtype."""
    return [tensor(array) for array in arrays]


def known_scores(s, H, W, U, v, squash=np.tanh):
    """vᵀ tanh(W s + U h_j), `(N, T)`."""
    return squash((s @ W.T)[:, None] + H @ U.T) @ v


def masked_softmax(scores, mask):
    """The softmax of each row over the positions whose mask is 1, in float64."""
    return softmax(np.where(mask == 0, -np.inf, scores.astype(np.float64)))


def state_mean(weights, H):
    """Σ_j α_j h_j, `(N, d_h)`."""
    return np.einsum("nt,ntd->nd", weights, H)


def score_slope(weights, H, upstream):
    """∂L/∂e by central differences in float64, for weights that are a softmax of scores e. Weights of 0 stay 0."""
    weights, mask = weights.astype(np.float64), weights > 0
    scores = np.log(np.where(mask, weights, 1))

    def loss(e):
        return np.sum(upstream * state_mean(masked_softmax(e, mask), H))

    return gradient_by_differences(loss, scores)


def slope_is(student, weights, H, upstream, tried):
    """`score_gradient` against central differences of the grader's own."""
    pull = np.einsum("ntd,nd->nt", H, upstream)
    expect.close(
        student.score_gradient(weights, H, upstream),
        score_slope(weights, H, upstream),
        tried=tried,
        cause="∂L/∂e_j = α_j (u·h_j − u·c), where u is `upstream` and c the context.",
        mistakes={
            "You stop at the weights: this is ∂L/∂α. Go on through the softmax.": pull,
            "The second term is missing: each score changes all weights of its row.": weights * pull,
            "You take only the diagonal of the softmax's derivative, α_j (1 − α_j).": weights * (1 - weights) * pull,
            "The sign is wrong.": -weights * (pull - (weights * pull).sum(axis=1, keepdims=True)),
            "The factor α_j is missing.": pull - (weights * pull).sum(axis=1, keepdims=True),
            "You subtract the plain mean of u·h; subtract the mean with the weights α.": weights
            * (pull - pull.mean(axis=1, keepdims=True)),
        },
        # Central differences in float64 are right to 1e-9; the answer is computed in float32.
        rtol=1e-3,
        atol=1e-4,
    )


def must_keep_dtype(answer, name):
    """The answer of a function that got float64 tensors."""
    tried = f"{name} of float64 tensors"
    expect.array(answer, tried=tried)
    kind = np.asarray(answer).dtype
    expect.that(
        kind == np.float64,
        tried=tried,
        saw=f"{kind}",
        expected="float64",
        cause="Compute in the dtype of the inputs: convert nothing to float32.",
    )


def slope_by_autodiff(student, name, function, arrays, cotangent, wrt, tried, cause):
    """The gradient of the student's function by autodiff, against central differences of `function` in float64."""
    slope = student.gradient(name, *tensors(*arrays), wrt=wrt, cotangent=cotangent)
    expected = "a gradient that reaches every input"
    arrived(slope, tried=tried, expected=expected, cause=cause)

    def total(x):
        return np.sum(cotangent * function(*arrays[:wrt], x, *arrays[wrt + 1 :]))

    expect.close(slope, gradient_by_differences(total, arrays[wrt]), tried=tried, cause=cause, rtol=1e-3, atol=1e-4)


def translation_pairs(draw, n, length=LENGTH, symbols=SYMBOLS):
    """Random sequences, and the same ones reversed with each symbol renamed; `draw` chooses the new names."""
    source, names = draw.integers(0, symbols, n, length), draw.permutation(symbols)
    return source, names[source[:, ::-1]]


def new_translator(student, hidden, seed, **options):
    """A new translator of the student's for six symbols."""
    given = "".join(f", {name}={value}" for name, value in options.items())
    return expect.remote(
        student.Translator(SYMBOLS, hidden, seed, **options),
        tried=f"Translator({SYMBOLS}, {hidden}, seed{given})",
        cause="`Translator` is a class.",
    )


def small_translator(student, draw, n=7, length=5, **options):
    """A translator that was fitted to `n` short pairs in one step, and these pairs."""
    source, target = translation_pairs(draw, n, length)
    translator = new_translator(student, 12, draw.seed(), **options)
    translator.fit(source, target, epochs=1, batch_size=n)
    return translator, source, target


def net_of(translator, source):
    """`.model`, with all its parameters created: some nets have none before their first call."""
    try:
        translator.translate(source)
    except StudentError:
        translator.fit(source, source, epochs=1, batch_size=len(source))
    model = translator.part("model")
    expect.that(
        len(model.parameters()) > 0,
        tried="the parameters of Translator(…).model",
        saw="none",
        expected="all parameters of the translator",
        cause="`.model` is the whole net, with every parameter that `fit` trains.",
    )
    return model


def translated(translator, source, tried, cause="Return one target symbol for each source position: `(N, T)`."):
    """The symbols that `translate` writes, `(N, T)`; whole floats count as integers."""
    symbols = expect.shape(
        translator.translate(source),
        source.shape,
        tried=tried,
        cause=cause,
        mistakes={
            "These are scores or probabilities: return the index of the largest.": (*source.shape, SYMBOLS),
            "The start symbol is not part of the translation.": (len(source), source.shape[1] + 1),
            "The axes are swapped: batches come first.": source.shape[::-1],
        },
    )
    expect.that(
        bool(np.all(symbols == np.round(symbols))),
        tried=tried,
        saw="numbers with fractions",
        expected="integers",
        cause="A symbol is the index of the largest score.",
    )
    return symbols.astype(np.int64)


def looks(translator, source, target, tried, cause="Return a row of weights for each target position: `(N, T, T)`."):
    """The weights that `attention` returns, `(N, T, T)`."""
    n, length = source.shape
    return expect.shape(
        translator.attention(source, target),
        (n, length, length),
        tried=tried,
        cause=cause,
        mistakes={
            "The axes are mixed up: batches come first, then target positions, then source positions.": (
                length,
                n,
                length,
            ),
            "The last axis is superfluous.": (n, length, length, 1),
            "These are the weights of one position only: return a row for each target position.": (n, length),
        },
    )


def right_symbols(translator, source, target, tried):
    """The share of symbols that `translate` gets right."""
    return float(np.mean(translated(translator, source, tried) == target))


def zero_parameters(translator):
    """Set all parameters of `.model` to 0: what the translator has learned must be in them."""
    model = translator.part("model")
    model.set_parameters({name: np.zeros_like(value) for name, value in model.parameters().items()})


def output_bias(translator, source):
    """Which parameter of `.model` is the output's bias, counted from 0; None if there is none.

    It is the one that a step from 0 moves towards the only symbol of the targets.
    """
    zero_parameters(translator)
    translator.fit(source, np.zeros_like(source), epochs=1, batch_size=len(source))
    for place, value in enumerate(translator.part("model").parameters().values()):
        # One more than there are symbols if the start symbol has a score too.
        if value.size in (SYMBOLS, SYMBOLS + 1) and value.ravel()[0] > value.ravel()[1:].max():
            return place
    return None


def after_training(student, draw, **options):
    """A translator after the training of the text, and 500 pairs that it has not seen."""
    source, target = translation_pairs(draw, 2500)
    translator = new_translator(student, HIDDEN, draw.seed(), **options)
    translator.fit(source[:2000], target[:2000], epochs=12, batch_size=64)
    return translator, source[2000:], target[2000:]
