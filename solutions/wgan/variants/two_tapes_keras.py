# One batch of real points and fakes; dropout in the critic; one tape for both nets' losses; the penalty traced by itself.
def build_critic():
    return keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(64, activation="leaky_relu"),
            keras.layers.Dense(64, activation="leaky_relu"),
            keras.layers.Dropout(0.02),
            keras.layers.Dense(1, use_bias=False),
        ]
    )


@tf.function
def penalty_at(critic, points):
    slopes = tf.gradients(critic(points), points)[0]
    return tf.reduce_mean(tf.square(tf.norm(slopes, axis=1) - 1.0))


def gradient_penalty(critic, real, fake, seed):
    share = np.random.RandomState(seed).uniform(size=[len(fake), 1])
    return penalty_at(critic, tf.constant(real * share + fake * (1.0 - share), dtype=tf.float32))


class WGAN(WGAN):
    @tf.function
    def update_critic(self, real, z, share):
        n = tf.shape(real)[0]
        with tf.GradientTape() as tape:
            fake = tf.stop_gradient(self.generator(z))
            scores = self.critic(tf.concat([real, fake], axis=0), training=True)
            loss = critic_loss(scores[:n], scores[n:])
            if self.penalty == "gradient":
                loss += 0.5 * slope_penalty(self.critic, fake + share * (real - fake))
        variables = self.critic.trainable_variables
        self.critic_optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        if self.penalty == "clip":
            clip_weights(self.critic, 0.045)
        return loss
