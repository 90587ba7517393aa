"""What leaves the GPU in Keras. `finds:` stands on the line that must be named, with words of the remedy."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

FRAMEWORK = "keras"

X, Y = np.ones((6, 3), "float32"), np.ones((6, 1), "float32")


def dense():
    return keras.Sequential([keras.Input((3,)), layers.Dense(4, activation="tanh"), layers.Dense(1)])


def fit_in_a_scope_of_the_cpu():
    model = dense()
    with tf.device("/CPU:0"):  # finds: Remove the `tf.device` scope
        model.compile("sgd", "mse")
        model.fit(X, Y, verbose=0)


def train_on_batch_in_a_scope():
    model = dense()
    model.compile("sgd", "mse")
    with tf.device("CPU:0"):  # finds: Remove the `tf.device` scope
        model.train_on_batch(X, Y)


def scope_of_keras():
    model = dense()
    with keras.device("cpu:0"):  # finds: Remove the `tf.device` scope
        model.compile("sgd", "mse")
        model.train_on_batch(X, Y)


def step_in_a_scope():
    model, optimizer = dense(), keras.optimizers.SGD()
    with tf.device("/cpu:0"), tf.GradientTape() as tape:  # finds: Remove the `tf.device` scope
        loss = tf.reduce_mean(tf.square(model(X) - Y))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))


def forward_in_a_scope():
    model = dense()
    with tf.device("/device:CPU:0"):  # finds: Remove the `tf.device` scope
        return model(X)


def step_pinned_in_a_function():
    model, optimizer = dense(), keras.optimizers.SGD()

    @tf.function
    def step():
        with tf.device("/CPU:0"):  # finds: Remove the `tf.device` scope
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(model(X) - Y))
            gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)

    step()


class Pinned(layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 2))

    def call(self, x):
        with tf.device("/CPU:0"):  # finds layer_pinned: Remove the `tf.device` scope
            return tf.matmul(x, self.kernel)


def layer_pinned():
    model = keras.Sequential([keras.Input((3,)), Pinned(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)


def model_made_on_the_cpu():
    with tf.device("/CPU:0"):  # finds: Create models and optimisers outside
        return dense()


def weights_of_a_layer_on_the_cpu():
    keras.utils.set_random_seed(0)
    with tf.device("/CPU:0"):  # finds: Create models and optimisers outside
        first = layers.Dense(2)
        first.build((None, 3))
    return keras.Sequential([keras.Input((3,)), first, layers.Dense(1)])


def update_in_numpy():
    model = dense()
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(X) - Y))
        for variable, gradient in zip(model.trainable_variables, tape.gradient(loss, model.trainable_variables)):
            variable.assign(variable.numpy() - 0.1 * gradient.numpy())  # finds: own operations


def decrease_in_numpy():
    w = tf.Variable(np.ones((3, 1), "float32"))
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((X @ w - Y) ** 2)
        w.assign_sub(0.1 * tape.gradient(loss, w).numpy())  # finds: own operations


def weights_clipped_in_numpy():
    model = dense()
    model.compile("sgd", "mse")
    for _ in range(3):
        model.train_on_batch(X, Y)
        for variable in model.trainable_variables:
            variable.assign(np.clip(variable.numpy(), -0.1, 0.1))  # finds: own operations


def gradients_through_numpy():
    model, optimizer = dense(), keras.optimizers.SGD()
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(X) - Y))
    gradients = [gradient.numpy() for gradient in tape.gradient(loss, model.trainable_variables)]
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))  # finds: Keep gradients as tensors


def numpy_function_in_the_loss():
    model = dense()
    with tf.GradientTape() as tape:
        p = model(X)
        q = tf.numpy_function(np.square, [p], tf.float32)  # finds: TensorFlow's operations
        loss = tf.reduce_mean(q + p)
    tape.gradient(loss, model.trainable_variables)


class InPython(layers.Layer):
    def call(self, x):
        y = tf.py_function(lambda t: tf.tanh(t), [x], tf.float32)  # finds layer_in_python: TensorFlow's operations
        return tf.ensure_shape(y, (None, 3))


def layer_in_python():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(3), InPython(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)


def gpu_hidden():
    tf.config.set_visible_devices([], "GPU")  # finds: Leave the choice of devices


def evaluation_on_the_cpu():
    model = dense()
    model.compile("sgd", "mse")
    with tf.device("/CPU:0"):  # finds: Remove the `tf.device` scope
        return model.predict(X, verbose=0)


def lstm_in_a_scope():
    model = keras.Sequential([keras.Input((4, 1)), layers.LSTM(3), layers.Dense(1)])
    with tf.device("/CPU:0"):  # finds: Remove the `tf.device` scope
        return model(np.ones((2, 4, 1), "float32"))


def loss_in_a_scope():
    model = dense()
    with tf.GradientTape() as tape:
        p = model(X)
        with tf.device("/CPU:0"):  # finds: Remove the `tf.device` scope
            loss = tf.reduce_mean(tf.matmul(p - Y, p - Y, transpose_a=True))
    tape.gradient(loss, model.trainable_variables)


def gan_step_on_the_cpu():
    G, D = dense(), keras.Sequential([keras.Input((1,)), layers.Dense(1, "sigmoid")])
    optimizer = keras.optimizers.Adam()
    with tf.GradientTape() as tape:
        score = D(G(X))
        loss = tf.reduce_mean(score)
    with tf.device("/CPU:0"):  # finds: Remove the `tf.device` scope
        gradients = tape.gradient(loss, G.trainable_variables)
        optimizer.apply(gradients, G.trainable_variables)
