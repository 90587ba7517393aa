# The WGAN is a keras.Model; Keras draws the random numbers in the traced step; unbuilt Sequential models; RMSprop.
def clip_weights(model, limit):
    for weight in model.trainable_weights:
        weight.assign(keras.ops.clip(weight, -limit, limit))


def build_critic():
    return keras.Sequential(
        [
            keras.layers.Dense(64, activation="leaky_relu"),
            keras.layers.Dense(64, activation="leaky_relu"),
            keras.layers.Dense(1),
        ]
    )


def build_generator(latent_dim):
    return keras.Sequential(
        [keras.layers.Dense(32, activation="relu"), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(2)]
    )


class WGAN(keras.Model):
    def __init__(self, latent_dim, seed, penalty):
        super().__init__()
        keras.utils.set_random_seed(seed)
        self.latent_dim, self.penalty = latent_dim, penalty
        self.generator, self.critic = build_generator(latent_dim), build_critic()
        self.generator.build((None, latent_dim))
        self.critic.build((None, 2))
        self.g, self.c = keras.optimizers.RMSprop(5e-4), keras.optimizers.RMSprop(1e-3)

    @tf.function
    def critic_update(self, real):
        n = tf.shape(real)[0]
        fake = self.generator(keras.random.normal((n, self.latent_dim)))
        share = keras.random.uniform((n, 1))
        with tf.GradientTape() as tape:
            loss = critic_loss(self.critic(real), self.critic(fake))
            total = loss
            if self.penalty == "gradient":
                with tf.GradientTape() as inner:
                    points = share * real + (1 - share) * fake
                    inner.watch(points)
                    scores = self.critic(points)
                slopes = inner.gradient(scores, points)
                total += tf.reduce_mean((tf.norm(slopes, axis=1) - 1) ** 2)
        gradients = tape.gradient(total, self.critic.trainable_weights)
        self.c.apply_gradients(zip(gradients, self.critic.trainable_weights, strict=True))
        if self.penalty == "clip":
            clip_weights(self.critic, 0.05)
        return loss

    @tf.function
    def generator_update(self, n):
        with tf.GradientTape() as tape:
            loss = generator_loss(self.critic(self.generator(keras.random.normal((n, self.latent_dim)))))
        gradients = tape.gradient(loss, self.generator.trainable_weights)
        self.g.apply_gradients(zip(gradients, self.generator.trainable_weights, strict=True))
        return loss

    def train_critic(self, real):
        return self.critic_update(tf.constant(real))

    def train_generator(self, n):
        return self.generator_update(tf.constant(n))

    def fit(self, steps, batch_size, n_critic=5):
        history = {"critic_loss": [], "g_loss": []}
        for _ in range(steps):
            x = keras.random.uniform((n_critic, batch_size), -0.5, 0.5)
            for real in tf.unstack(tf.stack([x, x**2], axis=-1)):
                loss = self.critic_update(real)
            history["critic_loss"].append(float(loss))
            history["g_loss"].append(float(self.generator_update(tf.constant(batch_size))))
        return history
