"""Hidden checks of `char_rnn`."""

import numpy as np
from scipy.stats import binom

from autograder import check, expect
from autograder.authoring.probes.descent import (
    cross_entropy_pulls,
    slopes_in_both_modes,
    trains_downhill,
)
from autograder.authoring.probes.functions import relu, sigmoid, softmax
from autograder.authoring.probes.models import take_over
from autograder.authoring.probes.parameters import change, output_bias_alone, without_zero_matrices
from autograder.authoring.probes.settles import settles_within_an_epoch
from autograder.authoring.probes.training import (
    a_step_for_each_batch,
    ends_of_one_seed,
    every_sample_trains,
    inputs_at_zero,
)

from .probes import labels_are, leads_back, new_rnn


@check("vocabulary.any_text")
def _(student, draw):
    """Capitals, accents, punctuation and line breaks are characters; the two tables are inverse.

    Forge: the characters of a text drawn now.
    So: compute it.
    """
    # No letter occurs both as a capital and small: sorting by `str.lower` would put the two in any order.
    pool = list("Zebra éß.,!?;:'\"0919-()xQWTY—“”")
    # Stripping the text loses the tab at the start and the line break at the end, which occur nowhere else.
    text = "\t" + "".join(pool[int(index)] for index in draw.integers(0, len(pool), 200)) + "\n"
    tried = "build_vocabulary on a text with capitals, accents and line breaks"
    cause = "Return two tables: character → index and index → character."
    char_to_index, index_to_char = expect.several(student.build_vocabulary(text), 2, tried=tried, cause=cause)
    characters = sorted(set(text))
    expect.equal(
        char_to_index,
        {character: index for index, character in enumerate(characters)},
        tried=f"{tried}, the first table",
        cause="The table must have every different character of the text as it is, sorted, with indices from 0.",
        mistakes={
            "Leave the text as it is: a capital is a character of its own.": {
                character: index for index, character in enumerate(sorted(set(text.lower())))
            },
            "Keep spaces and line breaks: they are characters too.": {
                character: index for index, character in enumerate(sorted(set("".join(text.split()))))
            },
            "Do not strip the text: a tab at the start and a line break at the end are characters too.": {
                character: index for index, character in enumerate(sorted(set(text.strip())))
            },
            "Use Python's own order: capitals come before small letters.": {
                character: index for index, character in enumerate(sorted(set(text), key=str.lower))
            },
            "You number the characters in the order of their first appearance: sort them.": {
                character: index for index, character in enumerate(dict.fromkeys(text))
            },
        },
    )
    leads_back(index_to_char, characters, tried)


@check("windows.steps")
def _(student, draw):
    """Other lengths and steps, and texts that are too short.

    Forge: windows of texts of other lengths.
    So: compute it.
    """
    text = "".join("abcdefg hijk"[int(index)] for index in draw.integers(0, 12, 41))
    # Lengths from "one window fits" down to "none fits", and steps that do not divide the rest.
    for asked, length, step in [
        (text, 7, 3),
        (text, 5, 2),
        (text[:8], 7, 4),
        (text[:7], 7, 1),
        (text[:4], 7, 1),
    ]:
        tried = f"make_windows on {len(asked)} characters, length={length}, step={step}"
        starts = range(0, max(0, len(asked) - length), step)
        inputs, labels = expect.several(
            student.make_windows(asked, length=length, step=step),
            2,
            tried=tried,
            cause="Return two lists, empty if the text is too short.",
        )
        expect.equal(
            inputs,
            [asked[start : start + length] for start in starts],
            tried=f"{tried}, the windows",
            cause="Windows start at 0, step, 2·step …, as long as a character comes after the window.",
            mistakes={
                "You ignore `step`: windows start at 0, step, 2·step …": [
                    asked[start : start + length] for start in range(len(asked) - length)
                ],
                "A window without a character after it has no label: leave it out.": [
                    asked[start : start + length] for start in range(0, len(asked) - length + 1, step)
                ],
                "You start windows too near the end of the text: they are too short.": [
                    asked[start : start + length] for start in range(0, len(asked), step)
                ],
            },
        )
        labels_are(labels, [asked[start + length] for start in starts], tried)


@check("one_hot.table")
def _(student, draw):
    """The columns follow the given table, whatever its order.

    Forge: the codes for a table drawn now.
    So: compute it.
    """
    letters = draw.rng.permutation(list("abcdefghi"))
    table = {str(letter): index for index, letter in enumerate(letters)}
    codes, next_codes = draw.integers(0, 9, 6, 4), draw.integers(0, 9, 6)
    inputs = ["".join(letters[row]) for row in codes]
    labels = [str(letters[code]) for code in next_codes]
    tried = "one_hot_windows with nine letters whose indices are not in alphabetical order"
    X, y = expect.several(student.one_hot_windows(inputs, labels, table), 2, tried=tried, cause="Return the pair X, y.")
    unit, alphabetic = np.eye(9), np.argsort(np.argsort(letters))
    expect.close(
        X,
        unit[codes],
        tried=f"{tried}, X",
        cause="X[i, t] must have its 1 in column char_to_index[inputs[i][t]].",
        mistakes={"The columns must follow the given table, not the alphabet.": unit[alphabetic[codes]]},
    )
    expect.close(
        y,
        unit[next_codes],
        tried=f"{tried}, y",
        cause="y[i] must have its 1 in column char_to_index[labels[i]].",
        mistakes={
            "The columns must follow the given table, not the alphabet.": unit[alphabetic[next_codes]],
            "You encode the last character of the window, not its label.": unit[codes[:, -1]],
        },
    )


@check("equations.sizes")
def _(student, draw):
    """Random matrices, with all sizes different.

    Forge: states and outputs for matrices drawn now.
    So: compute it.
    """
    T, F, H, O = 6, 3, 4, 5  # noqa: E741
    x, W, U, V = draw.normal(T, F), 0.7 * draw.normal(H, H), draw.normal(H, F), draw.normal(O, H)
    tried = f"rnn_forward with T={T}, F={F}, H={H}, O={O}"
    with expect.blame("W (H, H) multiplies the last state, U (H, F) the input, V (O, H) the new state."):
        answer = student.rnn_forward(x, W, U, V)
    compare(answer, (x, W, U, V), tried)


@check("equations.roles")
def _(student, draw):
    """Random square matrices, which could be swapped without an error.

    Forge: states and outputs for matrices drawn now.
    So: compute it.
    """
    x, W, U, V = (draw.normal(5, 3), *(draw.normal(3, 3) for _ in range(3)))
    compare(student.rnn_forward(x, W, U, V), (x, W, U, V), "rnn_forward with F = H = O = 3")


@check("model.recurrence", needs=("model.parameters", "model.probabilities"))
def _(student, draw):
    """With known weights: h = tanh(W h + U x + b) step by step, then softmax(V h + c) of the last h.

    Forge: the outputs with weights that the grader has set.
    So: compute it.
    """
    length, characters, hidden, n = 5, 7, 2, 4
    x = np.eye(characters)[draw.integers(0, characters, n, length)]
    model = new_rnn(student, draw, length, characters, hidden)
    shapes = {name: array.shape for name, array in model.parameters().items()}
    biases = [name for name, shape in shapes.items() if np.prod(shape) == hidden]
    # U and V hold the same row for each unit, W one number everywhere, so names and layout of the matrices do not
    # matter. W and U may share a matrix, in either order.
    row, c, w, b = draw.normal(characters), draw.normal(characters), -1.2, 0.4
    state = np.full(hidden, w / hidden)
    tried = f"build_model({length}, {characters}, {hidden}) with known weights, on {n} windows"

    def answer(joined):
        by_size = {
            hidden: np.full(hidden, b / max(1, len(biases))),
            characters: c,
            hidden * hidden: np.tile(state, hidden),
            hidden * characters: row,
            hidden * (hidden + characters): joined,
        }
        values = {}
        for name, shape in shapes.items():
            value = by_size.get(int(np.prod(shape)))
            expect.that(
                value is not None,
                tried=f"the parameters of build_model({length}, {characters}, {hidden})",
                saw=f"one of shape {tuple(shape)}",
                expected=f"matrices of {hidden}×{hidden} and {hidden}×{characters}, biases",
            )
            if value.size < np.prod(shape):
                rows = np.tile(value, (hidden, 1))
                value = rows if shape[-1] == value.size else rows.T
            values[name] = value.reshape(shape)
        model.set_parameters(values)
        return expect.shape(model.forward(x), (n, characters), tried=tried)

    def expected(squash=np.tanh, steps=range(length)):
        h = np.zeros(n)
        for step in steps:
            h = squash(x[:, step] @ row + w * h + b)
        return softmax(hidden * h[:, None] * row + c)

    wanted = expected()
    answers = [answer(np.concatenate(order)) for order in ([row, state], [state, row])]
    expect.close(
        min(answers, key=lambda p: np.abs(p - wanted).max()),
        wanted,
        tried=tried,
        cause="The output must be the softmax of the last state of a simple RNN that starts at h = 0.",
        mistakes={
            "The recurrent layer has a ReLU; a simple RNN has tanh.": expected(relu),
            "The recurrent layer has a sigmoid; a simple RNN has tanh.": expected(sigmoid),
            "The recurrent layer is linear; a simple RNN has tanh.": expected(lambda z: z),
            "You pass on the first state; only the last one has read the whole window.": expected(steps=[0]),
            "The model sees only the last character: its state is not kept from step to step.": expected(
                steps=[length - 1]
            ),
            "The model reads the window backwards: the last step must be the last character.": expected(
                steps=range(length)[::-1]
            ),
        },
    )


@check("training.last_batch", needs=("training.one_batch", "model.probabilities"))
def _(student, draw):
    """Each epoch uses every sample, in batches of `batch_size`, also those of a last batch that is smaller

    Forge: move the weights of every input that occurs.
    So: compute it; a forger may move them in any way.
    """
    length, characters, n = 3, 11, 7
    # Each window consists of one character that is in no other window, and the last characters are in none.
    X = np.repeat(np.eye(characters)[:n, None], length, axis=1)
    model = new_rnn(student, draw, length, characters, 5)
    weights = without_zero_matrices(draw, model)
    before = inputs_at_zero(weights, model.gradients(X, draw.normal(n, characters)), characters, n, state=5)
    model.set_parameters(before)
    y = np.eye(characters)[draw.integers(0, characters, n)]
    student.train(model, X, y, epochs=1, batch_size=3, seed=draw.seed())
    every_sample_trains(
        before,
        model.parameters(),
        characters,
        n,
        state=5,
        tried="one epoch on 7 windows in batches of 3; each window has a character of its own",
        cause="The last, smaller batch is left out: use all windows in each epoch.",
    )
    a_step_for_each_batch(
        student,
        draw,
        lambda: new_rnn(student, draw, length, characters, 5),
        before,
        lambda again, batch_size, seed: student.train(again, X[:2], y[:2], epochs=1, batch_size=batch_size, seed=seed),
    )


@check("training.repeatable", needs="training.one_batch", trains=True)
def _(student, draw):
    """The same starting weights and the same seed lead to the same trained weights.

    Forge: identical parameters.
    So: form.
    """
    length, characters, n = 5, 8, 40
    X = np.eye(characters)[draw.integers(0, characters, n, length)]
    y = np.eye(characters)[draw.integers(0, characters, n)]
    start = None

    def trained(global_seed, seed):
        nonlocal start
        model = new_rnn(student, draw, length, characters, 6)
        start = start or model.parameters()
        take_over(model, start)
        student.seed(global_seed)
        student.train(model, X, y, epochs=2, batch_size=7, seed=seed)
        return np.concatenate([array.ravel() for array in model.parameters().values()])

    expect.close(
        *ends_of_one_seed(trained, draw, rtol=0, atol=1e-6),
        rtol=0,
        atol=1e-6,
        tried="train twice from the same weights with the same seed",
        expected="the same weights both times",
        cause="The random numbers in `train` are not fixed by `seed`: seed the generator first.",
    )


@check("training.own_gradients", needs="training.one_batch", trains=True)
def _(student, draw):
    """Each step follows the gradient of its own batch

    Forge: a bias that comes to rest at the best value for the labels; one step against the gradient of the
        cross-entropy in every array of parameters, by the worker's own autodiff.
    So: compute it; a forger who gives every array its right direction has derived the gradient.
    """
    length, characters, hidden = 4, 6, 5
    X = np.eye(characters, dtype=np.float32)[draw.integers(0, characters, 156, length)]
    # Labels that are shared among all characters pull them equally, like a batch with every character once.
    y, shared = np.eye(characters, dtype=np.float32), np.full((156, characters), 1 / characters, dtype=np.float32)
    settles_within_an_epoch(
        lambda: new_rnn(student, draw, length, characters, hidden),
        lambda model, n: student.train(model, X[: 2 * n], shared[: 2 * n], epochs=1, batch_size=2, seed=draw.seed()),
        lambda model, n: student.train(model, X[:characters], y, epochs=n, batch_size=characters, seed=draw.seed()),
        [1, -1] * (characters // 2),
        tried="train on windows whose labels pull all characters equally",
    )
    model = new_rnn(student, draw, length, characters, hidden)
    X, y = np.eye(characters)[draw.integers(0, characters, 40, length)], np.eye(characters)[np.arange(40) % characters]
    before, ways = model.parameters(), slopes_in_both_modes(model, X, cross_entropy_pulls(y))

    def moved_in(epochs):
        model.set_parameters(before)
        student.train(model, X, y, epochs=epochs, batch_size=40, seed=draw.seed())
        return change(before, model.parameters())

    trains_downhill(
        student,
        moved_in,
        ways,
        tried="train on one batch of 40 windows, against the gradient of the cross-entropy",
        cause="A step must go against the gradient of the cross-entropy in every layer: no other search, no table.",
    )


@check("generation.temperature", needs="model.probabilities")
def _(student, draw):
    """Below 1 the most likely character comes more often than its probability says, above 1 less often.

    Forge: draws whose frequencies fit probabilities drawn now.
    So: compute it.
    """
    # The most likely character is due in 83 % of the draws at the low temperature, which differs from always, and in
    # 44 % at the high one. At the temperature T, p^(1/T) of each other character is `ratio` times that of this one.
    asked, counts = [], []
    for (low, high), ratio, n in (((0.15, 0.25), 0.052, 120), ((5, 7), 0.32, 60)):
        temperature = round(float(draw.rng.uniform(low, high)), 2)
        asked.append((temperature, float(1 / (1 + 4 * ratio**temperature)), n))
    for temperature, likeliest, n in asked:
        p = np.roll([likeliest, *[(1 - likeliest) / 4] * 4], int(draw.integers(0, 5)))
        write = writer(student, draw, p)
        counts.append(write(n, temperature, draw.seed()).count(LETTERS[int(p.argmax())]))

    def shares(weights):
        """How often the most likely character comes at each temperature, if characters are drawn with these weights."""
        found = (weights(np.array([p, *[(1 - p) / 4] * 4]), T) for T, p, _ in asked)
        return [each[0] / each.sum() for each in found]

    def fits(wrong):
        """Whether all counts are within four standard deviations."""
        return all(
            abs(count - n * share) <= 4 * np.sqrt(n * share * (1 - share))
            for count, (_, _, n), share in zip(counts, asked, wrong, strict=True)
        )

    wrong = {
        "You take the most likely character at every temperature; above 0, draw it.": shares(lambda p, T: p == p.max()),
        "You take the most likely character at low temperatures too; above 0, draw it.": shares(
            lambda p, T: p == p.max() if T < 1 else p ** (1 / T)
        ),
        "You draw with p itself: the temperature has no effect.": shares(lambda p, T: p),
        "You multiply ln p by T; divide by T.": shares(lambda p, T: p**T),
        "You take the softmax of p/T; take it of ln p / T.": shares(lambda p, T: np.exp(p / T)),
    }
    for count, (temperature, likeliest, n), share in zip(counts, asked, shares(lambda p, T: p ** (1 / T)), strict=True):
        low, high = binom.interval(1 - 1e-7, n, share)
        expect.that(
            low <= count <= high,
            tried=f"generate at temperature {temperature:g}; one of five characters has p = {likeliest:.3f}",
            saw=f"this one {count} times in {n}",
            expected=f"about {n * share:.0f} times, from p^(1/T) over its sum",
            cause=max(
                filter(lambda sentence: fits(wrong[sentence]), wrong),
                key=lambda sentence: binom.logpmf(counts, [n for _, _, n in asked], wrong[sentence]).sum(),
                default="Draw each character independently with p^(1/T) over its sum, the softmax of ln p / T.",
            ),
        )


@check("generation.seed", needs="model.probabilities")
def _(student, draw):
    """The draws are independent of each other and fixed by `seed`.

    Forge: independent draws that are fixed by the seed.
    So: compute it.
    """
    n, seed = 40, draw.seed()
    write = writer(student, draw, np.full(5, 0.2))
    tried = f"generate {n} characters at temperature 1, with five equally likely characters"
    first = write(n, 1.0, seed)
    repeats = sum(a == b for a, b in zip(first[1:], first[:-1], strict=True))
    expect.that(
        repeats <= binom.ppf(1 - 1e-7, n - 1, 0.2),
        tried=tried,
        saw=f"the same character as just before, {repeats} times",
        expected=f"about {(n - 1) / 5:.0f} times",
        cause="You seed the generator for each draw; seed it once, before the first character.",
    )
    expect.equal(
        write(n, 1.0, seed),
        first,
        tried=f"{tried}, twice with the same seed",
        cause="The draws are not fixed by `seed`: create a generator from `seed` and draw from it.",
    )
    expect.that(
        write(n, 1.0, (seed + 1) % 2**31) != first,
        tried=f"{tried}, with two different seeds",
        saw="the same text",
        expected="two different texts",
        cause="`seed` has no effect: create a generator from `seed` and draw from it.",
    )


# Shared by the checks above.

LETTERS = "dbeca"


def compare(answer, given, tried):
    """The result of `rnn_forward` against the equations."""
    h, y = expect.several(answer, 2, tried=tried, cause="Return the pair h, y.")
    states, answers = equations(*given)
    x, W, U, V = given
    wrong = {
        "W and U are swapped: W multiplies the last state, U the input.": (x, U, W, V),
        "U and V are swapped: U multiplies the input, V the state.": (x, W, V, U),
        "You multiply from the wrong side: compute W h, not h W.": (x, W.T, U, V),
        "You multiply from the wrong side: compute U x, not x U.": (x, W, U.T, V),
        "W h is missing: no state depends on the one before.": (x, 0 * W, U, V),
    }
    values = {
        sentence: equations(*matrices)[0]
        for sentence, matrices in wrong.items()
        if [matrix.shape for matrix in matrices] == [matrix.shape for matrix in given]
    }
    values["h₀ does not belong to the states: h has one row for each of the T steps."] = np.vstack(
        [0 * states[:1], states]
    )
    values["The tanh is missing."] = equations(*given, squash=lambda z: z)[0]
    values["You use a sigmoid; the state needs a tanh."] = equations(*given, squash=sigmoid)[0]
    values["You start from ones; h₀ must be 0."] = equations(*given, start=1)[0]
    expect.close(h, states, tried=f"{tried}, h", cause="h_t = tanh(W h_{t−1} + U x_t), h₀ = 0.", mistakes=values)
    scores = states @ V.T
    expect.close(
        y,
        answers,
        tried=f"{tried}, y",
        cause="y_t = softmax(V h_t).",
        mistakes={
            "The softmax is missing.": scores,
            "Your softmax uses e^(−s): the highest score must get the highest probability.": softmax(-scores),
            "Your softmax runs over the steps; each row of y must sum to 1.": softmax(scores.T).T,
            "y_t comes from the state before; it must be softmax(V h_t) of the new state.": softmax(
                np.vstack([0 * scores[:1], scores[:-1]])
            ),
            "You multiply from the wrong side: compute V h, not h V.": softmax(states @ V)
            if V.shape[0] == V.shape[1]
            else scores,
        },
    )


def equations(x, W, U, V, squash=np.tanh, start=0.0):
    h, states = np.full(len(W), start), []
    for row in x:
        h = squash(W @ h + U @ row)
        states.append(h)
    return np.array(states), softmax(np.array(states) @ V.T)


def writer(student, draw, p):
    """`generate` with a model of the student's that returns `p` for every window."""
    model = new_rnn(student, draw, 4, len(p), 3)
    model.set_parameters(output_bias_alone(model.parameters(), np.log(p)))
    tables = {letter: index for index, letter in enumerate(LETTERS)}, dict(enumerate(LETTERS))

    def write(n, temperature, seed):
        # `generate` must not depend on the state of the worker's own generators.
        student.seed(draw.seed())
        answer = student.generate(model, LETTERS[:4], n, *tables, temperature=temperature, seed=seed)
        tried = f"generate {n} characters at temperature {temperature}"
        written = expect.text(answer, tried=tried, cause="`generate` must return a string.")
        expect.that(
            len(written) == n,
            tried=tried,
            saw=f"{len(written)} characters",
            expected=f"{n}",
            cause="Return only the new characters, without `seed_text`.",
        )
        return written

    return write
