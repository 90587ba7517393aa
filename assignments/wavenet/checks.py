"""Checks of `wavenet` that students can run too."""

import numpy as np

from autograder import check, expect, on_gpu
from autograder.authoring.probes.functions import one_hot, sigmoid, softmax
from autograder.authoring.probes.parameters import silent, snapshot, standing_still, without_zero_matrices
from autograder.authoring.probes.training import (
    a_step_for_each_batch,
    every_class_trains,
    every_sample_trains,
    means_of_unequal,
    reported_loss,
)
from autograder.authoring.student import tensor

from .probes import ZERO, distributions, effects, loud_weights, nats, new_wavenet, next_sample, two_sines


@check("mu_law.example")
def _(student):
    """The table of the text: seven amplitudes and their codes

    Forge: a table of one example.
    So: the next checks draw other amplitudes.
    """
    x = np.array([-1, -0.5, -0.01, 0, 0.01, 0.5, 1])
    scaled = np.log1p(255 * np.abs(x)) / np.log1p(255)
    expect.equal(
        student.mu_law(x.astype(np.float32)),
        [0, 16, 98, 128, 157, 239, 255],
        tried="mu_law of −1, −0.5, −0.01, 0, 0.01, 0.5 and 1",
        cause="The code is round((sign(x)·ln(1 + mu·|x|)/ln(1 + mu) + 1)/2 · mu).",
        mistakes={
            "You cut off the fraction: round to the nearest code.": np.floor((np.sign(x) * scaled + 1) / 2 * 255),
            "These are equal steps; the logarithm is missing.": np.rint((x + 1) / 2 * 255),
            "You lose the sign of x.": np.rint((scaled + 1) / 2 * 255),
            "The result is still in [−1, 1]: shift and scale it to 0 … mu before you round.": np.rint(
                np.sign(x) * scaled
            ),
            "The codes run from 0 to mu, not to mu + 1.": np.rint((np.sign(x) * scaled + 1) / 2 * 256),
        },
    )


@check("mu_law.inverse")
def _(student):
    """The codes of the table back to amplitudes

    Forge: a table of one example.
    So: `mu_law.round_trip` asks for all codes.
    """
    codes = np.array([0, 16, 98, 128, 157, 239, 255])
    compressed = 2 * codes / 255 - 1
    amplitudes = np.array([-1, -0.496677, -0.010225, 0.000086, 0.010225, 0.496677, 1])
    expect.close(
        student.inverse_mu_law(codes),
        amplitudes,
        rtol=1e-4,
        atol=1e-6,
        tried="inverse_mu_law of the codes 0, 16, 98, 128, 157, 239 and 255",
        cause="With y = 2·code/mu − 1, the amplitude is sign(y)·((1 + mu)^|y| − 1)/mu.",
        mistakes={
            "This undoes only the scale: the powers of 1 + mu are missing.": compressed,
            "You lose the sign.": np.abs(amplitudes),
            "Divide by mu at the end: the amplitudes are in [−1, 1].": 255 * amplitudes,
            "The base is 1 + mu, not e.": np.sign(compressed) * np.expm1(np.abs(compressed)) / 255,
            "The base is 1 + mu, not mu.": np.sign(compressed) * (255.0 ** np.abs(compressed) - 1) / 255,
        },
    )


@check("convolution.example")
def _(student):
    """The worked example: five numbers, two taps, dilation 2

    Forge: a table of one example.
    So: the next checks draw others.
    """
    x, kernel = np.float32([[1], [2], [3], [4], [5]]), np.float32([[[10]], [[1]]])
    right = [1, 2, 13, 24, 35]
    expect.close(
        student.causal_convolution(x, kernel, 2),
        np.array(right)[:, None],
        tried="causal_convolution of 1, 2, 3, 4, 5 with the taps 10 and 1, dilation 2",
        cause="The last tap belongs to the sample itself, the one before it to the sample `dilation` steps earlier.",
        mistakes={
            "The kernel is flipped: its last tap belongs to the newest sample.": np.array([10, 20, 31, 42, 53])[
                :, None
            ],
            "You ignore the dilation: the taps are `dilation` steps apart.": np.array([1, 12, 23, 34, 45])[:, None],
            "The output looks into the future: pad in front only.": np.array([13, 24, 35, 40, 50])[:, None],
            "The padding is half in front and half behind, so the output looks into the future.": np.array(
                [2, 13, 24, 35, 40]
            )[:, None],
            "The outputs before the kernel fits are missing: the samples before the start are 0.": np.array(right[2:])[
                :, None
            ],
        },
    )


@check("convolution.causal")
def _(student, draw):
    """A change of one sample changes no output before it

    Forge: outputs of which the early ones stay while the later ones change.
    So: form; `convolution.random` compares the values.
    """
    for taps, dilation in [(2, 1), (3, 2), (2, 4)]:
        x, kernel = draw.normal(12, 2), draw.normal(taps, 2, 3)
        changed = x.copy()
        changed[7] += 1
        tried = f"causal_convolution with {taps} taps and dilation {dilation}, before and after x[7] changes"
        cause = "The result has one row for each sample: shape (T, D)."
        before, after = (
            expect.shape(student.causal_convolution(each, kernel, dilation), (12, 3), tried=tried, cause=cause)
            for each in (x, changed)
        )
        expect.close(
            after[:7],
            before[:7],
            tried=f"{tried}; the rows 0 to 6 of the result",
            expected="the same rows",
            cause="The output looks into the future: pad with (K − 1)·dilation zeros in front, and none behind.",
        )
        expect.differ(
            after[7],
            before[7],
            tried=f"{tried}; row 7 of the result",
            cause="Row t must contain x[t] itself, through the last tap.",
        )


@check("receptive_field.example")
def _(student):
    """Two stacks: that of the picture, and two equal blocks with three taps

    Forge: a table of two examples.
    So: the next check draws others.
    """
    for taps, dilations, right in [(2, [1, 2, 4, 8], 16), (3, [1, 2, 4, 1, 2, 4], 29)]:
        expect.equal(
            student.receptive_field(taps, dilations),
            right,
            tried=f"receptive_field({taps}, {dilations})",
            cause="Each layer adds (K − 1)·dilation samples to the one that an output sees without any layer.",
            mistakes={
                "Count the newest sample too: 1 + (K − 1)·Σ dilations.": right - 1,
                "A layer adds (K − 1)·dilation samples, not K·dilation.": 1 + taps * sum(dilations),
                "You count only the last layer: all layers add up.": 1 + (taps - 1) * dilations[-1],
                "You multiply the layers; they add up.": taps ** len(dilations),
            },
        )


@check("gate.values")
def _(student, draw):
    """tanh(a)·σ(b), entry by entry

    Forge: values at points drawn now.
    So: compute it.
    """
    a, b = 2 * draw.normal(2, 3, 4), 2 * draw.normal(2, 3, 4)
    expect.close(
        student.gated(tensor(a), tensor(b)),
        np.tanh(a) * sigmoid(b),
        tried="gated of two random tensors of shape 2×3×4",
        cause="Multiply tanh(a) by σ(b).",
        mistakes={
            "a and b are swapped: tanh belongs to a, σ to b.": np.tanh(b) * sigmoid(a),
            "Multiply the two; you add them.": np.tanh(a) + sigmoid(b),
            "a needs a tanh: you take σ of both.": sigmoid(a) * sigmoid(b),
            "b needs a sigmoid: you take tanh of both.": np.tanh(a) * np.tanh(b),
            "The tanh of a is missing.": a * sigmoid(b),
            "The sigmoid of b is missing.": np.tanh(a) * b,
        },
    )


@check("model.probabilities")
def _(student, draw):
    """One distribution for each sample, for sequences of any length

    Forge: rows that sum to 1, some of them sharp.
    So: form; `training.waves` asks what the distributions are worth.
    """
    classes, rows = 5, 3
    model = new_wavenet(student, draw, classes, 7, 2, [1, 2])
    for length in (1, 11):
        codes = draw.integers(0, classes, rows, length)
        tried = f"build_model({classes}, 7, 2, [1, 2]) on {rows} sequences of {length}"
        p = next_sample(model, codes, classes, tried)
        sums = p.sum(axis=-1)
        likely = "Apply one softmax over the classes, the last axis, inside the model."
        if np.allclose(np.exp(p).sum(axis=-1), 1, atol=1e-4):
            likely = "These are logarithms of probabilities: remove the logarithm."
        elif np.allclose(p.sum(axis=1), 1, atol=1e-4):
            likely = "Your softmax runs over time: it must run over the classes, the last axis."
        elif np.allclose(p.sum(axis=0), 1, atol=1e-4):
            likely = "Your softmax runs over the batch: it must run over the classes, the last axis."
        elif p.min() < 0:
            likely = "The softmax over the classes is missing: these are scores."
        expect.close(
            sums, np.ones_like(sums), tried=f"{tried}: the sum over the classes", expected="1 everywhere", cause=likely
        )
        expect.between(p, 0, 1, tried=tried, cause=likely, what="probabilities")
    # Large weights make some distributions sharp. A softmax of a softmax never exceeds e/(e + 4) = 0.40.
    sharpest = 0.0
    for gain in (2, 6, 20, 60):
        model.set_parameters(loud_weights(draw, model, gain))
        sharpest = max(sharpest, next_sample(model, codes, classes, tried).max())
    expect.that(
        sharpest > 0.8,
        tried=f"{tried}, with larger and larger weights",
        saw=f"probabilities of at most {sharpest:.2f}",
        expected="some close to 1",
        cause="Softmax twice: the model applies a second one to the probabilities.",
    )


@check("model.causal")
def _(student, draw):
    """No output depends on a later sample; each depends on its own

    Forge: with weights that the grader has set, outputs that depend on their own and on earlier samples only.
    So: form; a forger needs any such function. `training.waves` asks what the outputs are worth.
    """
    for kernel_size, dilations in [(2, [1, 2]), (3, [4])]:
        classes, length = 5, 12
        tried = f"build_model({classes}, 6, {kernel_size}, {dilations}) on a sequence of {length}, one sample changed"
        model = new_wavenet(student, draw, classes, 6, kernel_size, dilations, gain=2)
        # Random weights may close all ReLUs before the output, for every input: then others are drawn.
        for _ in range(5):
            found = effects(model, draw, classes, length, tried)
            early = np.argwhere(np.tril(found, -1) > ZERO)
            expect.that(
                not len(early),
                tried=tried,
                saw="" if not len(early) else f"a change of sample {early[0][0]} changes the output at {early[0][1]}",
                expected="changes only at and after the changed sample",
                cause="A layer looks into the future: pad with (K − 1)·dilation zeros in front only (or cut the end "
                "off), and let nothing else work along the time axis.",
            )
            if np.diag(found).max() > ZERO:
                break
            model.set_parameters(loud_weights(draw, model, 2))
        expect.that(
            np.diag(found).max() > ZERO,
            tried=tried,
            saw="outputs at t that stay the same if sample t changes",
            expected="the output at t, the distribution of sample t + 1, depends on sample t",
            cause="The output lags behind: do not shift the input inside the model. The targets of the training are "
            "shifted instead.",
        )


@check("training.losses", few_steps=True)
def _(student, draw):
    """A loss for each epoch: the mean cross-entropy of the next sample, in nats

    Forge: the cross-entropy of outputs that the grader has itself.
    So: compute it.
    """
    classes, length, rows = 6, 7, 12
    model = new_wavenet(student, draw, classes, 8, 2, [1, 2])
    # Of several weights and of many sequences, take those for which it matters most what is predicted. Where a
    # probability is below e⁻⁶, programs differ in how they clip it.
    tries = []
    tried = "the model on sequences of 6"
    for _ in range(4):
        weights = loud_weights(draw, model, 1.5)
        model.set_parameters(weights)
        codes = draw.integers(0, classes, 200, length)
        p = distributions(model, codes[:, :-1], classes, tried)
        gap = (nats(p, codes[:, 1:]) - nats(p, codes[:, :-1])).mean(axis=1)
        telling = np.argsort(np.where(-np.log(p.min(axis=(1, 2)) + 1e-9) < 6, gap, gap - 100))[-rows:]
        tries.append((gap[telling].mean(), weights, codes[telling]))
    _, weights, codes = max(tries, key=lambda each: each[0])
    model.set_parameters(weights)
    seen, following = codes[:, :-1], codes[:, 1:]

    def costs():
        """−ln p of each next sample, in inference and in training mode: dropout makes a difference."""
        return [nats(distributions(model, seen, classes, tried, training), following) for training in (False, True)]

    def from_each_position(cost):
        """A program may leave out the positions before any."""
        return [cost[:, first:].mean() for first in range(length - 1)]

    p = distributions(model, seen, classes, tried)
    before = costs()
    tried = f"train on {rows} sequences of {length}, epochs=1, batch_size={rows}"
    cause = "`train` returns a list with one loss for each epoch."
    losses = student.train(model, codes, classes, epochs=1, batch_size=rows, seed=draw.seed())
    loss = float(expect.losses(losses, 1, tried=tried, cause=cause)[0])
    after = costs()
    allowed = [value for cost in before + after for value in from_each_position(cost)]
    right = before[0].mean()
    wrong = {
        "The target is the sample itself; it must be the next one.": nats(p, seen).mean(),
        "Softmax twice: the model returns probabilities, but the loss takes them for scores.": nats(
            softmax(p), following
        ).mean(),
        "You sum over the samples of a sequence; take the mean.": right * (length - 1),
        "You sum over the sequences; take the mean.": right * rows,
        "You sum over all samples; take the mean.": right * rows * (length - 1),
        "You average over the classes too: only the next sample's class counts.": right / classes,
        "The loss is in bits; use the natural logarithm (nats).": right / np.log(2),
    }
    reported_loss(
        loss,
        allowed,
        wrong,
        tried=f"{tried}; the cross-entropy computed from the model's outputs",
        expected=f"about {right:.3f} before the step, or {after[0].mean():.3f} after it",
        cause="The loss must be the mean of −ln p of the next sample.",
    )
    each_sequence_counts(student, draw)
    a_step_for_each_batch(
        student,
        draw,
        lambda: new_wavenet(student, draw, classes, 8, 2, [1, 2]),
        weights,
        lambda again, batch_size, seed: student.train(
            again, codes[:2], classes, epochs=1, batch_size=batch_size, seed=seed
        ),
    )


def each_sequence_counts(student, draw):
    """Each sequence counts, and the losses are means over an epoch: asked of the output's bias, if there is one."""
    classes, length, tried = 11, 7, "train, batch_size=2, on 3 sequences of one code each, all parameters 0"
    left_out = "The last, smaller batch or another part is left out: use all sequences in each epoch."
    cause = "Return one loss for each epoch; the last batch of an epoch may be smaller."
    model = new_wavenet(student, draw, classes, 8, 2, [1, 2])
    new = model.parameters()
    start = silent(model, np.zeros((1, length - 1, classes)))
    biases = [name for name, value in start.items() if value.size == classes and not value.any()]
    alike = np.repeat(np.arange(7)[:, None], length, axis=1)

    def train(rows, epochs, batch_size):
        losses = student.train(model, alike[:rows], classes, epochs=epochs, batch_size=batch_size, seed=draw.seed())
        return expect.losses(losses, epochs, tried=f"{tried}; epochs={epochs}", cause=cause)

    bias = biases[0] if len(biases) == 1 else ""
    if bias:
        model.set_parameters(start)
        train(3, 1, 2)
    # A factor behind the output's bias, which is 0 too, hides it.
    if not bias or not np.any(model.parameters()[bias]):
        # Each sequence consists of one code that is in no other sequence, and the last codes are in none.
        model.set_parameters(new)
        before = without_zero_matrices(draw, model)
        train(7, 1, 3)
        tried = "one epoch on 7 sequences in batches of 3; each sequence has a code of its own"
        every_sample_trains(before, model.parameters(), classes, 7, tried=tried, cause=left_out)
        return
    every_class_trains(model.parameters()[bias].ravel(), 3, tried=f"{tried}; epochs=1", cause=left_out)
    scores = np.log([20.0, *[1.0] * (classes - 1)])
    model.set_parameters(start | {bias: scores.reshape(start[bias].shape)})
    costs = np.log(np.exp(scores).sum()) - scores
    means_of_unequal(train(3, 2, 2), costs[0], costs[1], tried=f"{tried} but the output's bias; epochs=2")


@check("training.one_batch")
def _(student, draw):
    """Six steps on one batch train every parameter, towards the next sample

    Forge: parameters that all moved, and probabilities of the next code that grew.
    So: compute it.
    """
    classes, length, rows = 6, 9, 12
    model = new_wavenet(student, draw, classes, 8, 2, [1, 2])
    start = model.parameters()
    # Each sequence counts up, modulo the number of classes: the next sample is certain.
    codes = (draw.integers(0, classes, rows, 1) + np.arange(length)) % classes
    tried = f"train on {rows} sequences that count 0, 1, 2, … modulo {classes}; epochs=6, batch_size={rows}"

    def likely():
        """Mean ln p of the next sample, of the sample itself, and of the one before."""
        p = distributions(model, codes, classes, tried)
        return np.array([-nats(p, (codes + step) % classes).mean() for step in (1, 0, -1)])

    before = likely()
    student.train(model, codes, classes, epochs=6, batch_size=rows, seed=draw.seed())
    end = model.parameters()
    still = standing_still(start, end)
    expect.that(
        len(still) < len(start),
        tried=tried,
        saw="no parameter changed",
        expected="parameters that are trained in place",
        cause="Train the given model: does the optimiser hold its parameters and step, also if there is one batch?",
    )
    grown = likely() - before
    expect.that(
        int(grown.argmax()) == 0 and grown[0] > ZERO,
        tried=tried,
        saw=["a less likely next sample", "most growth for the sample itself", "most growth for the sample before"][
            int(grown.argmax())
        ],
        expected="a next sample that becomes more likely, more so than others",
        cause=[
            "Minimise −ln p of the next sample, at every position and not only at the last.",
            "The target is the sample itself; for the input sequences[:, :-1] it must be sequences[:, 1:].",
            "The target is shifted the wrong way: the output at t is the distribution of sample t + 1.",
        ][int(grown.argmax())],
    )
    # The last layer's residual leads nowhere. What does not change must be without effect, too.
    p = next_sample(model, codes, classes, tried)
    for name in still:
        model.set_parameters({name: end[name] + draw.normal(*end[name].shape)})
        expect.close(
            next_sample(model, codes, classes, tried),
            p,
            rtol=0,
            atol=ZERO,
            tried=f"{tried}; then another value for {name}, which the training did not change",
            expected="the same output: only what has no effect may stay",
            cause="A part of the model is not trained: is it detached, frozen, or missing in the optimiser?",
        )


@check("training.waves", trains=True)
def _(student, draw, limits):
    """After the training, the model predicts waves that it has not seen, better than one sample back tells

    Forge: the distribution of the next sample of waves that are drawn now, which is never sent, and those of the new
        model once it has its parameters again.
    So: compute it; a forger may count what follows two samples, and remember which parameters belong to the table.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read.
    """
    classes, length = 16, 64
    waves, others = two_sines(draw, 256, length, classes), two_sines(draw, 600, length, classes)
    # Each held-out wave ends somewhere; the samples after that are noise, so that no model can read the next one.
    ends = draw.integers(0, length - 1, len(others))
    rows, following = np.arange(len(others)), others[np.arange(len(others)), ends + 1]
    ended = np.where(np.arange(length) <= ends[:, None], others, draw.integers(0, classes, *others.shape))
    pairs = np.full((classes, classes), 0.1)
    np.add.at(pairs, (waves[:, :-1], waves[:, 1:]), 1)
    one_back = nats((pairs / pairs.sum(axis=1, keepdims=True))[others[rows, ends]], following).mean()
    share = np.bincount(waves.ravel(), minlength=classes) / waves.size
    unseen = nats(np.tile(share, (len(rows), 1)), following).mean()

    rate = "is the learning rate right (0.001 to 0.01 for Adam)?"
    causes = {
        "The model is worse than counting: does it see its own label in training? Check that all layers are causal and "
        "that the target is the next sample.": lambda cost: cost > 1.1 * unseen,
        f"The model only knows how often each code occurs: do gradients reach all layers, and {rate}": lambda cost: (
            cost > 0.9 * unseen
        ),
        f"The model learns too little from what is far back: are all layers used and trained, and {rate}": lambda _: (
            True
        ),
    }

    def attempt(number):
        epochs = 8 * (number + 1)
        model = new_wavenet(student, draw, classes, 24, 2, [1, 2, 4, 8])
        restore, new = snapshot(model), distributions(model, ended[:50], classes, "a new model")
        student.train(model, waves, classes, epochs=epochs, batch_size=16, seed=draw.seed())
        tried = f"train on 256 waves of two sines, 64 samples each, for {epochs} epochs; then 600 other waves"
        cost = nats(distributions(model, ended, classes, tried)[rows, ends], following).mean()
        expect.at_most(
            cost / one_back,
            limits.waves_share,
            what="a cross-entropy, as a share of that of a model which sees one sample back,",
            tried=f"{tried}, for which counting costs {unseen:.2f} and one sample back {one_back:.2f} nats",
            cause=next(sentence for sentence, fits in causes.items() if fits(cost)),
        )
        restore()
        tried = "the trained model, with the parameters of the new model"
        expect.close(
            distributions(model, ended[:50], classes, tried),
            new,
            tried=tried,
            expected="the distributions of the new model",
            cause="The distributions do not come from the parameters: everything that the model has learned must be in "
            "them.",
            rtol=1e-2,
            atol=1e-3,
        )

    expect.best_of(3, attempt)


@check("generation.greedy")
def _(student, draw):
    """Temperature 0: the most likely sample each time, given `start` and all that was written

    Forge: the samples that a model with weights set by the grader must write.
    So: compute it.
    """
    classes, n, candidates = 6, 8, 5
    model = new_wavenet(student, draw, classes, 8, 2, [1, 2], gain=2.5)
    # The model sees four samples back: once it has fewer at the start, once more.
    for k in (2, 6):
        starts = draw.integers(0, classes, candidates, k)
        tried = f"generate(model, {k} samples, {n}, {classes}, temperature=0.0) with random weights"
        # `generate` is called before the model: the worker could overhear and repeat the model's outputs below.
        written = [
            expect.shape(
                student.generate(model, start, n, classes, temperature=0.0, seed=draw.seed()),
                (n,),
                tried=tried,
                cause="Return only the new samples, without `start`.",
                mistakes={"The last sample is missing.": (n - 1,)},
            )
            for start in starts
        ]

        def roll_out(see, grow=True, starts=starts, tried=tried):
            """What follows each start if the model is given `see(samples)`, and the smallest margin of a choice."""
            samples, new, margins = starts, [], []
            for _ in range(n):
                p = next_sample(model, see(samples), classes, tried)[:, -1]
                likeliest = p.argmax(axis=1)
                margins.append(np.sort(p, axis=1)[:, -1] - np.sort(p, axis=1)[:, -2])
                new.append(likeliest)
                samples = np.hstack([samples, likeliest[:, None]]) if grow else samples
            return np.stack(new, axis=1), np.min(margins, axis=0)

        right, margins = roll_out(lambda samples: samples)
        wrong = {
            "The model sees only the newest sample; give it `start` and everything written since.": roll_out(
                lambda samples: samples[:, -1:]
            )[0],
            "The written samples are not given to the model: append each one.": roll_out(
                lambda samples: samples, grow=False
            )[0],
            "Put nothing in front of `start`: the model pads by itself.": roll_out(
                lambda samples: np.pad(samples, ((0, 0), (4, 0)))
            )[0],
            f"The model sees only the last {k} samples; give it `start` and everything written since.": roll_out(
                lambda samples, k=k: samples[:, -k:]
            )[0],
        }
        # The start that best separates right from wrong, among those where the most likely sample is never in doubt.
        telling = [len({tuple(rows[i]) for rows in (right, *wrong.values())}) for i in range(candidates)]
        best = max(range(candidates), key=lambda i: (margins[i] > 1e-3, telling[i], len({*right[i]}), margins[i]))
        again = written[best]
        if not np.array_equal(again, right[best]):
            again = np.asarray(student.generate(model, starts[best], n, classes, temperature=0.0, seed=draw.seed()))
        expect.equal(
            written[best],
            right[best],
            tried=tried.replace(f"{k} samples", str(starts[best].tolist())),
            cause="Each sample must be the most likely one given `start` and all samples written so far."
            if np.array_equal(again, written[best])
            else "The same start gives other samples each time: take the most likely one at temperature 0, and switch "
            "dropout off (`eval()`, `training=False`).",
            mistakes={sentence: rows[best] for sentence, rows in wrong.items()},
        )


@on_gpu("gpu")
def _(student, draw):
    """`train` and `generate` work on the device where the model's parameters live"""
    classes, seed = 5, draw.seed()
    codes = draw.integers(0, classes, 8, 6)
    model = student.place(new_wavenet(student, draw, classes, 6, 2, [1, 2]), one_hot(codes, classes))
    student.train(model, codes, classes, epochs=1, batch_size=4, seed=seed)
    for temperature in (0.0, 1.0):
        student.generate(model, codes[0], 2, classes, temperature=temperature, seed=seed)
