"""Hidden checks of `conditional_gan`."""

from functools import partial

import numpy as np

from autograder import check, expect, figures, images, tensor
from autograder.authoring.probes import gan_slopes
from autograder.authoring.probes.batch_norm import statistics
from autograder.authoring.probes.descent import cross_entropy_pulls, goes_downhill
from autograder.authoring.probes.functions import one_hot
from autograder.authoring.probes.gan import keeps_latent_dim, mean_of, moves, quiet
from autograder.authoring.probes.parameters import change, flat, randomise, scaled, snapshot, zeros
from autograder.authoring.probes.training import batches_are_not_all_the_same, last_sample_counts
from autograder.errors import CheckFailed, StudentError
from shared import reader

from .probes import DIGITS, LATENT, clear_answers, fake_targets, judge, logs, new_gan, real_digits, real_targets

STEPS = 30
"""Updates after which a net shows what it learns; one training step costs 5 to 20 ms."""


def make(generator, noise, labels, training=False):
    """G's images of these labels."""
    made = generator.forward(np.hstack([noise, one_hot(labels, DIGITS)]), training, gives="images")
    return expect.shape(made, (len(noise), 28, 28, 1), tried=f"the generator on {len(noise)} rows")


class SameToAll:
    """A D that gives every image the same eleven answers, which one of its parameters sets: its last bias or kernel.

    If `works` is false, it cannot be made to do so, and is as it was.
    """

    def __init__(self, discriminator, pixels):
        self.discriminator = discriminator
        # Also its buffers: at weights of 0, spectral norm fills them with NaN.
        restore = snapshot(discriminator)
        start = discriminator.parameters()
        self.held = zeros(start)
        discriminator.set_parameters(self.held)
        slopes = discriminator.gradients(images(pixels), np.eye(DIGITS + 1)[np.arange(len(pixels)) % 11], training=True)
        biases = [
            name
            for name, slope in slopes.items()
            if slope is not None and np.any(slope) and slope.shape == (DIGITS + 1,)
        ]
        kernels = [name for name, value in start.items() if value.ndim > 1 and value.shape.count(DIGITS + 1) == 1]
        self.works, self.name = False, None
        if len(biases) == 1:
            self.name, self.unit = biases[0], 1.0
            self.works = self.constant(np.zeros(DIGITS + 1))
        elif kernels:
            restore()
            self.name = kernels[-1]
            for hidden in quiet(start, self.name, 0.01):
                self.held, self.unit = start | hidden, 1.0
                said = np.diff(logs(self.set(np.eye(DIGITS + 1)[0]).forward(images(pixels)))[:, 1::-1], axis=1)
                self.unit = float(said.mean())
                self.works = self.unit > 0.01 and self.constant(np.arange(DIGITS + 1) / 4)
                if self.works:
                    break
        if not self.works:
            restore()

    def set(self, logits):
        """Set the logits of all answers; returns D."""
        value = self.held[self.name]
        if value.ndim > 1:
            columns = [1] * value.ndim
            columns[value.shape.index(DIGITS + 1)] = DIGITS + 1
            logits = np.reshape(logits, columns) / self.unit / (value.size / (DIGITS + 1))
        self.discriminator.set_parameters(self.held | {self.name: np.broadcast_to(logits, value.shape)})
        return self.discriminator

    def logits(self):
        """The logits of all answers, `(11,)`, read from the parameter."""
        value = self.discriminator.parameters()[self.name]
        if value.ndim == 1:
            return value
        others = tuple(axis for axis, size in enumerate(value.shape) if size != DIGITS + 1)
        return self.unit * value.sum(axis=others)

    def constant(self, logits):
        """Does D give these answers to every image? With spectral norm, for one, a D of zeros answers NaN."""
        answers = self.set(logits).forward(images(np.random.default_rng(0).uniform(-1, 1, (6, 28, 28, 1))))
        wanted = np.exp(logits) / np.exp(logits).sum()
        return bool(np.allclose(answers, wanted, rtol=0.1))


def named(columns):
    return ", ".join("fake" if column == 0 else f"the digit {column - 1}" for column in sorted(columns)) or "nothing"


@check("condition.any")
def _(student, draw):
    """Other sizes, float64, batches without the high digits: always ten columns after the noise

    Forge: rows for newly drawn noise and labels.
    So: compute it.
    """
    for rows, latent_dim, highest, dtype in ((5, 4, 10, np.float64), (3, 7, 3, np.float32), (1, 2, 1, np.float32)):
        noise = draw.normal(rows, latent_dim).astype(dtype)
        labels = draw.integers(0, highest, rows)
        tried = f"condition of noise ({rows}, {latent_dim}) in {np.dtype(dtype).name}, labels below {highest}"
        joined = student.condition(tensor(noise), tensor(labels))
        wanted = np.hstack([noise, one_hot(labels, DIGITS)])
        expect.close(
            joined,
            wanted,
            tried=tried,
            cause="Columns 0 … L−1 are the noise, unchanged; the ten columns after it are the one-hot label.",
            mistakes={
                "There are only as many columns as the largest label needs: there must always be ten.": wanted[
                    :, : latent_dim + labels.max() + 1
                ],
            },
        )
        expect.equal(
            np.asarray(joined).dtype.name,
            np.dtype(dtype).name,
            tried=f"{tried}: its dtype",
            cause="The result has the dtype of the noise: convert the one-hot label to it. A Keras layer computes in "
            "float32; `keras.ops.concatenate` does not.",
        )


@check("discriminator_targets.any_labels")
def _(student, draw):
    """Any labels: always eleven columns, and a fake is a fake, whatever digit it was made for

    Forge: rows for newly drawn labels.
    So: compute it.
    """
    for n, highest in ((9, 10), (4, 2), (1, 10)):
        labels = draw.integers(0, highest, n)
        for kind in (True, False):
            wanted = real_targets(labels) if kind else fake_targets(labels)
            expect.close(
                student.discriminator_targets(labels, kind),
                wanted,
                tried=f"discriminator_targets of {n} labels below {highest}, {kind}",
                cause="Put a single 1 in each row of eleven: column 0 for a fake, column 1 + digit for a real image.",
                mistakes={
                    "There are only as many columns as the largest label needs: there must always be eleven.": wanted[
                        :, : labels.max() + 2
                    ]
                },
            )


@check("generator_targets.any_labels")
def _(student, draw):
    """Any labels: always eleven columns

    Forge: rows for newly drawn labels.
    So: compute it.
    """
    for n, highest in ((9, 10), (4, 2), (1, 10)):
        labels = draw.integers(0, highest, n)
        wanted = real_targets(labels)
        expect.close(
            student.generator_targets(labels),
            wanted,
            tried=f"generator_targets of {n} labels below {highest}",
            cause="Put a single 1 in each row of eleven columns, in column 1 + digit.",
            mistakes={
                "There are only as many columns as the largest label needs: there must always be eleven.": wanted[
                    :, : labels.max() + 2
                ]
            },
        )


@check("generator.label", needs="generator.images")
def _(student, draw):
    """Noise and label both reach the image, and each row makes its own image

    Forge: images that depend on their own row, by any function.
    So: form; `training.digit_asked` asks what the images show.
    """
    latent_dim = 4
    student.seed(draw.seed())
    generator = expect.remote(student.build_generator(latent_dim), tried=f"build_generator({latent_dim})")
    generator.ready(np.zeros((2, latent_dim + DIGITS), dtype=np.float32))
    randomise(generator, draw, gain=0.5)
    labels = np.arange(DIGITS)
    noise = draw.normal(1, latent_dim).repeat(DIGITS, axis=0)
    alike = make(generator, noise, labels)
    apart = np.abs(alike[:, None] - alike[None]).max(axis=(2, 3, 4)) + np.eye(DIGITS)
    expect.that(
        float(apart.min()) > 1e-6,
        tried="build_generator: the same noise with each of the ten labels",
        saw="the same image for two digits",
        expected="ten different images",
        cause="The generator ignores the label: the last ten columns must reach the first layer.",
    )
    other = make(generator, draw.normal(DIGITS, latent_dim), labels)
    expect.differ(
        other,
        alike,
        tried="build_generator: the same labels with different noise",
        cause="The generator ignores the noise: all images of a digit would be the same.",
    )
    expect.close(
        np.concatenate([make(generator, noise[:1], labels[row : row + 1]) for row in (2, 7)]),
        alike[[2, 7]],
        tried="build_generator: single rows, and the same rows in a batch, in inference mode",
        cause="An image depends on the other rows of its batch.",
        atol=1e-4,
    )


@check("discriminator.looks", needs="discriminator.softmax")
def _(student, draw):
    """Each of the eleven answers depends on its image, and not on other images of the batch

    Forge: rows that depend on their own image, by any function.
    So: form; `training.digit_asked` asks what D reads.
    """
    student.seed(draw.seed())
    pixels, _ = real_digits(draw, reader.unseen(), range(DIGITS), 1)
    discriminator = expect.remote(student.build_discriminator(), tried="build_discriminator()").ready(images(pixels))
    tell_images_apart(draw, discriminator)
    p = judge(discriminator, pixels)
    varies = np.ptp(logs(p), axis=0) > 1e-4
    expect.that(
        bool(varies.all()),
        tried="build_discriminator() on ten digits, with random weights",
        saw=f"{int((~varies).sum())} of 11 columns the same for all ten digits",
        expected="eleven answers that depend on the image",
        cause="D does not look at the image, or a ReLU cuts off the scores.",
    )
    expect.close(
        np.concatenate([judge(discriminator, pixels[row : row + 1]) for row in (1, 6)]),
        p[[1, 6]],
        tried="build_discriminator(): single images, and the same images in a batch, in inference mode",
        cause="D's answer depends on the rest of the batch: the softmax must run over the eleven columns of one image.",
        atol=1e-4,
    )


@check("training.targets", needs="training.discriminator_step", trains=True)
def _(student, draw):
    """If D says the same to every image, one update shows what it learns: the digit of real images, and fake

    Forge: answers in which the right columns rise, for a newly drawn digit.
    So: compute it.
    """
    digit = int(draw.integers(1, DIGITS - 1))
    gan, generator, discriminator = new_gan(student, draw.seed())
    pixels, labels = real_digits(draw, reader.unseen(), (digit,), 24)
    tried = f"one train_discriminator on {len(labels)} images of a {digit}, from a D that says the same to every image"

    same = SameToAll(discriminator, pixels)
    if not same.works:
        check_targets_by_answers(draw, gan, generator, discriminator, pixels, labels)
        return
    # The gradient in the last bias is p − (mean of the targets), so every column that no target names falls. With a
    # second softmax q on top of p, it is p · (q − Σ p·q + Σ p·t): a column that is neither small nor the largest rises.
    # With a binary cross-entropy, it is p · (1 / (1 − p) + 1 − Σ p / (1 − p)), in the sum without the target's term.
    # Where the largest is 0.83, all others rise.
    likeliest, second = draw.rng.choice([d for d in range(DIGITS) if abs(d - digit) > 1], 2, replace=False)
    p = np.full(DIGITS + 1, 0.07 / 9)
    p[likeliest + 1], p[second + 1] = 0.83, 0.1
    same.set(np.log(p))
    gan.train_discriminator(images(pixels), labels)
    other_loss = (
        "The loss is not −ln p of the right column. `nn.CrossEntropyLoss` applies a second softmax; a binary "
        "cross-entropy judges each column by itself."
    )
    expect.that(
        same.logits()[second + 1] < np.log(0.1) + 1e-6 * same.unit,
        tried=f"{tried}: 0.83 for the digit {likeliest}, 0.1 for the digit {second}, the rest to the others",
        saw=f"the digit {second} rises",
        expected="a fall: no target names this digit",
        cause=other_loss,
    )

    same.set(np.zeros(DIGITS + 1))
    gan.train_discriminator(images(pixels), labels)
    rise = same.logits()
    # Soft labels raise every column a little.
    told = {int(column) for column in np.flatnonzero(rise > max(0.25 * rise.max(), 0))}
    if told <= {0}:
        cause = "D sees only fakes, or real images are labelled as fakes too."
    elif told == {digit + 1}:
        cause = "Fakes are labelled with the digit they were made for, or D sees no fakes: their column is 0."
    elif digit + 1 not in told:
        cause = "The columns are wrong: 0 means fake, digit d is column d + 1."
    else:
        cause = "Real images get column digit + 1. As many fakes get column 0, whatever label they were made with."
    expect.that(
        told == {0, digit + 1},
        tried=tried,
        saw=f"rising: {named(told)}",
        expected=f"fake and the digit {digit}",
        cause=cause,
    )

    # Keras computes a binary cross-entropy from the scores: where all are high, it lowers even those of the targets.
    p = np.full(DIGITS + 1, 0.4 / 9)
    p[[0, digit + 1]] = 0.3
    high = np.log(p) + 5
    for _ in range(5):  # until the optimiser's averages are those of this gradient
        same.set(high)
        gan.train_discriminator(images(pixels), labels)
    rise = same.logits() - high
    expect.that(
        max(rise[0], rise[digit + 1]) > 0,
        tried=f"{tried}: 0.3 for fake and for the digit {digit}, the rest to the others; all scores are high",
        saw=f"both fake and the digit {digit} fall",
        expected="a rise: half of the targets name each of them",
        cause=other_loss,
    )


def check_targets_by_answers(draw, gan, generator, discriminator, pixels, labels):
    """For a D that cannot be made to say the same to every image: which of its answers rise in twenty updates."""
    noise, others = draw.normal(len(labels), LATENT), (labels + draw.integers(1, DIGITS, len(labels))) % DIGITS
    seen = (("images of the digit", pixels, labels[0] + 1), ("fakes", make(generator, noise, others, training=True), 0))
    before = [logs(judge(discriminator, shown)).mean(axis=0) for _, shown, _ in seen]
    for _ in range(20):
        gan.train_discriminator(images(pixels), labels)
    for (what, shown, wanted), start in zip(seen, before, strict=True):
        rise = logs(judge(discriminator, shown)).mean(axis=0) - start
        expect.that(
            rise[wanted] > 0 and rise[wanted] == rise.max(),
            tried=f"20 calls of train_discriminator on {len(labels)} images of a {labels[0]}: D's answers to {what}",
            saw=f"the answer that rises most is {named([int(rise.argmax())])}",
            expected=named([int(wanted)]),
            cause="Real images get column digit + 1. As many fakes get column 0, whatever label they were made with.",
        )


@check("training.separates", needs=("training.discriminator_step", "training.targets"), trains=True)
def _(student, draw, limits):
    """After a few updates the discriminator tells digits from each other, and fakes from real digits

    Forge: answers that differ by the labels that the worker received.
    So: lie about it: D's answers and G's images are computed in the student's process, which gets real digits with
        their labels for training: G can show those.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read; images compared with the training images, since a sample is not a copy of one.
    """
    seed = draw.seed()
    gan, generator, discriminator = new_gan(student, seed)
    pixels, labels = real_digits(draw, reader.unseen(), range(DIGITS), 3)
    noise = draw.normal(len(labels), LATENT)

    def contrasts():
        """How much more D favours the right answer than the wrong one, in nats: digit from digit, real from fake."""
        found = []
        for training in (False, True):
            real = logs(judge(discriminator, pixels, training))
            fake = logs(judge(discriminator, make(generator, noise, labels, training=True), training))
            digit = np.arange(len(labels)), labels + 1
            found.append(
                (own_digit(real, labels), (fake[:, 0] - fake[digit]).mean() - (real[:, 0] - real[digit]).mean())
            )
        return np.array(found)

    before = contrasts()
    gan.train_discriminator(images(pixels), labels)
    first_step = discriminator.parameters()

    same, its_generator, its_discriminator = new_gan(student, seed)
    randomise(its_generator, draw)
    same.train_discriminator(images(pixels), labels)
    expect.differ(
        flat(its_discriminator.parameters()),
        flat(first_step),
        tried="one update of D in two ConditionalGANs with the same seed, but different Gs: D's weights afterwards",
        cause="D does not see what G makes: the loss term of the fakes is computed on something else.",
    )

    for _ in range(STEPS - 1):
        gan.train_discriminator(images(pixels), labels)
    # With batch norm and dropout, either mode may show what D has learned.
    digits, fakes = (contrasts() - before).max(axis=0)
    tried = f"{STEPS} updates of D on 30 images, three of each digit"
    expect.at_least(
        digits,
        limits.contrast,
        tried=f"{tried}: how much better D tells the digits apart, in nats",
        what="a gain",
        cause="Images and labels no longer match, or the loss term of real images is not computed on the real images.",
    )
    expect.at_least(
        fakes,
        limits.contrast,
        tried=f"{tried}: how much better D tells fakes from real images, in nats",
        what="a gain",
        cause="The loss term of real images is not computed on the real images, or the term of fakes not on fakes.",
    )


def own_digit(said, labels):
    """How much higher ln p of a digit is if it is the label than if another digit is, in nats; mean over the digits."""
    gains = [said[labels == d, d + 1].mean() - said[labels != d, d + 1].mean() for d in range(DIGITS)]
    return float(np.mean(gains))


@check("training.own_gradients", needs=("training.discriminator_step", "training.generator_step"), trains=True)
def _(student, draw):
    """Each player's step follows its own loss: nothing is left over from the other player's step

    Forge: steps against the gradient in every array of parameters, and none of G where D, set by the grader, says the
        same to every image.
    So: compute it; or answer the grader's requests for gradients with what the steps will be.
    """
    digit, asked = (int(each) for each in draw.rng.choice(DIGITS, 2, replace=False))
    pixels, labels = real_digits(draw, reader.unseen(), (digit,), 16)
    gan, generator, discriminator = new_gan(student, draw.seed())
    first = discriminator.parameters()
    same = SameToAll(discriminator, pixels)
    if not same.works:
        check_slopes_of_both(draw, gan, generator, discriminator, pixels, labels, asked)
        check_leftovers_by_answers(draw, gan, generator, discriminator, pixels, labels, asked)
        return

    # D says the same to every image: G's step makes a gradient in D's last bias, by the digit asked for, and none in G.
    same.set(np.zeros(DIGITS + 1))
    gan.train_generator(np.full(16, asked))
    gan.train_discriminator(images(pixels), labels)
    expect.that(
        same.logits()[asked + 1] <= 0,
        tried=f"train_generator for a {asked} with a D that says the same to every image, then train_discriminator on "
        f"images of a {digit}",
        saw=f"D takes all images for a {asked} more than before",
        expected="less than before: no target names this digit",
        cause=LEFT_IN_D,
    )

    # G's step after D's step, with a D that does look at images.
    discriminator.set_parameters(first)
    gan.train_discriminator(images(pixels), labels)
    same.set(np.zeros(DIGITS + 1))
    before = generator.parameters()
    gan.train_generator(labels)
    moved = change(before, generator.parameters())
    far = [
        name
        for name, step in moved.items()
        if np.abs(step).max() > 1e-4 * max(np.abs(before[name]).max(), 1e-2)
        # Weight decay may move weights, all towards 0: that is not a leftover.
        and np.mean((step * before[name])[step != 0] < 0) < 0.9
    ]
    expect.that(
        not far,
        tried="train_discriminator, then D's weights set to 0, then train_generator",
        saw=f"G changes in {len(far)} of {len(before)} arrays, although D gives the same answer to every image",
        expected="no change: there is no gradient",
        cause=LEFT_IN_G,
    )
    discriminator.set_parameters(first)
    check_slopes_of_both(draw, gan, generator, discriminator, pixels, labels, asked)


def check_slopes_of_both(draw, gan, generator, discriminator, pixels, labels, asked):
    """Each step must move every array of parameters against its slope. Noise is free: one of three kinds must fit."""
    noises = [draw.normal, partial(draw.uniform, 0, 1), partial(draw.uniform, -1, 1)]
    tried = "the mean of several steps of {} from the same parameters, against the gradient of its loss"
    cause = "Each player's step must follow the gradient of its own loss, in every layer."
    # One digit for all: in a new G, the slopes for ten digits nearly cancel.
    digits, more = np.full(16, asked), np.full(128, asked)

    def loss_of(labels):
        """The slopes of −ln p of the digit for real images, and of fake for the others."""
        return lambda p, is_real: cross_entropy_pulls((real_targets if is_real else fake_targets)(labels))(p)

    # Right programs in both frameworks agree with their slopes to 0.87 or more.
    by_discriminator = mean_of(moves(discriminator, lambda: gan.train_discriminator(images(pixels), labels), 8))

    def follows_discriminator(kind):
        fakes = [make(generator, noises[kind](len(labels), LATENT), labels, training=True) for _ in range(2)]
        ways = gan_slopes.of_discriminator(discriminator, pixels, fakes, loss_of(labels), sent=images)
        goes_downhill(by_discriminator, ways, tried=tried.format("train_discriminator"), cause=cause)

    expect.best_of(len(noises), follows_discriminator)
    by_generator = mean_of(moves(generator, lambda: gan.train_generator(digits), 16))

    def follows_generator(kind):
        points = [np.hstack([noises[kind](len(more), LATENT), one_hot(more, DIGITS)]) for _ in range(2)]
        ways = gan_slopes.of_generator(generator, discriminator, points, loss_of(more))
        goes_downhill(by_generator, ways, tried=tried.format("train_generator"), cause=cause)

    expect.best_of(len(noises), follows_generator)


LEFT_IN_D = "Gradients that G's step left in D are still there in D's step: call zero_grad before backward."
LEFT_IN_G = (
    "Gradients that D's step left in G are still there in G's step: detach the fakes in D's step, or call zero_grad "
    "before G's backward."
)


def check_leftovers_by_answers(draw, gan, generator, discriminator, pixels, labels, asked):
    """For a D that cannot be made to say the same to every image: one step after many steps of the other player."""
    noise, digits = draw.normal(32, LATENT), np.full(32, asked)

    def rise(step):
        """By how much a step raises D's mean answers to fakes, in nats, `(11,)`."""
        before = logs(judge(discriminator, make(generator, noise, digits, training=True))).mean(axis=0)
        step()
        return logs(judge(discriminator, make(generator, noise, digits, training=True))).mean(axis=0) - before

    def update_generator():
        gan.train_generator(digits[:16])

    def update_discriminator():
        gan.train_discriminator(images(pixels), labels)

    for _ in range(30):
        update_generator()
    by_discriminator = rise(update_discriminator)
    expect.that(
        by_discriminator[0] > by_discriminator[asked + 1],
        tried=f"30 calls of train_generator for a {asked}, then train_discriminator: D's answers to such fakes",
        saw=f"D takes them for a {asked} more than before",
        expected="D takes them for fakes more than before",
        cause=LEFT_IN_D,
    )
    for _ in range(10):
        update_discriminator()
    by_generator = rise(update_generator)
    expect.that(
        by_generator[asked + 1] > 0,
        tried=f"10 calls of train_discriminator, then train_generator for a {asked}: D's answers to such fakes",
        saw=f"D takes them for a {asked} less than before",
        expected="more than before",
        cause=LEFT_IN_G,
    )


@check("training.conditions", needs="training.generator_step", trains=True)
def _(student, draw, limits):
    """After a few updates of the generator alone, D takes its images for the digits asked for more than before

    Forge: images of G and answers of D, both from the worker.
    So: lie about it: D's answers and G's images are computed in the student's process, which gets real digits with
        their labels for training: G can show those.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read; images compared with the training images, since a sample is not a copy of one.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    tell_images_apart(draw, discriminator)
    labels = np.tile(np.arange(DIGITS), 4)
    noise = draw.normal(len(labels), LATENT)

    def heard():
        """ln p of the digit asked for, and how much higher it is than if other digits are asked for, in nats."""
        found = []
        for training in (False, True):
            said = logs(judge(discriminator, make(generator, noise, labels, training)))
            found.append((said[np.arange(len(labels)), labels + 1].mean(), own_digit(said, labels)))
        return np.array(found)

    before = heard()
    for _ in range(STEPS):
        gan.train_generator(labels)
    wanted, apart = (heard() - before).max(axis=0)
    tried = f"{STEPS} updates of G for all ten digits, with random weights in D"
    expect.that(
        wanted > 0,
        tried=f"{tried}: the mean of ln p of the digit asked for",
        saw=f"a change of {wanted:.2g}",
        expected="a rise",
        cause="G's loss asks for no digit: minimise the cross-entropy of D's answer with generator_targets.",
    )
    expect.at_least(
        apart,
        limits.conditions,
        tried=f"{tried}: how much more D sees a digit if it was asked for than if another was, in nats",
        what="a gain",
        cause="D judges the fakes by labels that they were not made with: use the same labels for condition and "
        "targets. Or G's loss asks for no digit.",
    )


def tell_images_apart(draw, discriminator):
    """Give D random weights of a size at which its answers to images differ by about a nat: any such D will do."""
    pixels = draw.uniform(-1, 1, 32, 28, 28, 1) * draw.uniform(0, 1, 32, 1, 1, 1)
    randomise(discriminator, draw)
    drawn = discriminator.parameters()
    # With the statistics of a new net, batch norm may let answers grow with the fifth power of the size.
    small, large = 1 / 64, 16.0
    for _ in range(16):
        size = np.sqrt(small * large)
        discriminator.set_parameters(scaled(drawn, size))
        for _ in range(10):
            judge(discriminator, pixels, training=True)  # batch norm and spectral norm follow the new weights
        said = logs(judge(discriminator, pixels))
        spread = said.std(axis=0).mean()
        if spread > 0.3 and said.min() > -20:
            return
        small, large = (size, large) if said.min() > -20 else (small, size)


@check(
    "training.repeatable",
    needs=("training.discriminator_step", "training.generator_step"),
    trains=True,
    few_steps=True,
)
def _(student, draw):
    """The same seed gives the same nets and the same updates

    Forge: parameters that depend only on the seed.
    So: a forger may draw noise from the seed; half a point.
    """
    pixels, labels = real_digits(draw, reader.unseen(), (1, 4, 7), 4)
    seed = draw.seed()

    def weights(seed, updates, real=pixels):
        gan, *nets = new_gan(student, seed)
        keeps_latent_dim(gan, LATENT, tried=f"ConditionalGAN({LATENT}, seed)")
        if updates:
            gan.train_discriminator(images(real), labels)
            gan.train_generator(labels)
        return flat(*[net.parameters() for net in nets])

    updated = weights(seed, updates=True)
    expect.close(
        weights(seed, updates=True),
        updated,
        tried="two ConditionalGANs with the same seed, an update of D and of G in each",
        cause="Weights and noise must come from `seed`: seed the framework before the nets are built.",
        rtol=1e-5,
        atol=1e-6,
        expected="the same parameters",
    )
    expect.differ(
        weights(seed, updates=False),
        weights((seed + 1) % 2**31, updates=False),
        tried="two ConditionalGANs with different seeds",
        cause="The seed is ignored: the weights are always the same.",
    )
    last_sample_counts(
        updated,
        lambda real: weights(seed, updates=True, real=real),
        pixels,
        tried=f"a new ConditionalGAN and an update of D on {len(pixels)} digits",
    )


@check("training.digit_asked", needs=("training.discriminator_step", "training.generator_step"), trains=True)
def _(student, draw, limits):
    """After training, D reads held-out digits, and the grader's own reader sees the digit asked for

    Forge: digits that the grader's own reader reads, and answers to held-out digits whose labels never leave the
        grader; no digits once G has its first parameters again; the data set is public.
    So: lie about it: D's answers and G's images are computed in the student's process, which gets real digits with
        their labels for training: G can show those.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read; images compared with the training images, since a sample is not a copy of one.
    """
    pixels, labels = reader.unseen()
    order = draw.rng.permutation(len(labels))
    pixels, labels = pixels[order] * 2 - 1, labels[order]
    # Now and then a right GAN collapses, so there are a second and a third attempt with other seeds.
    trained = []
    expect.best_of(3, lambda _: shows_the_digit_asked_for(student, draw, limits, pixels, labels, trained))
    gan, _, discriminator = trained
    batches_are_not_all_the_same(
        discriminator,
        lambda x, epochs: gan.fit(images(x), labels[: len(x)], epochs, 16),
        pixels[: 8 * 16],
        16,
        draw,
        cause="The same real images are taken in each step; each batch of an epoch must be the next one.",
    )


def shows_the_digit_asked_for(student, draw, limits, pixels, labels, trained):
    """Train a GAN until it shows the digits or the epochs are used up, and look at its images.

    `trained` becomes the GAN and its two networks.
    """
    (pixels, held_out_pixels), (labels, held_out_labels) = np.split(pixels, [720]), np.split(labels, [720])
    trained[:] = gan, generator, discriminator = new_gan(student, draw.seed(), latent_dim=100)
    restore = snapshot(generator)
    gan.pretrain(images(pixels), labels, 3, 16)
    read = judge(discriminator, held_out_pixels)[:, 1:].argmax(axis=1)
    expect.at_least(
        np.mean(read == held_out_labels),
        limits.read_after_pretraining,
        tried="pretrain for 3 epochs on 720 digits, batches of 16; then D reads 179 held-out digits",
        what="a share read correctly",
        cause="Pre-training is too short or too slow (rate 0.001 is good), or images and labels no longer match.",
    )

    asked = np.repeat(np.arange(DIGITS), 20)
    epochs, share = 0, 0.0
    while share < limits.digit_asked and epochs < 15:
        losses = gan.fit(images(pixels), labels, 5, 16)
        epochs += 5
        made = at_its_best(student, draw, gan, generator, asked)
        share = shown(made, asked)

    figures.grid("Digits 0 to 9, three of each", made[np.arange(len(asked)) % 20 < 3], low=-1, high=1)
    reported = losses if isinstance(losses, dict) else {"loss": losses}
    figures.lines("The losses as your code reported them", reported, x="step or epoch")
    expect.at_least(
        share,
        limits.digit_asked,
        tried=f"then fit for {epochs} epochs, batches of 16; the grader's reader reads 20 images of each digit",
        what="a share that shows the digit asked for",
        cause=why_other_digits(made, asked, judge(discriminator, made), judge(discriminator, held_out_pixels)),
    )
    restore()
    expect.that(
        shown(at_its_best(student, draw, gan, generator, asked), asked) < limits.digit_asked,
        tried="the same GAN, with the parameters of its new generator",
        saw="the digits asked for",
        expected="noise",
        cause="The images do not come from the trained parameters: everything that G has learned must be in them.",
    )


def at_its_best(student, draw, gan, generator, asked):
    """G's images of these digits, from the grader's noise or the student's `generate`, whichever are read better.

    Noise of another distribution than the grader's is right too.
    """
    made = make(generator, draw.normal(len(asked), 100), asked)
    own = generated(student, gan, asked, draw.seed())
    return own if own is not None and shown(own, asked) > shown(made, asked) else made


def shown(made, asked):
    """The share of images in which the reader sees the digit asked for."""
    return np.mean(reader.read((made + 1) / 2) == asked)


def generated(student, gan, asked, seed):
    """What the student's `generate` makes, or `None` if it is broken: other checks judge that."""
    try:
        made = [
            expect.shape(student.call("generate", gan, digit, 20, seed, gives="images"), (20, 28, 28, 1), tried="")
            for digit in range(DIGITS)
        ]
    except (StudentError, CheckFailed):
        return None
    return np.concatenate(made)


def why_other_digits(made, asked, on_made, on_real):
    """Why G does not show the digits asked for, judged by what the reader and D see."""
    spread = reader.diversity((made + 1) / 2)
    if spread < 0.3:
        return (
            f"Mode collapse: the images are nearly the same whatever digit is asked for (spread {spread:.2f} of that "
            "of real digits). Does the label reach G, and does G's loss ask for it?"
        )
    if on_made[:, 0].mean() > 0.95 and on_real[:, 0].mean() < 0.05:
        return (
            "D dominates: it is sure that every image of G is a fake. G needs the loss −ln p of the digit asked for, a "
            "rate of about 0.001, and as many updates as D."
        )
    if on_made[np.arange(len(made)), asked + 1].mean() > 0.5:
        return "D sees the digit asked for, but the reader does not: D has learned wrong digits, or too little."
    return "Are labels and images still in the same order in `fit`? Do both players get one update for each batch?"


@check("classification.fake_ignored", needs="classification.digits")
def _(student, draw):
    """An image that D takes for a fake also gets a digit, and D answers in inference mode

    Forge: digits that agree with D's answers, and statistics that stay.
    So: form.
    """
    gan, _, discriminator = new_gan(student, draw.seed())
    pixels = draw.uniform(-1, 1, 60, 28, 28, 1)
    gains = (1.0, 0.5, 2.0, 0.25) * 6
    p, clear = clear_answers(draw, discriminator, pixels, lambda p: p[:, 0] > p[:, 1:].max(axis=1), gains, kinds=1)
    digits = p[:, 1:].argmax(axis=1)
    keeps = statistics(discriminator)
    tried = f"classify on {int(clear.sum())} images that D takes for fakes, with random weights in D"
    if clear.any():
        expect.equal(
            expect.shape(student.classify(gan, images(pixels[clear])), (int(clear.sum()),), tried=tried).round(6),
            digits[clear],
            tried=tried,
            cause="Leave out column 0 before you take the largest: if the image is a digit, which one?",
            mistakes={
                "You return −1 where D says fake: take the largest of columns 1 to 10.": np.full(int(clear.sum()), -1),
                "You return 0 where D says fake: take the largest of columns 1 to 10.": np.zeros(int(clear.sum())),
            },
        )
    expect.unmoved(
        keeps,
        statistics(discriminator),
        tried="the discriminator's batch-norm statistics before and after classify",
        cause="D classifies in training mode: use inference mode.",
    )


@check("generation.digit", needs=("generation.images", "generator.label"))
def _(student, draw):
    """generate asks G for the digit, in inference mode

    Forge: images near the mean of G's images of the digit.
    So: form: both come from the worker.
    """
    latent_dim = 3
    gan, generator, _ = new_gan(student, draw.seed(), latent_dim=latent_dim)
    randomise(generator, draw, gain=0.7)
    keeps = statistics(generator)
    noise = draw.normal(150, latent_dim)
    middles = np.array([make(generator, noise, np.full(150, digit)).mean(axis=0) for digit in range(DIGITS)])
    found, asked = [], [0, *(int(digit) for digit in 1 + draw.rng.choice(8, 2, replace=False)), 9]
    for digit in asked:
        made = expect.shape(
            student.call("generate", gan, digit, 60, draw.seed(), gives="images"),
            (60, 28, 28, 1),
            tried=f"generate(gan, {digit}, 60, seed)",
        )
        found.append(int(np.square(middles - made.mean(axis=0)).sum(axis=(1, 2, 3)).argmin()))
    expect.unmoved(
        keeps,
        statistics(generator),
        tried="the generator's batch-norm statistics before and after generate",
        cause="G runs in training mode: an image then depends on the rest of its batch. Use inference mode.",
    )
    expect.equal(
        found,
        asked,
        tried="generate for four digits, with random weights in G: the digit whose images they resemble",
        cause="generate makes a different digit from the one asked for.",
        mistakes={
            "The digit is ignored: it is always the same digit.": [found[0]] * 4,
            "The digit is off by one.": [(digit + 1) % DIGITS for digit in asked],
            "The digit is off by one, in the other direction.": [(digit - 1) % DIGITS for digit in asked],
        },
    )
    single = [
        expect.shape(
            student.call("generate", gan, 5, 1, seed, gives="images"),
            (1, 28, 28, 1),
            tried="generate a single image",
            cause="Return n images, also if n is 1: keep the axis of the batch.",
        )
        for seed in (draw.seed(), draw.seed())
    ]
    expect.differ(
        *single,
        tried="generate a single image with each of two seeds",
        cause="G runs in training mode: with one row, batch norm leaves nothing of the noise. Use inference mode.",
    )
