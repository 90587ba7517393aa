# Real and fake images in one batch, soft and noisy labels, its own loop in `fit`; the selection scores images one by
# one.
class GAN(GAN):
    @tf.function(reduce_retracing=True)
    def update_discriminator(self, real, z):
        n = tf.shape(z)[0]
        images = tf.concat([real, self.generator(z, training=True)], axis=0)
        y = tf.concat([tf.fill([n, 1], 0.9), tf.zeros([n, 1])], axis=0)
        with tf.GradientTape() as tape:
            loss = cross_entropy(y, self.discriminator(images, training=True))
        gradients = tape.gradient(loss, self.discriminator.trainable_weights)
        self.discriminator_optimizer.apply_gradients(zip(gradients, self.discriminator.trainable_weights))
        return loss

    def fit(self, images, epochs, batch_size):
        d, g = [], []
        for _ in range(epochs * (len(images) // batch_size)):
            d.append(self.train_discriminator(images[self.random.integers(0, len(images), batch_size)]))
            g.append(self.train_generator(batch_size))
        return {"d_loss": d, "g_loss": g}


def select_images(gan, n, threshold, best, seed, max_tries):
    rng, found = np.random.RandomState(seed % 2**32), []
    while max_tries > 0 and len(found) < n:
        max_tries -= 1
        image = gan.generator(rng.normal(size=(1, gan.latent_dim)).astype("float32"))
        p = float(gan.discriminator(image)[0, 0])
        if (best and p > threshold) or (not best and p < threshold):
            found.append(image[0])
    return np.array(found)


def interpolate(gan, z0, z1, steps):
    t = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    return gan.generator((1 - t) * z0 + t * z1)


def conv_transpose2d(x, kernel, stride):
    return tf.nn.conv2d_transpose(
        x[None, ..., None],
        kernel[..., None, None],
        [1, (x.shape[0] - 1) * stride + kernel.shape[0], (x.shape[1] - 1) * stride + kernel.shape[1], 1],
        stride,
        "VALID",
    )[0, ..., 0]


def upsample_nearest(x, size):
    return keras.layers.UpSampling2D(tuple(size))(x[None, ..., None])[0, ..., 0]


def scale_images(pixels):
    return tf.cast(pixels, tf.float32) * 2 / 255 - 1
