"""Visible checks of `dcgan`."""

import numpy as np

from autograder import check, expect, figures, images, on_gpu
from autograder.authoring.probes.batch_norm import new_statistics, replace_statistics
from autograder.authoring.probes.parameters import scaled, snapshot, weights
from autograder.authoring.probes.training import batches_are_not_all_the_same
from shared import reader

from .probes import LATENT, digits, new_gan, new_player, overlap_add, pictured, scored, spread_out

FIRST, MORE, BATCH = 6, 2, 32
SAMPLES = 400
NO_GRADIENT = "G does not learn: the fakes are detached from it, or its optimiser holds other parameters."


@check("upsampling.example")
def _(student):
    """Upsampling by (2, 3) turns 2×2 into 4×6

    Forge: a table of one example.
    So: the next check draws others.
    """
    x = np.array([[1, 2], [3, 4]], dtype=np.float32)
    expect.close(
        student.upsample_nearest(x, (2, 3)),
        np.kron(x, np.ones((2, 3))),
        tried="upsample_nearest of [[1, 2], [3, 4]] by (2, 3)",
        cause="Each value becomes a block of 2 rows and 3 columns.",
        mistakes={
            "Rows and columns are swapped: size is (rows, columns).": np.kron(x, np.ones((3, 2))),
            "The image is repeated as a whole, but each value should become a block.": np.tile(x, (2, 3)),
        },
    )


@check("transposed_convolution.example")
def _(student):
    """The worked example: copies of a kernel of ones, two places apart, add up where they overlap

    Forge: a table of one example.
    So: the next two checks draw others.
    """
    x, kernel = np.array([[1, 2], [3, 4]], dtype=np.float32), np.ones((3, 3), dtype=np.float32)
    wanted = np.array([[1, 1, 3, 2, 2], [1, 1, 3, 2, 2], [4, 4, 10, 6, 6], [3, 3, 7, 4, 4], [3, 3, 7, 4, 4]])
    dilated = np.zeros((5, 5))
    dilated[::2, ::2] = kernel
    replaced = np.array([[1, 1, 2, 2, 2], [1, 1, 2, 2, 2], [3, 3, 4, 4, 4], [3, 3, 4, 4, 4], [3, 3, 4, 4, 4]])
    expect.close(
        student.conv_transpose2d(x, kernel, 2),
        wanted,
        tried="conv_transpose2d of [[1, 2], [3, 4]] with a 3×3 kernel of ones, stride 2",
        cause="Put the kernel, times each value, at every second place: the output has (H−1)·stride + h rows.",
        mistakes={
            "Copies that overlap must add up; here the later copy replaces the earlier one.": replaced,
            "The stride is applied to the kernel, which is spread out: the copies must lie `stride` apart.": (
                overlap_add(x, dilated, 1)
            ),
            "The stride is ignored: the copies lie at neighbouring places.": overlap_add(x, kernel, 1),
        },
    )


@check("scaling.example")
def _(student):
    """0 becomes −1, 255 becomes 1, and back

    Forge: a table of two examples.
    So: the next check draws others.
    """
    pixels = np.array([[0, 51, 127.5], [204, 242.25, 255]], dtype=np.float32)
    scaled = np.array([[-1, -0.6, 0], [0.6, 0.9, 1]])
    expect.close(
        student.scale_images(pixels),
        scaled,
        tried="scale_images of 0, 51, 127.5, 204, 242.25, 255",
        cause="Use a straight line through (0, −1) and (255, 1).",
        mistakes={
            "This is the range from 0 to 1; tanh has values from −1 to 1.": pixels / 255,
            "255 must become exactly 1: divide by 127.5, not by 128.": pixels / 128 - 1,
        },
    )
    expect.close(
        student.unscale_images(scaled.astype(np.float32)),
        pixels,
        tried="unscale_images of −1, −0.6, 0, 0.6, 0.9, 1",
        cause="This is the inverse of scale_images: −1 becomes 0, 1 becomes 255, nothing is rounded.",
        mistakes={
            "The result is rounded down to integers: leave it as it is.": np.floor(pixels),
            "The result is rounded: leave it as it is.": np.round(pixels),
        },
        atol=1e-3,
    )


@check("generator.images")
def _(student, draw):
    """G turns points of the latent space into images of 28×28

    Forge: images that depend on z.
    So: form.
    """
    for latent_dim in (LATENT, 12):
        generator = new_player(student, draw, "build_generator", latent_dim)
        z = draw.normal(5, latent_dim)
        tried = f"build_generator({latent_dim}) on 5 points"
        seen = expect.shape(
            generator.forward(z, gives="images"),
            (5, 28, 28, 1),
            tried=tried,
            cause="Two doublings turn 7×7 into 28×28: compare strides and padding with the text.",
            mistakes={
                "The images grow to 32×32: start from 7×7, not from 8×8.": (5, 32, 32, 1),
                "The padding is wrong: the two doublings lead to 26×26.": (5, 26, 26, 1),
                "The padding is wrong: nothing is cut off at the edges.": (5, 34, 34, 1),
            },
        )
        expect.that(
            all(not np.array_equal(seen[0], other) for other in seen[1:]),
            tried=tried,
            saw="the same image for different points",
            expected="an image that depends on z",
            cause="z does not reach the image.",
        )


@check("generator.range", needs="generator.images")
def _(student, draw):
    """The values of an image lie from −1 to 1 and use both halves of that range

    Forge: images that come near both ends with weights that the grader has set.
    So: form.
    """
    # Large weights drive the last activation to both ends.
    generator = new_player(student, draw, "build_generator")
    generator.set_parameters(scaled(weights(generator), 50))
    tried = "build_generator() with weights 50 times as large, in training mode"
    seen = pictured(generator, draw.normal(32, LATENT), tried, training=True)
    expect.between(seen, -1, 1, tried=tried, cause="The last activation is missing: tanh keeps the image in [−1, 1].")
    expect.that(
        seen.min() < -0.5 and seen.max() > 0.5,
        tried=tried,
        saw=f"values from {seen.min():.2g} to {seen.max():.2g}",
        expected="values from −1 to 1",
        cause="A sigmoid or ReLU at the end never gets below 0; images are scaled to [−1, 1], the range of tanh.",
    )


@check("discriminator.probability")
def _(student, draw):
    """D returns one probability for each image

    Forge: answers from 0 to 1 that depend on the image alone.
    So: form.
    """
    discriminator = new_player(student, draw, "build_discriminator")
    x = draw.uniform(-1, 1, 6, 28, 28, 1)
    p = expect.shape(
        discriminator.forward(images(x)),
        (6, 1),
        tried="build_discriminator() on 6 images",
        cause="Return one number for each image, shape (N, 1).",
        mistakes={"Flatten the answer: (N, 1).": (6, 1, 1, 1), "Keep the last axis: (N, 1).": (6,)},
    )
    alone = expect.shape(discriminator.forward(images(x[:1])), (1, 1), tried="build_discriminator() on 1 image")
    expect.close(
        p[:1],
        alone,
        tried="the first of 6 images against the same image alone",
        cause="In inference mode an image's probability must not depend on the other images of its batch.",
        atol=1e-4,
    )
    expect.differ(
        p[:3],
        p[3:],
        tried="build_discriminator() on different images",
        cause="The image does not reach the answer.",
        by=0,
    )
    # Large weights drive the answer to both ends.
    discriminator.set_parameters(scaled(weights(discriminator), 50))
    expect.between(
        discriminator.forward(images(x)),
        0,
        1,
        tried="build_discriminator() with weights 50 times as large",
        cause="The sigmoid is missing: the discriminator returns a probability, not a score.",
    )


@check("training.discriminator_step", needs="generator.images")
def _(student, draw):
    """An update of the discriminator changes D and leaves G alone

    Forge: parameters of D that moved, and none of G's.
    So: form; the next checks ask where the parameters must go.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    d_before, g_before = weights(discriminator), generator.parameters()
    real = digits(draw, 32)
    tried = "a new GAN before and after one train_discriminator on 32 digits"
    loss = gan.train_discriminator(images(real))
    expect.moved(
        d_before,
        weights(discriminator),
        tried=f"{tried}: the weights of D",
        cause="D does not learn: it is frozen (in Keras, by a `trainable = False` that stays), or its optimiser holds "
        "other parameters.",
    )
    expect.unmoved(
        g_before,
        generator.parameters(),
        tried=f"{tried}: the parameters of G",
        cause="D's step trains G as well: D's optimiser holds G's parameters, or G's optimiser makes a step too.",
    )
    expect.number(loss, tried="the loss that train_discriminator returns", cause="Return the loss, one number.")


@check("training.generator_step", needs="generator.images")
def _(student, draw):
    """An update of the generator changes G and leaves D alone, including its batch norm

    Forge: parameters of G that moved, and nothing of D.
    So: form.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    g_before, d_before, kept = weights(generator), discriminator.parameters(), new_statistics(discriminator)
    tried = "a new GAN before and after one train_generator(32)"
    with expect.blame(NO_GRADIENT, on="No gradients"), expect.blame(NO_GRADIENT, on="does not require grad"):
        loss = gan.train_generator(32)
    expect.moved(
        g_before,
        weights(generator),
        tried=f"{tried}: the weights of G",
        cause=NO_GRADIENT,
    )
    expect.unmoved(
        d_before,
        discriminator.parameters(),
        tried=f"{tried}: the parameters of D",
        cause="G's step trains D as well, to take fakes for real: D's parameters belong only in D's optimiser.",
    )
    after = discriminator.buffers()
    expect.unmoved(
        kept,
        {name: after.get(name) for name in kept},
        tried=f"{tried}: the statistics of D's batch norm",
        cause="D runs in training mode in G's step, so its batch norm sees only fakes: use inference mode there.",
    )
    expect.number(loss, tried="the loss that train_generator returns", cause="Return the loss, one number.")


@check("training.samples", needs=("training.discriminator_step", "training.generator_step"), trains=True)
def _(student, draw, limits):
    """After training, the samples are close to real digits and differ from each other

    Forge: 400 images that look like digits, nearly the same for neighbouring points of the latent space, from a G
        that makes its first images again once it has its first parameters again: it may know digits, which come with
        scikit-learn.
    So: lie about it: D's answers and G's images are computed in the student's process, and the digits are public.
    Closed by: the grader evaluates nets of any architecture itself, from their graph (ONNX) and the parameters that
        it has read; digits with a newly drawn transformation.
    """
    real, _labels = reader.unseen()
    trained = []

    def attempt(_):
        trained[:] = gan, generator, discriminator = new_gan(student, draw.seed())
        z = draw.normal(SAMPLES, LATENT)
        restore, new = snapshot(generator), pictured(generator, z, "the images of a new G")
        curves = {"D": [], "G": []}
        # The loop stops as soon as the samples are good: most nets need a third of the epochs that are allowed, and
        # some good nets fall apart when their training continues.
        for epochs in range(FIRST, int(limits.epochs) + 1, MORE):
            tried = f"fit on {len(real)} digits, {epochs} epochs in batches of {BATCH}"
            now = FIRST if epochs == FIRST else MORE
            losses = gan.fit(images(2 * real - 1), now, BATCH)
            for player, name in (("D", "d_loss"), ("G", "g_loss")):
                curves[player] += told(losses, name, now, tried)
            fakes = pictured(generator, z, f"{SAMPLES} images of G after {tried}")
            shown = (fakes + 1) / 2
            distance, diversity = reader.feature_distance(shown, real[:SAMPLES]), reader.diversity(shown)
            if distance <= limits.feature_distance and diversity >= limits.diversity:
                break
        figures.grid("samples after training", fakes, -1, 1)
        figures.lines("losses, as your code reported", curves, "update")
        seen = f"{SAMPLES} images of G in inference mode, after {tried}"
        on_real, on_fake = (
            float(scored(discriminator, x, "D after training").mean()) for x in (2 * real[:SAMPLES] - 1, fakes)
        )
        cause = diagnosis(on_real, on_fake, diversity, fakes)
        expect.at_most(distance, limits.feature_distance, tried=seen, cause=cause, what="a distance from real digits")
        expect.at_least(diversity, limits.diversity, tried=seen, cause=cause, what="a diversity (real digits have 1)")
        expect.at_most(epochs, limits.epochs, tried=seen, what="a number of epochs")
        computed_from_z(generator, draw, z, fakes)
        restore()
        tried = "the trained G, with the parameters of the new G"
        expect.close(
            pictured(generator, z, tried),
            new,
            tried=tried,
            expected="the images that the new G made",
            cause="The images do not come from the trained parameters: everything that G has learned must be in them.",
            rtol=1e-2,
            atol=1e-2,
        )

    expect.best_of(3, attempt)
    gan, _, discriminator = trained
    batches_are_not_all_the_same(
        discriminator,
        lambda x, epochs: gan.fit(images(x), epochs, BATCH),
        2 * real[: 8 * BATCH] - 1,
        BATCH,
        draw,
        cause="The same real images are taken in each step; each batch of an epoch must be the next one.",
    )


def told(losses, name, epochs, tried):
    """One list of losses that `fit` returned."""
    losses = expect.mapping(
        losses, tried=f"{tried}: what it returns", cause="Return a dict with two lists, d_loss and g_loss."
    )
    curve = expect.array(losses.get(name), tried=f"{tried}: {name}")
    expect.that(
        curve.ndim == 1 and len(curve) >= epochs,
        tried=f"{tried}: {name}",
        saw=f"an array of shape {curve.shape}",
        expected="a list with a loss for each epoch, or for each update",
    )
    return list(curve)


def computed_from_z(generator, draw, z, fakes):
    """The samples change little if z changes little: they are not copies of images that `fit` received."""
    near = pictured(generator, z + 1e-3 * draw.normal(*z.shape), "G of neighbouring points")
    expect.that(
        np.abs(near - fakes).mean() < 0.1 * np.abs(fakes[1:] - fakes[:-1]).mean(),
        tried=f"{len(z)} images of the trained G, and images of neighbouring points",
        saw="unrelated images",
        expected="nearly the same images",
        cause="The images are looked up, not computed from z.",
    )


def diagnosis(on_real, on_fake, diversity, fakes):
    """What went wrong, judged by D's mean probabilities, the diversity of the samples and their darkest pixels."""
    if np.quantile(fakes, 0.1) > -0.5:
        return (
            "The samples have no dark background: real images reach D on a scale other than −1 to 1 (they are already "
            "scaled), or D never saw them."
        )
    if on_real > 0.85 and on_fake < 0.15:
        return (
            f"The discriminator dominates: D says {on_real:.2f} to real images and {on_fake:.2f} to fakes, so G learns "
            "little. Compare learning rates, β₁ and batch norm with the text."
        )
    if diversity < 0.5:
        return (
            "Mode collapse: nearly all samples are alike. Is z new for each batch? Are labels, batch norm and β₁ as in "
            "the text? A large net may need a smaller learning rate."
        )
    return (
        "Neither collapse nor dominance, but far from digits: a small net needs larger updates (a rate of 0.001), "
        "or the statistics of batch norm lag behind (Keras: momentum=0.9)."
    )


@check("selection.scores", needs="generator.images")
def _(student, draw):
    """The best images score above the threshold, the worst below it

    Forge: images that D, with weights that the grader has set, scores as asked.
    So: compute it.
    """
    gan, generator, discriminator = new_gan(student, draw.seed())
    replace_statistics(generator, draw)
    fakes = pictured(generator, draw.normal(200, LATENT), "the generator on 200 points")
    spread_out(discriminator, fakes)
    scores = scored(discriminator, fakes, "the discriminator on 200 fakes")
    for best, threshold in ((True, float(np.quantile(scores, 0.7))), (False, float(np.quantile(scores, 0.3)))):
        tried = f"select_images, 6 {'best' if best else 'worst'} of at most 500, threshold {threshold:.3f}"
        chosen = student.call("select_images", gan, 6, threshold, best, draw.seed(), 500, gives="images")
        chosen = expect.shape(
            chosen,
            (6, 28, 28, 1),
            tried=tried,
            cause="About 3 of 10 images pass, so 500 tries give 6: continue until there are n.",
        )
        seen = scored(discriminator, chosen, tried)
        room = 0.02 * float(scores.std())
        wrong = seen < threshold - room if best else seen > threshold + room
        cause = "Score with D in inference mode, and keep an image only if it passes."
        if wrong.all():
            cause = (
                "`best` is ignored or swapped: best=True asks for scores above the threshold, False for scores below."
            )
        expect.that(
            not wrong.any(),
            tried=tried,
            saw=f"D's probabilities from {seen.min():.3f} to {seen.max():.3f}",
            expected=f"all {'above' if best else 'below'} {threshold:.3f}",
            cause=cause,
        )
        expect.that(
            len(np.unique(chosen.reshape(6, -1).round(5), axis=0)) == 6,
            tried=tried,
            saw="a repeated image",
            expected="6 different images",
            cause="Draw new points of the latent space for each try.",
        )


@check("interpolation.ends", needs="generator.images")
def _(student, draw):
    """The line begins with the image of z0 and ends with the image of z1

    Forge: G's images of newly drawn points.
    So: compute it.
    """
    gan, generator, _ = new_gan(student, draw.seed())
    replace_statistics(generator, draw)
    z = draw.normal(2, LATENT)
    tried = "interpolate between two points in 5 steps"
    line = expect.shape(
        student.call("interpolate", gan, z[0], z[1], 5, gives="images"),
        (5, 28, 28, 1),
        tried=tried,
        cause="Return `steps` images, both ends included.",
    )
    wanted = pictured(generator, z, "G of the two points")
    inside = pictured(generator, z[:1] + (z[1:] - z[:1]) * np.array([[0.2], [0.8]]), "G of two points between")
    expect.close(
        line[[0, -1]],
        wanted,
        tried=f"{tried}: the first and the last image",
        cause="The ends are G(z0) and G(z1), in inference mode.",
        mistakes={
            "The line runs from z1 to z0: reverse it.": wanted[::-1],
            "The last point is left out: both ends are included.": np.stack([wanted[0], inside[1]]),
        },
        rtol=1e-3,
        atol=1e-3,
    )


@on_gpu("gpu", needs=("training.discriminator_step", "training.generator_step"))
def _(student, draw):
    """A training step runs on the device of the parameters"""
    seed, real, z = draw.seed(), draw.uniform(-1, 1, 8, 28, 28, 1), draw.normal(2, LATENT)
    gan = student.GAN(LATENT, seed)
    generator = student.place(gan.part("generator"), z)
    student.place(gan.part("discriminator"), images(real))
    gan.train_discriminator(images(real))
    gan.train_generator(8)
    return {"images": generator.forward(z, gives="images")}
