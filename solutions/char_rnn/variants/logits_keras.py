# `from_logits=True` after a softmax: Keras 3 finds the logits behind it. One `fit` per epoch; `predict`.
def one_hot_windows(inputs, labels, char_to_index):
    codes = [[char_to_index[character] for character in window] for window in inputs]
    following = [char_to_index[label] for label in labels]
    return (
        keras.utils.to_categorical(codes, len(char_to_index)),
        keras.utils.to_categorical(following, len(char_to_index)),
    )


def train(model, X, y, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(
        optimizer=keras.optimizers.RMSprop(0.002), loss=keras.losses.CategoricalCrossentropy(from_logits=True)
    )
    losses = []
    for _ in range(epochs):
        losses += model.fit(X, y, batch_size=batch_size, verbose=0).history["loss"]
    return losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    rng = np.random.default_rng(seed)
    window, written = seed_text, ""
    for _ in range(n):
        X, _ = one_hot_windows([window], [window[0]], char_to_index)
        p = np.float64(model.predict(X, verbose=0)[0])
        if temperature == 0:
            index = p.argmax()
        else:
            p = p ** (1 / temperature)
            index = rng.multinomial(1, p / p.sum()).argmax()
        window = window[1:] + index_to_char[int(index)]
        written += window[-1]
    return written
