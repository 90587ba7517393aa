# A dense discriminator with dropout; real and fake images in one batch; targets as lists; one loss per epoch.
def condition(noise, labels):
    return keras.ops.concatenate([noise, keras.ops.one_hot(labels, 10, dtype=noise.dtype)], axis=-1)


def discriminator_targets(labels, real):
    return [[float(column == (label + 1 if real else 0)) for column in range(11)] for label in labels]


def build_discriminator():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(256, activation="leaky_relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(128, activation="leaky_relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(11),
            keras.layers.Softmax(),
        ]
    )


class ConditionalGAN:
    def __init__(self, latent_dim, seed):
        keras.utils.set_random_seed(seed)
        self.latent_dim = latent_dim
        self.generator, self.discriminator = build_generator(latent_dim), build_discriminator()
        self.g_opt, self.d_opt = keras.optimizers.Adam(1e-3, 0.5), keras.optimizers.Adam(1e-3, 0.5)
        self.g_opt.build(self.generator.trainable_weights)
        self.d_opt.build(self.discriminator.trainable_weights)

    @tf.function(reduce_retracing=True)
    def _step(self, images, labels, targets, of_d):
        net, optimizer = (self.discriminator, self.d_opt) if of_d else (self.generator, self.g_opt)
        with tf.GradientTape() as tape:
            noise = tf.random.normal((tf.shape(labels)[0], self.latent_dim))
            shown = self.generator(condition(noise, labels), training=True)
            if of_d:
                shown = tf.concat([images, shown], axis=0)
            p = self.discriminator(shown, training=of_d)
            loss = -tf.reduce_mean(tf.reduce_sum(targets * tf.math.log(p + 1e-8), axis=1))
        optimizer.apply_gradients(zip(tape.gradient(loss, net.trainable_weights), net.trainable_weights))
        return loss

    def train_discriminator(self, images, labels):
        targets = discriminator_targets(labels, True) + discriminator_targets(labels, False)
        return self._step(images, tf.constant(labels), tf.constant(targets), True)

    def train_generator(self, labels):
        return self._step(tf.zeros((0, 28, 28, 1)), tf.constant(labels), tf.constant(generator_targets(labels)), False)

    def pretrain(self, images, labels, epochs, batch_size):
        history = []
        for _ in range(epochs):
            for start in range(0, len(images), batch_size):
                rows = slice(start, start + batch_size)
                history.append(self.train_discriminator(images[rows], labels[rows]))
        return history

    def fit(self, images, labels, epochs, batch_size):
        d_loss, g_loss = [], []
        for _ in range(epochs):
            order = np.random.permutation(len(images))
            for start in range(0, len(images), batch_size):
                rows = order[start : start + batch_size]
                d, g = self.train_discriminator(images[rows], labels[rows]), self.train_generator(labels[rows])
            d_loss.append(d)
            g_loss.append(g)
        return {"d_loss": d_loss, "g_loss": g_loss}


def classify(gan, images):
    p = gan.discriminator.predict(images, verbose=0)
    return np.argsort(p[:, 1:], axis=1)[:, -1]
