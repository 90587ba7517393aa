"""Hidden checks of `dcgan`."""

import numpy as np

from autograder import check, expect, images
from autograder.authoring.probes import gan_slopes
from autograder.authoring.probes.batch_norm import replace_statistics
from autograder.authoring.probes.descent import goes_downhill
from autograder.authoring.probes.gan import (
    OutputBias,
    cosine,
    ever_blinder,
    keeps_latent_dim,
    log_odds,
    mean_of,
    moves,
    output_level,
    output_weights,
    starts_without_gradients,
    unsteerable,
)
from autograder.authoring.probes.parameters import at_least_glorot, flat, random_weights, scaled, weights, zeros
from autograder.authoring.probes.training import last_sample_counts
from shared import data

from .probes import LATENT, digits, new_gan, new_player, overlap_add, pictured, scored, spread_out

UNEVEN = 40.0
"""How much the entries of an output kernel without a bias differ, in nats: more than the levels that it sets.

Then G's gradient is the same at each level but for the loss."""


def logits(discriminator, x, tried, training=False):
    """The scores under D's sigmoid, `(n,)`."""
    return log_odds(scored(discriminator, x, tried, training))


@check("upsampling.any_size", needs="upsampling.example")
def _(student, draw):
    """Any image and any factors

    Forge: blocks, for newly drawn images and factors.
    So: compute it.
    """
    for rows, columns in ((1, 4), (3, 1), (5, 2)):
        x = draw.normal(*draw.integers(1, 6, 2))
        expect.close(
            student.upsample_nearest(x, (rows, columns)),
            np.kron(x, np.ones((rows, columns))),
            tried=f"upsample_nearest of a random {x.shape[0]}×{x.shape[1]} image by ({rows}, {columns})",
            cause="Each value becomes a block of `rows` rows and `columns` columns.",
        )


@check("transposed_convolution.random", needs="transposed_convolution.example")
def _(student, draw):
    """Random images and kernels, with overlap and with gaps

    Forge: sums, for newly drawn images and kernels.
    So: compute it.
    """
    for x_shape, kernel_shape, stride in (
        ((3, 4), (4, 2), 2),
        ((4, 2), (3, 5), 1),
        ((3, 2), (2, 2), 3),
        ((1, 1), (2, 3), 2),
    ):
        x, kernel = draw.normal(*x_shape), draw.normal(*kernel_shape)
        expect.close(
            student.conv_transpose2d(x, kernel, stride),
            overlap_add(x, kernel, stride),
            tried=f"conv_transpose2d of {x_shape[0]}×{x_shape[1]} with a {kernel_shape[0]}×{kernel_shape[1]} kernel, "
            f"stride {stride}",
            cause="Each value puts down its own copy of the kernel; copies that do not touch leave zeros between them.",
            mistakes={
                "The kernel is flipped: use it as it is.": overlap_add(x, kernel[::-1, ::-1], stride),
            },
            rtol=1e-3,
            atol=1e-4,
        )


@check("transposed_convolution.adjoint", needs="transposed_convolution.example")
def _(student, draw):
    """It is the transpose of the strided convolution with the same kernel

    Forge: sums, for newly drawn images and kernels, against the grader's own convolution.
    So: compute it.
    """
    kernel, stride = draw.normal(3, 2), 2
    image, x = draw.normal(9, 8), draw.normal(4, 4)
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[::stride, ::stride]
    convolved = (patches * kernel).sum(axis=(-2, -1), dtype=np.float64)
    back = expect.shape(
        student.conv_transpose2d(x, kernel, stride),
        image.shape,
        tried="conv_transpose2d of 4×4 with a 3×2 kernel, stride 2",
    )
    expect.close(
        float(np.sum(back * image)),
        float(np.sum(x * convolved)),
        tried="⟨conv_transpose2d(x), image⟩ against ⟨x, the strided convolution of image⟩",
        cause="The transpose must spread to a place what the convolution gathers from it, with the same weight.",
        rtol=1e-3,
        atol=1e-3,
    )


@check("scaling.fixed", needs="scaling.example")
def _(student, draw):
    """The scale is the same for every batch, for integers and for floats

    Forge: a straight line, for newly drawn pixels.
    So: compute it.
    """
    pixels = draw.integers(40, 200, 3, 28, 28, 1)
    for given in (pixels, pixels.astype(np.float32)):
        expect.close(
            student.scale_images(given),
            pixels / 127.5 - 1,
            tried=f"scale_images of {given.dtype} pixels between 40 and 200",
            cause="Use a straight line through (0, −1) and (255, 1), whatever the batch holds.",
            mistakes={
                "You scale by the batch's own extremes: the ends are 0 and 255 in every batch.": 2
                * (pixels - pixels.min())
                / (pixels.max() - pixels.min())
                - 1,
                "You scale by the batch's own maximum: the upper end is 255 in every batch.": 2 * pixels / pixels.max()
                - 1,
            },
            rtol=1e-3,
            atol=1e-3,
        )
    dim = draw.uniform(-0.7, 0.4, 2, 28, 28, 1)
    expect.close(
        student.unscale_images(dim),
        (dim + 1.0) * 127.5,
        tried="unscale_images of images between −0.7 and 0.4",
        cause="This is the inverse of scale_images, not rounded, whatever the batch holds.",
        mistakes={"The result is rounded: leave it as it is.": np.round((dim + 1.0) * 127.5)},
        rtol=1e-3,
        atol=1e-2,
    )


@check("generator.layers", needs="generator.images")
def _(student, draw):
    """One projection, then convolutions that all contribute to the image

    Forge: name one matrix and two kernels, with gradients that are not 0.
    So: lie about it: gradients come from the worker's autodiff, and the check only asks that they are not 0.
    Closed by: compare one random direction with differences of `forward`.
    """
    generator = new_player(student, draw, "build_generator")
    sizes = {name: value.shape for name, value in weights(generator).items()}
    dense = [name for name, sides in sizes.items() if len(sides) == 2]
    tried = "the weights of build_generator()"
    expect.that(
        len(dense) <= 1,
        tried=tried,
        saw=f"{len(dense)} matrices of dense layers: {', '.join(dense[:3])}",
        expected="one projection to 7×7 at most, and kernels of convolutions after it",
        cause="There is another dense layer: only convolutions may follow the projection.",
    )
    kernels = sum(len(sides) == 4 for sides in sizes.values())
    expect.that(
        kernels >= 2,
        tried=tried,
        saw=f"{kernels} kernels of convolutions",
        expected="two or more: the image grows from 7×7 by convolutions",
        cause="The projection draws the image by itself: it should make 7×7 maps, and convolutions do the rest.",
    )
    # A random combination of the output: one direction is as good as any.
    cotangent = draw.normal(8, 28, 28, 1)
    slopes = generator.gradients(draw.normal(8, LATENT), images(cotangent), training=True)
    still = [name for name in sizes if slopes.get(name) is None or not np.any(slopes[name])]
    expect.that(
        not still,
        tried="the gradient of build_generator() in each of its weights",
        saw=f"none in {', '.join(still[:3])}",
        expected="a gradient in every weight",
        cause="A layer is not on the path from z to the image, or the graph is cut (`.detach()`, NumPy).",
    )


@check("generator.batch_norm", needs="generator.images")
def _(student, draw):
    """Batch norm works inside the generator, and not on its output

    Forge: images that depend on their batch in training mode only, and on the size of the last kernel.
    So: form; any such function is enough.
    """
    generator = new_player(student, draw, "build_generator")
    z, others = draw.normal(4, LATENT), 3 * draw.normal(4, LATENT)
    mixed = np.concatenate([z[:2], others])
    tried = "an image of build_generator() in two different batches"
    inference = [pictured(generator, batch, tried)[:2] for batch in (z, mixed)]
    expect.close(
        *inference,
        tried=f"{tried}, in inference mode",
        cause="In inference mode batch norm uses its running statistics: the rest of the batch must not matter.",
        atol=1e-4,
        expected="the same image",
    )
    before = generator.buffers()
    training = [pictured(generator, batch, tried, training=True)[:2] for batch in (z, mixed)]
    largest = max(float(np.abs(image).max()) for image in training)
    expect.that(
        float(np.abs(training[0] - training[1]).max()) > 1e-3 * largest,
        tried=f"{tried}, in training mode",
        saw="the same image",
        expected="an image that depends a little on the others: they share mean and variance",
        cause="There is no batch norm in the generator, or it does not receive the training mode.",
    )
    expect.that(
        float(np.abs(training[0] - inference[0]).max()) > 1e-3 * largest,
        tried="an image of build_generator() in training mode and in inference mode",
        saw="the same image",
        expected="different images: a new batch norm has no running statistics yet",
        cause="There is no batch norm in the generator.",
    )
    after = generator.buffers()
    expect.that(
        any(not np.array_equal(value, after[name]) for name, value in before.items()),
        tried="the statistics of batch norm before and after a call in training mode",
        saw="no change",
        expected="running means and variances that change with the batch",
        cause="Batch norm keeps no running statistics: without them it has nothing to use in inference mode.",
    )
    # With large weights the ε of batch norm, 0.001 in Keras, does not matter.
    generator.set_parameters(scaled(weights(generator), 10))
    # The biases of a projection differ from place to place, so a larger matrix shows through any batch norm.
    kernels = {name: value for name, value in weights(generator).items() if value.ndim == 4}
    expect.that(
        any(stronger(generator, z, name, kernel, tried) for name, kernel in kernels.items()),
        tried="build_generator() in training mode, each of its kernels four times as large",
        saw="the same images every time",
        expected="stronger images if the last weights are larger",
        cause="There is batch norm on G's output: it fixes the mean and contrast of the images. Leave it out there.",
    )


def stronger(generator, z, name, kernel, tried):
    """Do the images change, in training mode, if one kernel is four times as large?"""
    before = pictured(generator, z, tried, training=True)
    generator.set_parameters({name: 4 * kernel})
    after = pictured(generator, z, tried, training=True)
    generator.set_parameters({name: kernel})
    return float(np.abs(after - before).max()) > 0.02 * float(np.abs(before).max())


def readout(model):
    """The weights of D's last layer: those that lead to a single value."""
    shapes = {name: value.shape for name, value in weights(model).items()}
    return [
        name
        for name, sides in shapes.items()
        if (len(sides) == 2 and 1 in sides) or (len(sides) == 4 and (sides[0] == 1 or sides[-1] == 1))
    ]


def is_factor(value):
    """Is this a gain or a learned slope? They stay above 0, where biases start."""
    return value.ndim in (0, 1, 3) and bool(np.all(value > 0.15))


def is_bias(value, parameters):
    """Three axes: a layer norm's bias, if there is a gain of the same shape; otherwise slopes, which may be 0 too."""
    gains = [gain.shape for gain in parameters.values() if gain.ndim == 3 and np.all(gain > 0.5)]
    return not is_factor(value) and (value.ndim < 2 or value.shape in gains)


def as_kernels_only(discriminator, draw, sign):
    """Give D new weights and no biases; with `sign`, all weights are positive.

    Factors (a gain of a norm, a learned slope) are positive in all entries and stay; slopes with three axes may start
    at 0.
    """
    parameters = discriminator.parameters()
    biases = {name: 0 * value for name, value in parameters.items() if is_bias(value, parameters)}
    slopes = {
        name: 0 * value + 0.25
        for name, value in parameters.items()
        if value.ndim == 3 and not is_factor(value) and name not in biases
    }
    new = random_weights(draw, weights(discriminator))
    discriminator.set_parameters(
        biases | slopes | {name: np.abs(value) if sign else value for name, value in new.items()}
    )


def measurable(discriminator, x, tried):
    """The images, once D's probabilities of them are neither ½ nor at an end; `None` if that cannot be reached.

    The loop scales D's last layer, or all weights if the last layer cannot be found. If the size of the weights has no
    effect (spectral norm), it scales the images.
    """
    scaled = readout(discriminator) or list(weights(discriminator))
    for of_weights in (True, False):
        for _ in range(40):
            far = float(np.abs(scored(discriminator, x, tried) - 0.5).max())
            if 0.05 < far < 0.4:
                return x
            factor = 4.0 if far <= 0.05 else 0.3
            if of_weights:
                now = discriminator.parameters()
                if max(float(np.abs(now[name]).max()) for name in scaled) > 1e12:
                    break
                discriminator.set_parameters({name: factor * now[name] for name in scaled})
            elif np.abs(x).max() > 1e12:
                return None
            else:
                x = factor * x
    return None


def grown(strong, weak, factor):
    """Is each of the strong scores `factor` times the weak one?"""
    return float(np.abs(strong - factor * weak).max()) < 0.1 * float(np.abs(strong).max())


def normalises_images(discriminator, draw, tried):
    """Does D say the same to weaker images? Layer, group and instance norm divide every image by its own strength."""
    as_kernels_only(discriminator, draw, sign=False)
    seen = measurable(discriminator, draw.normal(8, 28, 28, 1), tried)
    return seen is not None and grown(logits(discriminator, seen, tried), logits(discriminator, seen / 4, tried), 1)


def agreement(discriminator, draw, tried):
    """The correlation of D's scores of very strong and of very faint images; 0 if D does not tell them apart.

    In faint images the ε of a norm outweighs the variance, so that the norm is linear. Its gains are made large, so
    that in strong images it drives an activation to both ends.
    """
    as_kernels_only(discriminator, draw, sign=False)
    discriminator.set_parameters(
        {name: 16 * value for name, value in discriminator.parameters().items() if is_factor(value)}
    )
    # Black and white pixels only: then all places of an image have nearly the same variance.
    x = np.sign(draw.normal(256, 28, 28, 1))
    scores = []
    for strength in (64, 1e-12):
        seen = measurable(discriminator, strength * x, tried)
        if seen is None:
            return 0.0
        scores.append(logits(discriminator, seen, tried))
    return float(np.corrcoef(*scores)[0, 1]) if min(each.std() for each in scores) > 0 else 0.0


@check("discriminator.leaky", needs="discriminator.probability")
def _(student, draw):
    """Inside D both signs get through, and nothing saturates

    Forge: a positively homogeneous function, with weights that the grader has set.
    So: form; any such function is enough.
    """
    discriminator = new_player(student, draw, "build_discriminator")
    bent = "An activation inside saturates (tanh, sigmoid), or is not linear on each side of 0: use LeakyReLU."
    tried = "build_discriminator() without biases, on images and on the same images four times as strong"
    each_by_itself = normalises_images(discriminator, draw, tried)
    if each_by_itself:
        tried = "build_discriminator() without biases, on very strong images and on the same images very faint"
        agreed = agreement(discriminator, draw, tried)
        expect.that(
            # LeakyReLU reaches 0.93 to 1 with layer, group and instance norm; ELU 0.88, GELU 0.87, tanh 0.82.
            agreed > 0.91,
            tried=tried,
            saw=f"scores with a correlation of {agreed:.2f}",
            expected="a correlation near 1: LeakyReLU is linear on each side of 0",
            cause=bent,
        )
    else:
        as_kernels_only(discriminator, draw, sign=False)
        seen = measurable(discriminator, draw.normal(8, 28, 28, 1), tried)
        expect.that(
            seen is not None and grown(logits(discriminator, seen, tried), logits(discriminator, seen / 4, tried), 4),
            tried=tried,
            saw="a score that is not four times as large",
            expected="four times the score: LeakyReLU is linear on each side of 0",
            cause=bent,
        )
    as_kernels_only(discriminator, draw, sign=True)
    x = -np.abs(draw.normal(8, 28, 28, 1))
    tried = "build_discriminator() with positive weights and no biases, on images below 0"
    lets_through(discriminator, x, tried)
    # Behind a norm of each image, values of both signs arrive whatever the image, unless the biases are far below 0.
    parameters = discriminator.parameters()
    for name, value in parameters.items() if each_by_itself else ():
        if value.size == 1 or not is_bias(value, parameters):
            continue
        as_kernels_only(discriminator, draw, sign=False)
        discriminator.set_parameters({name: value - 1000})
        tried = f"build_discriminator() with −1000 as each entry of {name}, and no other biases"
        lets_through(discriminator, x, tried)


def lets_through(discriminator, x, tried):
    """D's probability must depend on the images."""
    expect.that(
        measurable(discriminator, x, tried) is not None,
        tried=tried,
        saw="½ for every image, however large the weights of the last layer",
        expected="a probability that depends on the image",
        cause="ReLU lets neither values nor gradients through below 0: LeakyReLU does.",
    )


def excess(discriminator, x, tried):
    """By how much the score of two pixels together differs from the sum of both, as a share; `None` if not measurable.

    `x`: images of a first pixel, as many of a second, as many of both, and one of neither.
    """
    seen = measurable(discriminator, x, tried)
    if seen is None:
        return None
    # Close to the ends of the readable range, but not at them, float32 keeps most digits of the differences.
    factor = 1.5 / float(np.abs(logits(discriminator, seen, tried)).max())
    now = discriminator.parameters()
    discriminator.set_parameters({name: factor * now[name] for name in readout(discriminator)})
    scores = logits(discriminator, seen, tried)
    first, second, both = np.split(scores[:-1] - scores[-1], 3)
    return float(np.abs(first + second - both).max()) / max(float(np.abs(both).max()), 1e-30)


@check("discriminator.no_pooling", needs="discriminator.leaky")
def _(student, draw):
    """Strides make D's maps smaller; no pooling takes a maximum

    Forge: a function that is additive for positive weights and images, with weights that the grader has set.
    So: form; any such function is enough.
    """
    discriminator = new_player(student, draw, "build_discriminator")
    # For positive weights and pixels LeakyReLU is linear, and D's score is a sum over pixels. A maximum is not a sum.
    places = draw.integers(6, 18, 24, 2)
    x = np.zeros((73, 28, 28, 1), dtype=np.float32)
    for number, (row, column) in enumerate(places):
        x[number, row, column] = x[24 + number, row, column + 1 + number % 4] = 1
    x[48:-1] = x[:24] + x[24:48]
    tried = (
        "build_discriminator() with positive weights and no biases, on two images of one bright pixel and on their sum"
    )
    # A norm of each image is linear only in small changes: of pixels that are a little brighter than a bright image.
    # There a maximum is taken over equal values, so that it is not linear even in small changes.
    each_by_itself = normalises_images(discriminator, draw, tried)
    found = []
    for _ in range(2 if each_by_itself else 1):
        as_kernels_only(discriminator, draw, sign=True)
        for bright in (16, 32, 64) if each_by_itself else (0,):
            found.append(excess(discriminator, x + np.float32(bright), tried))
    expect.that(None not in found, tried=tried, saw="½ for every image", expected="a score that depends on the image")
    expect.that(
        # With such a norm, strides reach at most 0.04 and a maximum at least 0.07.
        min(found) < (0.05 if each_by_itself else 0.01),
        tried=tried,
        saw="a score of the sum that is not the sum of the scores",
        expected="equal scores",
        cause="There is a pooling layer that takes the maximum: give the convolutions strides of 2 instead.",
    )


@check("training.new_gan")
def _(student, draw):
    """A new GAN draws its weights from N(0, 0.02²), and its seed fixes them

    Forge: parameters that look drawn from N(0, 0.02²), different ones for another seed.
    So: form; `training.samples` asks what they are worth.
    """
    seed = draw.seed()
    gan, generator, discriminator = new_gan(student, seed, latent_dim=20)
    keeps_latent_dim(gan, 20, tried="GAN(20, seed)")
    for name, value in {**weights(generator), **weights(discriminator)}.items():
        tried = f"the weights {name} of GAN(20, seed), {value.size} of them"
        # A tenth, since a truncated normal distribution is a tenth narrower, plus three standard errors.
        room = 0.15 + 3 / np.sqrt(2 * value.size)
        expect.between(
            float(value.std()),
            0.02 * (1 - room),
            0.02 * (1 + room),
            tried=tried,
            cause="These are the framework's own starting weights: draw them from N(0, 0.02²).",
            what="a standard deviation",
        )
        expect.between(
            float(value.mean()),
            -0.1 / np.sqrt(value.size),
            0.1 / np.sqrt(value.size),
            tried=tried,
            cause="Draw the weights from a normal distribution with mean 0 and standard deviation 0.02.",
            what="a mean",
        )
        farthest = float(np.abs(value).max() / value.std())
        expect.that(
            # Uniform: √3 = 1.73, at most 1.83 for 1,000 numbers. Normal, truncated at two standard deviations: above 2.
            value.size < 1000 or farthest > 1.9,
            tried=tried,
            saw=f"none farther from 0 than {farthest:.2f} standard deviations",
            expected="some beyond two standard deviations",
            cause="Draw the weights from a normal distribution, not from a uniform one.",
        )
    start = flat(weights(generator), weights(discriminator))
    other = flat(*map(weights, new_gan(student, seed + 1, latent_dim=20)[1:]))
    expect.that(
        float(np.abs(start - other).max()) > 1e-6,
        tried="the weights of two GANs with different seeds",
        saw="the same weights",
        expected="different weights for different seeds",
        cause="`seed` is ignored: draw the starting weights from it.",
    )


@check("training.seed", needs="training.discriminator_step", trains=True, few_steps=True)
def _(student, draw):
    """The same seed gives the same weights, and the same fakes afterwards

    Forge: identical parameters for the same seed.
    So: form.
    """
    seed = draw.seed()
    real = 2 * data.digits()[0][:16] - 1
    ends = []
    for noise in (1, 2):
        # What other code has drawn in the meantime must not matter.
        student.seed(noise)
        gan, generator, discriminator = new_gan(student, seed)
        start = flat(weights(generator), weights(discriminator))
        gan.train_discriminator(images(real))
        ends.append((start, flat(weights(discriminator))))
    for place, what, cause in (
        (
            0,
            "the weights of two new GANs",
            "Seed the framework's random generator with `seed` before the nets are built.",
        ),
        (
            1,
            "the weights of D after one train_discriminator in each",
            "Draw the points of the latent space from `seed` too.",
        ),
    ):
        expect.that(
            float(np.abs(ends[0][place] - ends[1][place]).max()) < 1e-6,
            tried=f"{what}, made with the same seed",
            saw="different weights",
            expected="the same weights",
            cause=cause,
        )

    def end(real):
        gan, _, discriminator = new_gan(student, seed)
        gan.train_discriminator(images(real))
        return flat(weights(discriminator))

    last_sample_counts(ends[0][1], end, real, tried="a new GAN and one train_discriminator on 16 digits")


@check("training.separates", needs="training.discriminator_step", trains=True)
def _(student, draw):
    """Updates of D raise its answers to real images and lower its answers to fakes

    Forge: answers of D that grow apart after 40 updates.
    So: lie about it: D's answers and G's images are computed in the student's process, and the digits are public.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read; digits with a newly drawn transformation.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    real = digits(draw, 64)
    for _ in range(40):
        gan.train_discriminator(images(real[draw.permutation(64)[:16]]))
    fakes = pictured(generator, draw.normal(64, LATENT), "the generator on 64 points", training=True)

    def answers(training, *batches):
        return [scored(discriminator, x, "D after 40 updates", training) for x in batches]

    # The running statistics of batch norm may lag behind after 40 updates (Keras' momentum is 0.99). So the check also
    # asks D as its own step does: in training mode, with real images and fakes in two batches, or in one.
    both = np.concatenate([real, fakes])
    on_real, on_fake = answers(False, real, fakes)
    apart = any(
        told_apart(*pair)
        for pair in ((on_real, on_fake), answers(True, real, fakes), np.split(answers(True, both)[0], 2))
    )
    on_real, on_fake = float(on_real.mean()), float(on_fake.mean())
    cause = "D has not learned to tell real from fake: check its loss, its labels and its learning rate."
    if on_real < 0.5 < on_fake:
        cause = "The labels are swapped: real images are labelled 1 and fakes 0."
    elif min(on_real, on_fake) > 0.5:
        cause = "D calls everything real: it sees no fakes in its step, or fakes are labelled 1."
    elif max(on_real, on_fake) < 0.5:
        cause = "D calls everything fake: it sees no real images in its step, or they are labelled 0."
    expect.that(
        apart,
        tried="40 calls of train_discriminator on 16 digits each, with G unchanged",
        saw=f"a mean answer of D of {on_real:.3f} to digits and {on_fake:.3f} to fakes",
        expected="above ½ for digits, below ½ for fakes",
        cause=cause,
    )


def told_apart(on_real, on_fake):
    """Do nearly all real images score above nearly all fakes, with the two means on their sides of ½?"""
    return float((on_real[:, None] > on_fake).mean()) > 0.9 and on_real.mean() > 0.5 > on_fake.mean()


@check("training.deceives", needs="training.generator_step", trains=True)
def _(student, draw):
    """Updates of G raise D's answers to its images

    Forge: answers of D to fakes that rise after 15 updates.
    So: lie about it: D's answers and G's images are computed in the student's process, and the digits are public.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read; digits with a newly drawn transformation.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    z = draw.normal(64, LATENT)

    def believed():
        fakes = pictured(generator, z, "the generator on 64 points", training=True)
        return float(logits(discriminator, fakes, "D on 64 fakes").mean())

    before = believed()
    for _ in range(15):
        gan.train_generator(32)
    change = believed() - before
    expect.that(
        change > 1e-6,
        tried="15 calls of train_generator(32), with D unchanged: the logit of D(G(z)) on 64 points, before and after",
        saw=f"a change of {change:.2g}",
        expected="a rise",
        cause="G learns to be caught: in its step fakes are labelled 1. G wants D to take them for real."
        if change < 0
        else "G's step does not change D's answer.",
    )


@check("training.non_saturating", needs="training.generator_step", trains=True)
def _(student, draw):
    """G learns just as well where D is sure that its images are fake

    Forge: steps of G that are as long where D, set by the grader, is sure as where it is not.
    So: compute it.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    # D becomes nearly blind, so that G's gradients are small. −ln D then still moves G; ln(1 − D) is ten thousand times
    # smaller and does not get past the ε in Adam's denominator.
    z = draw.normal(32, LATENT)
    for level in ever_blinder(discriminator, images(draw.normal(4, 28, 28, 1))):
        discriminator.set_parameters(level.values(0.0, tilt=UNEVEN))
        fakes = pictured(generator, z, "the generator on 32 points", training=True)
        through = discriminator.input_gradient(images(fakes), np.full((32, 1), 4 / 32), gives="images")
        if through is None or not np.any(through):
            break
        slopes = generator.gradients(z, images(through), training=True)
        sizes = np.concatenate([np.abs(slope).ravel() for slope in slopes.values() if slope is not None])
        if np.quantile(sizes, 0.9) < 3e-5:
            break
    steps = []
    for answer in (-11.5, 0.0):
        discriminator.set_parameters(level.values(answer, tilt=UNEVEN))
        before = flat(weights(generator))
        gan.train_generator(32)
        steps.append(float(np.abs(flat(weights(generator)) - before).mean()))
    expect.that(
        steps[0] > 0.4 * steps[1],
        tried="train_generator(32), once where D says 0.00001 to every image, once where it says ½",
        saw=f"weights of G that change by {steps[0]:.2g} and by {steps[1]:.2g} on average",
        expected="a first step that is not smaller than the second",
        cause="The loss saturates: ln(1 − D(G(z))) is flat where D says fake, and so is a loss that takes scores "
        "(`with_logits`) but receives probabilities. Use −ln D(G(z)).",
    )


@check("training.own_gradients", needs=("training.separates", "training.deceives"), trains=True)
def _(student, draw):
    """Each step follows the gradient of its own batch: nothing is left from earlier steps or from the other player

    Forge: steps against the gradient in every array of parameters, which reverse after the grader has reversed D's
        answers.
    So: compute it; or answer the grader's requests for gradients with what the steps will be.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    level = output_level(discriminator, images(draw.normal(4, 28, 28, 1)))
    bias = level.name if isinstance(level, OutputBias) else None
    output = output_weights(discriminator, images(draw.normal(8, 28, 28, 1)), bias)
    if output is None:
        raise unsteerable()
    own = discriminator.parameters()

    check_both_slopes(draw, gan, generator, discriminator, output, bias)

    def steps(count, net, step, steered):
        discriminator.set_parameters(own | steered)
        return moves(net, step, count)

    def update_discriminator():
        gan.train_discriminator(images(digits(draw, 16)))

    def update_generator():
        gan.train_generator(32)

    starts_without_gradients(
        discriminator,
        lambda height: discriminator.set_parameters(own | level.values(height)),
        level.lift,
        generator_step=update_generator,
        discriminator_step=update_discriminator,
        samples="images",
    )
    # Half as many steps after the change as before: an optimiser has forgotten by then, a sum of all gradients has not.
    steps(30, discriminator, update_discriminator, level.values(4.0))
    last = steps(16, discriminator, update_discriminator, level.values(-4.0))[-4:]
    expect.that(
        np.mean([level.lift(move) for move in last]) > 0,
        tried="30 steps of train_discriminator where D takes everything for real, then 16 where all is fake",
        saw="D's answers still go down",
        expected="up, since half of the images are real",
        cause="Gradients of earlier steps are still there and add up: zero them in each step.",
    )
    turned = {name: -own[name] for name in (output, bias) if name}
    up = steps(30, generator, update_generator, {})
    down = steps(16, generator, update_generator, turned)
    expect.that(
        # Right programs of five kinds reach −0.50 to −0.39; a sum of all gradients reaches 0.31 to 0.92.
        cosine(mean_of(up[-10:]), mean_of(down[-6:])) < 0.05,
        tried="30 steps of train_generator, then 16 with the sign of D's score reversed",
        saw="steps that still go the old way",
        expected="steps that reverse as well",
        cause="G still holds gradients of its earlier steps or of D's steps: zero them in each step of G.",
    )
    student.eagerly()
    gan, generator, discriminator = new_gan(student, draw.seed(), latent_dim=7)
    with expect.blame("The number of latent variables is fixed somewhere: it is what the constructor receives."):
        sees_real_images_as_they_are(draw, gan, generator, discriminator)
        gan.train_generator(16)


def sees_real_images_as_they_are(draw, gan, generator, discriminator):
    """A step of D on images of −1 must move the kernels that only images other than 0 move, where all fakes are 0.

    Images of −1 that are scaled to [0, 1] are 0. Makes one step of D in any case.
    """
    discriminator.set_parameters(at_least_glorot(discriminator.parameters()))
    start = generator.parameters()
    generator.set_parameters(zeros(start))
    z = draw.normal(16, 7)
    silent = all(np.all(np.asarray(generator.forward(z, training)) == 0) for training in (True, False))
    if not silent:  # spectral normalisation divides by 0
        generator.set_parameters(start)

    own = weights(discriminator)

    def slopes(first, second, training):
        """The largest gradient in each array of weights, of a difference of D's answers to two halves of a batch."""
        x, sign = np.concatenate([first, second]), np.repeat([[1.0], [-1.0]], [len(first), len(second)], axis=0)
        found = discriminator.gradients(images(x), sign, training)
        return {name: 0.0 if found.get(name) is None else float(np.abs(found[name]).max()) for name in own}

    dark, blank, some = -np.ones((16, 28, 28, 1)), np.zeros((16, 28, 28, 1)), draw.uniform(-1, 1, 16, 28, 28, 1)
    # A step may use D in either mode, and show it both kinds in one batch or in two.
    kinds = [(blank[:0], False), (blank[:0], True), (blank, True)]
    usual, seen, unseen = (
        [slopes(first, others, training) for others, training in kinds] for first in (some, dark, blank)
    )
    # Normalisation may leave little but rounding of the gradient of images without contrast.
    moving = [
        name
        for name in own
        if all(not each[name] for each in unseen)
        and all(each[name] > 0.1 * other[name] > 0 for each, other in zip(seen, usual, strict=True))
    ]
    gan.train_discriminator(images(dark))
    after = weights(discriminator)
    expect.that(
        not silent or all(np.any(after[name] != own[name]) for name in moving),
        tried="one train_discriminator on images of −1, where G makes images of 0",
        saw=f"no change in {', '.join(moving)}, as from images of 0",
        expected="a change, by the gradient of the real images",
        cause="The real images are scaled again, from −1 to 0: they lie in [−1, 1] already. Give D what you get.",
    )


def check_both_slopes(draw, gan, generator, discriminator, output, bias):
    """Each step must move every array of parameters against its slope. `output`, `bias`: the names of D's last ones."""
    own, real, points = discriminator.parameters(), digits(draw, 16), [draw.normal(128, LATENT) for _ in range(2)]
    # Where D takes everything for real, the two halves of its loss do not cancel in biases.
    sure = own | ({bias: np.full_like(own[bias], 1.5)} if bias else {})
    hidden = {name: value for name, value in weights(discriminator).items() if name != output}
    for size in (5, 2, 1):
        # An update for real images and then one for fakes has the slope of both if the first hardly changes D: weights
        # must not be small. But D must not be sure either.
        discriminator.set_parameters(sure | scaled(hidden, size))
        if logits(discriminator, real, "the discriminator on 16 digits", training=True).std() < 2:
            break
    # Right programs in both frameworks agree with their slopes to 0.86 or more; with noise on D's inputs, to 0.84.
    by_discriminator = mean_of(moves(discriminator, lambda: gan.train_discriminator(images(real)), 12))

    def explained_in(mode):
        training = mode == 0
        fakes = [pictured(generator, z[:32], "the generator on 32 points", training) for z in points]
        goes_downhill(
            by_discriminator,
            gan_slopes.of_discriminator(discriminator, real, fakes, sent=images, labels=gan_slopes.SOFT_LABELS),
            tried="the mean of 12 steps of train_discriminator from the same parameters, against the gradient of L_D",
            cause="D's step must follow the gradient of its own loss, in every layer.",
        )

    expect.best_of(2, explained_in)
    discriminator.set_parameters(own)
    goes_downhill(
        mean_of(moves(generator, lambda: gan.train_generator(32), 16)),
        gan_slopes.of_generator(generator, discriminator, points),
        tried="the mean of 16 steps of train_generator from the same parameters, against the gradient of L_G",
        cause="G's step must follow the gradient of its own loss, in every layer. Or G still holds gradients of its "
        "earlier steps or of D's steps: zero them in each step of G.",
    )


@check("selection.ends", needs="selection.scores")
def _(student, draw):
    """The search ends after max_tries images, with what it has found

    Forge: counts of such images, for newly drawn thresholds.
    So: compute it.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    replace_statistics(generator, draw)
    fakes = pictured(generator, draw.normal(400, LATENT), "the generator on 400 points")
    spread_out(discriminator, fakes)
    rare = float(np.quantile(scored(discriminator, fakes, "the discriminator on 400 fakes"), 0.95))

    def search(n, threshold, best, max_tries):
        tried = f"select_images(gan, {n}, {threshold:.4g}, {best}, seed, {max_tries})"
        found = expect.array(
            student.call("select_images", gan, n, threshold, best, draw.seed(), max_tries, gives="images"), tried=tried
        )
        expect.that(found.ndim > 0, tried=tried, saw="one number", expected="an array of images, of length 0 if none")
        return tried, found

    # 10 of 20 images pass a threshold that 1 in 20 passes: once in ten million searches.
    tried, found = search(10, rare, True, 20)
    expect.that(
        len(found) < 10,
        tried=f"{tried}, a threshold that 1 in 20 images passes",
        saw=f"{len(found)} images",
        expected="the few among 20 images that pass",
        cause="`max_tries` is ignored, or counts batches of images: the search must end even if no image passes.",
    )
    for threshold, best in ((1.0, True), (0.0, False)):
        tried, found = search(3, threshold, best, 30)
        expect.that(
            len(found) == 0,
            tried=tried,
            saw=f"{len(found)} images",
            expected="an array of length 0: no probability is beyond 0 or 1",
            cause="Return only images that pass, even if there are none.",
        )
    tried, found = search(4, 0.0, True, 100)
    expect.that(
        len(found) == 4,
        tried=f"{tried}, where every image passes",
        saw=f"{len(found)} images",
        expected="n images",
        cause="Stop at n images, or return the first n.",
    )
    tried, found = search(50, 0.0, True, 12)
    expect.that(
        1 <= len(found) <= 12,
        tried=f"{tried}, where every image passes",
        saw=f"{len(found)} images",
        expected="12 images, as many as may be drawn",
        cause="`max_tries` counts images, not batches of them.",
    )
    # D says ½ to everything: neither above nor below ½.
    discriminator.set_parameters(zeros(discriminator.parameters()))
    for best in (True, False):
        tried, found = search(3, 0.5, best, 10)
        expect.that(
            len(found) == 0,
            tried=f"{tried}, where D says exactly ½ to every image",
            saw=f"{len(found)} images",
            expected="none: strictly above, or strictly below",
            cause="An image whose score equals the threshold does not pass.",
        )


@check("selection.inference", needs="selection.scores")
def _(student, draw):
    """Images are selected in inference mode, and the seed fixes the draws

    Forge: images that G makes with the statistics that the grader has set, and that the seed repeats.
    So: compute it.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    replace_statistics(generator, draw)
    z = draw.normal(200, LATENT)
    wanted = float(pictured(generator, z, "the generator on 200 points").std())
    seeds = draw.seed(), draw.seed()
    found = [
        expect.shape(
            student.call("select_images", gan, 40, 0.0, True, seed, 40, gives="images"),
            (40, 28, 28, 1),
            tried="select_images(gan, 40, 0.0, True, seed, 40), where every image passes",
        )
        for seed in (seeds[0], seeds[0], seeds[1])
    ]
    seen = float(found[0].std())
    expect.that(
        0.75 < seen / wanted < 1.33,
        tried="the contrast of 40 selected images, against that of G in inference mode",
        saw=f"a standard deviation of {seen:.3g}",
        expected=f"about {wanted:.3g}",
        cause="G runs in training mode, where an image depends on the others of its batch: use inference mode.",
    )
    expect.close(
        found[0],
        found[1],
        tried="select_images twice with the same seed",
        cause="Draw the points of the latent space from `seed`.",
        atol=1e-4,
        expected="the same images",
    )
    expect.differ(
        found[0],
        found[2],
        tried="select_images with two seeds",
        cause="`seed` is ignored: a different seed gives different images.",
        by=1e-4,
    )
    different_in_each_batch(student, draw, gan, generator, discriminator)
    student.eagerly()
    gan, *_ = new_gan(student, draw.seed(), latent_dim=7)
    # A wrong attribute costs its points in `training.new_gan`.
    if gan.part("latent_dim").call("__int__") == 7:
        with expect.blame("The points have `gan.latent_dim` coordinates, whatever that is."):
            student.call("select_images", gan, 4, 0.0, True, draw.seed(), 8, gives="images")


def different_in_each_batch(student, draw, gan, generator, discriminator):
    """Images that were found in several batches must all differ: half of them pass, and n is more than half of 128.

    Some right programs call both networks for each image by itself, which takes a tenth of a second with `predict`.
    """
    fakes = pictured(generator, draw.normal(100, LATENT), "the generator on 100 points")
    spread_out(discriminator, fakes)
    middle = float(np.median(scored(discriminator, fakes, "the discriminator on 100 fakes")))
    tried = f"select_images(gan, 70, {middle:.4g}, True, seed, 160), a threshold that half of the images pass"
    found = expect.array(
        student.call("select_images", gan, 70, middle, True, draw.seed(), 160, gives="images"), tried=tried
    )
    different = len(np.unique(found.reshape(len(found), -1), axis=0))
    expect.that(
        different == len(found),
        tried=tried,
        saw=f"{different} different images among {len(found)}",
        expected="different images",
        cause="Each batch uses the same points of the latent space: draw new ones for each batch.",
    )
    expect.at_least(
        # 80 of 160 images pass on average, and 70 are returned. With the error of the median, fewer than 45 pass once
        # in 10⁵ times; a search that stops after its first 64 images finds 32.
        len(found),
        45,
        tried=tried,
        cause="The search ends too early: go on until n images are found, or `max_tries` images are drawn.",
        what="images",
    )


@check("interpolation.between", needs="interpolation.ends")
def _(student, draw):
    """The images in between belong to equally spaced points, in inference mode

    Forge: G's images of newly drawn points.
    So: compute it.
    """
    gan, generator, _ = new_gan(student, draw.seed())
    replace_statistics(generator, draw)
    z = draw.normal(2, LATENT)
    for steps in (7, 3):
        part = np.linspace(0, 1, steps)[:, None]
        points = z[:1] + part * (z[1:] - z[:1])
        wanted = pictured(generator, points, "G of the points of a line")
        angle = np.arccos(z[0] @ z[1] / np.linalg.norm(z[0]) / np.linalg.norm(z[1]))
        arc = (np.sin((1 - part) * angle) * z[:1] + np.sin(part * angle) * z[1:]) / np.sin(angle)
        expect.close(
            student.call("interpolate", gan, z[0], z[1], steps, gives="images"),
            wanted,
            tried=f"interpolate between two points in {steps} steps",
            cause="Use G in inference mode, on equally spaced points of the straight line.",
            mistakes={
                "The points lie on an arc: take the straight line.": pictured(generator, arc, "G of an arc"),
                "The images are mixed: mix the points of the latent space instead.": wanted[0]
                + part[..., None, None] * (wanted[-1] - wanted[0]),
                "G runs in training mode, where the points of a line affect each other's images.": pictured(
                    generator, points, "G of a line", training=True
                ),
            },
            rtol=1e-3,
            atol=1e-3,
        )
