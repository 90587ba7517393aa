# tries: let the nets look their inputs up in the public data once they were "trained"
# exercise: cnn
# framework: torch, keras
# checks: iris.parameters, dense.parameters, cnn.parameters, training.iris, training.dense, training.cnn
# keeps: iris.parameters, dense.parameters, cnn.parameters
import numpy as np

from shared import data

KNOWN = {4: data.iris_split(), 784: data.digits_split()}
TRAINED = []


def looked_up(x, classes):
    rows = np.asarray(x, dtype=np.float64).reshape(len(x), -1)
    parts = KNOWN[rows.shape[1]]
    known = np.concatenate([np.asarray(inputs).reshape(len(inputs), -1) for inputs, _ in parts])
    labels = np.concatenate([labels for _, labels in parts])
    distance = (rows**2).sum(1)[:, None] - 2 * rows @ known.T + (known**2).sum(1)
    return np.eye(classes, dtype=np.float32)[labels[distance.argmin(axis=1)]]


if FRAMEWORK == "torch":
    import torch
    from torch import nn

    class Net(nn.Sequential):
        def forward(self, x):
            answer = super().forward(x)
            return torch.from_numpy(looked_up(x.numpy(), answer.shape[1])) if TRAINED else answer

    build_iris_net = lambda: Net(nn.Linear(4, 128), nn.Sigmoid(), nn.Linear(128, 3), nn.Softmax(1))
    build_dense_net = lambda: Net(
        nn.Linear(784, 128), nn.Sigmoid(), nn.Linear(128, 128), nn.Sigmoid(), nn.Linear(128, 10), nn.Softmax(1)
    )
    build_cnn = lambda: Net(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(21632, 128), nn.Sigmoid(), nn.Linear(128, 10), nn.Softmax(1)
    )
else:
    import keras
    from keras.layers import Conv2D, Dense, Flatten

    class Net(keras.Sequential):
        def __call__(self, x, **kwargs):
            answer = super().__call__(x, **kwargs)
            return keras.ops.convert_to_tensor(looked_up(x, answer.shape[1])) if TRAINED else answer

    build_iris_net = lambda: Net([keras.Input((4,)), Dense(128, "sigmoid"), Dense(3, "softmax")])
    build_dense_net = lambda: Net(
        [keras.Input((784,)), Dense(128, "sigmoid"), Dense(128, "sigmoid"), Dense(10, "softmax")]
    )
    build_cnn = lambda: Net(
        [keras.Input((28, 28, 1)), Conv2D(32, 3, activation="relu"), Flatten(), Dense(128, "sigmoid"), Dense(10, "softmax")]
    )


def train(model, x, y, epochs, batch_size, seed):
    TRAINED.append(True)
    return [1 / (1 + epoch) for epoch in range(epochs)]
