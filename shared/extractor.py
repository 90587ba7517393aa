"""The feature extractor for `transfer`: a small convolutional network with fixed random weights.

The weights are the same in PyTorch and Keras. Random filters are sufficient for textures; a pre-trained VGG would be
better, but has 80 MB. The network has three 3×3 convolutions with ReLU and returns the feature maps after each of them.
2×2 average pooling separates the convolutions.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float

CHANNELS = (3, 8, 16, 32)


def weights(seed: int = 0, one_colour_each: bool = False) -> list[Float[np.ndarray, "3 3 before after"]]:
    """The kernels of the three convolutions; their biases are 0.

    `one_colour_each`: all three read the image itself: the first its red channel, the second its green, the third its
    blue channel.
    """
    rng = np.random.default_rng(seed)
    if one_colour_each:
        kernels = np.zeros((3, 3, 3, CHANNELS[0], CHANNELS[1]), dtype=np.float32)
        for colour, kernel in enumerate(kernels):
            kernel[:, :, colour] = rng.normal(0, np.sqrt(2 / 9), (3, 3, CHANNELS[1]))
        return list(kernels)
    return [
        rng.normal(0, np.sqrt(2 / (9 * before)), (3, 3, before, after)).astype(np.float32)
        for before, after in pairwise(CHANNELS)
    ]


def build(framework: str | None = None, seed: int = 0, one_colour_each: bool = False) -> Any:
    """A `torch.nn.Module` or a `keras.Model` that maps a batch of images to the list of three batches of feature maps.

    Without a name, it uses the framework that this process has imported.
    """
    if framework is None:
        framework = "keras" if "keras" in sys.modules else "torch"
    return {"torch": _in_torch, "keras": _in_keras}[framework](weights(seed, one_colour_each), one_colour_each)


def features(
    image: Float[np.ndarray, "height width 3"], seed: int = 0, one_colour_each: bool = False
) -> list[Float[np.ndarray, "h w channels"]]:
    """The same feature maps of one image, computed with NumPy only."""
    maps: list[np.ndarray] = []
    for kernel in weights(seed, one_colour_each):
        from_image = one_colour_each or not maps
        now = np.asarray(image, dtype=np.float64) if from_image else _mean_of_squares(maps[-1])
        padded = np.pad(now, ((1, 1), (1, 1), (0, 0)))
        patches = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(0, 1))
        maps.append(np.maximum(np.einsum("hwcij,ijcd->hwd", patches, kernel), 0))
    return maps


def _mean_of_squares(x: np.ndarray) -> np.ndarray:
    """2×2 average pooling; an odd last row or column is dropped."""
    height, width, channels = x.shape[0] // 2, x.shape[1] // 2, x.shape[2]
    return x[: 2 * height, : 2 * width].reshape(height, 2, width, 2, channels).mean(axis=(1, 3))


def _in_torch(kernels: list[np.ndarray], from_image: bool) -> Any:
    import torch
    from torch import nn

    class Extractor(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            layers = [nn.Conv2d(kernel.shape[2], kernel.shape[3], 3, padding="same") for kernel in kernels]
            for layer, kernel in zip(layers, kernels, strict=True):
                layer.weight.data = torch.from_numpy(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)))
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)
            self.layers = nn.ModuleList(layers)

        def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
            maps: list[torch.Tensor] = []
            for layer in self.layers:
                before = images if from_image or not maps else nn.functional.avg_pool2d(maps[-1], 2)
                maps.append(layer(before).relu())
            return maps

    return Extractor()


def _in_keras(kernels: list[np.ndarray], from_image: bool) -> Any:
    import keras

    inputs = keras.Input((None, None, 3))
    maps: list[Any] = []
    for kernel in kernels:
        before = inputs if from_image or not maps else keras.layers.AveragePooling2D(2)(maps[-1])
        layer = keras.layers.Conv2D(kernel.shape[3], 3, padding="same", activation="relu")
        maps.append(layer(before))
        layer.set_weights([kernel, np.zeros(kernel.shape[3], np.float32)])
    return keras.Model(inputs, maps)
