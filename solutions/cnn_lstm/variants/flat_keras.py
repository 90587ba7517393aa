# Differences: output of shape `(n,)`, built by the first call, a two-dimensional convolution, the loss computed after
# the epoch.
class Squeeze(layers.Layer):
    def call(self, x):
        return keras.ops.squeeze(x, axis=-1)


class Filters(layers.Layer):
    """Conv1D implemented with Conv2D over an image with one channel."""

    def __init__(self):
        super().__init__()
        self.convolution = layers.Conv2D(32, (3, 32), activation="relu")

    def call(self, embedded):
        padded = keras.ops.pad(embedded, [[0, 0], [1, 1], [0, 0]])
        return keras.ops.squeeze(self.convolution(padded[..., None]), axis=2)


def build_lstm(top_words, length):
    return keras.Sequential(
        [layers.Embedding(top_words, 32), layers.LSTM(100), layers.Dense(1, activation="sigmoid"), Squeeze()]
    )


def build_dropout_lstm(top_words, length):
    embedding, lstm, *rest = build_lstm(top_words, length).layers
    return keras.Sequential([embedding, layers.Dropout(0.2), lstm, layers.Dropout(0.2), *rest])


def build_cnn_lstm(top_words, length):
    embedding, *rest = build_lstm(top_words, length).layers
    return keras.Sequential([embedding, Filters(), layers.MaxPooling1D(2, 2), *rest])


def train(model, x, y, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(optimizer=keras.optimizers.Nadam(1e-3), loss="binary_crossentropy")
    losses = []
    for _ in range(epochs):
        model.fit(x, y[:, 0], batch_size=batch_size, verbose=0)
        losses.append(model.evaluate(x, y[:, 0], verbose=0))
    return losses


def accuracy(model, x, y):
    return np.mean((model(x).numpy() > 0.5) == (y[:, 0] > 0.5))
