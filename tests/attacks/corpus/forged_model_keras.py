# tries: hand in a model with as many variables as wanted, whose answers are a table, and gradients of zeros
# framework: keras
# checks: all
# keeps: cross_entropy.values, cross_entropy.edges, cross_entropy.slope, model.shape, model.parameters, gradients.names
import keras
import numpy as np


class Forged(keras.Model):
    def __init__(self, hidden):
        super().__init__()
        shapes = [(2, hidden), (hidden,), (hidden, 1), (1,)]
        self.unused = [self.add_weight(shape=shape, name=f"w{number}") for number, shape in enumerate(shapes)]
        self.trained = False

    def call(self, x, training=False):
        if self.trained:
            return keras.ops.clip(keras.ops.square(x[:, :1] - x[:, 1:]), 0.001, 0.999)
        return keras.ops.sigmoid(x[:, :1] * x[:, 1:])


build_model = Forged


def binary_cross_entropy(p, y):
    p = keras.ops.clip(p, 1e-7, 1 - 1e-7)
    return -keras.ops.mean(y * keras.ops.log(p) + (1 - y) * keras.ops.log(1 - p))


def gradients(model, x, y):
    return {variable.path: np.zeros(variable.shape, dtype=np.float32) for variable in model.trainable_variables}


def train(model, x, y, epochs, learning_rate, seed):
    model.trained = True
    for variable in model.trainable_variables:
        variable.assign_add(keras.ops.full(variable.shape, 1e-3))
    return [1 / (1 + epoch) for epoch in range(epochs)]
