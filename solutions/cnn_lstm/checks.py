"""Hidden checks of `cnn_lstm`."""

from itertools import permutations

import numpy as np

from autograder import check, expect
from autograder.authoring.probes.functions import logit, relu, sigmoid
from autograder.authoring.probes.models import take_over
from autograder.authoring.probes.parameters import glorot, random_weights
from autograder.authoring.probes.settles import settles
from autograder.authoring.probes.training import ends_of_one_seed

from .probes import BUILDERS, in_a_row, lively_reader, lively_weights, new_reader

# The networks once more, in NumPy, with the weights that the check has set: what a right model must answer.


def known_layers(weights, top_words):
    """The weights by role, told by shape, kernels as `(…, inputs, outputs)`; None if a shape is unknown.

    PyTorch stores (outputs, inputs), Keras (inputs, outputs); a convolution may be written in two dimensions.
    """
    layers = {"bias": np.zeros(400), "filter_bias": np.zeros(32)}
    for value in weights.values():
        value = np.asarray(value, dtype=np.float64)
        squeezed = value.squeeze()
        match value.shape, squeezed.shape:
            case (rows, 32), _ if rows == top_words:
                layers["embedding"] = value
            case (400, 32) | (400, 100), (_, inputs):
                layers["input" if inputs == 32 else "recurrent"] = value.T
            case (32, 400) | (100, 400), (inputs, _):
                layers["input" if inputs == 32 else "recurrent"] = value
            case (400,), _:
                layers["bias"] = layers["bias"] + value
            case _, (100,):
                layers["head"] = squeezed
            case (1,), _:
                layers["head_bias"] = squeezed
            case (32,), _:
                layers["filter_bias"] = value
            case _, (32, 32, 3):
                layers["filters"] = squeezed.transpose(2, 1, 0)
            case _, (32, 3, 32):
                layers["filters"] = squeezed.transpose(1, 2, 0)
            case _, (3, 32, 32):
                layers["filters"] = squeezed
            case _:
                return None
    return layers if {"embedding", "input", "recurrent", "head", "head_bias"} <= layers.keys() else None


def lstm(layers, steps, gates=(0, 1, 2, 3)):
    """The hidden states and the memories, each `(n, steps, 100)`. Gates: input, forget, candidate, output, in both frameworks."""
    hidden = memory = np.zeros((len(steps), 100))
    states, memories = [], []
    for x in steps.transpose(1, 0, 2):
        four = np.split(x @ layers["input"] + hidden @ layers["recurrent"] + layers["bias"], 4, axis=1)
        write, keep, candidate, read = (four[gate] for gate in gates)
        memory = sigmoid(keep) * memory + sigmoid(write) * np.tanh(candidate)
        hidden = sigmoid(read) * np.tanh(memory)
        states.append(hidden)
        memories.append(memory)
    return np.stack(states, axis=1), np.stack(memories, axis=1)


def lstm_states(layers, steps, gates=(0, 1, 2, 3)):
    return lstm(layers, steps, gates)[0]


def head(layers, hidden):
    return sigmoid(hidden @ layers["head"] + layers["head_bias"])


def convolve(layers, embedded, padding=1):
    padded = np.pad(embedded, [(0, 0), (padding, padding), (0, 0)])
    steps = padded.shape[1] - 2
    windows = np.stack([padded[:, i : i + steps] for i in range(3)], axis=2)
    return np.einsum("nswi,wio->nso", windows, layers["filters"]) + layers["filter_bias"]


def pool(found, reduce=np.max):
    pairs = found[:, : found.shape[1] // 2 * 2].reshape(len(found), -1, 2, found.shape[2])
    return reduce(pairs, axis=2)


def reshaped(steps):
    """What a convolution along the last axis reads, if `(n, steps, features)` was reshaped to `(n, features, steps)`."""
    n, length, features = steps.shape
    return steps.reshape(n, features, length).transpose(0, 2, 1)


def reshaped_back(steps):
    """What an LSTM reads, if `(n, features, steps)` was reshaped to `(n, steps, features)`."""
    return steps.transpose(0, 2, 1).reshape(steps.shape)


def check_answers(actual, layers, steps, mistakes, tried, cause):
    """The answers of an LSTM that reads `steps`; how a model orders its gates is its own affair."""
    for gates in permutations(range(4)):
        wanted = head(layers, lstm_states(layers, steps, gates)[:, -1])
        if np.allclose(actual, wanted, rtol=1e-3, atol=1e-4):
            return
    wanted = head(layers, lstm_states(layers, steps)[:, -1])
    expect.close(actual, wanted, tried=tried, cause=cause, mistakes=mistakes, rtol=1e-3, atol=1e-4)


def lstm_mistakes(layers, steps):
    """What the usual slips around the LSTM answer, given the same steps."""
    states = lstm_states(layers, steps)
    across = lstm_states(layers, steps.transpose(1, 0, 2))
    mistakes = {
        "You take the memory c for the output h: the last layer reads h.": head(layers, lstm(layers, steps)[1][:, -1]),
        "The last layer has no sigmoid: the model must return probabilities.": states[:, -1] @ layers["head"]
        + layers["head_bias"],
        "A softmax over a single unit is always 1; a sigmoid makes one number a probability.": np.ones(len(steps)),
        "The answer is taken from the first step of the LSTM; it must come from the last.": head(layers, states[:, 0]),
        "The answer is the mean over the steps of the LSTM; it must come from the last.": head(
            layers, states.mean(axis=1)
        ),
        "The LSTM reads the sentence backwards.": head(layers, lstm_states(layers, steps[:, ::-1])[:, -1]),
        "The LSTM takes the batch for time: tell it that batches come first (batch_first=True).": head(
            layers, across[-1]
        ),
    }
    if len(states) == steps.shape[1]:
        mistakes["You take the last sentence for the last step: with batches first, that is out[:, -1]."] = head(
            layers, states[-1]
        )
    return mistakes


def check_by_differences(model, draw, weights, x, tried):
    """What can be asked of a net whose weights have shapes of their own: each counts, and neighbouring words act together."""
    p = in_a_row(model, x, tried)
    for name, value in weights.items():
        model.set_parameters({name: draw.normal(*value.shape)})
        expect.differ(
            in_a_row(model, x, tried),
            p,
            tried=f"{tried}; then {name} exchanged for other numbers",
            cause="This parameter has no part in the answer.",
        )
    model.set_parameters(weights)

    def scores(sentences):
        return logit(np.clip(in_a_row(model, sentences, tried), 1e-7, 1))

    for place in range(x.shape[1] - 1):
        first, second, both = x.copy(), x.copy(), x.copy()
        first[:, place] = both[:, place] = draw.integers(1, 60, len(x))
        second[:, place + 1] = both[:, place + 1] = draw.integers(1, 60, len(x))
        expect.differ(
            scores(both) - scores(second),
            scores(first) - scores(x),
            tried=f"{tried}; words {place} and {place + 1} exchanged, one of them and both",
            cause="The answer is a sum over the words: an LSTM reads each in the light of those before.",
            by=1e-4,
        )


def check_lstm(student, draw, build):
    """A recurrent net without convolution against its equations."""
    model, weights = lively_reader(student, draw, build, 60, 7)
    layers = known_layers(weights, 60)
    x = draw.integers(1, 60, 5, 7)
    tried = f"{build}(60, 7) with weights set by the grader, on 5 sentences, in inference mode"
    p = in_a_row(model, x, tried)
    if layers is None:
        check_by_differences(model, draw, weights, x, tried)
    else:
        check_answers(
            p,
            layers,
            layers["embedding"][x],
            lstm_mistakes(layers, layers["embedding"][x]),
            tried,
            cause="The net does not compute embedding → LSTM → sigmoid of its last step.",
        )


def check_cnn_lstm(student, draw, length):
    """The convolutional net against its equations."""
    model, weights = lively_reader(student, draw, "build_cnn_lstm", 60, length)
    layers = known_layers(weights, 60)
    x = draw.integers(1, 60, 4, length)
    tried = f"build_cnn_lstm(60, {length}) with weights set by the grader, on 4 sentences"
    p = in_a_row(model, x, tried)
    if layers is None or "filters" not in layers:
        check_by_differences(model, draw, weights, x, tried)
        return
    embedded = layers["embedding"][x]
    found = convolve(layers, embedded)

    def answer(steps):
        return head(layers, lstm_states(layers, steps)[:, -1])

    ceiling = np.pad(relu(found), [(0, 0), (0, length % 2), (0, 0)])
    mistakes = {
        "The convolution drops the edges (valid padding); same keeps a step for each word.": answer(
            pool(relu(convolve(layers, embedded, padding=0)))
        ),
        "The convolution pads on the left only (causal); same pads both sides.": answer(
            pool(relu(convolve(layers, np.pad(embedded, [(0, 0), (2, 0), (0, 0)]), padding=0)))
        ),
        "The pooling takes the mean of two steps; max-pooling is asked for.": answer(pool(relu(found), np.mean)),
        "There is no pooling: the LSTM must see length // 2 steps.": answer(relu(found)),
        "The pooling moves on by one step; it must move on by two.": answer(
            np.maximum(relu(found)[:, 1:], relu(found)[:, :-1])
        ),
        "A reshape does not swap axes: it mixes words with features. Transpose (permute) them.": answer(
            reshaped_back(pool(relu(convolve(layers, reshaped(embedded)))))
        ),
        "After the pooling a reshape does not swap the axes back: transpose (permute) them.": answer(
            reshaped_back(pool(relu(found)))
        ),
        "There is no ReLU after the convolution.": answer(pool(found)),
        "There is a tanh where the ReLU should be.": answer(pool(np.tanh(found))),
        "The pooling comes before the convolution.": answer(relu(convolve(layers, pool(embedded)))),
    }
    if length % 2:
        mistakes["The pooling rounds up at an odd length: a step without a partner must be left out."] = answer(
            pool(ceiling)
        )
    mistakes |= lstm_mistakes(layers, pool(relu(found)))
    check_answers(
        p,
        layers,
        pool(relu(found)),
        mistakes,
        tried,
        cause="The net does not compute embedding → conv 3, same → ReLU → max-pool 2 → LSTM → sigmoid.",
    )


@check("padding.random", needs="padding.example")
def _(student, draw):
    """Sentences of random lengths, as lists and as arrays, come out as integers

    Forge: sentences drawn now.
    So: compute it.
    """
    length = int(draw.integers(4, 9))
    sizes = [length, 1, length + 1, *draw.integers(1, 15, 6).tolist()]
    sentences = [draw.integers(1, 1000, size) for size in sizes]
    for given in ([sentence.tolist() for sentence in sentences], sentences):
        tried = f"pad_sequences of 9 {'lists' if given is not sentences else 'arrays'}, length={length}"
        padded = expect.array(student.pad_sequences(given, length), tried=tried, cause="It returns no array.")
        expect.that(
            padded.dtype.kind in "iu",
            tried=tried,
            saw=f"numbers of type {padded.dtype}",
            expected="integers",
            cause="Words are numbered by integers; an embedding takes no floats. Give np.zeros a dtype.",
        )
        expect.equal(
            padded.tolist(),
            [([0] * length + sentence.tolist())[-length:] for sentence in sentences],
            tried=tried,
            cause="Zeros go before a short sentence; of a long one the last `length` words stay.",
        )


@check("lstm.computes", needs="lstm.parameters")
def _(student, draw):
    """The answers are those of the LSTM's equations

    Forge: the answers of an LSTM with weights that the grader has drawn; where their shapes are unknown, answers
        that depend on each of them and on words taken together.
    So: compute it; where the shapes are unknown, form; lie about it: weights of shapes that the grader does not
        know, in a net that is none.
    Closed by: ask for the framework's layers by their shapes, which would fail a right cell of one's own.
    """
    check_lstm(student, draw, "build_lstm")


@check("dropout.same_net", needs="dropout.modes")
def _(student, draw):
    """In inference mode it is the net of `build_lstm`, with as many parameters

    Forge: in inference mode the answers of the net with weights that the grader has drawn.
    So: form; a forger needs any such net; lie about it: weights of shapes that the grader does not know, in a net
        that is none.
    Closed by: ask for the framework's layers by their shapes, which would fail a right cell of one's own.
    """

    def count(build):
        return sum(value.size for value in new_reader(student, build, 5000, 20).parameters().values())

    plain, dropped = count("build_lstm"), count("build_dropout_lstm")
    expect.that(
        dropped in (213_301, 213_701),
        tried="the parameters of build_dropout_lstm(5000, 20)",
        saw=f"{dropped:,} parameters ({plain:,} in build_lstm)",
        expected="213,301 (Keras) or 213,701 (PyTorch)",
        cause="Dropout has no parameters: the net must have the sizes of build_lstm.",
    )
    check_lstm(student, draw, "build_dropout_lstm")


@check("cnn_lstm.computes", needs="cnn_lstm.parameters")
def _(student, draw):
    """The answers are those of convolution, pooling and LSTM, one after the other

    Forge: the answers of the net with weights that the grader has drawn.
    So: form; a forger needs any such net; lie about it: weights of shapes that the grader does not know, in a net
        that is none.
    Closed by: ask for the framework's layers by their shapes, which would fail a right cell of one's own.
    """
    check_cnn_lstm(student, draw, length=10)


@check("cnn_lstm.odd_length", needs="cnn_lstm.computes")
def _(student, draw):
    """Of seven words the LSTM sees 7 // 2 = 3 steps

    Forge: the answers for seven words of the net with weights that the grader has drawn.
    So: form; a forger needs any such net; lie about it: weights of shapes that the grader does not know, in a net
        that is none.
    Closed by: ask for the framework's layers by their shapes, which would fail a right cell of one's own.
    """
    check_cnn_lstm(student, draw, length=7)


@check("training.repeatable", needs="training.losses", trains=True)
def _(student, draw):
    """The same seed and the same start give the same training

    Forge: the same answers twice.
    So: form.
    """
    x = draw.integers(1, 40, 40, 8)
    y = draw.integers(0, 2, 40, 1).astype(np.float32)
    start = None

    def trained(global_seed, seed):
        nonlocal start
        model = new_reader(student, "build_cnn_lstm", 40, 8)
        start = start or lively_weights(draw, model)
        take_over(model, start)
        student.seed(global_seed)
        student.train(model, x, y, epochs=2, batch_size=8, seed=seed)
        return in_a_row(model, x, tried="a trained model on its own sentences")

    expect.close(
        *ends_of_one_seed(trained, draw, rtol=1e-4, atol=1e-5),
        tried="train twice with the same seed, from the same starting weights, on 5 batches of 8 sentences",
        cause="The order of the batches does not come from `seed`: set the framework's seed with it, "
        "or draw from a generator that it starts.",
    )


@check("training.own_gradients", needs="training.falls", trains=True)
def _(student, draw):
    """Each step follows the gradient of its own batch

    Forge: a bias that comes to rest at the value that the labels, drawn by the grader, want.
    So: compute it; a forger may move one bias so.
    """
    # Half of the labels want the bias up, half down.
    x, y = draw.integers(1, 40, 8, 8), np.float32([[0], [1]] * 4)
    settles(
        lambda: new_reader(student, "build_cnn_lstm", 40, 8),
        lambda model, steps: student.train(model, x, y, epochs=steps, batch_size=8, seed=draw.seed()),
        [1],
        tried="train on one batch of 8 sentences, half of them positive",
    )


# A made language: which of two words decides depends on what stands before it. Counting words tells nothing.
GOOD, BAD, NOT, FILLER, TOP_WORDS, LENGTH = range(1, 5), range(5, 9), range(9, 11), range(11, 40), 40, 12


def made_sentences(draw, n):
    """6 to 12 words and padding: one good or bad word, one negation, half the time right before it."""
    rng = draw.rng
    x, y = np.zeros((n, LENGTH), dtype=np.int64), np.zeros((n, 1), dtype=np.float32)
    for row, label in zip(x, y, strict=True):
        positive, negated = rng.integers(0, 2, 2)
        size = rng.integers(6, LENGTH + 1)
        words = rng.choice(FILLER, size)
        word, negation = rng.choice(GOOD if positive else BAD), rng.choice(NOT)
        place = rng.integers(1, size)
        words[place] = word
        if negated:
            words[place - 1] = negation
        else:
            words[rng.choice([i for i in range(size) if i not in (place - 1, place)])] = negation
        row[-size:] = words
        label[0] = positive != negated
    return x, y


@check("training.held_out", needs="training.falls", trains=True)
def _(student, draw, limits):
    """Trained on made sentences with "not good" and "not … good", it reads new ones

    Forge: the labels of made sentences drawn now, never sent over.
    So: compute it.
    """
    x, y = made_sentences(draw, 1200)
    unseen, labels = made_sentences(draw, 500)
    tried = "train on 1,200 made sentences, then 500 new ones; counting words would get half of them right"

    def attempt(_):
        student.seed(draw.seed())
        model = new_reader(student, "build_cnn_lstm", TOP_WORDS, LENGTH)
        # As Glorot starts them, biases zero: the start no longer depends on the framework.
        model.set_parameters(random_weights(draw, model.parameters(), matrices=glorot, biases=0))
        student.train(model, x, y, epochs=12, batch_size=32, seed=draw.seed())
        expect.at_least(
            np.mean((in_a_row(model, unseen, tried) > 0.5) == labels[:, 0]),
            limits.held_out_accuracy,
            tried=tried,
            cause="The model did not learn to read: x and y must stay together when shuffled, every batch "
            "must be used, and the steps be neither tiny nor huge (Adam with 0.001).",
            what="accuracy",
        )

    expect.best_of(2, attempt)


@check("accuracy.unseen", needs="accuracy.example")
def _(student, draw):
    """77 sentences, no dropout while it counts

    Forge: the share of answers that the grader has itself.
    So: compute it.
    """
    model, _ = lively_reader(student, draw, "build_dropout_lstm", 40, 8)
    x = draw.integers(1, 40, 100, 8)
    tried = "accuracy of a net with dropout on 77 sentences"
    p = in_a_row(model, x, tried)
    # Those nearest to ½ would be turned by dropout; the nearest few of all could be turned by rounding.
    x, p = (values[np.argsort(np.abs(p - 0.5))[3:80]] for values in (x, p))
    right = draw.permutation(77) < 60
    y = ((p > 0.5) == right).astype(np.float32)[:, None]
    expect.close(
        expect.number(student.accuracy(model, x, y), tried=tried, cause="`accuracy` must return one number."),
        60 / 77,
        tried=tried,
        cause="Dropout is on while the accuracy is taken (evaluate in inference mode), or not all 77 count alike.",
        mistakes={
            "You average the accuracies of batches of unequal size.": np.mean(
                [right[i : i + 32].mean() for i in range(0, 77, 32)]
            ),
        },
    )


@check("gradients.rows", needs="gradients.reach")
def _(student, draw):
    """The embedding learns the words of the batch and no others

    Forge: gradients that are 0 in the rows of words that the batch, drawn now, lacks.
    So: a forger may read the batch; one point.
    """
    for build in BUILDERS:
        model, weights = lively_reader(student, draw, build, 50, 8)
        vocabulary = 1 + draw.permutation(49)[:20]
        x = vocabulary[draw.integers(0, 20, 6, 8)]
        tried = f"the gradient in the embedding of {build}(50, 8), for 6 sentences"
        gradients = model.gradients(x, draw.normal(*expect.array(model.forward(x), tried=tried).shape))
        embedding = next((gradients[name] for name, value in weights.items() if value.shape == (50, 32)), None)
        expect.that(
            embedding is not None,
            tried=tried,
            saw="no trainable array of 50 rows and 32 columns with a gradient",
            expected="one row of 32 for each of the 50 words",
            cause="The embedding has another size or does not learn.",
        )
        reached = {int(row) for row in np.flatnonzero(np.abs(embedding).max(axis=1))} - {0}
        wanted = {int(word) for word in np.unique(x)}
        expect.that(
            wanted <= reached,
            tried=tried,
            saw=f"no gradient for {len(wanted - reached)} of the {len(wanted)} words in the batch",
            expected="one for every word",
            cause="Some words never reach the answer: every step of every sentence must be read.",
        )
        expect.that(
            reached <= wanted,
            tried=tried,
            saw=f"a gradient for {len(reached - wanted)} words that are not in the batch",
            expected="none",
            cause="Words are looked up in the wrong rows, or a penalty moves the whole embedding.",
        )
