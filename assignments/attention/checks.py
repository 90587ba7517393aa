"""Checks of `attention` that students can run too."""

import numpy as np

from autograder import check, expect, on_gpu
from autograder.authoring.probes.functions import sigmoid, softmax
from autograder.authoring.probes.training import reported_loss

from .probes import (
    FIT,
    SYMBOLS,
    batches_have_their_size,
    each_pair_counts,
    fitted_translator,
    looks,
    masked_softmax,
    output_bias,
    right_symbols,
    slope_is,
    small_translator,
    tensors,
    translated,
    zero_parameters,
)


@check("additive.values")
def _(student, draw):
    """The scores are vᵀ tanh(W s + U h_j), with all sizes different.

    Forge: scores of arrays drawn now.
    So: compute it.
    """
    N, T, d_s, d_h, a = 2, 6, 3, 4, 5
    s, H, W, U, v = (
        draw.normal(N, d_s),
        draw.normal(N, T, d_h),
        draw.normal(a, d_s),
        draw.normal(a, d_h),
        draw.normal(a),
    )
    inner = (s @ W.T)[:, None] + H @ U.T
    tried = f"additive_scores with N={N}, T={T}, d_s={d_s}, d_h={d_h}, a={a}"
    with expect.blame(
        "W (a, d_s) multiplies s, U (a, d_h) each h_j; W s, `(N, a)`, needs an axis for the source positions."
    ):
        scores = student.additive_scores(*tensors(s, H, W, U, v))
    expect.close(
        scores,
        np.tanh(inner) @ v,
        tried=tried,
        cause="e_j = vᵀ tanh(W s + U h_j): one number for each source position, `(N, T)`.",
        mistakes={
            "The tanh is missing.": inner @ v,
            "You use a sigmoid; the score needs a tanh.": sigmoid(inner) @ v,
            "The tanh belongs inside: first tanh, then the product with v.": np.tanh(inner @ v),
            "W s is missing: the scores do not depend on the decoder's state.": np.tanh(H @ U.T) @ v,
            "U h_j is missing: the scores do not depend on the encoder's states.": np.repeat(
                (np.tanh(s @ W.T) @ v)[:, None], T, axis=1
            ),
            "You average over the entries of v instead of summing.": np.tanh(inner) @ v / a,
            "You apply a softmax: these are weights, not scores.": softmax(np.tanh(inner) @ v),
            "The product with v is missing.": np.tanh(inner),
            "You sum the tanh without v.": np.tanh(inner).sum(axis=-1),
            "The last axis is superfluous: return `(N, T)`.": (np.tanh(inner) @ v)[..., None],
        },
    )


@check("location.values")
def _(student, draw):
    """The scores are V[j]·[s; y].

    Forge: scores of arrays drawn now.
    So: compute it.
    """
    N, T, d_s, d_y = 2, 5, 3, 4
    s, y, V = draw.normal(N, d_s), draw.normal(N, d_y), draw.normal(T, d_s + d_y)
    with expect.blame("Join s and y along their last axis, s first; then multiply with each row of V."):
        scores = student.location_scores(*tensors(s, y, V))
    expect.close(
        scores,
        np.hstack([s, y]) @ V.T,
        tried=f"location_scores with N={N}, T={T}, d_s={d_s}, d_y={d_y}",
        cause="e_j = V[j]·[s; y]: one number for each source position, `(N, T)`.",
        mistakes={
            "The order is [s; y]: s comes first.": np.hstack([y, s]) @ V.T,
            "The axes are swapped: batches come first.": V @ np.hstack([s, y]).T,
            "You add a tanh; this form has none.": np.tanh(np.hstack([s, y]) @ V.T),
            "You apply a softmax: these are weights, not scores.": softmax(np.hstack([s, y]) @ V.T),
            "y is missing.": s @ V[:, :d_s].T,
            "s is missing.": y @ V[:, d_s:].T,
        },
    )


@check("weights.values")
def _(student, draw):
    """Without padding, the weights are the softmax of each row.

    Forge: the softmax of scores drawn now.
    So: compute it.
    """
    scores = draw.normal(3, 5)
    expect.close(
        student.attention_weights(*tensors(scores, np.ones_like(scores))),
        softmax(scores),
        tried="attention_weights of 3 rows of 5 scores, with a mask of ones",
        cause="Each row is a softmax: e^score, divided by the sum of its row.",
        mistakes={
            "Your softmax runs over the batch; each row must sum to 1.": softmax(scores, axis=0),
            "Your softmax runs over everything; each row must sum to 1.": np.exp(scores) / np.exp(scores).sum(),
            "Your softmax uses e^(−score): the highest score must get the largest weight.": softmax(-scores),
            "You return e^score: divide by the sum of the row.": np.exp(scores),
            "You use a sigmoid instead of a softmax.": sigmoid(scores),
            "Softmax twice.": softmax(softmax(scores)),
            "These are logarithms of the weights.": np.log(softmax(scores)),
            "The mask is the wrong way round: 1 means that there is a symbol.": np.full((3, 5), 0.2),
        },
    )


@check("weights.mask", needs="weights.values")
def _(student, draw):
    """Padded positions get exactly 0, and the others sum to 1.

    Forge: the softmax of scores drawn now, over positions drawn now.
    So: compute it.
    """
    scores, mask = draw.normal(4, 6), masks(draw, 4, 6)
    tried = "attention_weights of 4 rows of 6 scores, some of them padded"
    weights = student.attention_weights(*tensors(scores, mask))
    plain = softmax(scores)
    expect.close(
        weights,
        masked_softmax(scores, mask),
        tried=tried,
        cause="The softmax runs over the positions whose mask is 1; the others get 0.",
        mistakes={
            "The mask has no effect.": plain,
            "You set the weights of padded positions to 0 after the softmax: the rest no longer sums to 1.": plain
            * mask,
            "You multiply the scores by the mask: a score of 0 still gets a weight. Set it to −∞.": softmax(
                scores * mask
            ),
            "The mask is the wrong way round: 1 means that there is a symbol.": masked_softmax(scores, 1 - mask)
            if np.all(mask.sum(axis=1) < 6)
            else plain,
            "You add the mask to the scores.": softmax(scores + mask),
        },
    )
    outside = np.asarray(weights)[mask == 0]
    expect.that(
        not np.any(outside),
        tried=tried,
        saw=f"a weight of {np.abs(outside).max():.2g} at a padded position",
        expected="exactly 0",
        cause="Set the scores of padded positions to −∞ before the softmax, or the weights to 0 and divide again.",
    )


@check("context.one_hot")
def _(student, draw):
    """A weight of 1 picks one state.

    Forge: rows of an array drawn now.
    So: compute it; the other check of this part asks for mixtures.
    """
    N, T, d = 3, 5, 4
    H, places = draw.normal(N, T, d), draw.integers(0, T, N)
    weights = np.eye(T, dtype=np.float32)[places]
    expect.close(
        student.context(*tensors(weights, H)),
        H[np.arange(N), places],
        tried=f"context of {N} rows of weights, each with a single 1, for states of {d} numbers",
        cause="c is the sum of α_j h_j over the source positions j: one vector for each row, `(N, d_h)`.",
        mistakes={
            "You average: the weights already sum to 1, so sum.": H[np.arange(N), places] / T,
            "You ignore the weights and average the states.": H.mean(axis=1),
            "You sum over the numbers of a state; sum over the source positions.": (weights[..., None] * H).sum(axis=2),
            "You return the weighted states: sum them over the source positions.": weights[..., None] * H,
            "The middle axis is superfluous: return `(N, d_h)`.": H[np.arange(N), places][:, None],
            "You sum over the batch; each row has its own context.": (weights[..., None] * H).sum(axis=(0, 1)),
        },
    )


@check("gradient.example")
def _(student, draw):
    """The worked example: two positions by hand.

    Forge: a table of one example.
    So: the other check of this part draws other arrays.
    """
    weights = np.array([[0.25, 0.75], [0.5, 0.5]], dtype=np.float32)
    H = np.array([[[4, 0, 1], [0, 2, 1]], [[1, 1, 1], [3, 5, 7]]], dtype=np.float32)
    upstream = np.array([[1, 1, 1], [0, 0, 1]], dtype=np.float32)
    slope_is(student, weights, H, upstream, "score_gradient on the example of the text")


@check("translator.losses", few_steps=True)
def _(student, draw):
    """`fit` returns the mean cross-entropy of a symbol for each epoch.

    Forge: the cross-entropy of a bias that the grader has set, for targets drawn now.
    So: compute it.
    """
    n, length = 7, 5
    translator, source, target = small_translator(student, draw, n, length)
    model = translator.part("model")
    start = model.parameters()
    bias = output_bias(translator, source)
    if bias is None:
        model.set_parameters({name: 4 * value for name, value in start.items()})
        fits_its_own_translations(translator, source)
    zero_parameters(translator)
    tried = f"Translator.fit on {n} pairs, epochs=1, batch_size={n}, all parameters 0 except the last bias"
    # Without a bias all symbols are equally likely, and with them up to three more: a start, an end and a padding.
    equally_likely = np.log(np.arange(SYMBOLS, SYMBOLS + 4))
    before = equally_likely[0]
    if bias:
        name, value = list(model.parameters().items())[bias.place]
        model.set_parameters({name: draw.normal(*value.shape)})
        before = bias.expected_loss(model.parameters()[name], target)
    losses = translator.fit(source, target, epochs=1, batch_size=n)
    loss = float(expect.losses(losses, 1, tried=tried, cause="`fit` returns a list with one loss for each epoch.")[0])
    allowed = [before, bias.expected_loss(model.parameters()[name], target)] if bias else list(equally_likely)
    wrong = {
        "You sum over the positions; take the mean.": length * before,
        "You sum over the positions and the batch; take the mean.": n * length * before,
        "You sum over the batch; take the mean.": n * before,
        "The loss is in bits; use the natural logarithm (nats).": before / np.log(2),
        "You divide by the number of positions once too often.": before / length,
        "You divide by the number of pairs once too often.": before / n,
    }
    reported_loss(
        loss,
        allowed,
        wrong,
        tried=tried,
        expected=f"{before:.3f} (before the step) or {allowed[1]:.3f} (after it)"
        if bias
        else f"ln {SYMBOLS} = {before:.3f}, or the logarithm of the number of classes",
        cause="The loss must be the mean of −ln p of the right symbol over all pairs and positions.",
    )
    each_pair_counts(student, draw, bias, source[:3])
    batches_have_their_size(student, draw, source[:2], target[:2])


def fits_its_own_translations(translator, source):
    """Without an output bias: a translator is least surprised by the symbols that it finds most likely."""
    model, tried = translator.part("model"), "Translator.fit on the translator's own translations, and on other symbols"
    start, own = model.parameters(), translated(translator, source, tried) % SYMBOLS
    losses = []
    for target in (own, (own + 1) % SYMBOLS):
        model.set_parameters(start)
        answer = translator.fit(source, target, epochs=1, batch_size=len(source))
        losses.append(float(expect.losses(answer, 1, tried=tried, cause="Return one loss for each epoch.")[0]))
    expect.that(
        losses[0] < losses[1],
        tried=tried,
        saw=f"losses of {losses[0]:.3f} and {losses[1]:.3f}",
        expected="a lower loss for its own translations",
        cause="The loss must be the mean of −ln p of the right symbol over all pairs and positions. "
        "Do all parameters of the translator belong to `.model`?",
    )


@check("translator.answers", few_steps=True)
def _(student, draw):
    """`translate` returns symbols, and `attention` rows of weights that sum to 1.

    Forge: integers from 0 to 5, and rows that sum to 1.
    So: form.
    """
    n, length = 7, 4
    translator, source, target = small_translator(student, draw, n, length)
    tried = f"Translator.translate on {n} sources of {length} symbols"
    symbols = translated(translator, source, tried)
    expect.between(
        symbols,
        0,
        SYMBOLS - 1,
        tried=tried,
        cause="The start symbol must not be written: the symbols are 0 … 5."
        if symbols.max() == SYMBOLS
        else "The symbols are 0 … 5.",
        what="symbols",
    )
    tried = f"Translator.attention on {n} pairs of {length} symbols"
    weights = looks(translator, source, target, tried)
    expect.between(
        weights, 0, 1, tried=tried, cause="These are scores: return the weights, after the softmax.", what="weights"
    )
    sums, across = weights.sum(axis=2), weights.sum(axis=1)
    expect.close(
        sums,
        np.ones_like(sums),
        tried=f"{tried}: the sum of each row",
        cause="The matrix is transposed: row i belongs to target position i, a column to a source position."
        if np.allclose(across, 1, atol=1e-4)
        else "Row i holds the weights of target position i: they sum to 1.",
        # A sum of five float32 weights is off by 1e-7; half precision by 1e-3.
        atol=2e-3,
    )
    knows_all_symbols(student, draw, n, length)


def knows_all_symbols(student, draw, n, length):
    """A translator for more symbols than those of the trainings reads and writes all of them."""
    many = 11
    source = (np.arange(n * length) % many).reshape(n, length)
    tried = f"Translator({many}, 12, seed), Translator.fit on {n} pairs and Translator.translate"
    with expect.blame(f"The constructor's `symbols` says how many symbols there are: {many} here, 0 … {many - 1}."):
        translator = expect.remote(student.Translator(many, 12, draw.seed()), tried=tried)
        losses = translator.fit(source, source, epochs=1, batch_size=n)
        expect.losses(losses, 1, tried=tried, cause=f"The targets go up to {many - 1}: `symbols` is {many} here.")
        translator.translate(source)


@check("translator.reverses", trains=True)
def _(student, once, limits):
    """After 12 epochs, the translator reverses sequences that it has not seen.

    Forge: the translations of sources drawn now into symbols renamed now, and others once the parameters are 0.
    So: compute it; a forger may count which symbol stands where in the pairs, without a net.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read.
    """

    def attempt(number):
        translator, source, target = fitted_translator(student, once, number)
        tried = f"{FIT}; then Translator.translate on 500 sources that it has not seen"
        symbols = translated(translator, source, tried)
        right = symbols == target
        expect.at_least(
            float(right.mean()),
            limits.reversed,
            tried=tried,
            cause=why_wrong(right, symbols, target),
            what="a share of right symbols",
            # Guessing gives 0.17, and no seed makes half a translator of a right program.
            hopeless=0.4,
        )
        expect.at_least(
            float(right.mean(axis=0).min()),
            limits.reversed_at_each,
            tried=f"{tried}; the position that is worst",
            cause="One position is hardly ever right: does the loop write all positions, the first and the last too?",
            what="a share of right symbols",
        )
        zero_parameters(translator)
        expect.at_most(
            right_symbols(translator, source[:100], target[:100], tried),
            limits.forgotten,
            tried="the trained translator, with all parameters of `.model` set to 0",
            cause="The translations do not come from the parameters of `.model`: all that is learned must be in them.",
            what="a share of right symbols",
        )

    expect.best_of(3, attempt)


def why_wrong(right, symbols, target):
    """The likely cause of wrong translations, from the share of right symbols at each position."""
    if np.mean(symbols == target[:, ::-1]) > max(0.5, right.mean()):
        return "The translations are the wrong way round: write target position 0 first."
    if np.mean(symbols[:, 1:] == target[:, :-1]) > max(0.5, right.mean()):
        return "The translations are one position late: the first symbol written is target position 0."
    if np.mean(symbols[:, :-1] == target[:, 1:]) > max(0.5, right.mean()):
        return "The translations are one position early: the symbol written first is missing."
    if right.mean() < 0.3:
        return (
            "The translations are hardly better than guessing. In training the decoder must read the symbol *before* "
            "the one that it writes, and in `translate` the one that it has written."
        )
    return (
        "The translator learns too little: does each step look at the encoder's states, does `translate` feed back "
        "the symbol that it has written, does each batch of `batch_size` pairs make a step of training, and is the "
        "learning rate right (0.01 for Adam)?"
    )


@on_gpu("gpu")
def _(student, draw):
    """The functions compute on the device of their inputs, and a `Translator` on the accelerator that there is"""
    N, T, d, a = 6, 3, 5, 4
    s, H, y = draw.normal(N, d), draw.normal(N, T, d), draw.normal(N, d)
    scores, mask, V = draw.normal(N, T), masks(draw, N, T), draw.normal(T, 2 * d)
    answers = {
        "additive": student.additive_scores(*tensors(s, H, draw.normal(a, d), draw.normal(a, d), draw.normal(a))),
        "location": student.location_scores(*tensors(s, y, V)),
        "weights": student.attention_weights(*tensors(scores, mask)),
        "context": student.context(*tensors(masked_softmax(scores, mask).astype(np.float32), H)),
    }
    # The first step creates the parameters, for nets that have none before.
    translator, source, target = small_translator(student, draw, N, T)
    model = student.place(translator.part("model"), None, already=True)
    before = model.parameters()
    translator.fit(source, target, epochs=2, batch_size=N)
    translator.translate(source)
    moved = [after - start for after, start in zip(model.parameters().values(), before.values(), strict=True)]
    return {**answers, "steps": moved, "looks": translator.attention(source, target)}


# Shared by the checks above.


def masks(draw, n, length):
    """Masks of sources of different lengths, each with at least one symbol and one padded position."""
    lengths = 1 + np.arange(n) % (length - 1)
    return (np.arange(length) < lengths[draw.permutation(n), None]).astype(np.float32)
