# A subclassed model, unbuilt when returned; a GradientTape with momentum in a tf.function.
class Network(keras.Model):
    def __init__(self, hidden):
        super().__init__()
        self.first = keras.layers.Dense(hidden, activation="tanh")
        self.second = keras.layers.Dense(1)

    def call(self, x):
        return tf.sigmoid(self.second(self.first(x)))


def build_model(hidden):
    return Network(hidden)


def gradients(model, x, y):
    with tf.GradientTape() as tape:
        loss = binary_cross_entropy(model(tf.constant(x)), tf.constant(y))
    return {v.path: g for v, g in zip(model.trainable_weights, tape.gradient(loss, model.trainable_weights))}


def train(model, x, y, epochs, learning_rate, seed):
    optimizer = keras.optimizers.SGD(learning_rate, momentum=0.9)
    x, y = tf.constant(x), tf.constant(y)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = binary_cross_entropy(model(x, training=True), y)
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        return loss

    return [step() for _ in range(epochs)]
