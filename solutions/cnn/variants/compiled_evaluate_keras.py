# train_on_batch with Nadam and a schedule; evaluate by the compiled model, whose loss is that of the unclipped scores;
# dropout and LeakyReLU; SciPy's correlate2d.
from scipy import signal


def one_hot(labels, classes):
    return keras.ops.one_hot(labels, classes)


def convolve2d(image, kernel):
    return signal.correlate2d(image, kernel, mode="valid")


def build_dense_net():
    model = keras.Sequential([keras.Input((784,))])
    for _ in range(2):
        model.add(keras.layers.Dense(128, kernel_initializer="he_normal"))
        model.add(keras.layers.LeakyReLU(negative_slope=0.1))
        model.add(keras.layers.Dropout(0.1))
    model.add(keras.layers.Dense(10))
    model.add(keras.layers.Softmax())
    return model


def train(model, x, y, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    rng = np.random.RandomState(seed)
    model.compile(
        optimizer=keras.optimizers.Nadam(keras.optimizers.schedules.CosineDecay(1e-3, 100000)),
        loss=keras.losses.CategoricalCrossentropy(from_logits=False),
        metrics=["accuracy"],
    )
    losses = []
    for epoch in range(epochs):
        indices = rng.permutation(x.shape[0])
        total = 0.0
        for i in range(0, x.shape[0], batch_size):
            idx = indices[i : i + batch_size]
            model.reset_metrics()
            total += model.train_on_batch(x[idx], y[idx])[0] * len(idx)
        losses.append(total / x.shape[0])
    return losses


def evaluate(model, x, y):
    model.compile(loss="categorical_crossentropy", metrics=["accuracy"])
    return model.evaluate(x, y, batch_size=50, verbose=0)
