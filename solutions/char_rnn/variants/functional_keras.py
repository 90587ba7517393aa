# The functional API, a loop that is not unrolled, Adam, train_on_batch, NumPy's generator.
def build_model(length, characters, hidden=128):
    windows = keras.Input((length, characters))
    state = keras.layers.SimpleRNN(hidden)(windows)
    scores = keras.layers.Dense(characters)(state)
    return keras.Model(windows, keras.layers.Activation("softmax")(scores))


def train(model, X, y, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss=keras.losses.CategoricalCrossentropy())
    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(X))
        of_batches = [
            model.train_on_batch(X[order[first : first + batch_size]], y[order[first : first + batch_size]])
            for first in range(0, len(X), batch_size)
        ]
        losses.append(float(np.mean(of_batches)))
    return losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    rng = np.random.default_rng(seed)
    text = seed_text
    for _ in range(n):
        x = np.zeros((1, len(seed_text), len(char_to_index)), dtype=np.float32)
        for place, character in enumerate(text[-len(seed_text) :]):
            x[0, place, char_to_index[character]] = 1
        p = model(x).numpy()[0].astype("float64")
        if temperature:
            p = np.exp(np.log(p) / temperature)
            index = int(rng.choice(len(p), p=p / p.sum()))
        else:
            index = int(np.argmax(p))
        text += index_to_char[index]
    return text[len(seed_text) :]
