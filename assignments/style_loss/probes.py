"""Code shared by the visible and the hidden checks of `style_loss`."""

import numpy as np

from autograder import expect, images, tensor
from autograder.authoring.probes.own import wanted_or_own


def gram(features):
    """The Gram matrix of one feature map, or of each feature map of a batch."""
    return np.einsum("...hwc,...hwd->...cd", features, features)


def style_distance(features, target):
    """The squared distance of the Gram matrices of two feature maps."""
    return np.square(gram(features) - gram(target)).sum()


def style_answer(student, features, target, right):
    """The student's style loss and what to hold it against: a wrong Gram matrix costs the points of `gram`."""
    answer = student.style_loss(*maps(features, target))
    return answer, wanted_or_own(answer, right, lambda: own_distance(student, features, target))


def slope_answer(student, features, target, right):
    """The student's gradient of the style loss and what to hold it against, as in `style_answer`."""
    answer = student.call("style_gradient", *maps(features, target), gives="images")
    return answer, wanted_or_own(answer, right, lambda: own_slope(student, features, target), rtol=1e-3, atol=1e-3)


def own_distance(student, features, target):
    """The squared distance of the student's own Gram matrices: what a right style loss makes of a wrong Gram matrix."""
    of_features, of_target = own_grams(student, features, target)
    return np.square(of_features - of_target).sum()


def own_slope(student, features, target):
    """4 (G − A) F with the student's own Gram matrices."""
    of_features, of_target = own_grams(student, features, target)
    return 4 * np.einsum("...cd,...hwd->...hwc", of_features - of_target, features)


def own_grams(student, *arrays):
    return [expect.array(student.gram_matrix(*maps(each)), tried="gram_matrix") for each in arrays]


def own_losses(function, pairs):
    """The sum of the student's own losses of the pairs. Raises `CheckFailed` if one of them is no number above 0."""
    each = [expect.number(function(*maps(*pair)), tried="the loss of a pair") for pair in pairs]
    expect.that(min(each) > 0, tried="the loss of a pair", saw=f"{min(each):.3g}", expected="a number above 0")
    return sum(each)


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
