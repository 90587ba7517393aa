"""Checks of `conditional_gan` that students can run too."""

import numpy as np

from autograder import check, expect, images, on_gpu, tensor
from autograder.authoring.probes.batch_norm import statistics
from autograder.authoring.probes.functions import one_hot
from autograder.authoring.probes.parameters import flat, randomise, standing_still
from shared import data

from .probes import DIGITS, LATENT, clear_answers, fake_targets, judge, logs, new_gan, real_digits, real_targets


def moved(before, after, tried, cause):
    """At least half of the arrays must change: one before batch norm or after inactive units may have no gradient."""
    still = standing_still(before, after)
    expect.that(
        len(still) <= len(before) / 2 and len(before) > 0,
        tried=tried,
        saw=f"{len(before) - len(still)} of {len(before)} arrays of parameters changed",
        expected="an update of the parameters",
        cause=cause,
    )


@check("condition.example")
def _(student):
    """The label follows the noise, one-hot in ten columns

    Forge: a table of one example.
    So: the next check draws others.
    """
    noise = np.array([[0.5, -1.25, 2.0], [-0.75, 0.25, 1.5]], dtype=np.float32)
    labels = np.array([0, 7])
    code = one_hot(labels, DIGITS)
    tried = "condition of two rows of noise, labels 0 and 7"
    with expect.blame("Noise and one-hot label stand side by side: join them along axis 1."):
        joined = student.condition(tensor(noise), tensor(labels))
    expect.close(
        joined,
        np.hstack([noise, code]),
        tried=tried,
        cause="Columns 0 … L−1 are the noise, unchanged; the ten columns after it are the one-hot label.",
        mistakes={
            "The label comes first: the noise must come first.": np.hstack([code, noise]),
            "The noise has become integers: convert the one-hot label to the noise's dtype, not the other way round.": (
                np.hstack([noise.astype(np.int64), code])
            ),
            "The label is one column with the digit as a number: use ten columns, one-hot.": np.hstack(
                [noise, labels[:, None].astype(np.float32)]
            ),
            "There are only as many columns as the largest label needs: there must always be ten.": np.hstack(
                [noise, code[:, :8]]
            ),
            "The digit is off by one: digit 0 has the first of the ten columns.": np.hstack(
                [noise, np.roll(code, 1, axis=1)]
            ),
            "The label appears twice.": np.hstack([noise, code, code]),
        },
    )


@check("discriminator_targets.example")
def _(student):
    """Column 0 means fake, columns 1 to 10 are the digits of real images

    Forge: a table of one example.
    So: the next check draws others.
    """
    labels = np.array([3, 0])
    real, fake = real_targets(labels), fake_targets(labels)
    for kind, wanted in ((False, fake), (True, real)):
        expect.close(
            student.discriminator_targets(labels, kind),
            wanted,
            tried=f"discriminator_targets([3, 0], {kind})",
            cause="Use eleven columns, a single 1 in each row: column 0 for a fake, column 1 + digit for a real image.",
            mistakes={
                "The fake column is the last one: it must be column 0, and digit d is column d + 1.": (
                    one_hot(np.full_like(labels, 10), 11)
                ),
                "The digit is off by one: digit d is column d + 1, since column 0 means fake.": one_hot(labels, 11),
                "A fake keeps the digit that it was made with: for D it is only a fake, column 0.": real,
                "A fake has two ones: only column 0 should be 1.": real + fake,
                "Real and fake are swapped.": fake if kind else real,
                "The digit is missing: a real image's target names it.": one_hot(np.ones_like(labels), 11),
                "There are ten columns: the fake needs one too.": one_hot(labels, DIGITS),
            },
        )


@check("generator_targets.example")
def _(student):
    """The generator wants D to see a real image of the digit asked for

    Forge: a table of one example.
    So: the next check draws others.
    """
    labels = np.array([0, 9, 4])
    expect.close(
        student.generator_targets(labels),
        real_targets(labels),
        tried="generator_targets([0, 9, 4])",
        cause="Return the targets that D gets for real images of these digits.",
        mistakes={
            "These are D's targets for fakes; G wants the opposite: that D takes its images for real digits.": (
                fake_targets(labels)
            ),
            "The digit is off by one: digit d is column d + 1.": one_hot(labels, 11),
            "The digit is missing: G wants D to see the digit asked for.": one_hot(np.ones_like(labels), 11),
            "There are ten columns: column 0, for the fake, is missing; it is 0.": one_hot(labels, DIGITS),
        },
    )


@check("generator.images")
def _(student, draw):
    """The generator makes images of 28×28 from noise and label

    Forge: images of the right shape.
    So: form.
    """
    for latent_dim in (LATENT, 100):
        generator, inputs, tried = generator_and_inputs(student, draw, latent_dim)
        with expect.blame(f"G receives latent_dim + 10 columns, here {latent_dim + 10}: noise, then one-hot label."):
            generator.ready(inputs)
            images_made(generator, inputs, tried)


@check("generator.range", needs="generator.images")
def _(student, draw):
    """The pixels lie in [−1, 1] and use both halves of that range

    Forge: some dark images and some bright ones.
    So: form.
    """
    for latent_dim in (LATENT, 100):
        generator, inputs, tried = generator_and_inputs(student, draw, latent_dim)
        generator.ready(inputs)
        darkest, brightest = [], []
        for weights in ("its first weights", "large weights", "other large weights"):
            made = images_made(generator, inputs, f"{tried}, {weights}")
            expect.between(
                made,
                -1,
                1,
                tried=f"{tried}, {weights}",
                cause="Nothing keeps the pixels in [−1, 1]: end with tanh.",
                what="pixels",
            )
            darkest.append(made.min())
            brightest.append(made.max())
            randomise(generator, draw, gain=2.0)
        expect.that(
            min(darkest) < -0.1 and max(brightest) > 0.1,
            tried=f"{tried}, three sets of weights",
            saw=f"pixels from {min(darkest):.2g} to {max(brightest):.2g}",
            expected="pixels below and above 0: black is −1, white is 1",
            cause="A sigmoid or ReLU at the end never goes below 0, but real images do. End with tanh.",
        )


def generator_and_inputs(student, draw, latent_dim):
    """A new generator, five inputs for it, and a name for both."""
    student.seed(draw.seed())
    generator = expect.remote(student.build_generator(latent_dim), tried=f"build_generator({latent_dim})")
    inputs = np.hstack([draw.normal(5, latent_dim), one_hot(draw.integers(0, DIGITS, 5), DIGITS)])
    return generator, inputs, f"build_generator({latent_dim}) on 5 rows of noise and label"


def images_made(generator, inputs, tried):
    return expect.shape(
        generator.forward(inputs, gives="images"),
        (5, 28, 28, 1),
        tried=tried,
        cause="Return 28×28 images with one channel, in your framework's layout.",
    )


@check("discriminator.softmax")
def _(student, draw):
    """The discriminator returns eleven probabilities that sum to 1

    Forge: rows that sum to 1.
    So: form.
    """
    student.seed(draw.seed())
    pixels = real_digits(draw, data.digits(), range(DIGITS), 1)[0][:6]
    tried = "build_discriminator() on 6 digits"
    with expect.blame("D receives images of 28×28 with one channel, in your framework's layout."):
        discriminator = expect.remote(student.build_discriminator(), tried="build_discriminator()").ready(
            images(pixels)
        )
        for weights in ("its first weights", "large weights", "other large weights"):
            p = expect.shape(
                discriminator.forward(images(pixels)),
                (6, DIGITS + 1),
                tried=f"{tried}, {weights}",
                cause="Return eleven columns: fake, and the ten digits.",
                mistakes={
                    "There are ten columns: the fake needs one too.": (6, DIGITS),
                    "One probability is what the D of a plain GAN returns.": (6, 1),
                },
            )
            expect.between(
                p,
                0,
                1,
                tried=f"{tried}, {weights}",
                cause="These are not probabilities: end with a softmax, inside the model.",
                what="outputs",
            )
            over_the_batch = np.allclose(p.sum(axis=0), 1, atol=1e-3)
            expect.close(
                p.sum(axis=1),
                np.ones(6),
                tried=f"{tried}, {weights}: the sum of each row",
                cause="The softmax runs over the batch axis: take it over the eleven columns."
                if over_the_batch
                else "Each column has its own sigmoid: they do not compete. The loss for eleven answers needs softmax.",
                atol=1e-3,
            )
            randomise(discriminator, draw)


@check("training.discriminator_step")
def _(student, draw):
    """train_discriminator changes the discriminator and leaves the generator alone

    Forge: parameters of D that moved, and none of G's.
    So: form; the next checks ask where the parameters must go.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    pixels, labels = real_digits(draw, data.digits(), (2, 5), 8)
    makes, judges = generator.parameters(), discriminator.parameters()
    tried = "one train_discriminator on 16 digits"
    with expect.blame("D never learns: it stays frozen (`trainable = False`, `requires_grad_(False)`).", on="grad"):
        gan.train_discriminator(images(pixels), labels)
    expect.unmoved(
        makes,
        generator.parameters(),
        tried=f"{tried}, the generator's parameters",
        cause="D's step moves the generator: D's optimiser holds G's parameters, or G's optimiser steps too.",
    )
    moved(
        judges,
        discriminator.parameters(),
        tried=f"{tried}, the discriminator's parameters",
        cause="D never learns: the update is missing, its optimiser holds other parameters, or D stays frozen.",
    )


@check("training.generator_step")
def _(student, draw):
    """train_generator changes the generator and leaves the discriminator alone, including batch-norm statistics

    Forge: parameters of G that moved, and none of D's.
    So: form; `training.conditions` asks where the parameters must go.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    makes, judges, keeps = generator.parameters(), discriminator.parameters(), statistics(discriminator)
    tried = "one train_generator for 16 labels"
    with expect.blame("G never learns: the fakes are cut off from it (detach, stop_gradient, .numpy()).", on="grad"):
        gan.train_generator(draw.integers(0, DIGITS, 16))
    expect.unmoved(
        judges,
        discriminator.parameters(),
        tried=f"{tried}, the discriminator's parameters",
        cause="G's step moves the discriminator: G's optimiser holds D's parameters, or D's optimiser steps too.",
    )
    expect.unmoved(
        keeps,
        statistics(discriminator),
        tried=f"{tried}, the discriminator's batch-norm statistics",
        cause="D runs in training mode in G's step, so its statistics follow the fakes: use inference mode there.",
    )
    moved(
        makes,
        generator.parameters(),
        tried=f"{tried}, the generator's parameters",
        cause="G never learns: the fakes are cut off from it (detach, stop_gradient), or the update is missing.",
    )


@check("training.pretrain", trains=True)
def _(student, draw):
    """pretrain trains only the discriminator

    Forge: parameters of D that moved, none of G's, and a rise in the column that the labels name.
    So: form; `training.digit_asked` asks for more.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    digit = int(draw.integers(1, DIGITS))
    pixels, labels = real_digits(draw, data.digits(), (digit,), 24)
    makes, judges = generator.parameters(), discriminator.parameters()
    tried = f"pretrain for one epoch on 24 images of a {digit}"

    def said():
        """Mean ln p of each column, also in training mode: batch-norm statistics lag behind after two batches."""
        return np.array([logs(judge(discriminator, pixels, training)).mean(axis=0) for training in (False, True)])

    before = said()
    gan.pretrain(images(pixels), labels, 1, 12)
    expect.unmoved(
        makes,
        generator.parameters(),
        tried=f"{tried}, the generator's parameters",
        cause="Pre-training moves the generator: it must train only the discriminator.",
    )
    moved(
        judges,
        discriminator.parameters(),
        tried=f"{tried}, the discriminator's parameters",
        cause="pretrain does not train: call D's update on each batch of real images.",
    )
    likeliest = [int(each) for each in (said() - before)[:, 1:].argmax(axis=1)]
    expect.equal(
        digit if digit in likeliest else likeliest[0],
        digit,
        tried=f"{tried}: the digit whose probability rises most",
        cause="Pre-training uses the wrong column: digit d is column d + 1.",
    )
    student.eagerly()
    seed = draw.seed()

    def pretrained(epochs):
        """How far pretrain carries the parameters of a new D: two GANs with the same seed start alike."""
        gan, _, discriminator = new_gan(student, seed)
        start = flat(discriminator.parameters())
        gan.pretrain(images(pixels), labels, epochs, 24)
        return flat(discriminator.parameters()) - start

    one, three = pretrained(1), pretrained(3)
    expect.that(
        float(np.linalg.norm(three - one)) > 0.01 * float(np.linalg.norm(one)),
        tried=f"pretrain on 24 images of a {digit} in one batch, for 1 epoch and for 3, of GANs with the same seed",
        saw="the same discriminator",
        expected="two more updates of D in 3 epochs",
        cause="`epochs` is not used: go through the images `epochs` times.",
    )


@check("classification.digits", needs="discriminator.softmax")
def _(student, draw):
    """classify returns the likeliest of the ten digits

    Forge: digits that agree with D's answers.
    So: form: both come from the worker.
    """
    gan, _, discriminator = new_gan(student, draw.seed())
    pixels = draw.uniform(-1, 1, 40, 28, 28, 1)
    gains = (1.0, 0.5, 2.0, 0.25, 1.0, 0.5, 2.0, 0.25, 1.0, 0.5, 2.0, 4.0)
    p, clear = clear_answers(draw, discriminator, pixels, lambda p: p[:, 0] < p[:, 1:].max(axis=1), gains, kinds=2)
    expect.that(
        clear.any(),
        tried="D with random weights on random images",
        saw="no image for which D prefers one digit",
        expected="answers that depend on the image",
        cause="D does not look at the image.",
    )
    digits = p[:, 1:].argmax(axis=1)[clear]
    expect.equal(
        expect.shape(
            student.classify(gan, images(pixels[clear])),
            digits.shape,
            tried=f"classify on {len(digits)} images, with random weights in D",
            cause="Return one digit for each image.",
            mistakes={
                "The maximum runs over the images: take it over the columns of each row.": (10,),
                "Without an axis, the maximum runs over all images: take it over the columns of each row.": (),
            },
        ).round(6),
        digits,
        tried=f"classify on {len(digits)} images, with random weights in D",
        cause="Run D in inference mode and take the likeliest of columns 1 to 10; column 1 is the digit 0.",
        mistakes={
            "These are columns, not digits: column 0 means fake, so the digit is the column minus 1.": digits + 1,
            "The digit is off by one: column 1 is the digit 0.": digits - 1,
        },
    )


@check("generation.images")
def _(student, draw):
    """generate makes n images of a digit, and the seed fixes them

    Forge: images that depend on the seed, all different.
    So: form.
    """
    gan, _, _ = new_gan(student, draw.seed())
    digit, seed = int(draw.integers(0, DIGITS)), draw.seed()

    def made(n, seed):
        tried = f"generate(gan, {digit}, {n}, seed)"
        found = expect.shape(
            student.call("generate", gan, digit, n, seed, gives="images"),
            (n, 28, 28, 1),
            tried=tried,
            cause="Return n images of 28×28 with one channel, in your framework's layout.",
        )
        return expect.between(
            found, -1, 1, tried=tried, cause="Return the images as G makes them, in [−1, 1].", what="pixels"
        )

    first = made(5, seed)
    expect.close(
        made(5, seed),
        first,
        tried="generate twice with the same seed",
        cause="All noise must come from `seed`: make a random generator from it in each call.",
    )
    expect.differ(made(5, seed + 1), first, tried="generate with another seed", cause="The seed is ignored.", by=0.0)
    expect.that(
        all(np.any(first[i] != first[j]) for i in range(5) for j in range(i)),
        tried="generate five images of a digit",
        saw="two identical images",
        expected="five different images",
        cause="One noise vector serves all images: draw one for each image.",
    )


@on_gpu("gpu", needs=("training.discriminator_step", "training.generator_step"))
def _(student, draw):
    """Nets and training steps run on the device of the parameters"""
    seed, labels = draw.seed(), draw.integers(0, DIGITS, 8)
    real, noise = draw.uniform(-1, 1, 8, 28, 28, 1), draw.normal(8, LATENT)
    gan = student.ConditionalGAN(LATENT, seed)
    student.place(gan.part("generator"), np.concatenate([noise, one_hot(labels, DIGITS)], axis=1))
    student.place(gan.part("discriminator"), images(real))
    gan.train_discriminator(images(real), labels)
    gan.train_generator(labels)
    student.classify(gan, images(real))
    return {"conditioned": student.condition(tensor(noise), tensor(labels))}
