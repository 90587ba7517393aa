"""Shared by the checks of `attention`."""

from typing import NamedTuple

import numpy as np

from autograder import expect
from autograder.authoring.probes.functions import softmax
from autograder.authoring.probes.gradients import arrived, gradient_by_differences
from autograder.authoring.probes.models import take_over
from autograder.authoring.probes.training import (
    a_step_for_each_batch,
    every_class_trains,
    losses_of_copies,
    means_of_unequal,
)
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
            "The weights α sum to 1 already: the mean is Σ_j α_j u·h_j, not divided by T.": weights
            * (pull - (weights * pull).mean(axis=1, keepdims=True)),
            "The mean runs over the batch: sum over the positions of each row.": weights
            * (pull - (weights * pull).sum(axis=0, keepdims=True)),
            "The mean runs over all rows: sum over the positions of each row.": weights
            * (pull - (weights * pull).sum()),
        },
        # Central differences in float64 are right to 1e-9; the answer is computed in float32.
        rtol=1e-3,
        atol=1e-4,
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


class OutputBias(NamedTuple):
    """The output's bias among the parameters of `.model`."""

    place: int
    """Counted from 0."""
    first: int
    """Its entry for symbol 0: before it may be others, such as a start symbol's."""
    scored: np.ndarray
    """Which entries belong to classes of the loss."""

    def expected_loss(self, values, target):
        """The mean cross-entropy of the targets where all outputs are these values, in nats."""
        scores = np.ravel(values)[self.scored].astype(np.float64)
        index = np.cumsum(self.scored) - 1
        return float(np.mean(np.log(np.exp(scores).sum()) - scores[index[target + self.first]]))


def output_bias(translator, source):
    """The output's bias in `.model`; None if there is none.

    It is the one of which a step from 0, towards targets that are all symbol 0, raises one entry and lowers others.
    """
    zero_parameters(translator)
    translator.fit(source, np.zeros_like(source), epochs=1, batch_size=len(source))
    for place, value in enumerate(translator.part("model").parameters().values()):
        entries = value.ravel()
        first = int(entries.argmax())
        # A start symbol, an end and a padding may have scores too.
        if np.sum(entries > 0) == 1 and first + SYMBOLS <= entries.size and np.sum(entries < 0) >= SYMBOLS - 1:
            return OutputBias(place, first, entries != 0)
    return None


def each_pair_counts(student, draw, bias, source):
    """Three pairs in batches of two: the last batch counts, and the losses are means over the epoch."""
    target = np.repeat(np.arange(3)[:, None], source.shape[1], axis=1)
    translator = new_translator(student, 12, draw.seed())
    model = net_of(translator, source)
    zero_parameters(translator)
    tried = "Translator.fit on 3 pairs, batch_size=2; each target is one symbol, five times; all parameters 0"
    cause = "Return one loss for each epoch; the last batch of an epoch may be smaller."
    translator.fit(source, target, epochs=1, batch_size=2)
    if bias:
        name = list(model.parameters())[bias.place]
        every_class_trains(
            model.parameters()[name].ravel()[bias.first : bias.first + SYMBOLS],
            3,
            tried=tried,
            cause="The last, smaller batch is left out: use all pairs in each epoch.",
        )
        zero_parameters(translator)
        values = np.zeros(len(bias.scored))
        values[bias.first] = 3
        model.set_parameters({name: values.reshape(model.parameters()[name].shape)})
        cheap, dear = (bias.expected_loss(values, target[row]) for row in (0, 1))
        tried = f"{tried} but the output's bias"
    losses = expect.losses(
        translator.fit(source, target, epochs=2, batch_size=2), 2, tried=f"{tried}; epochs=2", cause=cause
    )
    if bias:
        means_of_unequal(losses, cheap, dear, tried=f"{tried}; epochs=2")
    else:
        ends = float(np.log(SYMBOLS)), float(np.log(SYMBOLS + 3))
        losses_of_copies(losses, 2, ends, {}, tried=f"{tried}; epochs=2", cause="Return the mean over the epoch.")


def batches_have_their_size(student, draw, source, target):
    """Two pairs in one batch are one step, and in batches of one they are two."""
    seed, translators = draw.seed(), []
    start = net_of(new_translator(student, 12, seed), source).parameters()

    def new():
        translators.append(new_translator(student, 12, seed))
        return net_of(translators[-1], source)

    a_step_for_each_batch(
        student, draw, new, start, lambda _, size, __: translators[-1].fit(source, target, epochs=1, batch_size=size)
    )


def after_training(student, draw, **options):
    """A translator after the training of the text, and 500 pairs that it has not seen."""
    source, target = translation_pairs(draw, 2500)
    translator = new_translator(student, HIDDEN, draw.seed(), **options)
    translator.fit(source[:2000], target[:2000], epochs=12, batch_size=64)
    return translator, source[2000:], target[2000:]


def fitted_translator(student, once, attempt):
    """A new translator with all that one has learned in the training of the text, and 500 pairs unseen by that one.

    The training is the longest part of the grading, so that the checks share it. What is learned is in `.model`.
    """

    def learned(draw):
        translator, source, target = after_training(student, draw)
        model = translator.part("model")
        return draw.seed(), model.parameters(), model.buffers(), source, target

    seed, parameters, buffers, source, target = once(f"translator {attempt}", learned)
    translator = new_translator(student, HIDDEN, seed)
    model = take_over(
        net_of(translator, source),
        parameters,
        tried="the parameters of `.model` of two translators",
        cause="`.model` is the whole net: `fit` adds no parameters to it.",
    )
    own = model.buffers()
    if [value.shape for value in own.values()] == [value.shape for value in buffers.values()]:
        model.set_buffers(dict(zip(own, buffers.values(), strict=True)))
    return translator, source, target
