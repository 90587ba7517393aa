# Lambdas; lists and tensors as results; a loss that clips the argument of the logarithm; RMSprop.
or_gate = lambda: [(5, 5), -2]
and_gate = lambda: (tf.constant([1.0, 3.0]), tf.constant(-3.5))
lecture_formula = lambda x: tf.sigmoid(2 * x[:, 0] + 2 * x[:, 1] - 1) + tf.sigmoid(-2 * x[:, 0] - 2 * x[:, 1] + 1)
build_model = lambda hidden: keras.Sequential(
    [
        keras.Input((2,)),
        keras.layers.Dense(hidden),
        keras.layers.Activation(lambda h: keras.ops.sin(h)),
        keras.layers.Dense(1, activation=lambda s: 1 / (1 + keras.ops.exp(-s))),
    ]
)
binary_cross_entropy = lambda p, y: (
    -tf.reduce_mean(tf.math.xlogy(y, tf.maximum(p, 1e-12)) + tf.math.xlogy(1 - y, tf.maximum(1 - p, 1e-12)))
)


def train(model, x, y, epochs, learning_rate, seed):
    model.compile(keras.optimizers.RMSprop(min(learning_rate, 0.05)), "binary_crossentropy")
    return np.array([model.train_on_batch(x, y) for _ in range(epochs)])
