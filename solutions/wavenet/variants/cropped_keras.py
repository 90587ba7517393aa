# Padding on both sides and a crop, layers for every operation, layer normalisation; train_on_batch; a buffer for all
# samples; predict_on_batch; loops in the small functions.
def mu_law(x, mu=255):
    codes = []
    for value in np.ravel(x):
        y = np.copysign(np.log(1 + mu * abs(float(value))) / np.log(1 + mu), value)
        codes.append(int((y + 1) / 2 * mu + 0.5))
    return np.reshape(codes, np.shape(x))


def inverse_mu_law(codes, mu=255):
    y = 2 * (np.asarray(codes, dtype=np.float64) / mu) - 1
    return np.where(y < 0, -1, 1) * ((1 + mu) ** abs(y) - 1) / mu


def causal_convolution(x, kernel, dilation):
    K, C, D = kernel.shape
    y = np.zeros((x.shape[0], D))
    for t in range(x.shape[0]):
        for k in range(K):
            source = t - (K - 1 - k) * dilation
            if source >= 0:
                y[t] += x[source] @ kernel[k]
    return y


def build_model(classes, channels, kernel_size, dilations):
    layers = keras.layers
    inputs = layers.Input(shape=(None, classes))
    h = layers.Conv1D(channels, 1, use_bias=False)(inputs)
    skips = []
    for dilation in dilations:
        reach = (kernel_size - 1) * dilation
        padded = layers.ZeroPadding1D(reach)(layers.LayerNormalization()(h))
        a = layers.Conv1D(channels, kernel_size, dilation_rate=dilation, activation="tanh")(padded)
        b = layers.Conv1D(channels, kernel_size, dilation_rate=dilation, activation="sigmoid")(padded)
        z = layers.Cropping1D((0, reach))(layers.Multiply()([a, b]))
        skips.append(layers.Conv1D(2 * channels, 1)(z))
        h = layers.Add()([h, layers.Conv1D(channels, 1)(z)])
    out = layers.Add()(skips) if len(skips) > 1 else skips[0]
    out = layers.Activation("relu")(out)
    return keras.Model(inputs, layers.Softmax()(layers.Conv1D(classes, 1)(out)))


def train(model, sequences, classes, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    unit = np.eye(classes, dtype="float32")
    model.compile(optimizer=keras.optimizers.Nadam(0.003), loss=keras.losses.CategoricalCrossentropy())
    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(sequences))
        costs = []
        for first in range(0, len(order), batch_size):
            x = unit[sequences[order[first : first + batch_size]]]
            costs.append(model.train_on_batch(x[:, :-1], x[:, 1:]))
        losses.append(float(np.mean(costs)))
    return losses


def generate(model, start, n, classes, temperature=1.0, seed=0):
    rng = np.random.default_rng(seed)
    buffer = np.zeros((1, len(start) + n, classes), dtype="float32")
    buffer[0, np.arange(len(start)), start] = 1
    for place in range(len(start), len(start) + n):
        p = np.float64(model.predict_on_batch(buffer)[0, place - 1])
        if temperature > 0:
            p = np.exp(np.log(p) / temperature)
            new = rng.multinomial(1, p / p.sum()).argmax()
        else:
            new = p.argmax()
        buffer[0, place, new] = 1
    return buffer[0, len(start) :].argmax(axis=-1)
