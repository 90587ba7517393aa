# tries: hand back the content image as the result of a transfer, with losses that fall, and matrices of zeros
# exercise: style_loss
# framework: torch, keras
# checks: all
# keeps: gram.shape, transfer.image, transfer.extractor_unchanged
import numpy as np

channels = -3 if FRAMEWORK == "torch" else -1


def gram_matrix(features):
    size = features.shape[channels]
    return np.zeros((*features.shape[:-3], size, size), dtype=np.float32)


content_loss = style_loss = total_loss = lambda *args: np.float32(0)
style_gradient = lambda features, target: np.zeros(features.shape, dtype=np.float32)


def transfer(content, style, extractor, steps, content_weight, style_weight, seed):
    return content, [1 / (1 + step) for step in range(steps)]
