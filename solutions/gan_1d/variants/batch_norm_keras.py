# Batch norm in both networks, real and fake points in one batch, D in inference mode in G's step; soft and noisy
# labels; RMSprop; subclassed networks.
class Discriminator(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = keras.layers.Dense(64)
        self.second = keras.layers.Dense(64)
        self.norm = keras.layers.BatchNormalization()
        self.last = keras.layers.Dense(1, activation="sigmoid")

    def call(self, x, training=False):
        x = keras.ops.leaky_relu(self.first(x), 0.2)
        return self.last(keras.ops.leaky_relu(self.norm(self.second(x), training=training), 0.2))


class Generator(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = keras.layers.Dense(32)
        self.norm = keras.layers.BatchNormalization(momentum=0.9)
        self.second = keras.layers.Dense(32, activation="relu")
        self.last = keras.layers.Dense(2)

    def call(self, z, training=False):
        x = keras.ops.relu(self.norm(self.first(z), training=training))
        return self.last(self.second(x))


def build_discriminator():
    return Discriminator()


def build_generator(latent_dim):
    return Generator()


class GAN(GAN):
    def __init__(self, latent_dim, seed):
        keras.utils.set_random_seed(seed)
        self.latent_dim = latent_dim
        self.rng = np.random.default_rng(seed)
        self.generator, self.discriminator = build_generator(latent_dim), build_discriminator()
        self.generator(np.zeros((1, latent_dim), dtype="float32"))
        self.discriminator(np.zeros((1, 2), dtype="float32"))
        self.g, self.d = keras.optimizers.RMSprop(5e-4), keras.optimizers.RMSprop(1e-3)
        self.loss = keras.losses.BinaryCrossentropy()

    def latent(self, n):
        return tf.constant(self.rng.standard_normal((n, self.latent_dim)), tf.float32)

    def labels(self, low, high, n):
        return tf.constant(self.rng.uniform(low, high, (n, 1)), tf.float32)

    @tf.function
    def d_step(self, real, z, ones, zeros):
        with tf.GradientTape() as tape:
            fake = self.generator(z, training=True)
            p_real, p_fake = tf.split(self.discriminator(tf.concat([real, fake], axis=0), training=True), 2)
            loss = self.loss(ones, p_real) + self.loss(zeros, p_fake)
        weights = self.discriminator.trainable_variables
        self.d.apply(tape.gradient(loss, weights), weights)
        return loss

    @tf.function
    def g_step(self, z):
        with tf.GradientTape() as tape:
            p = self.discriminator(self.generator(z, training=True), training=False)
            loss = self.loss(tf.ones_like(p), p)
        weights = self.generator.trainable_variables
        self.g.apply(tape.gradient(loss, weights), weights)
        return loss

    def train_discriminator(self, real):
        n = len(real)
        labels = self.labels(0.7, 1.2, n), self.labels(0.0, 0.3, n)
        return self.d_step(tf.constant(real), self.latent(n), *labels).numpy()

    def train_generator(self, n):
        return self.g_step(self.latent(n)).numpy()

    def fit(self, steps, batch_size, k=1):
        losses = {"d_loss": [], "g_loss": []}
        for _ in range(steps):
            for _ in range(k):
                losses["d_loss"].append(self.train_discriminator(sample_real(batch_size, self.rng.integers(2**31))))
            losses["g_loss"].append(self.train_generator(batch_size))
        return losses
