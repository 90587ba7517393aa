# LSTMs in a model that is not built before its first call, an output without a bias that also scores the start symbol,
# `train_on_batch`; the gradient by a tape.
# %%
def attention_weights(scores, mask):
    return ops.softmax(scores - 1e9 * (1 - mask), axis=-1)


def score_gradient(weights, H, upstream):
    e = tf.math.log(tf.constant(weights))
    with tf.GradientTape() as tape:
        tape.watch(e)
        loss = tf.reduce_sum(context(tf.nn.softmax(e, axis=1), tf.constant(H)) * upstream)
    return tape.gradient(loss, e)


class Luong(keras.Model):
    def __init__(self, symbols, hidden, attention):
        super().__init__()
        self.attend = attention
        self.embed = layers.Embedding(symbols + 1, hidden)
        self.encoder = layers.LSTM(hidden, return_sequences=True, return_state=True)
        self.decoder = layers.LSTM(hidden, return_sequences=True)
        self.general = layers.Dense(hidden, use_bias=False)
        self.mix = layers.Dense(hidden, activation="tanh")
        self.out = layers.Dense(symbols + 1, use_bias=False, activation="softmax")

    def call(self, inputs):
        return self.both(inputs)[0]

    def both(self, inputs):
        source, read = inputs["source"], inputs["read"]
        H, *state = self.encoder(self.embed(source))
        S = self.decoder(self.embed(read), initial_state=state)
        if not self.attend:
            return self.out(self.mix(S)), None
        alpha = ops.softmax(ops.einsum("nid,njd->nij", self.general(S), H), axis=-1)
        return self.out(self.mix(ops.concatenate([S, ops.matmul(alpha, H)], axis=-1))), alpha


class Translator:
    def __init__(self, symbols, hidden, seed, attention=True):
        keras.utils.set_random_seed(seed)
        self.start, self.rng = symbols, np.random.default_rng(seed)
        self.model = Luong(symbols, hidden, attention)
        self.model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")

    def inputs(self, source, target):
        read = np.pad(target[:, :-1], ((0, 0), (1, 0)), constant_values=self.start)
        return {"source": ops.convert_to_tensor(source), "read": ops.convert_to_tensor(read)}

    def fit(self, source, target, epochs, batch_size):
        losses = []
        for _ in range(epochs):
            order, total = self.rng.permutation(len(source)), 0
            for begin in range(0, len(order), batch_size):
                rows = order[begin : begin + batch_size]
                inputs = self.inputs(source[rows], target[rows])
                self.model.reset_metrics()
                loss = self.model.train_on_batch(inputs, target[rows])
                total += len(rows) * float(np.ravel(loss)[0])
            losses.append(total / len(order))
        return losses

    def translate(self, source):
        target = np.zeros_like(source)
        for t in range(source.shape[1]):
            scores = self.model(self.inputs(source, target), training=False)
            target[:, t] = np.argmax(scores[:, t, : self.start], axis=-1)
        return target

    def attention(self, source, target):
        return ops.convert_to_numpy(self.model.both(self.inputs(source, target))[1])
