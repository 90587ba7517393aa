"""Checks of `char_rnn` that students can run too."""

import numpy as np

from autograder import check, expect, on_gpu
from autograder.authoring.probes.functions import cross_entropy, sigmoid, softmax
from autograder.authoring.probes.models import start_differently
from autograder.authoring.probes.parameters import output_bias_alone, random_weights, snapshot
from autograder.authoring.probes.training import losses_of_copies, reported_loss

from .probes import labels_are, leads_back, new_rnn

PIG = "it turned into a pig"


@check("vocabulary.example")
def _(student, draw):
    """The characters of "it turned into a pig", sorted and counted from 0.

    Forge: a table of one example.
    So: the next check draws other examples.
    """
    tried = f"build_vocabulary({PIG!r})"
    cause = "Return two tables: character → index and index → character."
    char_to_index, index_to_char = expect.several(student.build_vocabulary(PIG), 2, tried=tried, cause=cause)
    wanted = {character: index for index, character in enumerate(sorted(set(PIG)))}
    expect.equal(
        char_to_index,
        wanted,
        tried=f"{tried}, the first table",
        cause="Each different character occurs once, in the order of `sorted`, with indices from 0.",
        mistakes={
            "The indices must start at 0, not at 1.": {character: index + 1 for character, index in wanted.items()},
            "You number the characters in the order of their first appearance: sort them.": {
                character: index for index, character in enumerate(dict.fromkeys(PIG))
            },
        },
    )
    leads_back(index_to_char, wanted, tried)


@check("windows.lecture")
def _(student, draw):
    """The ten windows of "it turned into a pig".

    Forge: a table of one example.
    So: the next check draws other examples.
    """
    tried = f"make_windows({PIG!r})"
    cause = "Return two lists: the windows and their labels."
    inputs, labels = expect.several(student.make_windows(PIG), 2, tried=tried, cause=cause)
    wanted = [PIG[start : start + 10] for start in range(10)]
    expect.equal(
        inputs,
        wanted,
        tried=f"{tried}, the windows",
        cause='Windows have 10 characters, from "it turned " to " into a pi", and keep their spaces.',
        mistakes={
            "There is one window too many: no character is left for its label.": [*wanted, PIG[10:]],
            "The last window is missing.": wanted[:-1],
            "You strip the spaces at the ends; a window keeps its 10 characters.": [w.strip() for w in wanted],
        },
    )
    labels_are(
        labels,
        list(PIG[10:]),
        tried,
        mistakes={
            "Your label is the last character of the window; it must be the character after the window.": list(
                PIG[9:-1]
            ),
            "Your label skips a character; it must be the character right after the window.": list(PIG[11:]),
        },
    )


@check("one_hot.example")
def _(student, draw):
    """Three short windows over four characters.

    Forge: a table of one example.
    So: the next check draws other examples.
    """
    tried = "one_hot_windows(['ab', 'bc', 'ca'], ['c', 'a', 'b'], {'a': 0, 'b': 1, 'c': 2, 'd': 3})"
    answer = student.one_hot_windows(["ab", "bc", "ca"], ["c", "a", "b"], {"a": 0, "b": 1, "c": 2, "d": 3})
    X, y = expect.several(answer, 2, tried=tried, cause="Return the pair X, y.")
    unit = np.eye(4)
    expect.shape(
        X,
        (3, 2, 4),
        tried=f"{tried}, X",
        cause="X must have shape (windows, length, characters).",
        mistakes={
            "The table has four characters, so X has four columns, even if a character does not occur.": (3, 2, 3),
            "The middle axis is the position in the window, the last axis is the character.": (3, 4, 2),
            "You return indices; turn each into a row of zeros with a single 1.": (3, 2),
        },
    )
    expect.shape(
        y,
        (3, 4),
        tried=f"{tried}, y",
        cause="y must have shape (windows, characters).",
        mistakes={"You return the labels' indices; turn each into a row of zeros with a single 1.": (3,)},
    )
    expect.close(
        X,
        unit[[[0, 1], [1, 2], [2, 0]]],
        tried=f"{tried}, X",
        cause="Each row has a 1 in the character's column and 0 elsewhere.",
    )
    expect.close(
        y,
        unit[[2, 0, 1]],
        tried=f"{tried}, y",
        cause="Each row has a 1 in the label's column and 0 elsewhere.",
        mistakes={"You encode the last character of the window, not its label.": unit[[1, 2, 0]]},
    )


@check("equations.example")
def _(student, draw):
    """The worked example: two steps by hand.

    Forge: a table of one example.
    So: the next two checks draw other matrices.
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
        cause="h₁ = tanh(U x₁), because h₀ = 0; h₂ = tanh(W h₁ + U x₂). h has a row for each step and none for h₀.",
        mistakes={
            "The tanh is missing.": np.array([[0.5, 0], [0, 0.5]]),
            "W h is missing: the second state does not depend on the first.": np.tanh([[0.5, 0], [0, 1]]),
            "You multiply from the wrong side: compute W h, not h W.": np.array(
                [first, np.tanh([-first[1], 1 + first[0]])]
            ),
        },
    )
    expect.close(
        y,
        weights / weights.sum(axis=1, keepdims=True),
        tried=f"{tried}, y",
        cause="y_t = softmax(V h_t), for each step separately.",
        mistakes={
            "The softmax is missing.": 2 * states,
            "Your softmax uses e^(−s): the highest score must get the highest probability.": (1 / weights)
            / (1 / weights).sum(axis=1, keepdims=True),
            "Your softmax runs over the steps; each row of y must sum to 1.": weights / weights.sum(axis=0),
            "You use a sigmoid instead of a softmax; each row of y must sum to 1.": weights / (1 + weights),
        },
    )


@check("model.parameters")
def _(student, draw):
    """The number of parameters of one simple recurrent layer and one dense layer.

    Forge: the right number of parameters.
    So: form.
    """
    for length, characters, sizes in [(10, 42, {}), (6, 11, {"hidden": 5})]:
        hidden = sizes.get("hidden", 128)
        dense = (hidden + 1) * characters
        right = recurrent(1, characters, hidden, dense)
        wrong = {
            "This is an LSTM, which has four blocks of weights; a simple tanh RNN has one.": recurrent(
                4, characters, hidden, dense
            ),
            "This is a GRU, which has three blocks of weights; a simple tanh RNN has one.": recurrent(
                3, characters, hidden, dense
            ),
            "The dense layer reads all states; it must read only the last one.": recurrent(
                1, characters, hidden, dense + (length - 1) * hidden * characters
            ),
            "The dense layer after the recurrent one is missing.": recurrent(1, characters, hidden, 0),
        }
        model = new_rnn(student, draw, length, characters, **sizes)
        count = sum(array.size for array in model.parameters().values())
        expect.that(
            count in right,
            tried=f"the number of parameters of build_model({length}, {characters}, hidden={hidden})",
            saw=f"{count:,}",
            expected=" or ".join(f"{known:,}" for known in right) + " (one bias vector, or two)",
            cause=next(
                (sentence for sentence, known in wrong.items() if count in known),
                "The model needs an RNN layer of `hidden` units and a dense layer of `characters` units, with biases.",
            ),
        )
    start_differently(*(new_rnn(student, draw, 6, 11, hidden=5) for _ in range(2)), tried="build_model(6, 11, 5) twice")


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
        cause="The output must have shape (windows, characters).",
        mistakes={
            "You return all steps; pass on only the last state.": (n, length, characters),
            "You take the last window instead of the last step: batches come first.": (length, characters),
            "This is the hidden state; a dense layer must turn it into a score for each character.": (n, hidden),
        },
    )
    model.set_parameters(random_weights(draw, model.parameters()))
    expect.close(
        model.forward(x[::-1])[::-1],
        model.forward(x),
        tried=f"{tried}, and on the same windows in reverse order",
        expected="the same row for the same window",
        cause="The windows of a batch influence each other: batches come first (in PyTorch, batch_first=True).",
    )
    p = 0.9 * draw.rng.dirichlet(np.ones(characters)) + 0.1 / characters
    scores = np.log(p) + 0.7
    model.set_parameters(output_bias_alone(model.parameters(), scores))

    def rows(row):
        return np.repeat(row[None], n, axis=0)

    expect.close(
        model.forward(x),
        rows(p),
        tried=f"{tried}, all parameters 0 except the last bias b",
        cause="The model must return the softmax of b: one softmax over the characters, inside the model.",
        mistakes={
            "Softmax twice: the model applies a second one to the probabilities.": rows(softmax(softmax(scores))),
            "The softmax is missing: these are scores, not probabilities.": rows(scores),
            "These are logarithms of probabilities: remove the logarithm.": rows(np.log(p)),
            "You use a sigmoid instead of a softmax: a row must sum to 1.": rows(sigmoid(scores)),
            "Your softmax runs over the windows of the batch.": np.full((n, characters), 1 / n),
        },
    )


@check("training.one_batch")
def _(student, draw):
    """One epoch of one batch: every parameter moves, the loss is the categorical cross-entropy.

    Forge: the cross-entropy of outputs that the grader has itself, and parameters that moved.
    So: compute it.
    """
    length, characters, n = 6, 9, 24
    model = new_rnn(student, draw, length, characters, 8)
    # Larger weights than those of a new model, for which most wrong losses are near ln 9 as well.
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
        cause="Train every parameter of the given model: is a part detached, or do you train another model?"
        if any(not np.array_equal(start[name], end.get(name, 0)) for name in start)
        else "No step changed the given model: is the last batch of the epoch left out?",
    )
    before, after = nats_per_character(p, y), nats_per_character(model.forward(X), y)
    wrong = {
        "Softmax twice: the model returns probabilities, but the loss takes them for scores.": nats_per_character(
            softmax(p), y
        ),
        "You sum over the windows; take the mean.": n * before,
        "You average over the characters too: only the right character of each window counts.": before / characters,
        "This is the binary cross-entropy; the categorical one counts only the right character.": -np.log(
            np.clip(np.where(y > 0, p, 1 - p), 1e-7, 1)
        ).mean(),
        "This is the squared error, not the cross-entropy.": np.mean(np.square(p - y)),
        "The loss is in bits; use the natural logarithm (nats).": before / np.log(2),
    }
    reported_loss(
        loss,
        [before, after],
        wrong,
        tried=f"{tried}; the cross-entropy computed from the model's outputs",
        expected=f"{before:.3f} (before the step) or {after:.3f} (after it)",
        cause="The loss must be the mean of −ln p of the right character over the windows.",
    )
    # Only the output's bias is not 0. With it, the right character has p = 0.2.
    model.set_parameters(output_bias_alone(start, np.log([0.2, *[0.1] * (characters - 1)])))
    copies, labels = np.tile(X[:1], (n, 1, 1)), np.tile(np.eye(characters)[0], (n, 1))
    before = nats_per_character(model.forward(copies), labels)
    tried = f"train on {n} copies of one window, epochs=2, batch_size=8"
    losses = expect.losses(
        student.train(model, copies, labels, epochs=2, batch_size=8, seed=draw.seed()),
        2,
        tried=tried,
        cause="Return one loss for each epoch; the last batch of an epoch may be smaller.",
    )
    losses_of_copies(
        losses,
        3,
        (before, nats_per_character(model.forward(copies), labels)),
        {},
        tried=tried,
        cause="The loss of an epoch is the mean of −ln p of the right character over its windows.",
        sized=True,
    )


@check("training.language", needs="model.probabilities", trains=True)
def _(student, draw, limits):
    """After four epochs on a made-up language, the model predicts a text that it has not seen.

    Forge: probabilities of a text drawn now that the model has not seen, and those of the new model once it has its
        parameters again.
    So: compute it; a forger may count what follows two characters, and remember which parameters belong to the table.
    Closed by: the grader evaluates the net itself, from the parameters that it has read; their layout is free.
    """
    length, blocks = 10, 32
    text = language(draw, 300 * blocks)
    characters = sorted(set(text))
    codes = np.searchsorted(characters, list(text)).reshape(blocks, 300)
    one_hot = np.eye(len(characters), dtype=np.float32)

    # In each block, 200 characters are for training. The windows in the other 100 are one character apart: these
    # characters, which the model must predict, are never sent.
    X, y = windows(codes[:, :200], length, step=1)
    X_new, y_new = windows(codes[:, 200:], length, step=length + 1)
    order = draw.permutation(len(X))
    model = new_rnn(student, draw, length, len(characters), 64)
    restore, new = snapshot(model), model.forward(one_hot[X_new[:50]])
    student.train(model, one_hot[X[order]], one_hot[y[order]], epochs=4, batch_size=32, seed=draw.seed())

    share = np.bincount(codes[:, :200].ravel(), minlength=len(characters)) / (200 * blocks)
    entropy = -(share * np.log(np.maximum(share, 1e-12))).sum()
    left = nats_per_character(model.forward(one_hot[X_new]), one_hot[y_new]) / entropy
    expect.at_most(
        left,
        limits.entropy_share,
        what="a cross-entropy, as a share of the unigram entropy,",
        tried=f"train on {len(X):,} windows of a made-up language for 4 epochs; its unigram entropy is {entropy:.2f}",
        cause="The model is hardly better than counting characters. Do windows and labels stay together, do gradients "
        "reach the recurrent layer, and is the learning rate right (0.001 for RMSprop)?"
        if left >= 0.85
        else "The model learns too little: do gradients reach the recurrent layer, and is the learning rate right "
        "(0.001 for RMSprop)?",
    )
    restore()
    expect.close(
        model.forward(one_hot[X_new[:50]]),
        new,
        tried="the trained model, with the parameters of the new model",
        expected="the probabilities of the new model",
        cause="The probabilities do not come from the parameters: everything that the model has learned must be in "
        "them.",
        rtol=1e-2,
        atol=1e-3,
    )


@check("generation.greedy")
def _(student, draw):
    """Temperature 0: the most likely character each time, with a window that slides.

    Forge: the text that a model with outputs set by the grader must write.
    So: compute it.
    """
    length, hidden, n, candidates = 5, 12, 12, 4
    char_to_index, index_to_char = shuffled_vocabulary(draw, 7)
    model = new_rnn(student, draw, length, 7, hidden)
    # Without biases the state stays 0 over empty rows: a window with empty rows in front acts as a shorter one.
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
        return f"generate(model, {spelt(start)!r}, {n}, …) with random weights"

    # `generate` is called before the model: the worker could overhear and repeat the model's outputs below.
    written = [
        expect.text(
            student.generate(model, spelt(start), n, char_to_index, index_to_char),
            tried=tried(start),
            cause="`generate` must return a string.",
        )
        for start in starts
    ]

    def roll_out(slide, empty=0):
        """What follows each start, and the smallest margin between the two most likely characters."""
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
        "The window does not slide: drop its oldest character and append the new one.": roll_out(
            lambda window, new: window
        )[0],
        "Append the new character at the end of the window and drop the oldest one at its start.": roll_out(
            lambda window, new: np.hstack([new, window[:, :-1]])
        )[0],
    }
    # The start that best separates right from wrong, among those where the most likely character is never in doubt.
    telling = [len({tuple(rows[i]) for rows in (right, *wrong.values())}) for i in range(candidates)]
    best = max(range(candidates), key=lambda i: (margins[i] > 1e-3, telling[i], len({*right[i]}), margins[i]))

    seed_text, wanted = spelt(starts[best]), spelt(right[best])
    expect.equal(
        written[best],
        wanted,
        tried=tried(starts[best]),
        cause="Each character must be the most likely one given the last `length` characters.",
        mistakes={
            "Return only the new characters, without `seed_text`.": seed_text + wanted,
            "The last character is missing.": wanted[:-1],
            **{sentence: spelt(rows[best]) for sentence, rows in wrong.items()},
        },
    )


@on_gpu("gpu", needs="training.one_batch")
def _(student, draw):
    """`train` and `generate` work on the device where the model's parameters live"""
    length, characters, seed = 4, 6, draw.seed()
    X = np.eye(characters)[draw.integers(0, characters, 8, length)]
    y = np.eye(characters)[draw.integers(0, characters, 8)]
    letters = dict(enumerate("abcdef"))
    model = student.place(new_rnn(student, draw, length, characters, 8), X, y)
    student.train(model, X, y, epochs=1, batch_size=4, seed=seed)
    tables = {letter: index for index, letter in letters.items()}, letters
    for temperature in (0.0, 1.0):
        student.generate(model, "fade", 2, *tables, temperature=temperature, seed=seed)


# Shared by the checks above.


def recurrent(blocks, characters, hidden, dense):
    """Parameters of a recurrent layer of `blocks` blocks, with one bias vector and with two, plus `dense`."""
    one = blocks * hidden * (hidden + characters + 1) + dense
    return one, one + blocks * hidden


def shuffled_vocabulary(draw, size):
    """Tables over some letters in random order: a correct `generate` uses the tables."""
    letters = [str(letter) for letter in draw.rng.permutation(list("abcdefghijklmnopqrstuvwxyz"))[:size]]
    return {letter: index for index, letter in enumerate(letters)}, dict(enumerate(letters))


def language(draw, length):
    """24 words of two to six letters, the k-th with a weight of 1/k, separated by spaces."""
    letters = list("abcdefghijklmn")
    words = ["".join(draw.rng.choice(letters, size=size)) for size in draw.integers(2, 7, 24)]
    share = 1 / np.arange(1, 25)
    return " ".join(draw.rng.choice(words, size=length, p=share / share.sum()))[:length]


def windows(codes, length, step):
    """The windows of `length` in each row of `codes`, and the code after each."""
    starts = np.arange(0, codes.shape[1] - length, step)
    inputs = codes[:, starts[:, None] + np.arange(length)]
    return inputs.reshape(-1, length), codes[:, starts + length].reshape(-1)


def nats_per_character(p, y):
    """The mean of −ln p of the right character, in nats."""
    return float(cross_entropy(expect.shape(p, y.shape, tried="the model on windows of the training length"), y).mean())
