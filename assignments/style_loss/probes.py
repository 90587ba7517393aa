"""Code shared by the visible and the hidden checks of `style_loss`."""

import numpy as np

from autograder import expect, images, tensor


def gram(features):
    """The Gram matrix of one feature map, or of each feature map of a batch."""
    return np.einsum("...hwc,...hwd->...cd", features, features)


def style_distance(features, target):
    """The squared distance of the Gram matrices of two feature maps."""
    return np.square(gram(features) - gram(target)).sum()


def maps(*arrays):
    """The arrays as tensors in the framework's layout."""
    return [tensor(images(array)) for array in arrays]


def transferred(student, content, style, network, steps, content_weight, style_weight, seed, tried):
    """The image that `transfer` returns, channels last and not checked yet, and the losses of its steps."""
    answer = student.call(
        "transfer",
        images(content),
        images(style),
        network,
        steps,
        content_weight,
        style_weight,
        seed,
        gives="images",
    )
    return expect.several(answer, 2, tried=tried, cause="Return a pair: the image and the list of losses.")
