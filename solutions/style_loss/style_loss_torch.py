# %%
FRAMEWORK = "torch"

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from shared import data, extractor, inference, plots

# %% part="gram"
Features = Float[Tensor, "*batch channels height width"]
Pair = tuple[Features, Features]


def gram_matrix(features: Features) -> Float[Tensor, "*batch channels channels"]:
    """F Fᵀ, summed over positions and not normalised: which channels are active together."""
    ### BEGIN SOLUTION
    flat = features.flatten(-2)
    return flat @ flat.mT
    ### END SOLUTION


# %% tags=["demo"]
network = extractor.build(FRAMEWORK)
pictures = {name: data.style_images(side=128)[name] for name in ("china", "mosaic", "swirls")}
with torch.no_grad():
    maps = {name: network(torch.tensor(picture).permute(2, 0, 1)[None])[1] for name, picture in pictures.items()}
plots.heat_maps({name: gram_matrix(features)[0] for name, features in maps.items()})
plt.show()


# %% part="content"
def content_loss(features: Features, target: Features) -> Float[Tensor, ""]:
    """‖F − T‖², the sum of all squared differences, over a batch too."""
    ### BEGIN SOLUTION
    return (features - target).square().sum()
    ### END SOLUTION


# %% part="style"
def style_loss(features: Features, target: Float[Tensor, "*batch channels h w"]) -> Float[Tensor, ""]:
    """‖G − A‖², the squared distance of the Gram matrices of `features` and `target`, summed over a batch."""
    ### BEGIN SOLUTION
    return (gram_matrix(features) - gram_matrix(target)).square().sum()
    ### END SOLUTION


# %% part="gradient"
def style_gradient(features: Features, target: Float[Tensor, "*batch channels h w"]) -> Features:
    """The derivative of the style loss with respect to `features`, in closed form: 4 (G − A) F."""
    ### BEGIN SOLUTION
    difference = gram_matrix(features) - gram_matrix(target)
    return 4 * (difference @ features.flatten(-2)).reshape(features.shape)
    ### END SOLUTION


# %% part="total"
def total_loss(
    content_pairs: Sequence[Pair], style_pairs: Sequence[Pair], content_weight: float, style_weight: float
) -> Float[Tensor, ""] | float:
    """The weighted sum of the content losses of `content_pairs` and the style losses of `style_pairs`."""
    ### BEGIN SOLUTION
    content = sum(content_loss(features, target) for features, target in content_pairs)
    style = sum(style_loss(features, target) for features, target in style_pairs)
    return content_weight * content + style_weight * style
    ### END SOLUTION


# %% part="transfer"
def transfer(
    content: Float[np.ndarray, "3 height width"],
    style: Float[np.ndarray, "3 height width"],
    extractor: nn.Module,
    steps: int,
    content_weight: float,
    style_weight: float,
    seed: int,
) -> tuple[Float[Tensor, "3 height width"], list[float]]:
    """An image in [0, 1] with the content of one image and the style of the other, and the total loss of each step."""
    ### BEGIN SOLUTION
    torch.manual_seed(seed)
    device = next(extractor.parameters()).device
    image, style_image = (torch.tensor(picture, device=device)[None] for picture in (content, style))
    with torch.no_grad():
        content_target, style_targets = extractor(image)[-1], extractor(style_image)
    image.requires_grad_()
    optimizer = torch.optim.Adam([image], lr=0.02)
    losses = []
    for _ in range(steps):
        features = extractor(image)
        style_pairs = list(zip(features, style_targets, strict=True))
        loss = total_loss([(features[-1], content_target)], style_pairs, content_weight, style_weight)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            image.clamp_(0, 1)
        losses.append(loss.item())
    return image.detach()[0], losses
    ### END SOLUTION


# %% tags=["demo"]
content, style = (np.ascontiguousarray(pictures[name].transpose(2, 0, 1)) for name in ("china", "swirls"))
image, losses = transfer(content, style, network, 200, content_weight=1.0, style_weight=1e-3, seed=0)
plots.pictures(
    {"content": pictures["china"], "style": pictures["swirls"], "both": inference.array(image).transpose(1, 2, 0)}
)
plots.loss_curve(losses, unit="step")
plt.show()

# %% [markdown] part="gpu"
# Nothing to write here: the check runs `transfer` on the device where the extractor's parameters are.
