# The image is the sigmoid of the optimised variable, so it always stays in [0, 1].
# %%
def transfer(content, style, extractor, steps, content_weight, style_weight, seed):
    keras.utils.set_random_seed(seed)
    content_target, style_targets = extractor(content[None])[-1], extractor(style[None])
    start = np.clip(content[None], 0.02, 0.98)
    hidden = tf.Variable(np.log(start / (1 - start)))
    optimizer = keras.optimizers.Adam(0.1)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            features = extractor(tf.sigmoid(hidden))
            pairs = [*zip(features, style_targets, strict=True)]
            loss = total_loss([(features[-1], content_target)], pairs, content_weight, style_weight)
        optimizer.apply_gradients([(tape.gradient(loss, hidden), hidden)])
        return loss

    losses = [step().numpy() for _ in range(steps)]
    return tf.sigmoid(hidden)[0], losses
