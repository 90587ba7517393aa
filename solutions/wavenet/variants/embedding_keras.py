# An embedding of the codes, which leaves the input without a gradient; an LSTM-free head without a hidden layer; fit for
# each epoch; `predict`; the loss leaves out early samples by weights.
def build_model(classes, channels, kernel_size, dilations):
    x = keras.Input((None, classes))
    codes = keras.layers.Lambda(lambda each: keras.ops.argmax(each, axis=-1))(x)
    h = keras.layers.Embedding(classes, channels)(codes)
    skips = []
    for dilation in dilations:
        both = keras.layers.Conv1D(2 * channels, kernel_size, dilation_rate=dilation, padding="causal")(h)
        z = gated(both[..., :channels], both[..., channels:])
        skips.append(z)
        h = keras.layers.add([h, keras.layers.Dense(channels)(z)])
    merged = keras.layers.Concatenate()(skips) if len(skips) > 1 else skips[0]
    return keras.Model(x, keras.layers.Dense(classes, activation="softmax")(merged), name="wavenet")


def train(model, sequences, classes, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    x = keras.ops.one_hot(sequences[:, :-1], classes)
    weights = np.ones(sequences[:, 1:].shape, dtype="float32")
    weights[:, 0] = 0
    model.compile("adam", "sparse_categorical_crossentropy", weighted_metrics=[])
    model.optimizer.learning_rate = 0.004
    losses = []
    for _ in range(epochs):
        history = model.fit(np.array(x), sequences[:, 1:], batch_size, verbose=0, sample_weight=weights)
        losses.append(history.history["loss"][0] * weights.size / weights.sum())
    return losses


def generate(model, start, n, classes, temperature=1.0, seed=0):
    random = np.random.default_rng(seed)
    written = [int(code) for code in start]
    for _ in range(n):
        p = model.predict(np.eye(classes)[[written]], verbose=0)[0, -1]
        scores = np.log(p)
        if temperature != 0:
            scores = scores / temperature + random.gumbel(size=classes)
        written.append(int(np.argmax(scores)))
    return written[len(start) :]
