# Subclassed nets of `add_weight`: the critic's last weights are a vector. G ends in two heads; RMSprop; nested tapes.
class Critic(keras.Model):
    def __init__(self):
        super().__init__()
        self.h1 = keras.layers.Dense(64, activation="relu")
        self.h2 = keras.layers.Dense(64, activation="relu")

    def build(self, input_shape):
        self.h1.build((None, 2))
        self.h2.build((None, 64))
        self.w = self.add_weight(shape=(64,), initializer=keras.initializers.RandomNormal(stddev=0.125), name="w")
        self.b = self.add_weight(shape=(), initializer="zeros", name="b")
        self.built = True

    def call(self, x):
        return keras.ops.expand_dims(keras.ops.sum(self.h2(self.h1(x)) * self.w, axis=-1) + self.b, -1)


def build_critic():
    return Critic()


def build_generator(latent_dim):
    z = keras.Input((latent_dim,))
    h = keras.layers.Dense(64, activation="relu")(z)
    h = keras.layers.Dense(64, activation="relu")(h)
    return keras.Model(z, keras.layers.Concatenate()([keras.layers.Dense(1)(h), keras.layers.Dense(1)(h)]))


def clip_weights(model, limit):
    for variable in model.trainable_variables:
        variable.assign(tf.clip_by_value(variable.value, -limit, limit))


def gradient_penalty(critic, real, fake, seed):
    eps = keras.random.uniform((len(real), 1), seed=seed)
    x = eps * real + (1.0 - eps) * fake
    with tf.GradientTape() as inner:
        inner.watch(x)
        score = critic(x, training=True)
    g = inner.gradient(score, x)
    return keras.ops.mean(keras.ops.square(keras.ops.sqrt(keras.ops.sum(g * g, axis=1) + 1e-12) - 1.0))


class WGAN:
    def __init__(self, latent_dim, seed, penalty):
        keras.utils.set_random_seed(seed)
        self.latent_dim, self.penalty = latent_dim, penalty
        self.generator, self.critic = build_generator(latent_dim), build_critic()
        self.critic.build((None, 2))
        self.seeds = keras.random.SeedGenerator(seed)
        self.opt_c = keras.optimizers.RMSprop(2e-3 if penalty == "clip" else 3e-3)
        self.opt_g = keras.optimizers.RMSprop(1e-3)
        self.opt_c.build(self.critic.trainable_variables)
        self.opt_g.build(self.generator.trainable_variables)

    @tf.function
    def _critic(self, real, fake, eps):
        with tf.GradientTape() as tape:
            loss = critic_loss(self.critic(real), self.critic(fake))
            total = loss
            if self.penalty == "gradient":
                x = eps * real + (1.0 - eps) * fake
                with tf.GradientTape() as inner:
                    inner.watch(x)
                    score = self.critic(x)
                g = inner.gradient(score, x)
                total += tf.reduce_mean((tf.sqrt(tf.reduce_sum(g**2, 1) + 1e-12) - 1) ** 2)
        gradients = tape.gradient(total, self.critic.trainable_variables)
        self.opt_c.apply_gradients([(g, v) for g, v in zip(gradients, self.critic.trainable_variables)])
        if self.penalty == "clip":
            clip_weights(self.critic, 0.05)
        return loss

    @tf.function
    def _generator(self, z):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in self.generator.trainable_variables])
            loss = generator_loss(self.critic(self.generator(z)))
        v = self.generator.trainable_variables
        self.opt_g.apply_gradients(list(zip(tape.gradient(loss, v), v)))
        return loss

    def z(self, n):
        return keras.random.normal((n, self.latent_dim), seed=self.seeds)

    def train_critic(self, real):
        eps = keras.random.uniform((len(real), 1), seed=self.seeds)
        return self._critic(tf.constant(real), self.generator(self.z(len(real))), eps)

    def train_generator(self, n):
        return self._generator(self.z(n))

    def fit(self, steps, batch_size, n_critic=5):
        c, g = [], []
        for _ in range(steps):
            for _ in range(n_critic):
                x = keras.random.uniform((batch_size, 1), -0.5, 0.5, seed=self.seeds)
                c.append(self.train_critic(keras.ops.concatenate([x, x**2], axis=1)))
            g.append(self.train_generator(batch_size))
        return {"critic_loss": np.array(c), "g_loss": np.array(g)}
