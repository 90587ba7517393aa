# A GradientTape and a GRU cell in a loop whose state before its step is the query (Bahdanau); functions with einsum.
# %%
def additive_scores(s, H, W, U, v):
    return tf.einsum(
        "a,nta->nt", v, tf.tanh(tf.einsum("ad,nd->na", W, s)[:, tf.newaxis] + tf.einsum("ad,ntd->nta", U, H))
    )


def location_scores(s, y, V):
    return tf.matmul(tf.concat([s, y], -1), V, transpose_b=True)


def attention_weights(scores, mask):
    lowest = tf.reduce_min(scores, axis=1, keepdims=True)
    kept = mask * scores + (1 - mask) * lowest
    powers = mask * tf.exp(kept - tf.reduce_max(tf.where(mask > 0, kept, lowest), axis=1, keepdims=True))
    return powers / tf.reduce_sum(powers, axis=1, keepdims=True)


def context(weights, H):
    return tf.squeeze(tf.matmul(weights[:, tf.newaxis], H), 1)


class Translator:
    def __init__(self, symbols, hidden, seed, attention=True):
        tf.keras.utils.set_random_seed(seed)
        self.symbols, self.with_attention = symbols, attention
        self.layers = {
            "embed": layers.Embedding(symbols + 1, hidden),
            "encoder": layers.GRU(hidden, return_sequences=True, return_state=True),
            "query": layers.Dense(hidden),
            "key": layers.Dense(hidden),
            "v": layers.Dense(1),
            "cell": layers.GRUCell(hidden),
            "out": layers.Dense(symbols),
        }
        self.model = Net(self)
        self.model(tf.zeros((1, 2), tf.int64), tf.zeros((1, 2), tf.int64))
        self.optimizer = keras.optimizers.Adam(0.01)
        self.optimizer.build(self.model.trainable_variables)
        self.rng = np.random.default_rng(seed)

    @tf.function(reduce_retracing=True)
    def step(self, source, target):
        with tf.GradientTape() as tape:
            scores, _, _ = self.model(source, target)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=scores))
        variables = self.model.trainable_variables
        gradients = tape.gradient(loss, variables)
        self.optimizer.apply_gradients([(g, v) for g, v in zip(gradients, variables) if g is not None])
        return loss

    def fit(self, source, target, epochs, batch_size):
        losses = []
        for _ in range(epochs):
            data = tf.data.Dataset.from_tensor_slices((source, target))
            data = data.shuffle(len(source), seed=int(self.rng.integers(2**31))).batch(batch_size)
            losses.append(float(np.average([self.step(x, y) for x, y in data])))
        return losses

    def translate(self, source):
        return self.model(tf.constant(source), None)[2].numpy()

    def attention(self, source, target):
        return self.model(tf.constant(source), tf.constant(target))[1].numpy()


class Net(keras.Model):
    def __init__(self, owner):
        super().__init__()
        self.parts, self.go, self.with_attention = owner.layers, owner.symbols, owner.with_attention
        for name, layer in owner.layers.items():
            setattr(self, f"{name}_layer", layer)

    def call(self, source, target):
        H, s = self.parts["encoder"](self.parts["embed"](source))
        y = tf.fill(tf.shape(source)[:1], tf.cast(self.go, source.dtype))
        scores, looks, written = [], [], []
        c = H[:, -1]
        for t in range(source.shape[1]):
            if self.with_attention:
                e = self.parts["v"](tf.tanh(self.parts["query"](s)[:, None] + self.parts["key"](H)))
                alpha = tf.nn.softmax(e[..., 0], axis=-1)
                looks.append(alpha)
                c = tf.einsum("nt,ntd->nd", alpha, H)
            s, _ = self.parts["cell"](tf.concat([self.parts["embed"](y), c], -1), [s])
            scores.append(self.parts["out"](tf.concat([s, c], -1)))
            written.append(tf.argmax(scores[-1], axis=-1))
            y = written[-1] if target is None else target[:, t]
        return tf.stack(scores, 1), tf.stack(looks, 1) if looks else None, tf.stack(written, 1)
