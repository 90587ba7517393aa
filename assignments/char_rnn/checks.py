"""Checks of `char_rnn` that students can run too."""

import numpy as np

from autograder import check, expect, on_gpu
from autograder.authoring.probes.functions import cross_entropy, sigmoid, softmax
from autograder.authoring.probes.parameters import output_bias_alone, random_weights

from .probes import labels_are, leads_back, new_rnn

PIG = "it turned into a pig"


@check("vocabulary.example")
def _(student, draw):
    """The characters of "it turned into a pig", sorted and counted from 0.

    Forge: a table of one example.
    So: the next check draws others.
    """
    tried = f"build_vocabulary({PIG!r})"
    cause = "Return two tables: character → index and index → character."
    char_to_index, index_to_char = expect.several(student.build_vocabulary(PIG), 2, tried=tried, cause=cause)
    wanted = {character: index for index, character in enumerate(sorted(set(PIG)))}
    expect.equal(
        char_to_index,
        wanted,
        tried=f"{tried}, the first table",
        cause="Each different character once, in the order of `sorted`, indices from 0.",
        mistakes={
            "The indices start at 0, not at 1.": {character: index + 1 for character, index in wanted.items()},
            "You number the characters in the order in which they appear: sort them.": {
                character: index for index, character in enumerate(dict.fromkeys(PIG))
            },
        },
    )
    leads_back(index_to_char, wanted, tried)


@check("windows.lecture")
def _(student, draw):
    """The ten windows of "it turned into a pig".

    Forge: a table of one example.
    So: the next check draws others.
    """
    tried = f"make_windows({PIG!r})"
    cause = "Return two lists: the windows and their labels."
    inputs, labels = expect.several(student.make_windows(PIG), 2, tried=tried, cause=cause)
    wanted = [PIG[start : start + 10] for start in range(10)]
    expect.equal(
        inputs,
        wanted,
        tried=f"{tried}, the windows",
        cause='Windows of 10 characters, from "it turned " to " into a pi", blanks kept.',
        mistakes={
            "One window too many: no character is left to be its label.": [*wanted, PIG[10:]],
            "The last window is missing.": wanted[:-1],
            "You strip the blanks at the ends; a window keeps its 10 characters.": [w.strip() for w in wanted],
        },
    )
    labels_are(
        labels,
        list(PIG[10:]),
        tried,
        mistakes={
            "Your label is the last character of the window; it must be the one after it.": list(PIG[9:-1]),
            "Your label skips a character; it is the one right after the window.": list(PIG[11:]),
        },
    )


@check("one_hot.example")
def _(student, draw):
    """Three short windows over four characters.

    Forge: a table of one example.
    So: the next check draws others.
    """
    tried = "one_hot_windows(['ab', 'bc', 'ca'], ['c', 'a', 'b'], {'a': 0, 'b': 1, 'c': 2, 'd': 3})"
    answer = student.one_hot_windows(["ab", "bc", "ca"], ["c", "a", "b"], {"a": 0, "b": 1, "c": 2, "d": 3})
    X, y = expect.several(answer, 2, tried=tried, cause="Return the pair X, y.")
    unit = np.eye(4)
    expect.shape(
        X,
        (3, 2, 4),
        tried=f"{tried}, X",
        cause="X is (windows, length, characters).",
        mistakes={
            "The table has four characters, so four columns: also for one that does not occur.": (3, 2, 3),
            "The middle axis is the place in the window, the last one the character.": (3, 4, 2),
            "You return indices; each becomes a row of zeros with a single 1.": (3, 2),
        },
    )
    expect.shape(
        y,
        (3, 4),
        tried=f"{tried}, y",
        cause="y is (windows, characters).",
        mistakes={"You return the labels' indices; each becomes a row of zeros with a single 1.": (3,)},
    )
    expect.close(
        X,
        unit[[[0, 1], [1, 2], [2, 0]]],
        tried=f"{tried}, X",
        cause="A 1 in the character's column, else 0.",
    )
    expect.close(
        y,
        unit[[2, 0, 1]],
        tried=f"{tried}, y",
        cause="A 1 in the column of the label, else 0.",
        mistakes={"You encode the last character of the window, not its label.": unit[[1, 2, 0]]},
    )


@check("equations.example")
def _(student, draw):
    """The two steps that the text works out by hand.

    Forge: a table of one example.
    So: the next two draw others.
    """
    x = np.array([[1, 0, 0], [0, 0, 1]], dtype=np.float32)
    W = np.array([[0, 1], [-1, 0]], dtype=np.float32)
    U = np.array([[0.5, 0, 0], [0, 0, 1]], dtype=np.float32)
    V = np.array([[2, 0], [0, 2]], dtype=np.float32)
    tried = "rnn_forward on the example of the text"
    h, y = expect.several(student.rnn_forward(x, W, U, V), 2, tried=tried, cause="Return the pair h, y.")
    first = np.tanh([0.5, 0])
    states = np.array([first, np.tanh([first[1], 1 - first[0]])])
    weights = np.exp(2 * states)
    expect.close(
        h,
        states,
        tried=f"{tried}, h",
        cause="h₁ = tanh(U x₁), as h₀ = 0, then h₂ = tanh(W h₁ + U x₂); a row for each step, none for h₀.",
        mistakes={
            "The tanh is missing.": np.array([[0.5, 0], [0, 0.5]]),
            "W h is missing: the second state does not know the first.": np.tanh([[0.5, 0], [0, 1]]),
            "You multiply from the wrong side: it is W h, not h W.": np.array(
                [first, np.tanh([-first[1], 1 + first[0]])]
            ),
        },
    )
    expect.close(
        y,
        weights / weights.sum(axis=1, keepdims=True),
        tried=f"{tried}, y",
        cause="y_t = softmax(V h_t), each step by itself.",
        mistakes={
            "The softmax is missing.": 2 * states,
            "Your softmax has e^(−s): the highest score must become the likeliest.": (1 / weights)
            / (1 / weights).sum(axis=1, keepdims=True),
            "Your softmax runs over the steps; each row of y must sum to 1.": weights / weights.sum(axis=0),
            "A sigmoid is no softmax; each row of y must sum to 1.": weights / (1 + weights),
        },
    )


@check("model.parameters")
def _(student, draw):
    """As many parameters as one simple recurrent layer and one dense layer have.

    Forge: as many parameters.
    So: form.
    """
    for length, characters, sizes in [(10, 42, {}), (6, 11, {"hidden": 5})]:
        hidden = sizes.get("hidden", 128)
        dense = (hidden + 1) * characters
        right = recurrent(1, characters, hidden, dense)
        wrong = {
            "An LSTM has four gates; a simple tanh RNN has none.": recurrent(4, characters, hidden, dense),
            "A GRU has three gates; a simple tanh RNN has none.": recurrent(3, characters, hidden, dense),
            "The dense layer reads all states; it must read the last one only.": recurrent(
                1, characters, hidden, dense + (length - 1) * hidden * characters
            ),
            "The dense layer after the recurrent one is missing.": recurrent(1, characters, hidden, 0),
        }
        model = new_rnn(student, draw, length, characters, **sizes)
        count = sum(array.size for array in model.parameters().values())
        expect.that(
            count in right,
            tried=f"the parameters of build_model({length}, {characters}, hidden={hidden}) counted",
            saw=f"{count:,}",
            expected=" or ".join(f"{known:,}" for known in right) + " (one bias vector, or two)",
            cause=next(
                (sentence for sentence, known in wrong.items() if count in known),
                "A simple RNN layer of `hidden` units, a dense layer of `characters` units, both with bias.",
            ),
        )


@check("model.probabilities")
def _(student, draw):
    """One row of probabilities for each window.

    Forge: rows that sum to 1.
    So: form.
    """
    length, characters, hidden, n = 6, 11, 5, 4
    model = new_rnn(student, draw, length, characters, hidden)
    x = np.eye(characters)[draw.integers(0, characters, n, length)]
    tried = f"build_model({length}, {characters}, {hidden}) on {n} windows"
    expect.shape(
        model.forward(x),
        (n, characters),
        tried=tried,
        cause="The output is (windows, characters).",
        mistakes={
            "All steps are returned; hand on the last state only.": (n, length, characters),
            "You take the last window, not the last step: batches come first.": (length, characters),
            "This is the hidden state; a dense layer makes a score for each character of it.": (n, hidden),
        },
    )
    model.set_parameters(random_weights(draw, model.parameters()))
    expect.close(
        model.forward(x[::-1])[::-1],
        model.forward(x),
        tried=f"{tried}, and on the same windows in reverse order",
        expected="the same row for the same window",
        cause="The windows of a batch mix: batches come first (in PyTorch, batch_first=True).",
    )
    p = 0.9 * draw.rng.dirichlet(np.ones(characters)) + 0.1 / characters
    scores = np.log(p) + 0.7
    model.set_parameters(output_bias_alone(model.parameters(), scores))

    def rows(row):
        return np.repeat(row[None], n, axis=0)

    expect.close(
        model.forward(x),
        rows(p),
        tried=f"{tried}, all parameters 0 save the last bias b: the softmax of b is expected",
        cause="One softmax over the characters, inside the model.",
        mistakes={
            "Softmax twice: the probabilities go through a second one.": rows(softmax(softmax(scores))),
            "The softmax is missing: these are scores, not probabilities.": rows(scores),
            "These are logarithms of probabilities: leave out the log.": rows(np.log(p)),
            "A sigmoid is no softmax: a row must sum to 1.": rows(sigmoid(scores)),
            "Your softmax runs over the windows of the batch.": np.full((n, characters), 1 / n),
        },
    )


@check("training.one_batch", needs="model.probabilities")
def _(student, draw):
    """One epoch of one batch: every parameter moves, the loss is the categorical cross-entropy.

    Forge: the cross-entropy of answers that the grader has itself, and parameters that moved.
    So: compute it.
    """
    length, characters, n = 6, 9, 24
    model = new_rnn(student, draw, length, characters, 8)
    # Larger weights than those of a new model: there, most wrong losses come out near ln 9 as well.
    start = random_weights(draw, model.parameters())
    model.set_parameters(start)
    X = np.eye(characters)[draw.integers(0, characters, n, length)]
    y = np.eye(characters)[draw.integers(0, characters, n)]
    p = model.forward(X)

    tried = f"train on {n} windows, epochs=1, batch_size={n}"
    losses = student.train(model, X, y, epochs=1, batch_size=n, seed=draw.seed())
    cause = "`train` returns a list with one loss for each epoch."
    loss = float(expect.losses(losses, 1, tried=tried, cause=cause)[0])
    end = model.parameters()
    expect.moved(
        start,
        end,
        tried=tried,
        cause="Train every parameter of the model that is handed over: nothing detached, no other model."
        if any(not np.array_equal(start[name], end.get(name, 0)) for name in start)
        else "No step was taken on the model that is handed over: is the last batch of the epoch left out?",
    )
    before, after = nats_per_character(p, y), nats_per_character(model.forward(X), y)
    wrong = {
        "Softmax twice: the model returns probabilities, and the loss takes them for scores.": nats_per_character(
            softmax(p), y
        ),
        "You sum over the windows; the mean is asked for.": n * before,
        "You average over the characters too: of each window only the right one counts.": before / characters,
        "That is the binary cross-entropy; the categorical one takes the right character alone.": -np.log(
            np.clip(np.where(y > 0, p, 1 - p), 1e-7, 1)
        ).mean(),
        "That is the squared error, not the cross-entropy.": np.mean(np.square(p - y)),
        "These are bits; nats are asked for: the natural logarithm.": before / np.log(2),
    }
    expect.that(
        min(before, after) * 0.98 - 0.01 <= loss <= max(before, after) * 1.02 + 0.01,
        tried=f"{tried}; the cross-entropy worked out from the model's answers",
        saw=f"a loss of {loss:.3f}",
        expected=f"{before:.3f}, as before the step, or {after:.3f}, as after it",
        cause=next(
            (sentence for sentence, value in wrong.items() if abs(loss - value) < 0.02 * value + 0.005),
            "The loss is the mean over the windows of −ln p of the right character.",
        ),
    )
    expect.losses(
        student.train(model, X, y, epochs=3, batch_size=10, seed=draw.seed()),
        3,
        tried=f"train on {n} windows, epochs=3, batch_size=10",
        cause="One loss for each epoch; the last batch of an epoch may be smaller.",
    )


@check("training.language", needs="model.probabilities", trains=True)
def _(student, draw, limits):
    """Four epochs on a made-up language, then a text that the model has not seen.

    Forge: probabilities of a text drawn now that the model has not seen.
    So: compute it.
    """
    length, blocks = 10, 32
    text = language(draw, 300 * blocks)
    characters = sorted(set(text))
    codes = np.searchsorted(characters, list(text)).reshape(blocks, 300)
    one_hot = np.eye(len(characters), dtype=np.float32)

    # Of each block, 200 characters to train on. The windows in the other 100 stand one apart: the characters
    # between them, which are to be guessed, are never sent.
    X, y = windows(codes[:, :200], length, step=1)
    X_new, y_new = windows(codes[:, 200:], length, step=length + 1)
    order = draw.permutation(len(X))
    model = new_rnn(student, draw, length, len(characters), 64)
    student.train(model, one_hot[X[order]], one_hot[y[order]], epochs=4, batch_size=32, seed=draw.seed())

    share = np.bincount(codes[:, :200].ravel(), minlength=len(characters)) / (200 * blocks)
    entropy = -(share * np.log(np.maximum(share, 1e-12))).sum()
    left = nats_per_character(model.forward(one_hot[X_new]), one_hot[y_new]) / entropy
    expect.at_most(
        left,
        limits.entropy_share,
        what="a cross-entropy, as a share of the unigram entropy,",
        tried=f"train: {len(X):,} windows of a made-up language, unigram entropy {entropy:.2f}, 4 epochs",
        cause="The model hardly beats counting characters. Do windows and labels stay together, do gradients "
        "reach the recurrent layer, is the learning rate right (0.001 for RMSprop)?"
        if left >= 0.85
        else "It learns, but too little: do gradients reach the recurrent layer, is the learning rate right "
        "(0.001 for RMSprop)?",
    )


@check("generation.greedy", needs="model.probabilities")
def _(student, draw):
    """Temperature 0: the likeliest character each time, by a window that slides.

    Forge: the text that a model whose answers the grader has set must write.
    So: compute it.
    """
    length, hidden, n, candidates = 5, 12, 12, 4
    char_to_index, index_to_char = shuffled_vocabulary(draw, 7)
    model = new_rnn(student, draw, length, 7, hidden)
    # Without biases the state stays 0 over empty places: with some in front, a window acts as a shorter one.
    model.set_parameters(
        {
            name: 2 / hidden**0.5 * draw.normal(*array.shape) if array.ndim > 1 else np.zeros_like(array)
            for name, array in model.parameters().items()
        }
    )
    starts = draw.integers(0, 7, candidates, length)

    def spelt(codes):
        return "".join(index_to_char[int(index)] for index in codes)

    def tried(start):
        return f"generate(model, {spelt(start)!r}, {n}, …) after random weights"

    # Asked before the model is: what it answers below could be overheard and repeated.
    written = [
        expect.text(
            student.generate(model, spelt(start), n, char_to_index, index_to_char),
            tried=tried(start),
            cause="`generate` returns a string.",
        )
        for start in starts
    ]

    def roll_out(slide, empty=0):
        """What follows each start, and how near the two likeliest characters ever were."""
        window, written, margins = starts, [], []
        for _ in range(n):
            seen = np.eye(7)[window]
            seen[:, :empty] = 0
            p = expect.shape(model.forward(seen), (candidates, 7), tried=f"the model on {candidates} windows")
            likeliest = p.argmax(axis=1)
            margins.append(np.sort(p, axis=1)[:, -1] - np.sort(p, axis=1)[:, -2])
            written.append(likeliest)
            window = slide(window, likeliest[:, None])
        return np.stack(written, axis=1), np.min(margins, axis=0)

    def forwards(window, new):
        return np.hstack([window[:, 1:], new])

    right, margins = roll_out(forwards)
    wrong = {
        "The model sees only the newest character; give it the last `length` characters.": roll_out(
            forwards, empty=length - 1
        )[0],
        "The window does not slide: drop its oldest character, append the new one.": roll_out(
            lambda window, new: window
        )[0],
        "The new character belongs at the end of the window, and the oldest, in front, goes.": roll_out(
            lambda window, new: np.hstack([new, window[:, :-1]])
        )[0],
    }
    # The start that tells right from wrong best, among those where the likeliest is never in doubt.
    telling = [len({tuple(rows[i]) for rows in (right, *wrong.values())}) for i in range(candidates)]
    best = max(range(candidates), key=lambda i: (margins[i] > 1e-3, telling[i], len({*right[i]}), margins[i]))

    seed_text, wanted = spelt(starts[best]), spelt(right[best])
    expect.equal(
        written[best],
        wanted,
        tried=tried(starts[best]),
        cause="Each character is the likeliest by the model's answer to the last `length` characters.",
        mistakes={
            "Return the new characters only, without `seed_text`.": seed_text + wanted,
            "The last character is missing.": wanted[:-1],
            **{sentence: spelt(rows[best]) for sentence, rows in wrong.items()},
        },
    )


@on_gpu("gpu", needs="training.one_batch")
def _(student, draw):
    """Training and writing are computed where the model's parameters live"""
    length, characters, seed = 4, 6, draw.seed()
    X = np.eye(characters)[draw.integers(0, characters, 8, length)]
    y = np.eye(characters)[draw.integers(0, characters, 8)]
    letters = dict(enumerate("abcdef"))
    model = student.place(new_rnn(student, draw, length, characters, 8), X, y)
    student.train(model, X, y, epochs=1, batch_size=4, seed=seed)
    tables = {letter: index for index, letter in letters.items()}, letters
    for temperature in (0.0, 1.0):
        student.generate(model, "fade", 2, *tables, temperature=temperature, seed=seed)


# What the checks above share.


def recurrent(blocks, characters, hidden, dense):
    """Parameters of a recurrent layer of so many blocks, with one bias vector and with two, and the rest."""
    one = blocks * hidden * (hidden + characters + 1) + dense
    return one, one + blocks * hidden


def shuffled_vocabulary(draw, size):
    """Tables over some letters in no order: a right `generate` goes by the tables."""
    letters = [str(letter) for letter in draw.rng.permutation(list("abcdefghijklmnopqrstuvwxyz"))[:size]]
    return {letter: index for index, letter in enumerate(letters)}, dict(enumerate(letters))


def language(draw, length):
    """24 words of two to six letters, the k-th with a share of 1/k, and blanks between them."""
    letters = list("abcdefghijklmn")
    words = ["".join(draw.rng.choice(letters, size=size)) for size in draw.integers(2, 7, 24)]
    share = 1 / np.arange(1, 25)
    return " ".join(draw.rng.choice(words, size=length, p=share / share.sum()))[:length]


def windows(codes, length, step):
    """The windows of `length` in each row of `codes`, and what follows each."""
    starts = np.arange(0, codes.shape[1] - length, step)
    inputs = codes[:, starts[:, None] + np.arange(length)]
    return inputs.reshape(-1, length), codes[:, starts + length].reshape(-1)


def nats_per_character(p, y):
    """Mean of −ln p of the character that came, in nats."""
    return float(cross_entropy(expect.shape(p, y.shape, tried="the model on windows of the training length"), y).mean())
