# Networks and GAN are subclasses of keras.Model, built by their first call; the 7×7 projection is a transposed
# convolution.
class Generator(keras.Model):
    def __init__(self, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.layers_ = [
            keras.layers.Conv2DTranspose(32, 7, kernel_initializer=weights(), use_bias=False),
            keras.layers.BatchNormalization(momentum=0.8, epsilon=1e-5),
            keras.layers.ReLU(),
            keras.layers.Conv2DTranspose(16, 5, 2, "same", kernel_initializer=weights()),
            keras.layers.BatchNormalization(momentum=0.8, epsilon=1e-5),
            keras.layers.ReLU(),
            keras.layers.Conv2DTranspose(1, 5, 2, "same", activation="tanh", kernel_initializer=weights()),
        ]

    def call(self, z, training=False):
        x = keras.ops.reshape(z, (-1, 1, 1, self.latent_dim))
        for layer in self.layers_:
            x = layer(x, training=training) if isinstance(layer, keras.layers.BatchNormalization) else layer(x)
        return x


class Discriminator(keras.Model):
    def __init__(self):
        super().__init__()
        self.a = keras.layers.Conv2D(16, 5, 2, "same", kernel_initializer=weights())
        self.b = keras.layers.Conv2D(32, 5, 2, "same", kernel_initializer=weights())
        self.norm = keras.layers.BatchNormalization(momentum=0.8, epsilon=1e-5)
        self.c = keras.layers.Dense(1, kernel_initializer=weights())

    def call(self, x, training=False):
        x = tf.nn.leaky_relu(self.a(x))
        x = tf.nn.leaky_relu(self.norm(self.b(x), training=training))
        return keras.ops.sigmoid(self.c(keras.ops.reshape(x, (-1, 7 * 7 * 32))))


def build_generator(latent_dim=100):
    return Generator(latent_dim)


def build_discriminator():
    return Discriminator()


class GAN(keras.Model):
    def __init__(self, latent_dim, seed):
        super().__init__()
        keras.utils.set_random_seed(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        self.discriminator(self.generator(np.zeros((1, latent_dim), "float32")))
        self.noise = keras.random.SeedGenerator(seed)
        self.d_optimizer = keras.optimizers.Adam(5e-4, 0.5)
        self.g_optimizer = keras.optimizers.Adam(5e-4, 0.5)

    @tf.function(reduce_retracing=True)
    def d_step(self, real, fake):
        with tf.GradientTape() as tape:
            a, b = self.discriminator(real, training=True), self.discriminator(fake, training=True)
            loss = -tf.reduce_mean(tf.math.log(a + 1e-7)) - tf.reduce_mean(tf.math.log(1 - b + 1e-7))
        w = self.discriminator.trainable_variables
        self.d_optimizer.apply_gradients(zip(tape.gradient(loss, w), w))
        return loss

    @tf.function(reduce_retracing=True)
    def g_step(self, z):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(tf.math.log(self.discriminator(self.generator(z, training=True)) + 1e-7))
        w = self.generator.trainable_variables
        self.g_optimizer.apply_gradients(zip(tape.gradient(loss, w), w))
        return loss

    def train_discriminator(self, real):
        z = keras.random.normal((len(real), self.latent_dim), seed=self.noise)
        return self.d_step(tf.convert_to_tensor(real), self.generator(z))

    def train_generator(self, n):
        return self.g_step(keras.random.normal((n, self.latent_dim), seed=self.noise))

    def fit(self, images, epochs, batch_size):
        losses = {"d_loss": [], "g_loss": []}
        rng = np.random.RandomState(self.latent_dim)
        for _ in range(epochs):
            for rows in np.array_split(rng.permutation(len(images)), len(images) // batch_size):
                losses["d_loss"].append(float(self.train_discriminator(images[rows])))
                losses["g_loss"].append(float(self.train_generator(len(rows))))
        return losses
