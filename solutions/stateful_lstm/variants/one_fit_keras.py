# A single call of fit with a callback that resets the state; the functional API; AdamW.
# %%
def build_stateful_lstm(batch_size, look_back, units):
    inputs = keras.Input(batch_shape=(batch_size, look_back, 1))
    sequence = keras.layers.LSTM(units, stateful=True, return_sequences=True)(inputs)
    last = keras.layers.LSTM(units, stateful=True)(sequence)
    return keras.Model(inputs, keras.layers.Dense(1)(last))


def reset_state(model):
    for layer in model.layers:
        if getattr(layer, "stateful", False):
            layer.reset_state()


class ResetStates(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        reset_state(self.model)


def train_stateful(model, X, y, epochs, batch_size, seed):
    model.compile(loss="mse", optimizer=keras.optimizers.AdamW(0.002))
    history = model.fit(X, y, epochs=epochs, batch_size=batch_size, shuffle=False, verbose=0, callbacks=[ResetStates()])
    return history.history["loss"]
