"""Hidden checks of `cnn_lstm`."""

from contextlib import suppress
from itertools import permutations

import numpy as np

from autograder import check, expect
from autograder.authoring.probes.descent import slopes_in_both_modes, trains_downhill
from autograder.authoring.probes.functions import logit, relu, sigmoid
from autograder.authoring.probes.models import take_over
from autograder.authoring.probes.parameters import change, glorot, random_weights
from autograder.authoring.probes.settles import settles_within_an_epoch
from autograder.authoring.probes.training import a_step_for_each_batch, ends_of_one_seed, every_sample_trains
from autograder.errors import CheckFailed, StudentError

from .probes import BUILDERS, in_a_row, lively_reader, lively_weights, new_reader

# The same networks in NumPy, with the weights that the check has set: what a correct model must return.


def known_layers(weights, top_words):
    """The weights by role, recognised by shape, kernels as `(…, inputs, outputs)`; None if a shape is unknown.

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
    """The hidden states and the memories, each `(n, steps, 100)`.

    Both frameworks order the gates as input, forget, candidate, output.
    """
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
    """What a convolution along the last axis reads if a reshape made it `(n, features, steps)`."""
    n, length, features = steps.shape
    return steps.reshape(n, features, length).transpose(0, 2, 1)


def reshaped_back(steps):
    """What an LSTM reads if a reshape made `(n, features, steps)` into `(n, steps, features)`."""
    return steps.transpose(0, 2, 1).reshape(steps.shape)


def check_answers(actual, layers, steps, mistakes, tried, cause, any_reading=False):
    """The outputs of an LSTM that reads `steps`; a model may order its gates in any way.

    `any_reading`: what the last layer reads of the LSTM is judged elsewhere, and costs its points only there.
    """
    for gates in permutations(range(4)):
        states, memories = lstm(layers, steps, gates)
        readings = [states[:, -1]]
        if any_reading:
            backwards = lstm_states(layers, steps[:, ::-1], gates)
            readings += [states.mean(axis=1), memories[:, -1], backwards[:, -1]]
        if any(np.allclose(actual, head(layers, reading), rtol=1e-3, atol=1e-4) for reading in readings):
            return
    wanted = head(layers, lstm_states(layers, steps)[:, -1])
    expect.close(actual, wanted, tried=tried, cause=cause, mistakes=mistakes, rtol=1e-3, atol=1e-4)


def lstm_mistakes(layers, steps):
    """What common mistakes around the LSTM return for the same steps."""
    states = lstm_states(layers, steps)
    across = lstm_states(layers, steps.transpose(1, 0, 2))
    mistakes = {
        "You take the memory c for the output h: the last layer must read h.": head(
            layers, lstm(layers, steps)[1][:, -1]
        ),
        "The last layer has no sigmoid: the model must return probabilities.": states[:, -1] @ layers["head"]
        + layers["head_bias"],
        "A softmax over a single unit is always 1; use a sigmoid.": np.ones(len(steps)),
        "The last layer reads the first step of the LSTM; it must read the last step.": head(layers, states[:, 0]),
        "The last layer reads the mean over the steps of the LSTM; it must read the last step.": head(
            layers, states.mean(axis=1)
        ),
        "The LSTM reads the sentence backwards.": head(layers, lstm_states(layers, steps[:, ::-1])[:, -1]),
        "The LSTM takes the batch axis for time: set batch_first=True.": head(layers, across[-1]),
    }
    if len(states) == steps.shape[1]:
        mistakes["You take the last sentence for the last step: with batches first, the last step is out[:, -1]."] = (
            head(layers, states[-1])
        )
    return mistakes


def check_by_differences(model, draw, weights, x, tried):
    """For a network with weights of unknown shapes: each affects the output, and neighbouring words interact."""
    p = in_a_row(model, x, tried)
    for name, value in weights.items():
        model.set_parameters({name: draw.normal(*value.shape)})
        expect.differ(
            in_a_row(model, x, tried),
            p,
            tried=f"{tried}; then with other numbers in {name}",
            cause="This parameter does not affect the output.",
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
            tried=f"{tried}; with word {place}, word {place + 1} and both replaced",
            cause="The output is a sum over the words: an LSTM reads each word in the context of those before it.",
            by=1e-4,
        )


def check_lstm(student, draw, build, any_reading=False):
    """A recurrent network without convolution against its equations."""
    model, weights = lively_reader(student, draw, build, 60, 7)
    layers = known_layers(weights, 60)
    x = draw.integers(1, 60, 5, 7)
    tried = f"{build}(60, 7) with weights that the grader has set, on 5 sentences, in inference mode"
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
            cause="The network does not compute embedding → LSTM → sigmoid of its last step.",
            any_reading=any_reading,
        )


def check_cnn_lstm(student, draw, length, any_reading=False):
    """The convolutional network against its equations."""
    model, weights = lively_reader(student, draw, "build_cnn_lstm", 60, length)
    layers = known_layers(weights, 60)
    x = draw.integers(1, 60, 4, length)
    tried = f"build_cnn_lstm(60, {length}) with weights that the grader has set, on 4 sentences"
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
        "The convolution drops the edges (valid padding); same padding keeps a step for each word.": answer(
            pool(relu(convolve(layers, embedded, padding=0)))
        ),
        "The convolution pads only on the left (causal); same padding pads both sides.": answer(
            pool(relu(convolve(layers, np.pad(embedded, [(0, 0), (2, 0), (0, 0)]), padding=0)))
        ),
        "The pooling takes the mean of two steps; it must take the maximum.": answer(pool(relu(found), np.mean)),
        "There is no pooling: the LSTM must see length // 2 steps.": answer(relu(found)),
        "The pooling has stride 1; it must have stride 2.": answer(np.maximum(relu(found)[:, 1:], relu(found)[:, :-1])),
        "A reshape does not swap axes: it mixes words with features. Transpose (permute) the axes.": answer(
            reshaped_back(pool(relu(convolve(layers, reshaped(embedded)))))
        ),
        "A reshape after the pooling does not swap the axes back: transpose (permute) them.": answer(
            reshaped_back(pool(relu(found)))
        ),
        "There is no ReLU after the convolution.": answer(pool(found)),
        "The activation after the convolution is tanh; it must be ReLU.": answer(pool(np.tanh(found))),
        "The pooling comes before the convolution.": answer(relu(convolve(layers, pool(embedded)))),
    }
    if length % 2:
        mistakes["The pooling rounds up at an odd length: a step without a partner must be dropped."] = answer(
            pool(ceiling)
        )
    mistakes |= lstm_mistakes(layers, pool(relu(found)))
    check_answers(
        p,
        layers,
        pool(relu(found)),
        mistakes,
        tried,
        cause="The network does not compute embedding → conv 3, same → ReLU → max-pool 2 → LSTM → sigmoid.",
        any_reading=any_reading,
    )


@check("padding.random", needs="padding.example")
def _(student, draw):
    """Sentences of random lengths, given as lists and as arrays, give an array of integers

    Forge: sentences drawn now.
    So: compute it.
    """
    length = int(draw.integers(4, 9))
    sizes = [length, 1, length + 1, *draw.integers(1, 15, 6).tolist()]
    sentences = [draw.integers(1, 1000, size) for size in sizes]
    for given in ([sentence.tolist() for sentence in sentences], sentences):
        tried = f"pad_sequences of 9 {'lists' if given is not sentences else 'arrays'}, length={length}"
        padded = expect.array(
            student.pad_sequences(given, length), tried=tried, cause="`pad_sequences` must return an array."
        )
        expect.that(
            padded.dtype.kind in "iu",
            tried=tried,
            saw=f"numbers of type {padded.dtype}",
            expected="integers",
            cause="Tokens are integers; an embedding takes no floats. Give np.zeros a dtype.",
        )
        expect.equal(
            padded.tolist(),
            [([0] * length + sentence.tolist())[-length:] for sentence in sentences],
            tried=tried,
            cause="A short sentence gets zeros on the left; a long one keeps its last `length` words.",
        )
    short = [draw.integers(1, 1000, size) for size in (1, 2, length - 1)]
    width = expect.array(student.pad_sequences(short, length), tried="pad_sequences").shape[-1]
    expect.that(
        width == length,
        tried=f"pad_sequences of 3 sentences that are all shorter than length={length}",
        saw=f"rows of {width}",
        expected=f"rows of {length}",
        cause="Every row has `length` entries, also where no sentence is so long.",
    )


@check("lstm.computes", needs="lstm.parameters")
def _(student, draw):
    """The outputs equal those of the LSTM's equations

    Forge: the outputs of an LSTM with weights that the grader has drawn; where their shapes are unknown, outputs
        that depend on each of them and on combinations of words.
    So: compute it; where the shapes are unknown, form; lie about it: weights of shapes that the grader does not
        know, in a network that is not an LSTM.
    Closed by: ask for the framework's layers by their shapes, which would fail a correct cell of the student's own.
    """
    check_lstm(student, draw, "build_lstm")


@check("dropout.same_net", needs="dropout.modes")
def _(student, draw):
    """In inference mode it is the network of `build_lstm`, with the same number of parameters

    Forge: in inference mode the outputs of the network with weights that the grader has drawn.
    So: form; a forger needs any such network; lie about it: weights of shapes that the grader does not know, in a
        network that is not an LSTM.
    Closed by: ask for the framework's layers by their shapes, which would fail a correct cell of the student's own.
    """

    def count(build):
        return sum(value.size for value in new_reader(student, build, 5000, 20).parameters().values())

    plain, dropped = count("build_lstm"), count("build_dropout_lstm")
    expect.that(
        dropped in (213_301, 213_701),
        tried="the parameters of build_dropout_lstm(5000, 20)",
        saw=f"{dropped:,} parameters ({plain:,} in build_lstm)",
        expected="213,301 (Keras) or 213,701 (PyTorch)",
        cause="Dropout has no parameters: the network must have the sizes of build_lstm.",
    )
    check_lstm(student, draw, "build_dropout_lstm", any_reading=True)


@check("dropout.rate", needs="dropout.modes")
def _(student, draw):
    """A fifth of the numbers is dropped in training mode, before the LSTM and after it

    Forge: in training mode, outputs whose spread follows from the weights that the grader has set.
    So: compute it; a forger may draw the numbers that are dropped without a layer.
    """
    model = new_reader(student, "build_dropout_lstm", 60, 3)
    values, head, one_step = single_path(model)
    rows, tried = (
        1_600,
        "build_dropout_lstm(60, 3) in training mode, on 1,600 sentences, with weights that show what is dropped",
    )
    sentences = np.tile([1, 1, 2], (rows, 1))
    # What the last layer reads of the LSTM is judged elsewhere: the scale is that of inference mode, with a sum of 1.
    scale = one_step(1.0) / logit(in_a_row(model, sentences[:2], tried).astype(float)).mean()
    answers = scale * logit(in_a_row(model, sentences, tried, training=True).astype(float))
    dropped = np.abs(answers) < 1e-4
    after = float(dropped.mean())
    # The sum of 32 equal inputs, of which a share `before` is 0: its relative variance is before / (1 − before) / 32.
    sums = np.interp(answers[~dropped] * (1 - after), one_step(GRID), GRID)
    spread = 32 * np.var(sums) / np.mean(sums) ** 2 if len(sums) else np.inf
    before = float(spread / (1 + spread)) if np.isfinite(spread) else 1.0
    if after < 0.05 and one_step is of_the_candidate:
        after = recurrent_rate(model, values, head, rows, tried)
    if 0.15 < after < 0.26:
        # What is kept is divided by 0.8: then the sum has the mean of inference mode, which is 1. It is measured with a
        # standard deviation of 0.003. Without the division it is 0.8 or 0.7, before or after the LSTM.
        kept = answers[~dropped] * (0.8 if dropped.mean() > 0.05 else 1.0)
        mean = float(np.mean(np.interp(kept, one_step(GRID), GRID)))
        expect.that(
            0.9 < mean < 1.1,
            tried=tried,
            saw=f"an LSTM that reads {mean:.2f} times as much on average as in inference mode",
            expected="the same on average",
            cause="Divide the numbers that dropout keeps by 0.8, so that the expected value stays the same.",
        )
    for place, rate in {"before the LSTM": before, "after the LSTM": after}.items():
        expect.that(
            # 0.2 is measured with a standard deviation of 0.0085, and half of it with 0.0065: more than 5 of them away.
            0.15 < rate < 0.26,
            tried=tried,
            saw=f"about {rate:.0%} of the numbers dropped {place}",
            expected="about 20 %",
            cause=f"No dropout acts {place}, or it drops whole words or sentences at once: drop single numbers "
            "(`Dropout`, not `Dropout1d`, not `SpatialDropout1D`)."
            if rate < 0.05
            else f"The rate of the dropout {place} is not 0.2.",
        )


OUTPUT_WEIGHT = 8.0
GRID = np.linspace(0, 6, 2_000)


def of_the_candidate(a):
    """The output of an LSTM after its first step, if `a` enters the candidate only."""
    return np.tanh(np.tanh(a) / 2) / 2


def of_all_gates(a):
    """The same if `a` enters the candidate and each gate."""
    return sigmoid(a) * np.tanh(sigmoid(a) * np.tanh(a))


def single_path(model):
    """Let every unit read the sum of word 2, and the output unit 0. Word 1 is 0 everywhere.

    Returns the weights by name, the name of the last layer's, and the function that a unit computes of the sum. The
    frameworks' layers drop the inputs of each gate separately, so that only the candidate reads there.
    """
    shapes = {name: value.shape for name, value in model.parameters().items()}
    x = np.tile([1, 1, 2], (2, 1))
    for one_step in (of_the_candidate, of_all_gates):
        values = {name: np.zeros(shape, dtype=np.float32) for name, shape in shapes.items()}
        for value in values.values():
            if value.shape in ((60, 32), (61, 32)):
                value[2] = 1
            elif value.shape in ((32, 60), (32, 61)):
                value[:, 2] = 1
            elif value.ndim > 1 and {32, 132} & set(value.shape):
                (candidates(value) if one_step is of_the_candidate else value)[...] = 1 / 32
        for name in [name for name, value in values.items() if value.size == 100]:
            values[name].flat[0] = OUTPUT_WEIGHT
            model.set_parameters(values)
            if np.all(in_a_row(model, x, "build_dropout_lstm(60, 3)") > 0.55):
                return values, name, one_step
            values[name].flat[0] = 0
    raise CheckFailed(
        "build_dropout_lstm(60, 3) with weights that the grader has set",
        "no layer of 100 weights that reads the LSTM",
        "embedding of 32 → LSTM of 100 units → one sigmoid unit",
        "The network does not have the sizes of the text.",
    )


def candidates(value):
    """The part of a weight of all gates, in the frameworks' order, that belongs to the candidate."""
    return value[200:300] if len(value) == 400 else value[:, 200:300]


def recurrent_rate(model, values, head, rows, tried):
    """The share of its own outputs that an LSTM drops before it reads them again (Keras' `recurrent_dropout`)."""
    values = {name: value.copy() for name, value in values.items()}
    for value in values.values():
        if value.shape in ((100, 400), (400, 100)):
            candidates(value)[(0, slice(None)) if len(value) == 100 else (slice(None), 0)] = 27
    values[head].flat[[0, 1]] = 0, OUTPUT_WEIGHT
    model.set_parameters(values)
    answers = logit(in_a_row(model, np.tile([1, 2, 1], (rows, 1)), tried, training=True).astype(float)) / OUTPUT_WEIGHT
    # Where unit 0 is dropped, the last candidate is 0, and the output is 0.1 and not 0.3.
    return float(np.mean(answers < 0.2))


@check("cnn_lstm.computes", needs="cnn_lstm.parameters")
def _(student, draw):
    """The outputs equal those of convolution, ReLU, pooling and LSTM

    Forge: the outputs of the network with weights that the grader has drawn.
    So: form; a forger needs any such network; lie about it: weights of shapes that the grader does not know, in a
        network that is not an LSTM.
    Closed by: ask for the framework's layers by their shapes, which would fail a correct cell of the student's own.
    """
    check_cnn_lstm(student, draw, length=10)


@check("cnn_lstm.odd_length", needs="cnn_lstm.parameters")
def _(student, draw):
    """For seven words the LSTM sees 7 // 2 = 3 steps

    Forge: the outputs of the network for seven words, with weights that the grader has drawn.
    So: form; a forger needs any such network; lie about it: weights of shapes that the grader does not know, in a
        network that is not an LSTM.
    Closed by: ask for the framework's layers by their shapes, which would fail a correct cell of the student's own.
    """
    check_cnn_lstm(student, draw, length=7, any_reading=True)


@check("training.last_batch", needs="training.losses")
def _(student, draw):
    """Each epoch uses every sample, in batches of `batch_size`, also those of a last batch that is smaller

    Forge: move the weights of every input that occurs.
    So: compute it; a forger may move them in any way.
    """
    student.eagerly()
    # Each sentence consists of one word that is in no other sentence. Word 0 may have no weights.
    top_words, n = 11, 7
    x = np.tile(np.arange(1, n + 1)[:, None], (1, 8))
    model = new_reader(student, "build_cnn_lstm", top_words, 8)
    before = lively_weights(draw, model)
    embedding = embedding_of(before, top_words, "build_cnn_lstm(11, 8)")
    # At 0, where neither weight decay nor rounding hides a very small last step (a schedule of the learning rate).
    before[embedding] = np.zeros_like(before[embedding])
    # A first step may change every weight by 0.1, as RMSprop's does with PyTorch's rate. It must not turn a ReLU off,
    # which sees its bias where word vectors are 0, nor bring the probabilities to exactly 0 or 1, where nothing has a
    # gradient.
    before = {name: 0.3 * value + (0.3 if value.ndim == 1 else 0) for name, value in before.items()}
    model.set_parameters(before)
    y = draw.integers(0, 2, n, 1).astype(np.float32)
    student.train(model, x, y, epochs=1, batch_size=3, seed=draw.seed())
    after = model.parameters()
    every_sample_trains(
        *({embedding: np.roll(values[embedding], -1, axis=0)} for values in (before, after)),
        top_words,
        n,
        tried="one epoch on 7 sentences in batches of 3; each sentence has a word of its own",
        cause="The last, smaller batch is left out: use all sentences in each epoch.",
    )
    a_step_for_each_batch(
        student,
        draw,
        lambda: new_reader(student, "build_cnn_lstm", top_words, 8),
        before,
        lambda again, batch_size, seed: student.train(again, x[:2], y[:2], epochs=1, batch_size=batch_size, seed=seed),
    )


@check("training.mode", needs=("dropout.rate", "training.losses"))
def _(student, draw):
    """`train` works in training mode in every epoch

    Forge: leave some numbers of the word vectors alone.
    So: a forger may choose them at random; half a point.
    """
    student.eagerly()
    top_words, n = 30, 20
    model = new_reader(student, "build_dropout_lstm", top_words, 1)
    x, y = np.arange(1, n + 1)[:, None], draw.integers(0, 2, n, 1).astype(np.float32)
    weights = lively_weights(draw, model)
    embedding = embedding_of(weights, top_words, f"build_dropout_lstm({top_words}, 1)")
    # A number that is 0 stays so without a gradient, also with weight decay. Keras' LSTM drops the inputs of each gate
    # separately: only the candidate reads them. Its weights get no gradient from inputs of 0, so they also stay.
    weights[embedding] = np.zeros_like(weights[embedding])
    for value in weights.values():
        if value.shape in ((32, 400), (400, 32)):
            kept = candidates(value).copy()
            value[...] = 0
            candidates(value)[...] = kept
    model.set_parameters(weights)
    # A model may come from an evaluation, which leaves it in inference mode; whether that is right is another check's.
    with suppress(StudentError):
        student.accuracy(model, x, y)
    student.train(model, x, y, epochs=2, batch_size=n, seed=draw.seed())
    share = float(np.mean(model.parameters()[embedding][1 : n + 1] == 0))
    expect.that(
        # Two epochs drop 4 % of 640 numbers. None at all: once in 10¹¹ times.
        0 < share < 0.5,
        tried="accuracy, then train on the network of build_dropout_lstm: 2 epochs of one batch",
        saw=f"{share:.0%} of the numbers in the word vectors without a step",
        expected="about 4 %, dropped in both epochs",
        cause="Dropout is off in training, from the start or after the first epoch: set training mode in each epoch "
        "(`model.train()`, `training=True`).",
    )


@check("training.repeatable", needs="training.losses", trains=True)
def _(student, draw):
    """The same seed and the same starting weights give the same trained network

    Forge: identical outputs.
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
        return in_a_row(model, x, tried="the trained model on its training sentences")

    expect.close(
        *ends_of_one_seed(trained, draw, rtol=1e-4, atol=1e-5),
        tried="train twice with the same seed, from the same starting weights, on 5 batches of 8 sentences",
        cause="The order of the batches does not come from `seed`: set the framework's seed to it, "
        "or draw from a generator with this seed.",
    )


@check("training.own_gradients", needs="training.falls", trains=True)
def _(student, draw):
    """Each step follows the gradient of its own batch

    Forge: a bias that comes to rest at the best value for the labels, which the grader has drawn; one step against the
        gradient of the cross-entropy in every array of parameters, by the worker's own autodiff.
    So: compute it; a forger who gives every array its right direction has derived the gradient.
    """
    # Labels of ½ pull the bias to 0, like a batch of which half is good.
    x = draw.integers(1, 40, 156, 8)
    half, mixed = np.full((156, 1), 0.5, dtype=np.float32), np.float32([[0], [1]] * 4)
    settles_within_an_epoch(
        lambda: new_reader(student, "build_cnn_lstm", 40, 8),
        lambda model, n: student.train(model, x[: 2 * n], half[: 2 * n], epochs=1, batch_size=2, seed=draw.seed()),
        lambda model, n: student.train(model, x[:8], mixed, epochs=n, batch_size=8, seed=draw.seed()),
        [1],
        tried="train on sentences of which half are good, or whose labels are ½",
    )
    model, before = lively_reader(student, draw, "build_cnn_lstm", 40, 8)
    x, y = draw.integers(1, 40, 24, 8), draw.integers(0, 2, 24).astype(np.float32)

    def pulls(p):
        labels = y.reshape(p.shape)
        return (p - labels) / np.clip(p * (1 - p), 1e-7, None) / len(y)

    ways = slopes_in_both_modes(model, x, pulls)

    def moved_in(epochs):
        model.set_parameters(before)
        student.train(model, x, y[:, None], epochs=epochs, batch_size=24, seed=draw.seed())
        return change(before, model.parameters())

    trains_downhill(
        student,
        moved_in,
        ways,
        tried="train on one batch of 24 sentences, against the gradient of the cross-entropy",
        cause="A step must go against the gradient of the cross-entropy in every layer: no other search, no table.",
    )


# A made-up language: the word before a good or bad word decides what it means. Counting words gives no information.
GOOD, BAD, NOT, FILLER, TOP_WORDS, LENGTH = range(1, 5), range(5, 9), range(9, 11), range(11, 40), 40, 12


def made_sentences(draw, n):
    """6 to 12 words and padding: one good or bad word and one negation, in half of the sentences right before it."""
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
    """A model trained on made-up sentences with "not good" and "not … good" classifies new ones

    Forge: the labels of 500 new sentences drawn now, which are never sent to the worker.
    So: compute it.
    """
    x, y = made_sentences(draw, 1200)
    unseen, labels = made_sentences(draw, 500)
    tried = "train on 1,200 made-up sentences, then classify 500 new ones; counting words gets half of them right"

    def attempt(_):
        student.seed(draw.seed())
        model = new_reader(student, "build_cnn_lstm", TOP_WORDS, LENGTH)
        # Glorot's initialisation with zero biases: the starting weights do not depend on the framework.
        model.set_parameters(random_weights(draw, model.parameters(), matrices=glorot, biases=0))
        student.train(model, x, y, epochs=12, batch_size=32, seed=draw.seed())
        expect.at_least(
            np.mean((in_a_row(model, unseen, tried) > 0.5) == labels[:, 0]),
            limits.held_out_accuracy,
            tried=tried,
            cause="The model did not learn to read. Shuffle x and y together, use every batch, "
            "and take steps that are neither tiny nor huge (Adam with 0.001).",
            what="accuracy",
        )

    expect.best_of(2, attempt)


@check("accuracy.unseen", needs="accuracy.example")
def _(student, draw):
    """The share of 77 sentences that are right, without dropout

    Forge: the share of right outputs, which the grader knows itself.
    So: compute it.
    """
    model, _ = lively_reader(student, draw, "build_dropout_lstm", 40, 8)
    x = draw.integers(1, 40, 100, 8)
    tried = "accuracy of a network with dropout on 77 sentences"
    p = in_a_row(model, x, tried)
    # Dropout would flip those near ½; the nearest few are left out, since rounding could flip them.
    x, p = (values[np.argsort(np.abs(p - 0.5))[3:80]] for values in (x, p))
    right = draw.permutation(77) < 60
    y = ((p > 0.5) == right).astype(np.float32)[:, None]
    expect.close(
        expect.number(student.accuracy(model, x, y), tried=tried, cause="`accuracy` must return one number."),
        60 / 77,
        tried=tried,
        cause="Dropout is active while you count (evaluate in inference mode), or not all 77 sentences count equally.",
        mistakes={
            "You average the accuracies of batches of unequal size.": np.mean(
                [right[i : i + 32].mean() for i in range(0, 77, 32)]
            ),
        },
    )


@check("gradients.rows", needs="gradients.reach")
def _(student, draw):
    """In the embedding, only the rows of the words in the batch get a gradient

    Forge: gradients that are 0 in the rows of words that are not in the batch drawn now.
    So: a forger may read the batch; one point.
    """
    for build in BUILDERS:
        model, weights = lively_reader(student, draw, build, 50, 8)
        vocabulary = 1 + draw.permutation(49)[:20]
        x = vocabulary[draw.integers(0, 20, 6, 8)]
        tried = f"the gradient with respect to the embedding of {build}(50, 8), for 6 sentences"
        gradients = model.gradients(x, draw.normal(*expect.array(model.forward(x), tried=tried).shape))
        embedding = gradients[embedding_of(weights, 50, tried)]
        reached = {int(row) for row in np.flatnonzero(np.abs(embedding).max(axis=1))} - {0}
        wanted = {int(word) for word in np.unique(x)}
        expect.that(
            wanted <= reached,
            tried=tried,
            saw=f"no gradient for {len(wanted - reached)} of the {len(wanted)} words in the batch",
            expected="a gradient for every word",
            cause="Some words do not affect the output: the model must read every step of every sentence.",
        )
        expect.that(
            reached <= wanted,
            tried=tried,
            saw=f"a gradient for {len(reached - wanted)} words that are not in the batch",
            expected="none",
            cause="The model looks words up in the wrong rows, or a penalty moves the whole embedding.",
        )


def embedding_of(weights, top_words, tried):
    """The name of the word vectors among the weights, `(top_words, 32)`."""
    embedding = next((name for name, value in weights.items() if value.shape == (top_words, 32)), None)
    expect.that(
        embedding is not None,
        tried=tried,
        saw=f"no trainable array of {top_words} rows and 32 columns",
        expected=f"one row of 32 numbers for each of the {top_words} tokens",
        cause="The embedding has the wrong size or is frozen.",
    )
    return embedding
