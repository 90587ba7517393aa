# Starts from noise; a keras.Variable; the result as a NumPy array.
# %%
def total_loss(content_pairs, style_pairs, content_weight, style_weight):
    losses = [content_weight * content_loss(*pair) for pair in content_pairs]
    losses += [style_weight * style_loss(*pair) for pair in style_pairs]
    return tf.add_n(losses) if losses else tf.constant(0.0)


def transfer(content, style, extractor, steps, content_weight, style_weight, seed):
    rng = np.random.default_rng(seed)
    content_target = extractor(content[None])[-1]
    style_targets = extractor(style[None])
    image = keras.Variable(rng.uniform(size=(1, *content.shape)).astype("float32"))
    optimizer = keras.optimizers.Adam(learning_rate=0.05)
    losses = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            features = extractor(image.value)
            pairs = list(zip(features, style_targets, strict=True))
            loss = total_loss([(features[-1], content_target)], pairs, content_weight, style_weight)
        optimizer.apply([tape.gradient(loss, image.value)], [image])
        image.assign(ops.clip(image, 0, 1))
        losses.append(float(loss))
    return image.numpy()[0], losses
