# Subclassed networks; layer norm in the critic, batch norm in G; keras.ops; the critic frozen by hand in G's step.
def wasserstein_1d(a, b):
    return keras.ops.mean(keras.ops.abs(keras.ops.sort(a) - keras.ops.sort(b)))


def critic_loss(real_scores, fake_scores):
    return keras.ops.mean(fake_scores) - keras.ops.mean(real_scores)


def generator_loss(fake_scores):
    return keras.ops.negative(keras.ops.mean(fake_scores))


class Critic(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = keras.layers.Dense(48)
        self.normalise = keras.layers.LayerNormalization()
        self.second = keras.layers.Dense(48)
        self.score = keras.layers.Dense(1)

    def call(self, x):
        x = keras.ops.leaky_relu(self.first(x))
        return self.score(keras.ops.leaky_relu(self.normalise(self.second(x))))


class Generator(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = [keras.layers.Dense(48), keras.layers.BatchNormalization(), keras.layers.Dense(48)]
        self.point = keras.layers.Dense(2)

    def call(self, z, training=False):
        first, normalise, second = self.hidden
        x = keras.ops.relu(normalise(first(z), training=training))
        return self.point(keras.ops.relu(second(x)))


def build_critic():
    return Critic()


def build_generator(latent_dim):
    model = Generator()
    model(np.zeros((1, latent_dim), np.float32))
    return model


class WGAN(WGAN):
    def __init__(self, latent_dim, seed, penalty):
        keras.utils.set_random_seed(seed)
        self.latent_dim, self.penalty = latent_dim, penalty
        self.generator, self.critic = build_generator(latent_dim), build_critic()
        self.critic(np.zeros((1, 2), np.float32))
        self.generator_optimizer = keras.optimizers.AdamW(1e-3, beta_1=0.0, beta_2=0.9)
        self.critic_optimizer = keras.optimizers.AdamW(2e-3, beta_1=0.0, beta_2=0.9)
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.critic_optimizer.build(self.critic.trainable_variables)
        self.random = np.random.default_rng(seed)

    def train_generator(self, n):
        self.critic.trainable = False
        loss = super().train_generator(n)
        self.critic.trainable = True
        return loss
