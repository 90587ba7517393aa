# train_on_batch over consecutive slices, reset also at the end of each epoch; cells in generic RNN layers.
# %%
def build_stateful_lstm(batch_size, look_back, units):
    return keras.Sequential(
        [
            keras.Input(batch_shape=(batch_size, look_back, 1)),
            keras.layers.RNN(keras.layers.LSTMCell(units), stateful=True, return_sequences=True),
            keras.layers.RNN(keras.layers.LSTMCell(units), stateful=True),
            keras.layers.Dense(1),
        ]
    )


def reset_state(model):
    for layer in model.layers[:2]:
        layer.reset_state()


def train_stateful(model, X, y, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(loss="mse", optimizer="adam")
    losses = []
    for _ in range(epochs):
        reset_state(model)
        total = 0.0
        for start in range(0, len(X), batch_size):
            total += model.train_on_batch(X[start : start + batch_size], y[start : start + batch_size])
        losses.append(total * batch_size / len(X))
    reset_state(model)
    return losses
