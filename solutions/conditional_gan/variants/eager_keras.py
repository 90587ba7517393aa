# No tf.function; two updates of D with soft targets; random labels for its fakes; a smaller rate; `fit` pre-trains too.
class ConditionalGAN:
    def __init__(self, latent_dim, seed):
        self.seeds = keras.random.SeedGenerator(seed)
        keras.utils.set_random_seed(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        self.optimizers = {net: keras.optimizers.Adam(5e-4, beta_1=0.5) for net in ("generator", "discriminator")}

    def fakes(self, labels):
        noise = keras.random.normal((len(labels), self.latent_dim), seed=self.seeds)
        return self.generator(condition(noise, tf.constant(labels)), training=True)

    def update(self, name, loss_of):
        net = getattr(self, name)
        with tf.GradientTape() as tape:
            loss = loss_of()
        slopes = tape.gradient(loss, net.trainable_variables)
        self.optimizers[name].apply_gradients(zip(slopes, net.trainable_variables))
        return loss.numpy()

    def train_discriminator(self, images, labels):
        soft = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
        made_as = np.asarray(keras.random.randint((len(labels),), 0, 10, seed=self.seeds)).astype("int64")
        fakes = self.fakes(made_as)
        real_targets, fake_targets = discriminator_targets(labels, True), discriminator_targets(made_as, False)
        on_real = self.update("discriminator", lambda: soft(real_targets, self.discriminator(images, training=True)))
        on_fake = self.update("discriminator", lambda: soft(fake_targets, self.discriminator(fakes, training=True)))
        return on_real + on_fake

    def train_generator(self, labels):
        targets = labels + 1
        return self.update(
            "generator",
            lambda: tf.reduce_mean(
                keras.losses.sparse_categorical_crossentropy(targets, self.discriminator(self.fakes(labels)))
            ),
        )

    def pretrain(self, images, labels, epochs, batch_size):
        batches = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(2000, seed=1).batch(batch_size)
        return [self.train_discriminator(x.numpy(), y.numpy()) for _ in range(epochs) for x, y in batches]

    def fit(self, images, labels, epochs, batch_size):
        self.pretrain(images, labels, 1, batch_size)
        batches = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(2000, seed=1).batch(batch_size)
        return [
            (self.train_discriminator(x.numpy(), y.numpy()), self.train_generator(y.numpy()))
            for _ in range(epochs)
            for x, y in batches
        ]
