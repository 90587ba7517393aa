# Differences: RNN with an LSTMCell, activation layers, SpatialDropout1D, train_on_batch, NumPy for the order.
def build_lstm(top_words, length):
    model = keras.Sequential([keras.Input((length,), dtype="int32"), layers.Embedding(top_words, 32)])
    model.add(layers.RNN(layers.LSTMCell(100)))
    model.add(layers.Dense(1))
    model.add(layers.Activation("sigmoid"))
    return model


def build_dropout_lstm(top_words, length):
    model = keras.Sequential([keras.Input((length,), dtype="int32"), layers.Embedding(top_words, 32)])
    model.add(layers.SpatialDropout1D(0.2))
    model.add(layers.LSTM(100, return_sequences=True))
    model.add(layers.Lambda(lambda states: states[:, -1]))
    model.add(layers.Dropout(0.2))
    model.add(layers.Dense(1, "sigmoid"))
    return model


def build_cnn_lstm(top_words, length):
    model = keras.Sequential([keras.Input((length,), dtype="int32"), layers.Embedding(top_words, 32)])
    model.add(layers.Conv1D(32, 3, padding="same"))
    model.add(layers.MaxPool1D())
    model.add(layers.ReLU())
    model.add(layers.LSTM(100))
    model.add(layers.Dense(1, "sigmoid"))
    return model


def train(model, x, y, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    model.compile(optimizer=keras.optimizers.Adam(2e-3), loss=keras.losses.BinaryCrossentropy())
    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        batches = [order[i : i + batch_size] for i in range(0, len(x), batch_size)]
        losses.append(np.mean([model.train_on_batch(x[batch], y[batch]) for batch in batches]))
    return losses


def accuracy(model, x, y):
    return float(np.mean(np.round(model.predict(x, verbose=0)) == y))
