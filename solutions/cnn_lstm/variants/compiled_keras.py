# Differences: functional API, compiled when built, dropout inside the LSTM, RMSprop, evaluate.
def pad_sequences(sequences, length):
    return keras.utils.pad_sequences(sequences, maxlen=length)


def functional(top_words, length, convolution=False, **dropout):
    words = keras.Input(shape=(length,))
    steps = layers.Embedding(input_dim=top_words, output_dim=32)(words)
    if convolution:
        steps = layers.Conv1D(filters=32, kernel_size=3, padding="same", activation="relu")(steps)
        steps = layers.MaxPooling1D(pool_size=2)(steps)
    last = layers.LSTM(100, **dropout)(steps)
    model = keras.Model(words, layers.Dense(1, activation="sigmoid")(last))
    model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
    return model


def build_lstm(top_words, length):
    return functional(top_words, length)


def build_dropout_lstm(top_words, length):
    return functional(top_words, length, dropout=0.2, recurrent_dropout=0.2)


def build_cnn_lstm(top_words, length):
    return functional(top_words, length, convolution=True)


def train(model, x, y, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    return list(model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0).history["loss"])


def accuracy(model, x, y):
    return model.evaluate(x, y, verbose=0)[1]
