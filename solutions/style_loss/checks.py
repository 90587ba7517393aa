"""Hidden checks of `style_loss`."""

import numpy as np

from autograder import check, expect, images
from autograder.authoring.probes.gradients import arrived
from shared import extractor

from .probes import gram, maps, style_distance, transferred

CUT_OFF = "Compute with tensors from start to end: NumPy, `.item()` and `detach` cut the gradient off."


@check("gram.blind_to_position", needs="gram.shape")
def _(student, draw):
    """Shuffling the positions of a feature map leaves its Gram matrix alone.

    Forge: the same matrix for shuffled positions, positive semi-definite, with a 0 on the diagonal for the one
        channel, drawn now, that is 0.
    So: any numbers in the other places; `gram.values` asks for them.
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
        cause="Where a feature sits must not count: sum over all positions, for each pair of channels.",
        atol=1e-4,
    )
    # A matrix of zeros knows no position either.
    expect.equal(
        (np.diag(before) > 1e-3 * np.abs(before).max()).astype(int),
        (np.arange(5) != silent).astype(int),
        tried="which channels have an entry above 0 on the diagonal, for a map with one channel that is 0 everywhere",
        cause="A channel fires together with itself wherever it fires: the sum of its squares stands on the diagonal.",
    )
    expect.at_least(
        np.linalg.eigvalsh(before).min(),
        -1e-3,
        tried="the smallest eigenvalue of the Gram matrix",
        cause="F Fᵀ has none below 0.",
        what="an eigenvalue",
    )


@check("gram.batch", needs="gram.values")
def _(student, draw):
    """Images of a batch do not mix.

    Forge: products of features drawn now.
    So: compute it.
    """
    features = draw.normal(3, 4, 7, 5)
    features[1] = 0
    wanted = gram(features)
    torn = features.reshape(3, 5, 28)
    expect.close(
        student.gram_matrix(*maps(features)),
        wanted,
        tried="gram_matrix of a batch of 3 feature maps, the second of them all zeros",
        cause="It mixes the images of the batch: keep the batch axis, flatten height and width alone.",
        mistakes={
            "You divide by the number of images; every image has its own plain sum.": wanted / 3,
            "A reshape tears the channels apart as soon as there is a batch.": torn @ torn.transpose(0, 2, 1),
        },
        atol=1e-4,
    )


@check("content.batch", needs="content.values")
def _(student, draw):
    """The sum over a batch too, and the derivative 2 (F − T).

    Forge: sums of features drawn now; of the derivative the length.
    So: compute it.
    """
    features, target = draw.normal(3, 4, 7, 5), draw.normal(3, 4, 7, 5)
    wanted = np.square(features - target).sum()
    tried = "content_loss of two batches of 3 feature maps"
    expect.close(
        student.content_loss(*maps(features, target)),
        wanted,
        tried=tried,
        cause="Add up everything, the images of a batch too: one number.",
        mistakes={
            "You average over the batch; the text asks for the sum.": wanted / 3,
            "You give a number for each image; the text asks for one in all.": np.square(features - target).sum(
                (1, 2, 3)
            ),
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


@check("style.other_size", needs="style.values")
def _(student, draw):
    """The style may come from an image of another size.

    Forge: distances of features drawn now.
    So: compute it.
    """
    features, target = draw.normal(4, 7, 5), draw.normal(6, 3, 5)
    with expect.blame("Only the Gram matrices are compared, and they have the same shape: C×C."):
        answer = student.style_loss(*maps(features, target))
    expect.close(
        answer,
        style_distance(features, target),
        tried="style_loss of a feature map 4×7 against one of 6×3, 5 channels each",
        cause="Each Gram matrix sums over the positions of its own feature map.",
    )


@check("style.batch", needs=["style.values", "gram.batch"])
def _(student, draw):
    """Each image of a batch against its own target, added up; and a gradient flows.

    Forge: distances of features drawn now.
    So: compute it.
    """
    features, target = draw.normal(3, 4, 7, 5), draw.normal(3, 4, 7, 5)
    each = np.square(gram(features) - gram(target)).sum((1, 2))
    first = np.square(gram(features) - gram(target)[:1]).sum()
    tried = "style_loss of two batches of 3 feature maps"
    expect.close(
        student.style_loss(*maps(features, target)),
        each.sum(),
        tried=tried,
        cause="Each image has its own target: compare their Gram matrices, then add up.",
        mistakes={
            "Every image is held against the first target: each has its own.": first,
            "You average over the batch; the text asks for the sum.": each.mean(),
            "You give a number for each image; the text asks for one in all.": each,
            "You add up the Gram matrices of the batch before you compare them.": np.square(
                (gram(features) - gram(target)).sum(0)
            ).sum(),
        },
    )
    slope = student.gradient("style_loss", *maps(features, target))
    arrived(
        slope, tried=f"the derivative of {tried} by autodiff", expected="one that reaches `features`", cause=CUT_OFF
    )


@check("gradient.batch", needs=["gradient.differences", "gram.batch"])
def _(student, draw):
    """The gradient for a batch, whose targets have another size.

    Forge: the gradient for features drawn now.
    So: compute it.
    """
    features, target = draw.rng.standard_normal((3, 4, 7, 5)), draw.rng.standard_normal((3, 6, 2, 5))
    wanted = 4 * np.einsum("ncd,nhwd->nhwc", gram(features) - gram(target), features)
    tried = "style_gradient of a batch of 3 feature maps of 4×7 against targets of 6×2"
    with expect.blame("Only the Gram matrix of the target is needed: its height and width may differ."):
        answer = student.call("style_gradient", *maps(features, target), gives="images")
    answer = expect.shape(answer, wanted.shape, tried=tried, cause="The gradient has the shape of `features`.")
    expect.close(
        answer,
        wanted,
        tried=tried,
        cause="Each image has its own G and A; bring (G − A) F back into the layout of `features`.",
        mistakes={"You average over the batch; the loss is a sum over it.": wanted / 3},
        rtol=1e-3,
        atol=1e-3,
    )


@check("total.empty", needs="total.values")
def _(student, draw):
    """Either list may be empty, both too.

    Forge: sums of features drawn now.
    So: compute it.
    """
    pair = [draw.normal(3, 4, 5), draw.normal(3, 4, 5)]
    content = np.square(pair[0] - pair[1]).sum()
    style = style_distance(*pair)
    none_there = "A sum over an empty list is 0: start from 0, and do not divide by the number of pairs."
    for content_pairs, style_pairs, wanted, what in [
        ([maps(*pair)], [], 3 * content, "one content pair and no style pair"),
        ([], [maps(*pair)], 0.1 * style, "no content pair and one style pair"),
        ([], [], 0.0, "no pairs at all"),
    ]:
        with expect.blame(none_there):
            answer = student.total_loss(content_pairs, style_pairs, 3.0, 0.1)
        expect.close(answer, wanted, tried=f"total_loss of {what}", cause=none_there)


@check("transfer.extractor_unchanged", needs="transfer.image")
def _(student, draw):
    """Only the image is optimised: the extractor comes back as it was.

    Forge: parameters as before: do nothing at all.
    So: nothing is done: worth what `transfer.image` is.
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
        cause="The extractor is trained along with the image: give the optimiser the image alone.",
    )


@check("transfer.every_map", needs="transfer.image", trains=True)
def _(student, draw, limits):
    """The style comes from every feature map: with an extractor whose maps see one colour each, every colour takes it on.

    Forge: an image whose loss, worked out by the grader with an extractor whose maps see one colour each, is low.
    So: compute it.
    """

    def attempt(_):
        row, column = np.mgrid[0:16, 0:20]
        style = np.float32(0.35) + np.float32(0.25) * np.sign(np.sin(1.2 * column + 0.6 * row))[..., None]
        style = np.clip(style * draw.uniform(0.8, 1.0, 3) + 0.05 * draw.normal(16, 20, 3), 0, 1).astype(np.float32)
        # The same pixels, in another order: the same colours, another texture.
        content = style.reshape(-1, 3)[draw.permutation(16 * 20)].reshape(style.shape)
        seed = draw.seed()
        start = texture_losses(content, style, seed)
        tried = (
            "transfer, 200 steps, of stripes onto the same pixels in another order; each of three maps sees one colour"
        )
        network = student.shared("extractor.build", seed=seed, one_colour_each=True)
        weight = float(1 / start.sum())
        image, _ = transferred(student, content, style, network, 200, 0.0, weight, draw.seed(), tried)
        image = expect.shape(image, content.shape, tried=tried, cause="The image has the size of the content image.")
        left = texture_losses(image, style, seed) / start
        expect.at_most(
            float(left.max()),
            limits.transfer_texture_ratio,
            tried=tried,
            cause="Some maps bring their texture over and others do not: the style loss is summed over all feature maps, "
            "and the gradients of each step are zeroed before the next."
            if left.min() < limits.transfer_texture_ratio
            else "No map brings its texture over: is the image moved by the style loss, are gradients zeroed before each step, "
            "and are the steps large enough?",
            what="the style loss of one map, as a share of the content image's,",
        )

    # From some starts some filters lead into a poor corner: 1 in 20 of the right recipes that begin with noise.
    expect.best_of(2, attempt)


def texture_losses(image, style, seed):
    """The style loss of each map where each sees one colour."""
    seen, wanted = (extractor.features(each, seed, one_colour_each=True) for each in (image, style))
    return np.array([style_distance(f, t) for f, t in zip(seen, wanted, strict=True)])
