# %%
FRAMEWORK = "keras"

from collections.abc import Sequence

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from jaxtyping import Float
from keras import ops

from shared import data, extractor, plots

# %% part="gram"
Features = Float[tf.Tensor, "*batch height width channels"]
Pair = tuple[Features, Features]


def gram_matrix(features: Features) -> Float[tf.Tensor, "*batch channels channels"]:
    """F Fᵀ, summed over positions and not normalised: which channels are active together."""
    ### BEGIN SOLUTION
    return ops.einsum("...hwc,...hwd->...cd", features, features)
    ### END SOLUTION


# %% tags=["demo"]
network = extractor.build(FRAMEWORK)
pictures = {name: data.style_images(side=128)[name] for name in ("china", "mosaic", "swirls")}
maps = {name: network(picture[None])[1] for name, picture in pictures.items()}
plots.heat_maps({name: gram_matrix(features)[0] for name, features in maps.items()})
plt.show()


# %% part="content"
def content_loss(features: Features, target: Features) -> Float[tf.Tensor, ""]:
    """‖F − T‖², the sum of all squared differences, over a batch too."""
    ### BEGIN SOLUTION
    return ops.sum(ops.square(features - target))
    ### END SOLUTION


# %% part="style"
def style_loss(features: Features, target: Float[tf.Tensor, "*batch h w channels"]) -> Float[tf.Tensor, ""]:
    """‖G − A‖², the squared distance of the Gram matrices of `features` and `target`, summed over a batch."""
    ### BEGIN SOLUTION
    return ops.sum(ops.square(gram_matrix(features) - gram_matrix(target)))
    ### END SOLUTION


# %% part="gradient"
def style_gradient(features: Features, target: Float[tf.Tensor, "*batch h w channels"]) -> Features:
    """The derivative of the style loss with respect to `features`, in closed form: 4 (G − A) F."""
    ### BEGIN SOLUTION
    difference = gram_matrix(features) - gram_matrix(target)
    return 4 * ops.einsum("...cd,...hwd->...hwc", difference, features)
    ### END SOLUTION


# %% part="total"
def total_loss(
    content_pairs: Sequence[Pair], style_pairs: Sequence[Pair], content_weight: float, style_weight: float
) -> Float[tf.Tensor, ""] | float:
    """The weighted sum of the content losses of `content_pairs` and the style losses of `style_pairs`."""
    ### BEGIN SOLUTION
    content = sum(content_loss(features, target) for features, target in content_pairs)
    style = sum(style_loss(features, target) for features, target in style_pairs)
    return content_weight * content + style_weight * style
    ### END SOLUTION


# %% part="transfer"
def transfer(
    content: Float[np.ndarray, "height width 3"],
    style: Float[np.ndarray, "height width 3"],
    extractor: keras.Model,
    steps: int,
    content_weight: float,
    style_weight: float,
    seed: int,
) -> tuple[Float[tf.Tensor, "height width 3"], list[float]]:
    """An image in [0, 1] with the content of one image and the style of the other, and the total loss of each step."""
    ### BEGIN SOLUTION
    keras.utils.set_random_seed(seed)
    content_target, style_targets = extractor(content[None])[-1], extractor(style[None])
    image = tf.Variable(content[None], constraint=lambda x: tf.clip_by_value(x, 0, 1))
    optimizer = keras.optimizers.Adam(0.02)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            features = extractor(image)
            style_pairs = list(zip(features, style_targets, strict=True))
            loss = total_loss([(features[-1], content_target)], style_pairs, content_weight, style_weight)
        optimizer.apply_gradients([(tape.gradient(loss, image), image)])
        return loss

    losses = [float(step()) for _ in range(steps)]
    return image[0], losses
    ### END SOLUTION


# %% tags=["demo"]
content, style = pictures["china"], pictures["swirls"]
image, losses = transfer(content, style, network, 200, content_weight=1.0, style_weight=1e-3, seed=0)
plots.pictures({"content": content, "style": style, "both": image})
plots.loss_curve(losses, unit="step")
plt.show()

# %% [markdown] part="gpu"
# Nothing to write here: the check runs `transfer` on the device where the extractor's parameters are.
