"""Checks of `cnn_lstm` that students can run too."""

import numpy as np

from autograder import check, expect, on_gpu
from autograder.authoring.probes.functions import binary_cross_entropy, logit, sigmoid
from autograder.authoring.probes.gradient_check import gradients_match
from autograder.authoring.probes.parameters import output_bias_alone
from autograder.authoring.probes.training import losses_of_copies

from .probes import BUILDERS, in_a_row, lively_reader, new_reader


def probabilities(model, x, tried, training=False):
    """The model's outputs as one row, `(n,)`."""
    answers = in_a_row(
        model,
        x,
        tried,
        training=training,
        mistakes={
            "You take the last sentence for the last step: with batches first, the last step is out[:, -1].": (
                x.shape[1],
                1,
            ),
            "The LSTM passes on the outputs of all steps; the last layer needs only the last one.": (*x.shape, 1),
        },
    )
    return expect.between(
        answers,
        0,
        1,
        tried=tried,
        cause="The last layer has no sigmoid: its outputs are not probabilities.",
        what="probabilities",
    )


def loss_on(p, y):
    """The mean binary cross-entropy of a row of probabilities, against a column of labels."""
    return float(binary_cross_entropy(p, y[:, 0]).mean())


def check_parameters(model, top_words, length, convolution):
    """The number of trainable parameters, with one bias vector in the LSTM (Keras) or two (PyTorch)."""
    steps = length // 2 if convolution else length

    def counts(rows=top_words, filters=3104 * convolution, lstm_input=32, directions=1, head_input=100):
        return [
            32 * rows + filters + directions * 400 * (lstm_input + 100 + biases) + directions * head_input + 1
            for biases in (1, 2)
        ]

    mistakes = {
        "The embedding needs exactly top_words rows, for the tokens 0 to top_words − 1.": counts(rows=top_words + 1),
        "The last layer sees all steps of the LSTM in one row; it needs only the last step.": counts(
            head_input=100 * steps
        ),
        "The LSTM reads the sentence in both directions; it must read it in one.": counts(directions=2),
    }
    if convolution:
        mistakes |= {
            "The LSTM sees a single time step that holds all features in a row (Flatten and Reshape): "
            "nothing is left to read in order.": counts(lstm_input=32 * steps),
            "The LSTM takes filters for time steps: swap the two axes between convolution and LSTM.": counts(
                lstm_input=steps
            ),
            "The pooling halves the features; it must halve the time steps.": counts(lstm_input=16),
            "There is no convolution of 32 filters of width 3.": counts(filters=0),
            "The filters must have width 3.": [n for width in (1, 2, 4, 5) for n in counts(filters=1024 * width + 32)],
        }
    count = sum(value.size for value in model.parameters().values())
    keras, torch = counts()
    cause = "A layer is missing, has the wrong size or no bias, or is not registered with the model."
    expect.that(
        count in (keras, torch),
        tried=f"the number of parameters of a model for top_words={top_words}, length={length}",
        saw=f"{count:,} parameters",
        expected=f"{keras:,} (one bias vector in the LSTM, as in Keras) or {torch:,} (two, as in PyTorch)",
        cause=next((sentence for sentence, wrong in mistakes.items() if count in wrong), cause),
    )


@check("padding.example")
def _(student):
    """The worked example: a short sentence gets zeros on the left, a long one keeps its end

    Forge: a table of one example.
    So: the next check draws other sentences.
    """
    tried = "pad_sequences([[3, 1, 4, 1, 5], [9, 2], [6, 5, 3]], 3)"
    padded = student.pad_sequences([[3, 1, 4, 1, 5], [9, 2], [6, 5, 3]], 3)
    expect.equal(
        expect.array(padded, tried=tried, cause="`pad_sequences` must return an array.").tolist(),
        [[4, 1, 5], [0, 9, 2], [6, 5, 3]],
        tried=tried,
        cause="A short sentence gets zeros on the left; a long one keeps its last `length` words.",
        mistakes={
            "You pad on the right. The zeros belong on the left, so that the LSTM reads the words last.": [
                [4, 1, 5],
                [9, 2, 0],
                [6, 5, 3],
            ],
            "You keep the first words of a long sentence; keep the last `length`.": [
                [3, 1, 4],
                [0, 9, 2],
                [6, 5, 3],
            ],
            "You pad on the right and keep the first words; pad on the left and keep the last words.": [
                [3, 1, 4],
                [9, 2, 0],
                [6, 5, 3],
            ],
        },
    )


@check("lstm.parameters")
def _(student, draw):
    """One probability for each sentence; 213,301 parameters in Keras, 213,701 in PyTorch

    Forge: probabilities and the right number of parameters.
    So: form.
    """
    check_parameters(new_reader(student, "build_lstm", 5000, 20), top_words=5000, length=20, convolution=False)
    model, _ = lively_reader(student, draw, "build_lstm", 60, 7)
    probabilities(model, draw.integers(1, 60, 12, 7), tried="build_lstm(60, 7) on 12 sentences of 7 words")


@check("dropout.modes")
def _(student, draw):
    """Dropout is random in training mode and off in inference mode

    Forge: outputs that vary in training mode and not in inference mode.
    So: form; a forger may add noise.
    """
    model, _ = lively_reader(student, draw, "build_dropout_lstm", 50, 9)
    x = draw.integers(1, 50, 6, 9)
    tried = "build_dropout_lstm(50, 9) on 6 sentences, twice"
    expect.close(
        probabilities(model, x, tried),
        probabilities(model, x, tried),
        tried=f"{tried}, in inference mode",
        cause="Dropout is active in inference mode too. A dropout layer of the model follows the mode; "
        "a plain dropout function must be given the mode.",
    )
    expect.differ(
        probabilities(model, x, tried, training=True),
        probabilities(model, x, tried, training=True),
        tried=f"{tried}, in training mode",
        cause="No dropout acts in training mode. (`nn.LSTM(dropout=…)` acts between LSTM layers; there is only one.)",
        by=1e-5,
    )


@check("cnn_lstm.parameters")
def _(student, draw):
    """One probability for each sentence; 216,405 parameters in Keras, 216,805 in PyTorch

    Forge: probabilities and the right number of parameters.
    So: form.
    """
    check_parameters(new_reader(student, "build_cnn_lstm", 5000, 20), top_words=5000, length=20, convolution=True)
    model, _ = lively_reader(student, draw, "build_cnn_lstm", 60, 8)
    probabilities(model, draw.integers(1, 60, 12, 8), tried="build_cnn_lstm(60, 8) on 12 sentences of 8 words")


@check("cnn_lstm.order", needs="cnn_lstm.parameters")
def _(student, draw):
    """The order of the words matters

    Forge: outputs that depend on the order of the words.
    So: form.
    """
    model, _ = lively_reader(student, draw, "build_cnn_lstm", 50, 12)
    x = np.stack([1 + draw.permutation(49)[:12] for _ in range(5)])
    tried = "build_cnn_lstm(50, 12) on 5 sentences, and on the same sentences with the words reversed"
    difference = np.abs(probabilities(model, x, tried) - probabilities(model, x[:, ::-1].copy(), tried))
    expect.that(
        difference.min() > 1e-5,
        tried=tried,
        saw="the same probability for a sentence in both orders",
        expected="a different probability for each order",
        cause="The output does not depend on where a word stands: the LSTM must read the steps one after the other.",
    )


@check("training.losses", few_steps=True)
def _(student, draw):
    """`train` returns the binary cross-entropy, and every parameter is trained

    Forge: the cross-entropy of outputs that the grader has itself, and parameters that moved.
    So: compute it.
    """
    model, before = lively_reader(student, draw, "build_cnn_lstm", 40, 8)
    x = draw.integers(1, 40, 24, 8)
    tried = "train for one epoch on one batch of 24 sentences"
    p = probabilities(model, x, tried)
    # Labels that the model gets right: there every other loss is far from the cross-entropy.
    y = (p > 0.5).astype(np.float32)[:, None]
    start = loss_on(p, y)
    losses = expect.losses(
        student.train(model, x, y, epochs=1, batch_size=24, seed=draw.seed()),
        1,
        tried=tried,
        cause="`train` must return a list with one number for each epoch.",
    )
    end = loss_on(probabilities(model, x, tried), y)
    after = model.parameters()
    expect.moved(
        before,
        after,
        tried=tried,
        cause="Some parameters are not trained: are they frozen or unknown to the optimiser, or is no step taken?",
    )
    # A loss may be taken before the batch's step or after the epoch: both are right, one step apart.
    if not min(start, end) - 0.01 <= losses[0] <= max(start, end) + 0.01:
        expect.close(
            losses[0],
            start,
            tried=tried,
            cause="The loss is not the mean binary cross-entropy −[y ln p + (1−y) ln(1−p)] "
            "of the model's outputs and the labels of the same sentences.",
            mistakes={
                "The loss expects logits: it applies a second sigmoid to probabilities.": loss_on(sigmoid(p), y),
                "This is the squared error, not the cross-entropy.": float(np.mean((p - y[:, 0]) ** 2)),
                "The loss is the sum over the batch; it must be the mean.": 24 * start,
            },
            rtol=0.01,
            atol=0.005,
        )
    # Only the output's bias is not 0. With it, the right label has p = 0.2.
    model.set_parameters(output_bias_alone(before, [logit(0.2)]))
    copies, labels = np.tile(x[0], (24, 1)), np.ones((24, 1), dtype=np.float32)
    tried = "train for two epochs on 24 copies of one sentence, in batches of 8"
    start = loss_on(probabilities(model, copies, tried), labels)
    losses = expect.losses(
        student.train(model, copies, labels, epochs=2, batch_size=8, seed=draw.seed()),
        2,
        tried=tried,
        cause="`train` must return a list with one number for each epoch.",
    )
    losses_of_copies(
        losses,
        3,
        (start, loss_on(probabilities(model, copies, tried), labels)),
        {},
        tried=tried,
        cause="The loss of an epoch is the mean binary cross-entropy over its sentences.",
        sized=True,
    )


@check("training.falls", needs="training.losses", trains=True)
def _(student, draw, limits):
    """The loss of a few sentences falls in training

    Forge: outputs whose loss, computed by the grader, has fallen.
    So: the worker gets sentences and labels, so a table is enough; one point, and `training.held_out` keeps its
        labels.
    """
    model, _ = lively_reader(student, draw, "build_cnn_lstm", 40, 8)
    x = draw.integers(1, 40, 24, 8)
    y = draw.integers(0, 2, 24, 1).astype(np.float32)
    tried = "train for 30 epochs on one batch of 24 sentences; the grader's cross-entropy before and after"
    before = loss_on(probabilities(model, x, tried), y)
    expect.losses(
        student.train(model, x, y, epochs=30, batch_size=24, seed=draw.seed()),
        30,
        tried=tried,
        cause="`train` must return a list with one number for each epoch.",
    )
    expect.at_most(
        loss_on(probabilities(model, x, tried), y) / before,
        limits.loss_ratio,
        tried=tried,
        cause="The model hardly learns: do the steps go downhill, and are they large enough (Adam, 0.001)?",
        what="loss after / loss before",
    )


@check("accuracy.example")
def _(student, draw):
    """The share of 45 sentences that are right

    Forge: the share of right outputs, which the grader knows itself.
    So: compute it.
    """
    model, _ = lively_reader(student, draw, "build_cnn_lstm", 40, 8)
    x = draw.integers(1, 40, 60, 8)
    tried = "accuracy of a model on 45 sentences with labels that make 34 of them right"
    p = probabilities(model, x, tried)
    # The 45 clearest outputs: none is so near ½ that rounding could move it across.
    x, p = (values[np.argsort(-np.abs(p - 0.5))[:45]] for values in (x, p))
    right = np.arange(45) < 34
    y = ((p > 0.5) == right).astype(np.float32)[:, None]
    expect.close(
        expect.number(student.accuracy(model, x, y), tried=tried, cause="`accuracy` must return one number."),
        34 / 45,
        tried=tried,
        cause="Accuracy is the share of sentences for which p > ½ exactly where y = 1.",
        mistakes={
            "You compare every output with every label: shapes (n,) and (n, 1) broadcast to n×n.": float(
                np.mean((p > 0.5)[None, :] == (y > 0.5))
            ),
            "You average the accuracies of batches of unequal size.": (right[:32].mean() + right[32:].mean()) / 2,
            "You return per cent; return a share in [0, 1].": 100 * 34 / 45,
            "You return the number of sentences that are right, not their share.": 34.0,
            "The threshold is p = ½, not 0.": float(np.mean(y)),
            "You return the share of sentences that are wrong.": 11 / 45,
        },
    )


def check_slopes(model, draw, x, cotangent, weights, gradients, tried):
    """The gradients against differences of the outputs, along a direction in each parameter that is drawn only now."""
    ways = {name: draw.normal(*value.shape) for name, value in weights.items()}
    ways = {name: 3 * way / np.linalg.norm(way) for name, way in ways.items()}

    def along(shares):
        model.set_parameters({name: weights[name] + shares[name] * way for name, way in ways.items()})
        return float(np.sum(cotangent * model.forward(x)))

    gradients_match(
        along,
        {name: np.zeros(1) for name in ways},
        {name: np.sum(gradients[name] * way, keepdims=True).reshape(1) for name, way in ways.items()},
        draw,
        tried=tried,
        cause="The framework's gradient is not the slope of the outputs: is a part of the model detached, or its "
        "gradient scaled, as by `scale_grad_by_freq`?",
    )


@check("gradients.reach")
def _(student, draw):
    """Every trainable parameter of the three networks gets a gradient

    Forge: slopes of the outputs, with weights that the grader has drawn, along directions that are drawn after the
        gradients came back.
    So: compute it.
    """
    for build in BUILDERS:
        model, weights = lively_reader(student, draw, build, 50, 8)
        x = draw.integers(1, 50, 6, 8)
        tried = f"the gradient of the outputs of {build}(50, 8) with respect to each parameter"
        cotangent = draw.normal(*expect.array(model.forward(x), tried=tried).shape)
        gradients = model.gradients(x, cotangent)
        for name, gradient in gradients.items():
            shape = weights[name].shape
            expect.that(
                gradient is not None and np.any(gradient),
                tried=tried,
                saw=f"no gradient for {name}" if gradient is None else f"a gradient of zeros for {name}",
                expected="a gradient that is not zero",
                cause="The embedding is frozen or cut off from the output (detached, converted to NumPy)."
                if shape == (50, 32)
                else "This parameter is frozen, does not affect the output, or is cut off from it (detached).",
            )
        check_slopes(model, draw, x, cotangent, weights, gradients, tried)


@on_gpu("gpu", needs="training.losses")
def _(student, draw):
    """`train` and `accuracy` work on the device where the model's parameters live"""
    seed, x, y = draw.seed(), draw.integers(1, 40, 8, 8), draw.integers(0, 2, 8, 1).astype(np.float32)
    student.seed(seed)
    model = student.place(new_reader(student, "build_cnn_lstm", 40, 8), x, y)
    student.train(model, x, y, epochs=4, batch_size=8, seed=seed)
    return {"accuracy": student.accuracy(model, x, y)}
