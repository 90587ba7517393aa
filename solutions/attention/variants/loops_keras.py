# Loops for the functions, lists as answers, and Adam with another rate and clipped gradients.
# %%
def additive_scores(s, H, W, U, v):
    columns = []
    for j in range(H.shape[1]):
        inner = ops.matmul(s, ops.transpose(W)) + ops.matmul(H[:, j], ops.transpose(U))
        columns.append(ops.sum(v * ops.tanh(inner), axis=-1))
    return ops.stack(columns, axis=1)


def location_scores(s, y, V):
    joined = ops.concatenate([s, y], axis=-1)
    return ops.stack([ops.sum(joined * V[j], axis=-1) for j in range(V.shape[0])], axis=1)


def attention_weights(scores, mask):
    return tf.nn.softmax(tf.where(tf.cast(mask, bool), scores, tf.fill(tf.shape(scores), scores.dtype.min)))


def context(weights, H):
    total = 0
    for j in range(H.shape[1]):
        total += weights[:, j : j + 1] * H[:, j]
    return total


def score_gradient(weights, H, upstream):
    answer = []
    for alpha, states, u in zip(weights, H, upstream):
        c = sum(a * h for a, h in zip(alpha, states))
        answer.append([float(a * np.dot(u, h - c)) for a, h in zip(alpha, states)])
    return answer


class Translator:
    def __init__(self, symbols, hidden, seed, attention=True):
        keras.utils.set_random_seed(seed)
        self.model = EncoderDecoder(symbols, hidden, attention)
        self.model.compile(
            optimizer=keras.optimizers.Adam(0.008, clipnorm=1.0),
            loss=lambda y, scores: keras.losses.sparse_categorical_crossentropy(y, scores, from_logits=True),
        )

    def fit(self, source, target, epochs, batch_size):
        pairs = tf.data.Dataset.from_tensor_slices(((source, target), target))
        pairs = pairs.shuffle(len(source)).batch(batch_size)
        return self.model.fit(pairs, epochs=epochs, verbose=0).history["loss"]

    def translate(self, source):
        target = np.zeros_like(source)
        for t in range(source.shape[1]):
            target[:, t] = ops.argmax(self.model((source, target))[:, t], axis=1)
        return target.tolist()

    def attention(self, source, target):
        return np.array(self.model.read(tf.constant(source), tf.constant(target))[1]).tolist()
