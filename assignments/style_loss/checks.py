"""Visible checks of `style_loss`. Gatys et al. 2016."""

import numpy as np

from autograder import check, expect, images, on_gpu
from autograder.authoring.probes.gradients import gradient_by_differences
from shared import extractor

from .probes import gram, maps, own_losses, slope_answer, style_answer, style_distance, transferred, wanted_or_own


@check("gram.shape")
def _(student, draw):
    """C×C for one feature map, N×C×C for a batch

    Forge: return arrays of the right shape.
    So: form.
    """
    expect.shape(
        student.gram_matrix(*maps(draw.normal(4, 7, 5))),
        (5, 5),
        tried="gram_matrix of one feature map with 5 channels, 4 high and 7 wide",
        cause="A Gram matrix has one row and one column for each channel.",
        mistakes={
            "You correlate positions (FᵀF); Gram matrices correlate channels: F Fᵀ, C×C.": (28, 28),
            "You sum over the width only: flatten height and width together first.": (4, 5, 5),
            "You sum over the height only: flatten height and width together first.": (7, 5, 5),
        },
    )
    expect.shape(
        student.gram_matrix(*maps(draw.normal(2, 4, 7, 5))),
        (2, 5, 5),
        tried="gram_matrix of a batch of 2 feature maps with 5 channels, 4 high and 7 wide",
        cause="Return one Gram matrix for each image of the batch.",
        mistakes={
            "You mix the images of the batch: batch and channels are flattened together.": (10, 10),
            "You sum over the images of the batch: each image has its own Gram matrix.": (5, 5),
            "You correlate positions (FᵀF); Gram matrices correlate channels: F Fᵀ, C×C.": (2, 28, 28),
        },
    )


@check("gram.values", needs="gram.shape")
def _(student, draw):
    """The values are those of F Fᵀ, not normalised

    Forge: return products of features that are drawn at grading time.
    So: compute it.
    """
    features = draw.normal(4, 7, 5)
    wanted = gram(features)
    torn = features.reshape(5, 28)
    torn_first = features.transpose(2, 0, 1).reshape(28, 5)
    expect.close(
        student.gram_matrix(*maps(features)),
        wanted,
        tried="gram_matrix of one feature map with 5 channels, 4 high and 7 wide",
        cause="Entry (c, d) is the sum, over all positions, of channel c times channel d.",
        mistakes={
            "You divide by channels × height × width; the text asks for the plain sum.": wanted / 140,
            "You divide by height × width; the text asks for the plain sum.": wanted / 28,
            "You divide by 2 × channels × height × width; the text asks for the plain sum.": wanted / 280,
            "You divide by the number of channels; the text asks for the plain sum.": wanted / 5,
            "A reshape mixes the channels: channels are last, so transpose first or sum over the axes.": torn @ torn.T,
            "A reshape mixes the channels: it treats them as the last axis, but they are first.": torn_first.T
            @ torn_first,
            "You subtract the mean of each channel first (a covariance); a Gram matrix does not.": gram(
                features - features.mean((0, 1))
            ),
        },
        atol=1e-4,
    )


@check("content.values")
def _(student, draw):
    """The content loss is the sum of the squared differences

    Forge: return sums of features that are drawn at grading time.
    So: compute it.
    """
    features, target = draw.normal(4, 7, 5), draw.normal(4, 7, 5)
    wanted = np.square(features - target).sum()
    expect.close(
        student.content_loss(*maps(features, target)),
        wanted,
        tried="content_loss of two feature maps of 5 channels, 4 high and 7 wide",
        cause="Square the differences, then sum over all of them.",
        mistakes={
            "You take the mean; the text asks for the sum.": wanted / 140,
            "You take half of the sum, as Gatys does; the text asks for the sum without a factor.": wanted / 2,
            "You take the square root of the sum; the text asks for the squared norm.": np.sqrt(wanted),
            "You sum absolute differences; the text asks for squared differences.": np.abs(features - target).sum(),
        },
    )


@check("style.values")
def _(student, draw):
    """The style loss is the squared distance of the Gram matrices

    Forge: return distances of features that are drawn at grading time.
    So: compute it.
    """
    features, target = draw.normal(4, 7, 5), draw.normal(4, 7, 5)
    wanted = style_distance(features, target)
    expect.close(
        *style_answer(student, features, target, wanted),
        tried="style_loss of two feature maps of 5 channels, 4 high and 7 wide",
        cause="Compute both Gram matrices, square the differences of their entries and sum them.",
        mistakes={
            "You take the mean; the text asks for the sum.": wanted / 25,
            "You take the square root of the sum; the text asks for the squared norm.": np.sqrt(wanted),
            "You normalise as Gatys does, by 4 C² (H W)²; the text asks for the plain sum.": wanted / (4 * 140**2),
            "You sum absolute differences; the text asks for squares.": np.abs(gram(features) - gram(target)).sum(),
            "This is the content loss: compute the Gram matrices before you compare.": np.square(
                features - target
            ).sum(),
            "`target` is a feature map: compute its Gram matrix too.": np.square(gram(features) - target[0, 0]).sum(),
        },
    )


@check("gradient.differences")
def _(student, draw):
    """The gradient agrees with central differences of the style loss in float64

    Forge: return slopes that the grader computes from differences.
    So: compute it.
    """
    features, target = draw.rng.standard_normal((3, 4, 5)), draw.rng.standard_normal((3, 4, 5))
    wanted = gradient_by_differences(lambda x: style_distance(x, target), features)
    expect.close(
        *slope_answer(student, features, target, wanted),
        tried="style_gradient of a feature map with 5 channels, 3 high and 4 wide, and central differences",
        cause="The derivative is 4 (G − A) F, in the layout of `features`.",
        mistakes=mistaken(features, target, wanted),
        rtol=1e-3,
        atol=1e-3,
    )


def mistaken(features, target, wanted):
    """Known mistakes of the gradient and what they return."""
    only_its_own = 4 * np.einsum("cd,hwd->hwc", gram(features), features)
    return {
        "The factor is 4, not 2: F occurs twice in F Fᵀ, and the square gives another 2.": wanted / 2,
        "The factor 4 is missing: 2 comes from the square, and 2 because F occurs twice in F Fᵀ.": wanted / 4,
        "The sign is wrong: G belongs to `features`, A to `target`.": -wanted,
        "The Gram matrix of the target is missing: use the difference G − A.": only_its_own,
        "You normalise as Gatys does; the text asks for the derivative of the plain sum.": wanted
        / (4 * features.size**2),
    }


@check("total.values")
def _(student, draw):
    """The total loss is the weighted sum of the losses of all pairs

    Forge: return sums of features that are drawn at grading time.
    So: compute it.
    """
    one, two, three = ([draw.normal(3, 4, channels) for _ in range(2)] for channels in (5, 6, 2))
    content = np.square(one[0] - one[1]).sum()
    second = np.square(two[0] - two[1]).sum()
    style = [style_distance(f, t) for f, t in (one, two, three)]
    wanted = 0.5 * (content + second) + 0.02 * sum(style)
    answer = student.total_loss([maps(*one), maps(*two)], [maps(*one), maps(*two), maps(*three)], 0.5, 0.02)

    def of_own_losses():
        content = own_losses(student.content_loss, [one, two])
        return 0.5 * content + 0.02 * own_losses(student.style_loss, [one, two, three])

    expect.close(
        answer,
        wanted_or_own(answer, wanted, of_own_losses),
        tried="total_loss of two content pairs and three style pairs with the weights 0.5 and 0.02",
        cause="Multiply the sum of the content losses and the sum of the style losses by their weights, then add.",
        mistakes={
            "The weights are swapped: the third argument belongs to the content.": 0.02 * (content + second)
            + 0.5 * sum(style),
            "You average over the pairs; the text asks for the sum.": 0.25 * (content + second) + 0.02 * sum(style) / 3,
            "You use only the last style pair: sum over all of them.": 0.5 * (content + second) + 0.02 * style[-1],
            "You use only the last pair of each list: sum over all of them.": 0.5 * second + 0.02 * style[-1],
            "The weights are missing: multiply each sum by its weight.": content + second + sum(style),
        },
    )


@check("transfer.image", few_steps=True)
def _(student, draw):
    """An image in [0, 1] of the same size and a loss for each step; the seed fixes them

    Forge: return an image of the right size that depends only on the seed.
    So: form.
    """
    content, style = np.zeros((12, 16, 3), np.float32), draw.uniform(0, 1, 12, 16, 3)
    content[:, ::2] = 1
    filters, seed = draw.seed(), draw.seed()
    tried = "transfer, 5 steps, from a black and white image 12 high and 16 wide"

    def attempt():
        network = student.shared("extractor.build", seed=filters)
        return transferred(student, content, style, network, 5, 1e-3, 1.0, seed, tried)

    image, losses = attempt()
    image = expect.shape(
        image,
        content.shape,
        tried=tried,
        cause="The image must have the size and layout of the content image.",
        mistakes={"The batch axis is still there: return one image.": (1, *content.shape)},
    )
    expect.between(
        image,
        0,
        1,
        tried=tried,
        cause="These are bytes; input and output images are in [0, 1]."
        if image.max() > 100
        else "Nothing keeps the image in [0, 1]: clamp it after each step.",
        what="pixels",
    )
    expect.losses(losses, 5, tried=f"{tried}: the losses", cause="Return one number for each step.")
    expect.close(
        attempt()[0],
        image,
        tried="transfer twice with the same seed",
        cause="Some random numbers do not depend on the seed.",
        atol=1e-3,
    )


@check("transfer.loss_falls", needs="transfer.image", trains=True)
def _(student, draw, limits):
    """After 150 steps, the total loss is a small fraction of the content image's

    Forge: return an image with a low loss, which the grader computes with its own extractor.
    So: compute it.
    """

    def attempt(_):
        content, style, seed = blobs(draw), waves(draw), draw.seed()
        content_of_style, _ = losses(style, content, style, seed)
        _, style_of_content = losses(content, content, style, seed)
        # With these weights, the content image has a total loss of 1 and the style image has one of 2. So neither of
        # them passes, nor does an image that is optimised for the style alone.
        content_weight, style_weight = 2 / content_of_style, 1 / style_of_content
        tried = "transfer, 150 steps, content blobs and style waves, with weights that make both losses matter"
        image, told = transferred(
            student,
            content,
            style,
            student.shared("extractor.build", seed=seed),
            150,
            float(content_weight),
            float(style_weight),
            draw.seed(),
            tried,
        )
        image = expect.shape(
            image, content.shape, tried=tried, cause="The image must have the size of the content image."
        )
        told = expect.losses(told, 150, tried=f"{tried}: the losses", cause="Return one number for each step.")
        image = expect.between(image, 0, 1, tried=tried, cause="Nothing keeps the image in [0, 1].", what="pixels")
        content_left, style_left = losses(image, content, style, seed)
        content_left, style_left = content_left * content_weight, style_left * style_weight
        if np.abs(image - content).max() < 0.02:
            cause = "The image does not change: does the optimiser update the image?"
        elif losses(image, style, style, seed)[0] < content_left / content_weight:
            cause = "The content loss is still high: its target is the content image, not the style image."
        elif style_left > content_left:
            cause = "The style loss is still high: do you use every feature map, and is the step large enough?"
        else:
            cause = "The content loss is still high: use the last feature map, with `content_weight`."
        expect.at_most(
            content_left + style_left,
            limits.transfer_loss_ratio,
            tried=tried,
            cause=cause,
            what="a total loss, as a fraction of the content image's,",
        )
        # Wide bounds: the image may be the best of all steps or one step after the last loss, L-BFGS may stop early and
        # repeat its last loss, and an image that is clamped only at the end loses much of the reported improvement.
        left, low, high = content_left + style_left, told.min(), told.max()
        expect.that(
            low < high and low / 10 <= left <= 10 * high,
            tried=f"{tried}: the returned losses and the total loss of the image, as the grader computes it",
            saw=f"losses from {high:.3g} to {low:.3g}" if low < high else f"{low:.3g} for every step",
            expected=f"losses that change from step to step, and are close to {left:.3g} at the end",
            cause="Return each step's total loss as it is: with both weights, and not divided by anything."
            if low < high
            else "The same loss is repeated: append each step's own loss.",
        )

    # Some pairs of images leave a higher loss than others, whatever the method: 0.04 to 0.32 over ten seeds.
    expect.best_of(2, attempt)


def losses(image, content, style, seed):
    """The content loss on the last feature map and the style loss on all of them, for the extractor with this seed."""
    seen, content_seen, style_seen = (extractor.features(each, seed) for each in (image, content, style))
    return (
        np.square(seen[-1] - content_seen[-1]).sum(),
        sum(style_distance(f, t) for f, t in zip(seen, style_seen, strict=True)),
    )


def blobs(draw):
    """A content image, 24 high and 32 wide: three discs on a plain background."""
    row, column = np.mgrid[0:24, 0:32]
    image = np.zeros((24, 32, 3), np.float32) + draw.uniform(0.2, 0.8, 3)
    for _ in range(3):
        y, x, radius = draw.rng.uniform([0, 0, 4], [24, 32, 9])
        image[(row - y) ** 2 + (column - x) ** 2 < radius**2] = draw.uniform(0, 1, 3)
    return image


def waves(draw):
    """A style image of the same size: a wave in each colour, with a little noise."""
    row, column = np.mgrid[0:24, 0:32]
    angle, pace, start = draw.rng.uniform([0, 0.8, 0], [np.pi, 1.6, 6], (3, 3)).T
    phase = pace * (np.cos(angle) * column[..., None] + np.sin(angle) * row[..., None]) + start
    return np.clip(0.5 + 0.5 * np.sin(phase) + 0.1 * draw.normal(24, 32, 3), 0, 1).astype(np.float32)


@on_gpu("gpu", needs="transfer.image")
def _(student, draw):
    """Losses and transfer compute on the device where features and extractor are"""
    features, target = draw.normal(3, 4, 5), draw.normal(3, 4, 5)
    content, style, seed = draw.uniform(0, 1, 12, 16, 3), draw.uniform(0, 1, 12, 16, 3), draw.seed()
    network = student.place(student.shared("extractor.build", seed=seed), images(content[None]), learns=False)
    image, _ = student.call("transfer", images(content), images(style), network, 3, 1e-3, 1.0, seed, gives="images")
    return {
        "image": image,
        "gradient": student.call("style_gradient", *maps(features, target), gives="images"),
        "loss": student.total_loss([maps(features, target)], [maps(features, target)], 1.0, 1.0),
    }
