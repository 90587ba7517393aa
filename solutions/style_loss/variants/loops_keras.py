# tensordot for one image, a loop over the batch; the transfer keeps a plain tensor and watches it.
# %%
def gram_matrix(features):
    if len(features.shape) == 4:
        return ops.stack([gram_matrix(one) for one in features])
    return ops.tensordot(features, features, axes=[[0, 1], [0, 1]])


def style_gradient(features, target):
    if len(features.shape) == 4:
        return ops.stack([style_gradient(one, other) for one, other in zip(features, target, strict=True)])
    return 4 * ops.matmul(features, gram_matrix(features) - gram_matrix(target))


def transfer(content, style, extractor, steps, content_weight, style_weight, seed):
    content_target, style_targets = extractor(content[None])[-1], extractor(style[None])
    image = tf.convert_to_tensor(content[None])
    pace, losses = tf.zeros_like(image), []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            tape.watch(image)
            features = extractor(image)
            pairs = list(zip(features, style_targets, strict=True))
            loss = total_loss([(features[-1], content_target)], pairs, content_weight, style_weight)
        slope = tape.gradient(loss, image)
        pace = 0.9 * pace + slope / (tf.norm(slope) + 1e-12)
        image = tf.clip_by_value(image - 0.1 * pace, 0.0, 1.0)
        losses.append(float(loss))
    return image[0], losses
