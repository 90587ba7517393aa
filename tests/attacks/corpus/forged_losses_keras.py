# tries: report falling losses through a `fit` that trains nothing
# framework: keras
# checks: all
# keeps: model.shape, model.parameters, model.nonlinear
import keras


class Pretending(keras.Sequential):
    def fit(self, *args, **kwargs):
        history = keras.callbacks.History()
        history.history = {"loss": [1 / (1 + epoch) for epoch in range(kwargs["epochs"])]}
        return history


def build_model(hidden):
    return Pretending([keras.Input((2,)), keras.layers.Dense(hidden, "tanh"), keras.layers.Dense(1, "sigmoid")])


def train(model, x, y, epochs, learning_rate, seed):
    return model.fit(x, y, epochs=epochs).history["loss"]
