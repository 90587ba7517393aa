"""Hidden checks of `attention`.

This is one module of over 400 lines because the checks of the translator share their way of building, training and
emptying one.
"""

import numpy as np

from autograder import check, expect, figures
from autograder.authoring.probes.parameters import flat
from autograder.authoring.probes.settles import settles

from .probes import (
    FIT,
    LENGTH,
    SYMBOLS,
    after_training,
    fitted_translator,
    known_scores,
    looks,
    masked_softmax,
    net_of,
    new_translator,
    output_bias,
    right_symbols,
    slope_by_autodiff,
    slope_is,
    small_translator,
    state_mean,
    tensors,
    translated,
    translation_pairs,
    zero_parameters,
)

CUT_OFF = "Compute with tensors from start to end: NumPy, `.item()` and `detach` stop the gradient."


@check("additive.sizes")
def _(student, draw):
    """Any sizes, and no row depends on another one.

    Forge: scores of arrays drawn now.
    So: compute it.
    """
    for N, T, d_s, d_h, a in [(5, 3, 4, 2, 7), (1, 6, 2, 3, 1), (4, 1, 3, 3, 2), (3, 3, 3, 3, 3)]:
        s, H, v = draw.normal(N, d_s), draw.normal(N, T, d_h), draw.normal(a)
        W, U = draw.normal(a, d_s), draw.normal(a, d_h)
        wanted = known_scores(s, H, W, U, v)
        wrong = {
            "The rows of a batch mix: each row of s belongs to the same row of H.": known_scores(s[::-1], H, W, U, v),
        }
        if d_s == a:
            wrong["You multiply from the wrong side: compute W s, not s W."] = known_scores(s, H, W.T, U, v)
        if d_h == a:
            wrong["You multiply from the wrong side: compute U h_j, not h_j U."] = known_scores(s, H, W, U.T, v)
        if N == T:
            wrong["W s is added along the wrong axis: it belongs to a row, not to a source position."] = (
                np.tanh((s @ W.T)[None] + H @ U.T) @ v
            )
        if d_s == d_h == a:
            wrong["W and U are swapped: W multiplies s, U the encoder's states."] = known_scores(s, H, U, W, v)
        tried = f"additive_scores with N={N}, T={T}, d_s={d_s}, d_h={d_h}, a={a}"
        with expect.blame("All sizes may be 1, and all may differ: name the axes that you sum over."):
            scores = student.additive_scores(*tensors(s, H, W, U, v))
        cause = "e_j = vᵀ tanh(W s + U h_j): one number for each source position, `(N, T)`."
        expect.close(scores, wanted, tried=tried, cause=cause, mistakes=wrong)


@check("additive.gradient")
def _(student, draw):
    """In float64, with a gradient that reaches every input.

    Forge: scores and slopes of arrays drawn now.
    So: compute it.
    """
    N, T, d_s, d_h, a = 2, 3, 2, 4, 3
    shapes = [(N, d_s), (N, T, d_h), (a, d_s), (a, d_h), (a,)]
    arrays, cotangent = [draw.rng.standard_normal(shape) for shape in shapes], draw.rng.standard_normal((N, T))
    expect.float64(student.additive_scores(*tensors(*arrays)), tried="additive_scores")
    for wrt, name in enumerate(["s", "H", "W", "U", "v"]):
        tried = f"the gradient of additive_scores in {name}, and central differences"
        slope_by_autodiff(student, "additive_scores", known_scores, arrays, cotangent, wrt, tried, CUT_OFF)


@check("location.gradient")
def _(student, draw):
    """In float64, for another number of rows, with a gradient that reaches every input.

    Forge: scores and slopes of arrays drawn now.
    So: compute it.
    """

    def located(s, y, V):
        return np.hstack([s, y]) @ V.T

    shapes = [(4, 2), (4, 3), (5, 5)]
    arrays, cotangent = [draw.rng.standard_normal(shape) for shape in shapes], draw.rng.standard_normal((4, 5))
    scores = student.location_scores(*tensors(*arrays))
    expect.close(
        scores,
        located(*arrays),
        tried="location_scores with N=4, T=5, d_s=2, d_y=3",
        cause="e_j = V[j]·[s; y]: row j of V belongs to source position j.",
        mistakes={
            "You multiply from the wrong side: row j of V belongs to source position j.": np.hstack(arrays[:2])
            @ arrays[2],
            "The order is [s; y]: s comes first.": np.hstack([arrays[1], arrays[0]]) @ arrays[2].T,
        },
    )
    expect.float64(scores, tried="location_scores")
    for wrt, name in enumerate(["s", "y", "V"]):
        tried = f"the gradient of location_scores in {name}, and central differences"
        slope_by_autodiff(student, "location_scores", located, arrays, cotangent, wrt, tried, CUT_OFF)


@check("weights.large", needs="weights.values")
def _(student, draw):
    """Scores of ±10⁴, masked scores that are the largest, and masks that leave one position.

    Forge: the softmax of scores drawn now, over positions drawn now.
    So: compute it.
    """
    T = 6
    near, small, padded = 1e4 + draw.integers(0, 3, T), draw.normal(T), np.arange(T) >= 3
    alone = np.arange(T) == draw.integers(0, T)
    rows = [
        ("scores near 10⁴", near, ~np.zeros(T, bool)),
        ("scores near −10⁴", -near, ~np.zeros(T, bool)),
        ("scores of 10⁴ and −10⁴", 1e4 * np.sign(small), ~np.zeros(T, bool)),
        ("padded scores of 10⁴, the largest of their row", np.where(padded, 1e4, small), ~padded),
        ("scores near −10⁴ and padded scores near 0", np.where(padded, small, -near), ~padded),
        ("a mask that leaves one position", small, alone),
        ("a mask that leaves one position, with a score of −10⁴ where the others have 10⁴", 1e4 - 2e4 * alone, alone),
    ]
    overflow = (
        "e^score overflows, or is 0 for the whole row: first subtract the largest score *of the positions that count*, "
        "or set the others to −∞ and use the framework's softmax."
    )
    for dtype in (np.float32, np.float64):
        scores, mask = (np.stack([row[column] for row in rows]).astype(dtype) for column in (1, 2))
        answer = student.attention_weights(*tensors(scores, mask))
        if dtype == np.float64:
            expect.float64(answer, tried="attention_weights")
        weights = expect.shape(
            answer,
            scores.shape,
            tried=f"attention_weights of scores of ±10⁴ and of masks that leave one position, in {np.dtype(dtype)}",
            cause=overflow,
        )
        for found, row_scores, row_mask, (what, *_) in zip(weights, scores, mask, rows, strict=True):
            tried = f"attention_weights of {what}, in {np.dtype(dtype)}"
            expect.that(
                not np.any(found[row_mask == 0]),
                tried=tried,
                saw=f"a weight of {found[row_mask == 0].max(initial=0):.2g} at a padded position",
                expected="exactly 0",
                cause="The number that you put at padded positions is not low enough: use −∞.",
            )
            # e^(score − ln Σ e^score) is right too: the logarithm is rounded as numbers near 10⁴ are.
            rounding = max(1e-4, float(np.spacing(dtype(1e4))))
            expect.close(found, masked_softmax(row_scores, row_mask), tried=tried, cause=overflow, rtol=rounding)


@check("weights.shift", needs="weights.values")
def _(student, draw):
    """A constant that is added to all scores of a row changes nothing.

    Forge: equal weights for scores that differ by a constant in each row.
    So: form; `weights.values`, which it needs, checks the values.
    """
    scores, mask = draw.rng.standard_normal((4, 6)), np.ones((4, 6))
    mask[:2, 4:] = 0
    constants = np.array([[-300.0], [40.0], [7.0], [-2.0]])
    expect.close(
        student.attention_weights(*tensors(scores + constants, mask)),
        expect.array(student.attention_weights(*tensors(scores, mask)), tried="attention_weights"),
        tried="attention_weights of 4 rows of scores, and of the same rows with a constant added to each",
        expected="the same weights",
        cause="e^(score + constant) has the constant's factor above and below: divide by the sum of the same powers. "
        "Or a score of 0 counts as padded.",
        # −300 in float32 is off by 2e-5, and so is a weight.
        rtol=1e-3,
    )


@check("weights.gradient", needs="weights.values")
def _(student, draw):
    """The gradient of the weights in the scores is finite and right, also where positions are padded.

    Forge: slopes of scores drawn now.
    So: compute it.
    """
    scores, cotangent = draw.rng.standard_normal((3, 5)), draw.rng.standard_normal((3, 5))
    mask = (np.arange(5) < np.array([[5], [3], [1]])).astype(np.float64)
    tried = "the gradient of attention_weights in the scores, and central differences"
    cause = (
        "The gradient of a padded position is 0, and no ∞ − ∞ or 0 · ∞ may arise on the way back; compute with "
        "tensors from start to end."
    )
    slope_by_autodiff(student, "attention_weights", masked_softmax, [scores, mask], cotangent, 0, tried, cause)
    # Without differences: rounding of scores of 1e4 would swamp them.
    large = 1e4 * np.sign(draw.normal(2, 4))
    slope = student.gradient(
        "attention_weights", *tensors(large, np.ones((2, 4), np.float32)), cotangent=np.ones((2, 4))
    )
    expect.array(slope, tried="the gradient of attention_weights for scores of 10⁴ and −10⁴", cause=cause)


@check("context.random")
def _(student, draw):
    """Random weights, in float64, with gradients that reach both inputs.

    Forge: means and slopes of arrays drawn now.
    So: compute it.
    """
    N, T, d = 2, 4, 3
    weights, H = draw.rng.dirichlet(np.ones(T), N), draw.rng.standard_normal((N, T, d))
    tried = f"context with N={N}, T={T}, d_h={d}"
    c = student.context(*tensors(weights, H))
    expect.close(
        c,
        state_mean(weights, H),
        tried=tried,
        cause="c is the sum of α_j h_j over the source positions j: one vector for each row, `(N, d_h)`.",
        mistakes={
            "The rows of a batch mix: each row of weights belongs to the same row of H.": state_mean(weights[::-1], H),
            "You average: the weights already sum to 1, so sum.": state_mean(weights, H) / T,
            "You take only the state with the largest weight; take the weighted sum.": H[
                np.arange(N), weights.argmax(axis=1)
            ],
        },
    )
    expect.float64(c, tried="context")
    cotangent = draw.rng.standard_normal((N, d))
    for wrt, name in enumerate(["the weights", "H"]):
        tried = f"the gradient of context in {name}, and central differences"
        slope_by_autodiff(student, "context", state_mean, [weights, H], cotangent, wrt, tried, CUT_OFF)
    # Three sizes that are equal could be swapped without an error.
    weights, H = draw.rng.dirichlet(np.ones(3), 3), draw.rng.standard_normal((3, 3, 3))
    expect.close(
        student.context(*tensors(weights, H)),
        state_mean(weights, H),
        tried="context with N = T = d_h = 3",
        cause="c is the sum of α_j h_j over the source positions j.",
        mistakes={
            "You sum over the numbers of a state; sum over the source positions.": np.einsum("nd,ntd->nt", weights, H),
            "The weights belong to another row of the batch.": np.einsum("tn,ntd->nd", weights, H),
        },
    )


@check("gradient.differences")
def _(student, draw):
    """Random arrays, and weights of exactly 0 and 1.

    Forge: slopes of arrays drawn now.
    So: compute it.
    """
    N, T, d = 4, 5, 3
    mask = np.array([[1] * 5, [1, 1, 1, 0, 0], [0, 0, 1, 0, 0], [1, 0, 1, 0, 1]])
    weights = masked_softmax(draw.normal(N, T), mask).astype(np.float32)
    tried = f"score_gradient with N={N}, T={T}, d_h={d}, some weights 0"
    slope_is(student, weights, draw.normal(N, T, d), draw.normal(N, d), tried)


@check("translator.causal", few_steps=True)
def _(student, draw):
    """Row i of `attention` depends on the targets before i, and on no later one.

    Forge: rows of weights that depend on the targets before them.
    So: form.
    """
    length = 4
    translator, source, target = small_translator(student, draw, 5, length)
    model, depends = translator.part("model"), False
    looks_the_same_again(translator, source, target, looks(translator, source, target, "Translator.attention"))
    start, seen = model.parameters(), []
    # New weights may be so small that a symbol moves the weights by less than float32 shows.
    for factor in (1, 10):
        model.set_parameters({name: factor * value for name, value in start.items()})
        before = looks(translator, source, target, "Translator.attention")
        seen.append(before)
        for place in (0, 2, length - 1):
            changed = target.copy()
            changed[:, place] = (target[:, place] + draw.integers(1, SYMBOLS, len(target))) % SYMBOLS
            tried = f"Translator.attention, and again with other symbols at target position {place}"
            after = looks(translator, source, changed, tried)
            expect.close(
                after[:, : place + 1],
                before[:, : place + 1],
                tried=f"{tried}: rows 0 to {place}",
                expected="the same rows",
                cause="The decoder sees the symbol that it is about to write: shift the targets by one position, with "
                "the start symbol in front.",
                # Another batch may be summed in another order, which changes float32 sums by 1e-6.
                atol=1e-4,
            )
            depends = depends or (place == 0 and bool(np.abs(after - before)[:, 1:].max() > 1e-5))
    expect.differ(
        seen[0],
        seen[1],
        tried="Translator.attention, and again with all parameters of `.model` 10 times as large",
        cause="The weights do not come from the parameters of `.model`.",
        by=1e-4,
    )
    expect.that(
        depends,
        tried="Translator.attention, and again with other symbols at target position 0",
        saw="the same weights in every row",
        expected="other weights in rows 1 and later",
        cause="The weights do not depend on the given targets: feed them to the decoder, not the symbols that it "
        "writes itself, and let its state enter the score.",
    )


def looks_the_same_again(translator, source, target, weights):
    """Nothing is drawn at random outside of `fit`."""
    tried = "Translator.attention, twice with the same pairs"
    expect.close(
        looks(translator, source, target, tried),
        weights,
        tried=tried,
        expected="the same weights",
        cause="The same pairs give other weights: switch dropout off outside of `fit` (`eval()`, `training=False`).",
        atol=1e-4,
    )


@check("translator.rows", few_steps=True)
def _(student, draw):
    """Each pair is translated by itself, also if it is the only one.

    Forge: the same translations and weights for the same sources.
    So: form.
    """
    translator, source, target = small_translator(student, draw, length=3)
    tried = "Translator.translate and Translator.attention on 7 pairs, and on one of them alone"
    cause = "The pairs of a batch influence each other, or a batch of one loses an axis: batches come first."
    symbols, weights = translated(translator, source, tried), looks(translator, source, target, tried)
    looks_the_same_again(translator, source, target, weights)
    expect.at_least(
        float(np.mean(translated(translator, source, tried) == symbols)),
        0.95,
        tried="Translator.translate, twice with the same sources",
        cause="The same source gives other translations: take the most likely symbol in each step, draw none.",
        what="a share of the same symbols",
    )
    with expect.blame(cause):
        alone = looks(translator, source[3:4], target[3:4], tried, cause)
        # Another batch may be summed in another order, which changes float32 sums by 1e-6.
        expect.close(alone, weights[3:4], tried=tried, expected="the same weights", cause=cause, atol=1e-4)
        alone = np.concatenate([translated(translator, source[i : i + 1], tried, cause) for i in (3, 6)])
    expect.at_least(
        # Two scores that are equal up to rounding may change places.
        float(np.mean(alone == symbols[[3, 6]])),
        0.8,
        tried=tried,
        cause=cause,
        what="a share of the same symbols",
    )


@check("translator.seed", few_steps=True)
def _(student, draw):
    """The seed fixes the starting weights and the training.

    Forge: identical parameters for the same seed, different ones for another seed.
    So: form.
    """
    seed, (source, target) = draw.seed(), translation_pairs(draw, 5, 3)

    def end(seed):
        student.seed(draw.seed())
        translator = new_translator(student, 12, seed)
        translator.fit(source, target, epochs=1, batch_size=3)
        return flat(translator.part("model").parameters())

    first, tried = end(seed), "Translator(6, 12, seed) and an epoch of fit"
    expect.close(
        end(seed),
        first,
        tried=f"{tried}, twice with the same seed: the parameters of `.model`",
        expected="the same parameters both times",
        cause="Some draw is not fixed by `seed`: the starting weights, or the order of the pairs.",
        rtol=1e-3,
        atol=1e-5,
    )
    expect.differ(
        end(seed + 1),
        first,
        tried=f"{tried}, with two different seeds: the parameters of `.model`",
        cause="`seed` is not used: seed the framework with it before you build the net.",
    )


@check("translator.own_gradients", trains=True)
def _(student, draw):
    """Each step follows the gradient of its own batch.

    Forge: a bias that comes to rest at the best value for the labels.
    So: compute it; a forger may move this one bias.
    """
    current = {}

    def build():
        current["translator"] = new_translator(student, 12, draw.seed(), attention=False)
        return net_of(current["translator"], rows(1))

    def rows(n):
        """Each has every symbol once: the labels pull all symbols equally."""
        return np.stack([draw.rng.permutation(SYMBOLS) for _ in range(n)])

    def train(model, steps):
        source = rows(steps)
        current["translator"].fit(source, source[:, ::-1], epochs=1, batch_size=1)

    student.eagerly()
    build()
    bias = output_bias(current["translator"], rows(1))
    student.eagerly(False)
    if bias is None:
        check_by_heart(current["translator"], *translation_pairs(draw, 12, SYMBOLS))
    else:
        ways = np.zeros(len(bias.scored))
        ways[bias.first : bias.first + SYMBOLS] = [1, -1] * (SYMBOLS // 2)
        settles(
            build, train, ways, tried="Translator.fit, one epoch of batches with every symbol once", place=bias.place
        )


def check_by_heart(translator, source, target):
    """A net whose output has no bias must at least learn a few pairs by heart."""
    model = translator.part("model")
    model.set_parameters(
        {name: 0.3 * np.sin(np.arange(v.size)).reshape(v.shape) for name, v in model.parameters().items()}
    )
    translator.fit(source, target, epochs=150, batch_size=len(source))
    tried = "Translator.fit on 12 pairs, 150 epochs of one batch; then Translator.translate of the same"
    expect.at_least(
        right_symbols(translator, source, target, tried),
        0.8,
        tried=tried,
        cause="The translator does not learn 12 pairs by heart. Are the gradients of earlier steps added up? Zero them "
        "in each step.",
        what="a share of right symbols",
    )


@check("translator.helps", trains=True)
def _(student, draw, limits, once):
    """With attention the decoder looks where it should, and is better than without.

    Forge: weights near the anti-diagonal that depend on the parameters, translations of sources drawn now, and worse
        ones without attention.
    So: lie about it: weights and translations are computed in the student's process, and the text states the task.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read.
    """

    def attempt(number):
        translator, source, target = fitted_translator(student, once, number)
        tried = f"{FIT}; then Translator.attention on 500 pairs that it has not seen"
        weights = looks(translator, source, target, tried)
        figures.grid("where it looks: target positions (rows) against source positions", weights[:6])
        expect.at_least(
            aligned(weights),
            limits.aligned,
            tried=tried,
            cause=where_it_looks(weights),
            what="a share of rows i whose largest weight lies within one place of T−1−i",
            # Weights at random give 0.34.
            hopeless=0.45,
        )
        with_attention = right_symbols(translator, source, target, FIT)
        zero_parameters(translator)
        expect.differ(
            looks(translator, source[:20], target[:20], tried),
            weights[:20],
            tried="Translator.attention, and again with all parameters of `.model` set to 0",
            cause="The weights do not come from the parameters of `.model`.",
            by=1e-3,
        )
        plain, source, target = after_training(student, draw, attention=False)
        without = right_symbols(plain, source, target, FIT)
        expect.at_least(
            without,
            limits.read_without,
            tried=f"{FIT}, with attention=False; then Translator.translate of 500 sources that it has not seen",
            cause="With `attention=False` the translator knows nothing of the source: its decoder must still get the "
            "encoder's last state.",
            what="a share of right symbols",
            # Guessing gives 0.17.
            hopeless=0.27,
        )
        gain, errors_left = with_attention - without, (1 - with_attention) / max(1 - without, 1e-9)
        expect.at_least(
            gain,
            # Where the decoder without attention is good, little can be gained.
            limits.gain_of_the_good if errors_left <= limits.errors_left else limits.gain,
            tried=f"{FIT}, with attention ({with_attention:.2f} of the symbols right) and with attention=False "
            f"({without:.2f})",
            cause="`attention=False` changes nothing: then the decoder sees only the encoder's last state."
            if without > limits.reversed
            else "Attention helps too little: do the weights, and the context that they give, enter the decoder?",
            what="a gain by attention",
            # A decoder that truly sees the last state only gets 0.80 to 0.96 right.
            hopeless=0.02 if without > 0.97 else -np.inf,
        )

    expect.best_of(3, attempt)


def aligned(weights):
    """The share of rows whose largest weight lies within one place of the anti-diagonal."""
    length = weights.shape[1]
    return float(np.mean(np.abs(weights.argmax(axis=2) - np.arange(length)[::-1]) <= 1))


def where_it_looks(weights):
    """The likely cause of weights that are not near the anti-diagonal."""
    if aligned(weights[:, ::-1]) > aligned(weights):
        return "The rows, or the columns, are in the wrong order: row 0 belongs to the first target position."
    if weights.max(axis=2).mean() < 2 / LENGTH:
        return (
            "The weights are nearly equal everywhere: does the gradient reach the scores, does the context matter, and "
            "does each batch of `batch_size` pairs make a step of training?"
        )
    return "The decoder does not look where its symbol stands: do the scores depend on its state and on H?"
