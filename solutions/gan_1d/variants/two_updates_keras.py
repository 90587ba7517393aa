# Separate batches for real and fake points, one update of D for each; functional networks; explicit losses; one loss
# per step.
def sample_real(n, seed):
    x = tf.random.stateless_uniform((n, 1), seed=[seed, 0], minval=-0.5, maxval=0.5)
    return tf.concat([x, tf.square(x)], axis=1)


def sample_latent(n, latent_dim, seed):
    return keras.random.normal((n, latent_dim), seed=seed)


def build_discriminator():
    inputs = keras.Input((2,))
    x = keras.layers.Dense(48, activation=keras.layers.LeakyReLU(0.2))(inputs)
    x = keras.layers.Dense(48, activation=keras.layers.LeakyReLU(0.2))(x)
    return keras.Model(inputs, keras.layers.Activation("sigmoid")(keras.layers.Dense(1)(x)))


def build_generator(latent_dim):
    z = keras.Input((latent_dim,))
    x = keras.layers.Dense(24, activation="elu")(z)
    x = keras.layers.Dense(24, activation="elu")(x)
    return keras.Model(z, keras.layers.Dense(2, activation="linear")(x))


class GAN:
    def __init__(self, latent_dim, seed):
        keras.utils.set_random_seed(seed)
        self.draws = tf.random.Generator.from_seed(seed)
        self.latent_dim = latent_dim
        self.generator, self.discriminator = build_generator(latent_dim), build_discriminator()
        self.g = keras.optimizers.Adam(1e-3, beta_1=0.5)
        self.d = keras.optimizers.Adam(3e-3, beta_1=0.5)
        self.step_of_d = tf.function(self._step_of_d)
        self.step_of_g = tf.function(self._step_of_g)

    def _step_of_d(self, points, sign):
        with tf.GradientTape() as tape:
            p = self.discriminator(points)
            loss = -tf.reduce_mean(tf.math.log(1e-7 + tf.where(sign > 0, p, 1 - p)))
        self.d.apply_gradients(
            zip(tape.gradient(loss, self.discriminator.trainable_weights), self.discriminator.trainable_weights)
        )
        return loss

    def _step_of_g(self, z):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([weight.value for weight in self.generator.trainable_weights])
            loss = -tf.reduce_mean(tf.math.log(1e-7 + self.discriminator(self.generator(z))))
        weights = self.generator.trainable_weights
        self.g.apply_gradients(zip(tape.gradient(loss, [weight.value for weight in weights]), weights))
        return loss

    def train_discriminator(self, real):
        fake = self.generator(self.draws.normal((len(real), self.latent_dim)))
        one = self.step_of_d(tf.cast(real, tf.float32), tf.constant(1.0))
        return (one + self.step_of_d(fake, tf.constant(-1.0))) / 2

    def train_generator(self, n):
        return self.step_of_g(self.draws.normal((n, self.latent_dim)))

    def fit(self, steps, batch_size, k=1):
        d_loss, g_loss = [], []
        for _ in range(steps):
            for _ in range(k):
                x = self.draws.uniform((batch_size,), -0.5, 0.5)
                last = self.train_discriminator(tf.stack([x, x**2], axis=1))
            d_loss.append(last)
            g_loss.append(self.train_generator(batch_size))
        return {"d_loss": tf.stack(d_loss), "g_loss": tf.stack(g_loss)}

    def evaluate(self, n, seed):
        on_real = keras.metrics.BinaryAccuracy()(np.ones((n, 1)), self.discriminator(sample_real(n, seed)))
        fake = self.generator(sample_latent(n, self.latent_dim, seed))
        return [on_real, tf.reduce_mean(tf.cast(self.discriminator(fake) < 0.5, tf.float32))]
