# Layer norm in D over all axes, and dropout; functional nets; real and fake images in one batch; latent points drawn
# inside of the compiled steps; a tf.data pipeline; losses returned as tensors.
from keras import layers


def initial():
    return keras.initializers.RandomNormal(mean=0.0, stddev=0.02)


def build_generator(latent_dim=100):
    z = keras.Input(shape=(latent_dim,))
    x = layers.Dense(7 * 7 * 32, use_bias=False, kernel_initializer=initial())(z)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    x = layers.Activation("relu")(x)
    x = layers.Reshape((7, 7, 32))(x)
    for filters in (24, 12):
        x = layers.Conv2DTranspose(filters, 4, 2, padding="same", use_bias=False, kernel_initializer=initial())(x)
        x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
        x = layers.Activation("relu")(x)
    images = layers.Conv2D(1, 5, padding="same", activation="tanh", kernel_initializer=initial())(x)
    return keras.Model(z, images, name="generator")


def build_discriminator():
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(24, 4, strides=2, padding="same", kernel_initializer=initial()),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(48, 4, strides=2, padding="same", kernel_initializer=initial()),
            layers.LayerNormalization(axis=[1, 2, 3], epsilon=1e-5),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(1, kernel_initializer=initial()),
            layers.Activation("sigmoid"),
        ],
        name="discriminator",
    )


class GAN:
    def __init__(self, latent_dim, seed):
        keras.utils.set_random_seed(seed)
        self.latent_dim = latent_dim
        self.generator, self.discriminator = build_generator(latent_dim), build_discriminator()
        self.d_optimizer = keras.optimizers.Adam(learning_rate=0.001, beta_1=0.5)
        self.g_optimizer = keras.optimizers.Adam(learning_rate=0.001, beta_1=0.5)
        self.d_optimizer.build(self.discriminator.trainable_variables)
        self.g_optimizer.build(self.generator.trainable_variables)
        self.loss_fn = keras.losses.BinaryCrossentropy()
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.rng = np.random.default_rng(seed)

    @tf.function(reduce_retracing=True)
    def d_step(self, real_images):
        batch_size = tf.shape(real_images)[0]
        z = keras.random.normal((batch_size, self.latent_dim), seed=self.seed_generator)
        generated = self.generator(z, training=True)
        combined = tf.concat([generated, real_images], axis=0)
        labels = tf.concat([tf.zeros((batch_size, 1)), tf.ones((batch_size, 1))], axis=0)
        with tf.GradientTape() as tape:
            d_loss = self.loss_fn(labels, self.discriminator(combined, training=True))
        grads = tape.gradient(d_loss, self.discriminator.trainable_weights)
        self.d_optimizer.apply_gradients(zip(grads, self.discriminator.trainable_weights))
        return d_loss

    @tf.function(reduce_retracing=True)
    def g_step(self, n):
        z = keras.random.normal((n, self.latent_dim), seed=self.seed_generator)
        with tf.GradientTape() as tape:
            predictions = self.discriminator(self.generator(z, training=True), training=False)
            g_loss = self.loss_fn(tf.ones_like(predictions), predictions)
        grads = tape.gradient(g_loss, self.generator.trainable_weights)
        self.g_optimizer.apply_gradients(zip(grads, self.generator.trainable_weights))
        return g_loss

    def train_discriminator(self, real):
        return self.d_step(tf.convert_to_tensor(real))

    def train_generator(self, n):
        return self.g_step(tf.constant(n))

    def fit(self, images, epochs, batch_size):
        d_losses, g_losses = [], []
        for epoch in range(epochs):
            dataset = tf.data.Dataset.from_tensor_slices(images).shuffle(1024, seed=int(self.rng.integers(2**31)))
            for batch in dataset.batch(batch_size):
                d_losses.append(float(self.train_discriminator(batch)))
                g_losses.append(float(self.train_generator(batch.shape[0])))
        return {"d_loss": d_losses, "g_loss": g_losses}
