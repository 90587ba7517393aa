# Differences: a subclassed model that masks zeros, a GradientTape, accuracy as a tensor.
import tensorflow as tf


class Reader(keras.Model):
    def __init__(self, top_words, convolution=False, dropout=0.0):
        super().__init__()
        self.embedding = layers.Embedding(top_words, 32, mask_zero=not convolution)
        self.convolution = layers.Conv1D(32, 3, padding="same") if convolution else None
        self.pool = layers.MaxPooling1D()
        self.before, self.after = layers.Dropout(dropout), layers.Dropout(dropout)
        self.lstm = layers.LSTM(100)
        self.head = layers.Dense(1, activation="sigmoid")

    def call(self, tokens, training=False):
        steps = self.embedding(tokens)
        if self.convolution is not None:
            steps = self.pool(keras.ops.relu(self.convolution(steps)))
        last = self.lstm(self.before(steps, training=training))
        return self.head(self.after(last, training=training))


def build_lstm(top_words, length):
    return Reader(top_words)


def build_dropout_lstm(top_words, length):
    return Reader(top_words, dropout=0.2)


def build_cnn_lstm(top_words, length):
    return Reader(top_words, convolution=True)


def train(model, x, y, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x), seed=seed).batch(batch_size)
    optimizer = keras.optimizers.Adam(1e-3)
    cross_entropy = keras.losses.BinaryCrossentropy()

    @tf.function
    def step(tokens, labels):
        with tf.GradientTape() as tape:
            loss = cross_entropy(labels, model(tokens, training=True))
        slopes = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(slopes, model.trainable_variables, strict=True))
        return loss

    optimizer.build(model.trainable_variables)
    return [float(np.mean([step(tokens, labels) for tokens, labels in batches])) for _ in range(epochs)]


def accuracy(model, x, y):
    return tf.reduce_mean(tf.cast(tf.equal(tf.round(model(x)), y), tf.float32))
