# The lectures' compiled composite: `trainable` is set before every `train_on_batch`, and D gets one batch of real and
# fake points.
class GAN(GAN):
    def __init__(self, latent_dim, seed):
        keras.utils.set_random_seed(seed)
        self.rng = np.random.default_rng(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        self.discriminator.compile(optimizer=keras.optimizers.Adam(5e-3, beta_1=0.5), loss="binary_crossentropy")
        self.composite = keras.Sequential([self.generator, self.discriminator])
        self.discriminator.trainable = False
        self.composite.compile(optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5), loss="binary_crossentropy")

    def latent(self, n):
        return self.rng.normal(size=(n, self.latent_dim)).astype("float32")

    def train_discriminator(self, real):
        n = len(real)
        self.discriminator.trainable = True
        points = np.concatenate([real, self.generator(self.latent(n))])
        return self.discriminator.train_on_batch(points, np.concatenate([np.ones((n, 1)), np.zeros((n, 1))]))

    def train_generator(self, n):
        self.discriminator.trainable = False
        return self.composite.train_on_batch(self.latent(n), np.ones((n, 1)))

    def fit(self, steps, batch_size, k=1):
        losses = {"d_loss": [], "g_loss": []}
        for _ in range(steps):
            for _ in range(k):
                losses["d_loss"].append(self.train_discriminator(sample_real(batch_size, self.rng.integers(2**31))))
            losses["g_loss"].append(self.train_generator(batch_size))
        return losses
