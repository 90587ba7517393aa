# A subclassed model, unbuilt when returned, with layers of its own; filter and gate in one convolution; GradientTape;
# RMSprop; NumPy's generator; the model called as a function on all samples so far.
import tensorflow as tf


class Gated(keras.layers.Layer):
    def __init__(self, channels, kernel_size, dilation):
        super().__init__()
        self.both = keras.layers.Conv1D(2 * channels, kernel_size, padding="causal", dilation_rate=dilation)
        self.one = keras.layers.Conv1D(channels, 1)

    def call(self, h):
        a, b = keras.ops.split(self.both(h), 2, axis=-1)
        z = self.one(gated(a, b))
        return h + z, z


class Net(keras.Model):
    def __init__(self, classes, channels, kernel_size, dilations):
        super().__init__()
        self.enter = keras.layers.Dense(channels)
        self.gates = [Gated(channels, kernel_size, dilation) for dilation in dilations]
        self.leave = [keras.layers.Dense(channels, activation="elu"), keras.layers.Dense(classes, activation="softmax")]

    def call(self, x):
        h, total = self.enter(x), 0
        for gate in self.gates:
            h, z = gate(h)
            total += z
        for layer in self.leave:
            total = layer(total)
        return total


def build_model(classes, channels, kernel_size, dilations):
    return Net(classes, channels, kernel_size, dilations)


def gated(a, b):
    return tf.tanh(a) * tf.nn.sigmoid(b)


def train(model, sequences, classes, epochs, batch_size, seed):
    optimizer = keras.optimizers.RMSprop(0.003)
    batches = tf.data.Dataset.from_tensor_slices(sequences).shuffle(len(sequences), seed=seed).batch(batch_size)
    model(tf.one_hot(sequences[:1], classes))
    optimizer.build(model.trainable_variables)

    @tf.function(reduce_retracing=True)
    def step(codes):
        with tf.GradientTape() as tape:
            p = model(tf.one_hot(codes[:, :-1], classes), training=True)
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(codes[:, 1:], p))
        slopes = tape.gradient(loss, model.trainable_variables)
        pairs = [(g, v) for g, v in zip(slopes, model.trainable_variables, strict=True) if g is not None]
        optimizer.apply_gradients(pairs)
        return loss

    return [float(tf.reduce_mean([step(codes) for codes in batches])) for _ in range(epochs)]


def generate(model, start, n, classes, temperature=1.0, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.asarray(start)
    for _ in range(n):
        p = model(tf.one_hot(codes[None], classes)).numpy()[0, -1].astype("float64")
        if temperature == 0:
            new = np.argmax(p)
        else:
            p = p ** (1 / temperature)
            new = rng.choice(classes, p=p / p.sum())
        codes = np.append(codes, new)
    return codes[len(start) :]
