"""Hidden checks of `style_loss`."""

import numpy as np

from autograder import check, expect, images
from autograder.authoring.probes.gradients import arrived
from shared import extractor

from .probes import gram, maps, own_losses, slope_answer, style_answer, style_distance, transferred, wanted_or_own

CUT_OFF = "Compute with tensors from start to end: NumPy, `.item()` and `detach` stop the gradient."


@check("gram.blind_to_position", needs="gram.shape")
def _(student, draw):
    """Shuffling the positions of a feature map does not change its Gram matrix

    Forge: return the same positive semi-definite matrix for shuffled positions. Its diagonal must be 0 for the one
        channel that is 0, which is drawn at grading time.
    So: the other entries may be any numbers; `gram.values` asks for them.
    """
    features = draw.normal(4, 7, 5)
    silent = int(draw.integers(0, 5, 1)[0])
    features[..., silent] = 0
    rows, columns = draw.permutation(4), draw.permutation(7)
    before = expect.shape(student.gram_matrix(*maps(features)), (5, 5), tried="gram_matrix of a feature map")
    tried = "the Gram matrix of a feature map, and of the same map with rows and columns shuffled"
    expect.close(
        student.gram_matrix(*maps(features[rows][:, columns])),
        before,
        tried=tried,
        cause="The position of a feature must not matter: sum over all positions, for each pair of channels.",
        atol=1e-4,
    )
    # A matrix of zeros does not depend on positions either.
    expect.equal(
        (np.diag(before) > 1e-3 * np.abs(before).max()).astype(int),
        (np.arange(5) != silent).astype(int),
        tried="which diagonal entries of the Gram matrix are above 0, for a map with one channel that is 0 everywhere",
        cause="The diagonal entry of a channel is the sum of its squares.",
    )
    expect.at_least(
        np.linalg.eigvalsh(before).min(),
        -1e-3,
        tried="the smallest eigenvalue of the Gram matrix",
        cause="F Fᵀ has no negative eigenvalue.",
        what="an eigenvalue",
    )


@check("gram.batch", needs="gram.values")
def _(student, draw):
    """The images of a batch do not mix

    Forge: return products of features that are drawn at grading time.
    So: compute it.
    """
    features = draw.normal(3, 4, 7, 5)
    features[1] = 0
    wanted = gram(features)
    torn = features.reshape(3, 5, 28)
    expect.close(
        student.gram_matrix(*maps(features)),
        wanted,
        tried="gram_matrix of a batch of 3 feature maps, the second one all zeros",
        cause="You mix the images of the batch: keep the batch axis, and flatten only height and width.",
        mistakes={
            "You divide by the number of images; each image has its own plain sum.": wanted / 3,
            "For a batch, a reshape mixes the channels.": torn @ torn.transpose(0, 2, 1),
        },
        atol=1e-4,
    )
    expect.float64(student.gram_matrix(*maps(draw.rng.standard_normal((3, 4, 5)))), tried="gram_matrix")


@check("content.batch", needs="content.values")
def _(student, draw):
    """The content loss sums over a batch too, and its derivative is 2 (F − T)

    Forge: return sums of features that are drawn at grading time, and a derivative of the right length.
    So: compute it.
    """
    features, target = draw.normal(3, 4, 7, 5), draw.normal(3, 4, 7, 5)
    wanted = np.square(features - target).sum()
    tried = "content_loss of two batches of 3 feature maps"
    expect.close(
        student.content_loss(*maps(features, target)),
        wanted,
        tried=tried,
        cause="Sum over everything, also over the images of a batch: return one number.",
        mistakes={
            "You average over the batch; the text asks for the sum.": wanted / 3,
            "You return one number for each image; the text asks for a single number.": np.square(
                features - target
            ).sum((1, 2, 3)),
        },
    )
    slope = student.gradient("content_loss", *maps(features, target))
    arrived(slope, tried=f"the derivative of {tried} by autodiff", expected="2 (F − T)", cause=CUT_OFF)
    length = np.sqrt(np.square(expect.array(slope, tried=tried)).sum())
    expect.close(
        length,
        2 * np.sqrt(wanted),
        tried=f"the length of the derivative of {tried} by autodiff",
        cause="Compute with tensors from start to end.",
    )
    expect.float64(student.content_loss(*maps(*draw.rng.standard_normal((2, 3, 4, 5)))), tried="content_loss")


@check("style.other_size", needs="style.values")
def _(student, draw):
    """The style may come from an image of a different size

    Forge: return distances of features that are drawn at grading time.
    So: compute it.
    """
    features, target = draw.normal(4, 7, 5), draw.normal(6, 3, 5)
    with expect.blame("Compare only the Gram matrices, which have the same shape: C×C."):
        judged = style_answer(student, features, target, style_distance(features, target))
    expect.close(
        *judged,
        tried="style_loss of a 4×7 feature map and a 6×3 target, with 5 channels each",
        cause="Each Gram matrix sums over the positions of its own feature map.",
    )


@check("style.batch", needs="style.values")
def _(student, draw):
    """For a batch, the losses against each image's own target are summed, and a gradient flows

    Forge: return distances of features that are drawn at grading time.
    So: compute it.
    """
    features, target = draw.normal(3, 4, 7, 5), draw.normal(3, 4, 7, 5)
    each = np.square(gram(features) - gram(target)).sum((1, 2))
    first = np.square(gram(features) - gram(target)[:1]).sum()
    tried = "style_loss of two batches of 3 feature maps"
    expect.close(
        *style_answer(student, features, target, each.sum()),
        tried=tried,
        cause="Each image has its own target: compare their Gram matrices, then sum over the batch.",
        mistakes={
            "You compare every image with the first target: each image has its own.": first,
            "You average over the batch; the text asks for the sum.": each.mean(),
            "You return one number for each image; the text asks for a single number.": each,
            "You sum the Gram matrices of the batch before you compare them.": np.square(
                (gram(features) - gram(target)).sum(0)
            ).sum(),
        },
    )
    slope = student.gradient("style_loss", *maps(features, target))
    arrived(
        slope,
        tried=f"the derivative of {tried} by autodiff",
        expected="a gradient that reaches `features`",
        cause=CUT_OFF,
    )
    keeps_float64(student, draw, "style_loss")


@check("gradient.batch", needs="gradient.differences")
def _(student, draw):
    """The gradient for a batch whose targets have a different size

    Forge: return the gradient for features that are drawn at grading time.
    So: compute it.
    """
    features, target = draw.rng.standard_normal((3, 4, 7, 5)), draw.rng.standard_normal((3, 6, 2, 5))
    wanted = 4 * np.einsum("ncd,nhwd->nhwc", gram(features) - gram(target), features)
    tried = "style_gradient of a batch of 3 feature maps of 4×7, with targets of 6×2"
    with expect.blame("Use only the Gram matrix of the target: its height and width may differ."):
        answer, right = slope_answer(student, features, target, wanted)
    expect.shape(answer, wanted.shape, tried=tried, cause="The gradient has the shape of `features`.")
    expect.close(
        answer,
        right,
        tried=tried,
        cause="Each image has its own G and A; convert (G − A) F back to the layout of `features`.",
        mistakes={"You average over the batch; the loss is a sum over it.": wanted / 3},
        rtol=1e-3,
        atol=1e-3,
    )
    keeps_float64(student, draw, "style_gradient")


@check("total.empty", needs="total.values")
def _(student, draw):
    """Either list of pairs may be empty, or both

    Forge: return sums of features that are drawn at grading time.
    So: compute it.
    """
    pair = [draw.normal(3, 4, 5), draw.normal(3, 4, 5)]
    content = np.square(pair[0] - pair[1]).sum()
    style = style_distance(*pair)
    none_there = "The sum over an empty list is 0: start from 0, and do not divide by the number of pairs."
    for content_pairs, style_pairs, wanted, own, what in [
        (
            [maps(*pair)],
            [],
            3 * content,
            lambda: 3 * own_losses(student.content_loss, [pair]),
            "one content pair and no style pair",
        ),
        (
            [],
            [maps(*pair)],
            0.1 * style,
            lambda: 0.1 * own_losses(student.style_loss, [pair]),
            "no content pair and one style pair",
        ),
        ([], [], 0.0, lambda: 0.0, "no pairs at all"),
    ]:
        with expect.blame(none_there):
            answer = student.total_loss(content_pairs, style_pairs, 3.0, 0.1)
        wanted = wanted_or_own(answer, wanted, own)
        expect.close(answer, wanted, tried=f"total_loss of {what}", cause=none_there)


@check("transfer.extractor_unchanged", needs="transfer.image", few_steps=True)
def _(student, draw):
    """Only the image is optimised: the extractor does not change

    Forge: do nothing at all, so that the parameters stay the same.
    So: no work is done: it proves no more than `transfer.image`.
    """
    network = student.shared("extractor.build", seed=draw.seed())
    before = network.parameters() | network.buffers()
    student.transfer(
        images(draw.uniform(0, 1, 12, 16, 3)),
        images(draw.uniform(0, 1, 12, 16, 3)),
        network,
        4,
        1.0,
        1.0,
        draw.seed(),
    )
    expect.unmoved(
        before,
        network.parameters() | network.buffers(),
        tried="the extractor's parameters before and after 4 steps of transfer",
        cause="The extractor is trained along with the image: give the optimiser only the image.",
    )


@check("transfer.every_map", needs="transfer.image", trains=True)
def _(student, draw, limits):
    """The style of every feature map is transferred, for an extractor whose maps see one colour each

    Forge: return an image with a low loss, which the grader computes with an extractor whose maps see one colour each.
    So: compute it.
    """

    def attempt(_):
        content, style = shuffled_stripes(draw)
        seed = draw.seed()
        start = texture_losses(content, style, seed)
        tried = "transfer, 200 steps, from shuffled pixels to stripes; each of three maps sees one colour"
        network = student.shared("extractor.build", seed=seed, one_colour_each=True)
        weight = float(1 / start.sum())
        image, _ = transferred(student, content, style, network, 200, 0.0, weight, draw.seed(), tried)
        image = expect.shape(
            image, content.shape, tried=tried, cause="The image must have the size of the content image."
        )
        left = texture_losses(image, style, seed) / start
        expect.at_most(
            float(left.max()),
            limits.transfer_texture_ratio,
            tried=tried,
            cause="Only some maps transfer their texture: sum the style loss over all feature maps, use both weights "
            "as they are given, and zero the gradients before each step."
            if left.min() < limits.transfer_texture_ratio
            else "No map transfers its texture: does the style loss move the image, are the gradients zeroed before "
            "each step, and are the steps large enough?",
            what="the style loss of one map, as a fraction of the content image's,",
        )

    # Some filters lead some initial images into a poor local minimum: 1 in 20 correct solutions that start from noise.
    expect.best_of(2, attempt)


@check("transfer.last_map", needs="transfer.every_map", trains=True)
def _(student, draw, limits):
    """The content of the last feature map stays, and only of this one, for maps that see one colour each

    Forge: return an image with a low content loss, which the grader computes with an extractor whose maps see one
        colour each.
    So: compute it.
    """

    def attempt(_):
        content, style = shuffled_stripes(draw)
        seed = draw.seed()
        style_seen, kept = texture_losses(content, style, seed), content_losses(style, content, seed)
        # In the last map's colour, the content matters a hundred times as much as the style; in the others not at all.
        weights = float(100 / kept[-1]), float(1 / style_seen.sum())
        tried = "transfer, 200 steps, with a large content_weight; each of three maps sees one colour"
        network = student.shared("extractor.build", seed=seed, one_colour_each=True)
        image, _ = transferred(student, content, style, network, 200, *weights, draw.seed(), tried)
        image = expect.shape(image, content.shape, tried=tried)
        left = content_losses(image, content, seed)
        expect.at_most(
            float((left / kept)[-1]),
            limits.transfer_content_ratio,
            tried=tried,
            cause="The target of the content loss is the content image, not the style image."
            if content_losses(image, style, seed)[-1] < left[-1]
            else "The content of the last map is lost: the content loss must use the last feature map, weighted.",
            what="the content loss of the last map, as a fraction of the style image's,",
        )
        expect.at_most(
            float((texture_losses(image, style, seed) / style_seen)[:-1].max()),
            limits.transfer_texture_ratio,
            tried=tried,
            cause="The content of another map is kept too: the content loss must use the last feature map alone.",
            what="the style loss of another map, as a fraction of the content image's,",
        )

    expect.best_of(2, attempt)


def shuffled_stripes(draw):
    """A content image and a style image of stripes: the same pixels in a different order, so the same colours."""
    row, column = np.mgrid[0:16, 0:20]
    style = np.float32(0.35) + np.float32(0.25) * np.sign(np.sin(1.2 * column + 0.6 * row))[..., None]
    style = np.clip(style * draw.uniform(0.8, 1.0, 3) + 0.05 * draw.normal(16, 20, 3), 0, 1).astype(np.float32)
    return style.reshape(-1, 3)[draw.permutation(16 * 20)].reshape(style.shape), style


def content_losses(image, content, seed):
    """The content loss of each map, for an extractor whose maps see one colour each."""
    seen, wanted = (extractor.features(each, seed, one_colour_each=True) for each in (image, content))
    return np.array([np.square(f - t).sum() for f, t in zip(seen, wanted, strict=True)])


def texture_losses(image, style, seed):
    """The style loss of each map, for an extractor whose maps see one colour each."""
    seen, wanted = (extractor.features(each, seed, one_colour_each=True) for each in (image, style))
    return np.array([style_distance(f, t) for f, t in zip(seen, wanted, strict=True)])


def keeps_float64(student, draw, name):
    """The function computes in the dtype of its inputs; a Gram matrix that does not costs the points of `gram`."""
    pair = maps(*draw.rng.standard_normal((2, 3, 4, 5)))
    if np.asarray(student.gram_matrix(pair[0])).dtype == np.float64:
        expect.float64(student.call(name, *pair), tried=name)
