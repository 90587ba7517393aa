# A keras.Model with a train_step; its `fit` contains the training loop; soft targets; separate updates of D for real
# and fake images; random labels for the fakes; a lower learning rate; batch norm in D with Keras' momentum of 0.99;
# single steps run eagerly; `fit` also for pre-training.
def build_discriminator():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(16, 5, strides=2, padding="same"),
            keras.layers.LeakyReLU(),
            keras.layers.Conv2D(32, 5, strides=2, padding="same"),
            keras.layers.BatchNormalization(),
            keras.layers.LeakyReLU(),
            keras.layers.Flatten(),
            keras.layers.Dense(11, activation="softmax"),
        ]
    )


class ConditionalGAN(keras.Model):
    def __init__(self, latent_dim, seed):
        super().__init__()
        keras.utils.set_random_seed(seed)
        self.draws = keras.random.SeedGenerator(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        self.g_optimizer = keras.optimizers.Adam(5e-4, beta_1=0.5)
        self.d_optimizer = keras.optimizers.Adam(5e-4, beta_1=0.5)
        self.pretraining = True
        self.compile()

    def fakes(self, labels):
        noise = keras.random.normal((tf.shape(labels)[0], self.latent_dim), seed=self.draws)
        return self.generator(condition(noise, labels), training=True)

    def update(self, net, optimizer, loss_of):
        with tf.GradientTape() as tape:
            loss = loss_of()
        optimizer.apply_gradients(zip(tape.gradient(loss, net.trainable_weights), net.trainable_weights))
        return loss

    def teach(self, images, columns):
        soft = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
        targets = tf.one_hot(columns, 11)
        judge = lambda: soft(targets, self.discriminator(images, training=True))
        return self.update(self.discriminator, self.d_optimizer, judge)

    def train_discriminator(self, images, labels):
        made_as = tf.cast(keras.random.randint((tf.shape(labels)[0],), 0, 10, seed=self.draws), tf.int64)
        fakes = self.fakes(made_as)
        return self.teach(tf.convert_to_tensor(images), labels + 1) + self.teach(fakes, tf.zeros_like(made_as))

    def train_generator(self, labels):
        sparse = keras.losses.SparseCategoricalCrossentropy()
        labels = tf.convert_to_tensor(labels)
        judge = lambda: sparse(labels + 1, self.discriminator(self.fakes(labels), training=False))
        return self.update(self.generator, self.g_optimizer, judge)

    def train_step(self, batch):
        losses = {"d_loss": self.train_discriminator(*batch)}
        return losses if self.pretraining else losses | {"g_loss": self.train_generator(batch[1])}

    def epochs(self, pretraining, images, labels, epochs, batch_size):
        self.pretraining = pretraining
        self.compile()
        return super().fit(images, labels, epochs=epochs, batch_size=batch_size, verbose=0).history

    def pretrain(self, images, labels, epochs, batch_size):
        return self.epochs(True, images, labels, epochs, batch_size)

    def fit(self, images, labels, epochs, batch_size):
        self.pretrain(images, labels, 1, batch_size)
        return self.epochs(False, images, labels, epochs, batch_size)
