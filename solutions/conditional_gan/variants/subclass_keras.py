# Subclassed networks, built by their first call; upsampling in G; batch norm in D, frozen by inference mode;
# pre-training on real images only.
class Generator(keras.Model):
    def __init__(self):
        super().__init__()
        self.project = keras.layers.Dense(7 * 7 * 32, use_bias=False)
        self.norms = [keras.layers.BatchNormalization(momentum=0.9) for _ in range(2)]
        self.convolutions = [
            keras.layers.Conv2D(16, 3, padding="same"),
            keras.layers.Conv2D(1, 5, padding="same", activation="tanh"),
        ]

    def call(self, x, training=False):
        x = keras.ops.reshape(self.project(x), (-1, 7, 7, 32))
        for norm, convolution in zip(self.norms, self.convolutions):
            x = keras.ops.relu(norm(x, training=training))
            x = convolution(keras.ops.repeat(keras.ops.repeat(x, 2, axis=1), 2, axis=2))
        return x


class Discriminator(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = keras.layers.Conv2D(16, 4, strides=2, padding="same")
        self.second = keras.layers.Conv2D(32, 4, strides=2, padding="same", use_bias=False)
        self.norm = keras.layers.BatchNormalization(momentum=0.9)
        self.last = keras.layers.Dense(11, activation="softmax")

    def call(self, x, training=False):
        x = keras.ops.leaky_relu(self.first(x))
        x = keras.ops.leaky_relu(self.norm(self.second(x), training=training))
        return self.last(keras.ops.reshape(x, (-1, 7 * 7 * 32)))


def build_generator(latent_dim=100):
    return Generator()


def build_discriminator():
    return Discriminator()


class ConditionalGAN(ConditionalGAN):
    def __init__(self, latent_dim, seed):
        super().__init__(latent_dim, seed)
        self.generator_optimizer = keras.optimizers.AdamW(2e-3, beta_1=0.5)
        self.discriminator_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5)

    @tf.function(reduce_retracing=True)
    def pretraining_step(self, images, targets):
        with tf.GradientTape() as tape:
            loss = self.cross_entropy(targets, self.discriminator(images, training=True))
        variables = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    def pretrain(self, images, labels, epochs, batch_size):
        losses = []
        for _ in range(epochs):
            for real, digits in self.batches(images, labels, batch_size):
                losses.append(float(self.pretraining_step(real, discriminator_targets(digits, True))))
        return {"d_loss": losses}
