# A keras.Model with compile and two compiled steps, as in Keras' own examples; spectral normalisation and dropout in D;
# noisy labels.
from keras import layers, ops


class Adversarial(keras.Model):
    def __init__(self, discriminator, generator, latent_dim, seed):
        super().__init__()
        self.discriminator, self.generator, self.latent_dim = discriminator, generator, latent_dim
        self.seed_generator = keras.random.SeedGenerator(seed)

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn

    @tf.function(reduce_retracing=True)
    def d_step(self, real):
        n = ops.shape(real)[0]
        noise = keras.random.normal((n, self.latent_dim), seed=self.seed_generator)
        combined = ops.concatenate([self.generator(noise, training=True), real], axis=0)
        labels = ops.concatenate([ops.zeros((n, 1)), ops.ones((n, 1))], axis=0)
        labels = labels * 0.95 + 0.05 * keras.random.uniform((2 * n, 1), seed=self.seed_generator)
        with tf.GradientTape() as tape:
            loss = self.loss_fn(labels, self.discriminator(combined, training=True))
        grads = tape.gradient(loss, self.discriminator.trainable_weights)
        self.d_optimizer.apply_gradients(zip(grads, self.discriminator.trainable_weights))
        return loss

    @tf.function(reduce_retracing=True)
    def g_step(self, n):
        noise = keras.random.normal((n, self.latent_dim), seed=self.seed_generator)
        with tf.GradientTape() as tape:
            answers = self.discriminator(self.generator(noise, training=True), training=False)
            loss = self.loss_fn(ops.ones_like(answers), answers)
        grads = tape.gradient(loss, self.generator.trainable_weights)
        self.g_optimizer.apply_gradients(zip(grads, self.generator.trainable_weights))
        return loss


def build_discriminator():
    return keras.Sequential(
        [
            keras.Input((2,)),
            layers.SpectralNormalization(layers.Dense(64)),
            layers.LeakyReLU(negative_slope=0.2),
            layers.SpectralNormalization(layers.Dense(64)),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dropout(0.1),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


class GAN:
    def __init__(self, latent_dim, seed):
        keras.utils.set_random_seed(seed)
        self.latent_dim = latent_dim
        self.generator, self.discriminator = build_generator(latent_dim), build_discriminator()
        self.net = Adversarial(self.discriminator, self.generator, latent_dim, seed)
        self.net.compile(
            keras.optimizers.Adam(0.005, beta_1=0.5),
            keras.optimizers.Adam(0.001, beta_1=0.5),
            keras.losses.BinaryCrossentropy(),
        )
        self.net.d_optimizer.build(self.discriminator.trainable_variables)
        self.net.g_optimizer.build(self.generator.trainable_variables)
        self.rng = np.random.default_rng(seed)

    def train_discriminator(self, real):
        return self.net.d_step(ops.convert_to_tensor(real))

    def train_generator(self, n):
        return self.net.g_step(tf.constant(n))

    def fit(self, steps, batch_size, k=1):
        d_loss, g_loss = [], []
        for _ in range(steps):
            for _ in range(k):
                loss = self.train_discriminator(sample_real(batch_size, int(self.rng.integers(2**31))))
            d_loss.append(float(loss))
            g_loss.append(float(self.train_generator(batch_size)))
        return {"d_loss": d_loss, "g_loss": g_loss}

    def evaluate(self, n, seed):
        real = self.discriminator(sample_real(n, seed), training=False)
        fake = self.discriminator(self.generator(sample_latent(n, self.latent_dim, seed)), training=False)
        return ops.mean(real > 0.5), ops.mean(fake < 0.5)
