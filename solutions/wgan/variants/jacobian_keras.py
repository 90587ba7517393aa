# The slope by `batch_jacobian`; networks by the functional API; `clip_weights` layer by layer, outside the trace.
def critic_loss(real_scores, fake_scores):
    return tf.math.reduce_sum(fake_scores) / len(fake_scores) - tf.math.reduce_sum(real_scores) / len(real_scores)


def clip_weights(model, limit):
    for layer in model.layers:
        for variable in layer.trainable_variables:
            variable.assign(np.clip(variable.numpy(), -limit, limit))


def gradient_penalty(critic, real, fake, seed):
    share = tf.random.stateless_uniform((len(real), 1), seed=[seed, 0])
    points = share * real + (1 - share) * fake
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(points)
        scores = critic(points)
    slopes = tape.batch_jacobian(scores, points)[:, 0]
    return tf.reduce_mean(tf.square(tf.sqrt(tf.reduce_sum(slopes**2, axis=-1) + 1e-8) - 1))


def build_critic():
    inputs = x = keras.Input((2,))
    for units in (64, 32):
        x = keras.layers.Dense(units, activation="relu", kernel_initializer="he_normal")(x)
    return keras.Model(inputs, keras.layers.Dense(1)(x))


class WGAN(WGAN):
    def train_critic(self, real):
        loss = super().train_critic(real)
        if self.penalty == "clip":
            clip_weights(self.critic, 0.05)
        return loss

    @tf.function
    def update_critic(self, real, z, share):
        fake = self.generator(z)
        with tf.GradientTape() as tape:
            loss = critic_loss(self.critic(real), self.critic(fake))
            if self.penalty == "gradient":
                loss += slope_penalty(self.critic, share * real + (1 - share) * fake)
        self.critic_optimizer.apply(
            tape.gradient(loss, self.critic.trainable_variables), self.critic.trainable_variables
        )
        return loss
