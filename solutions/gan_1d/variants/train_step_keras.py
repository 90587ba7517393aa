# The GAN is a keras.Model whose `fit` has its own loop; one batch for real and fake points; AdamW; dropout in D.
def build_discriminator():
    return keras.Sequential(
        [
            keras.layers.Dense(64, activation="gelu"),
            keras.layers.Dense(64, activation="gelu"),
            keras.layers.Dropout(0.05),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


class GAN(keras.Model):
    def __init__(self, latent_dim, seed):
        super().__init__()
        keras.utils.set_random_seed(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        self.discriminator.build((None, 2))
        self.g, self.d = keras.optimizers.AdamW(1e-3, beta_1=0.5), keras.optimizers.AdamW(4e-3, beta_1=0.5)
        self.bce = keras.losses.BinaryCrossentropy()

    @tf.function
    def discriminator_update(self, real):
        n = tf.shape(real)[0]
        z = keras.random.normal((n, self.latent_dim))
        labels = tf.concat([tf.ones((n, 1)), tf.zeros((n, 1))], axis=0)
        with tf.GradientTape() as tape:
            points = tf.concat([real, tf.stop_gradient(self.generator(z))], axis=0)
            loss = self.bce(labels, self.discriminator(points, training=True))
        self.d.apply(
            tape.gradient(loss, self.discriminator.trainable_variables), self.discriminator.trainable_variables
        )
        return loss

    @tf.function
    def generator_update(self, n):
        with tf.GradientTape() as tape:
            p = self.discriminator(self.generator(keras.random.normal((n, self.latent_dim))))
            loss = self.bce(tf.ones_like(p), p)
        self.g.apply(tape.gradient(loss, self.generator.trainable_variables), self.generator.trainable_variables)
        return loss

    def train_discriminator(self, real):
        return self.discriminator_update(tf.convert_to_tensor(real))

    def train_generator(self, n):
        return self.generator_update(tf.constant(n))

    def fit(self, steps, batch_size, k=1):
        d_loss, g_loss = [], []
        for _ in range(steps):
            x = keras.random.uniform((k, batch_size), -0.5, 0.5)
            for real in tf.unstack(tf.stack([x, x**2], axis=-1)):
                d_loss.append(float(self.discriminator_update(real)))
            g_loss.append(float(self.generator_update(tf.constant(batch_size))))
        return {"g_loss": g_loss, "d_loss": d_loss}

    def evaluate(self, n, seed):
        fake = self.generator(sample_latent(n, self.latent_dim, seed), training=False)
        p_real, p_fake = (self.discriminator(x, training=False).numpy() for x in (sample_real(n, seed), fake))
        return (p_real > 0.5).sum() / n, (p_fake < 0.5).sum() / n
