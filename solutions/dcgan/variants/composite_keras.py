# The lectures' composite model, corrected: `trainable` is set before every call of train_on_batch. Separate batches
# for real and fake images.
class GAN(GAN):
    def __init__(self, latent_dim, seed):
        super().__init__(latent_dim, seed)
        self.discriminator.compile(keras.optimizers.Adam(0.0005, beta_1=0.5), "binary_crossentropy")
        self.discriminator.trainable = False
        self.both = keras.Sequential([self.generator, self.discriminator])
        self.both.compile(keras.optimizers.Adam(0.001, beta_1=0.5), "binary_crossentropy")

    def train_discriminator(self, real):
        self.discriminator.trainable = True
        n = len(real)
        fake = self.generator(self.sample_latent(n), training=False)
        loss = self.discriminator.train_on_batch(real, np.ones((n, 1)))
        loss += self.discriminator.train_on_batch(fake, np.zeros((n, 1)))
        return loss

    def train_generator(self, n):
        self.discriminator.trainable = False
        return self.both.train_on_batch(self.sample_latent(n), np.ones((n, 1)))
