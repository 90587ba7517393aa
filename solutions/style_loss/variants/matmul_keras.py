# Plain TensorFlow: transpose, reshape, matmul; the gradient from a GradientTape; eager steps without a graph.
# %%
def gram_matrix(features):
    shape = tf.shape(features)
    channels_first = tf.linalg.matrix_transpose(tf.reshape(features, tf.concat([shape[:-3], [-1], shape[-1:]], 0)))
    return tf.matmul(channels_first, channels_first, transpose_b=True)


def content_loss(features, target):
    return 2 * tf.nn.l2_loss(features - target)


def style_loss(features, target):
    return tf.reduce_sum(tf.math.squared_difference(gram_matrix(features), gram_matrix(target)))


def style_gradient(features, target):
    with tf.GradientTape() as tape:
        tape.watch(features)
        loss = style_loss(features, target)
    return tape.gradient(loss, features)


def transfer(content, style, extractor, steps, content_weight, style_weight, seed):
    tf.random.set_seed(seed)
    content_target = extractor(tf.constant(content)[tf.newaxis])[-1]
    style_targets = extractor(tf.constant(style)[tf.newaxis])
    image = tf.Variable(tf.constant(content)[tf.newaxis])
    optimizer = keras.optimizers.RMSprop(learning_rate=0.01)
    losses = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            features = extractor(image)
            loss = total_loss(
                [(features[-1], content_target)],
                list(zip(features, style_targets, strict=True)),
                content_weight,
                style_weight,
            )
        optimizer.apply_gradients([(tape.gradient(loss, image), image)])
        image.assign(tf.clip_by_value(image, 0.0, 1.0))
        losses.append(loss)
    return tf.squeeze(image, 0), losses
