# Tensors everywhere; D is a subclass that works with logits, trained with a GradientTape.
# %%
import tensorflow as tf
from keras import ops


def objective(d, a, b):
    return a * ops.log(d) + b * ops.log1p(-d)


def objective_derivative(d, a, b):
    d = tf.constant(d)
    with tf.GradientTape() as tape:
        tape.watch(d)
        total = ops.sum(objective(d, a, b))
    return tape.gradient(total, d)


def symbolic_optimum():
    return "0.5 + 0.5*(A - B)/(A + B)"


def optimal_discriminator(p_real, p_fake):
    return ops.where(p_real + p_fake > 0, ops.divide_no_nan(p_real, p_real + p_fake), 0.5)


def js_divergence(p, q):
    middle = (p + q) / 2
    return sum(ops.sum(tf.math.xlogy(r, r) - tf.math.xlogy(r, middle)) for r in (p, q)) / 2


def value_at_optimum(p, q):
    return 2 * js_divergence(p, q) - ops.log(4.0)


class Discriminator(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(24, activation="tanh")
        self.score = keras.layers.Dense(1)

    def scores(self, x):
        return self.score(self.hidden(x))

    def call(self, x):
        return ops.sigmoid(self.scores(x))


def train_discriminator(real, fake, steps, seed):
    keras.utils.set_random_seed(seed)
    model = Discriminator()
    model(real[:1])
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)

    @tf.function
    def step(x, z):
        with tf.GradientTape() as tape:
            loss = ops.mean(ops.softplus(-model.scores(x))) + ops.mean(ops.softplus(model.scores(z)))
        slopes = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(slopes, model.trainable_variables, strict=True))

    rng = np.random.default_rng(seed)
    for _ in range(steps):
        step(tf.constant(rng.choice(real, 512)), tf.constant(rng.choice(fake, 512)))
    return model


def minmax_game(x0, y0, rate, steps):
    path = [np.array([x0, y0])]
    for _ in range(steps):
        path.append(path[-1] + rate * path[-1][::-1] * [-1, 1])
    return tf.constant(np.stack(path))


def generator_gradients(d):
    return ops.stack([-d, d - 1])
