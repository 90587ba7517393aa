# The lectures' way, adapted to Keras 3: a composite of G and D, `trainable` toggled before every train_on_batch; noise
# uniform on [0, 1).
def build_discriminator():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(16, 5, strides=2, padding="same", activation="leaky_relu"),
            keras.layers.Conv2D(32, 5, strides=2, padding="same", activation="leaky_relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Flatten(),
            keras.layers.Dense(11, activation="softmax"),
        ]
    )


class ConditionalGAN:
    def __init__(self, latent_dim, seed):
        keras.utils.set_random_seed(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        self.discriminator.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5))
        self.composite = keras.Sequential([self.generator, self.discriminator])
        self.composite.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5))

    def inputs(self, labels):
        noise = tf.constant(np.random.uniform(0, 1, (len(labels), self.latent_dim)).astype("float32"))
        return condition(noise, tf.constant(labels))

    def train_discriminator(self, images, labels):
        fakes = self.generator(self.inputs(labels), training=False)
        self.discriminator.trainable = True
        return self.discriminator.train_on_batch(
            np.concatenate([images, fakes]),
            np.concatenate([discriminator_targets(labels, True), discriminator_targets(labels, False)]),
        )

    def train_generator(self, labels):
        self.discriminator.trainable = False
        return self.composite.train_on_batch(self.inputs(labels), generator_targets(labels))

    def epoch(self, images, labels, batch_size, both):
        losses = []
        order = np.random.permutation(len(images))
        for start in range(0, len(images), batch_size):
            rows = order[start : start + batch_size]
            losses.append(self.train_discriminator(images[rows], labels[rows]))
            if both:
                losses.append(self.train_generator(labels[rows]))
        return losses

    def pretrain(self, images, labels, epochs, batch_size):
        return sum((self.epoch(images, labels, batch_size, both=False) for _ in range(epochs)), [])

    def fit(self, images, labels, epochs, batch_size):
        return sum((self.epoch(images, labels, batch_size, both=True) for _ in range(epochs)), [])


def generate(gan, digit, n, seed):
    noise = np.random.default_rng(seed).uniform(0, 1, (n, gan.latent_dim)).astype("float32")
    return gan.generator(condition(tf.constant(noise), tf.fill([n], digit)), training=False)
