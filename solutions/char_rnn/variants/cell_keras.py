# A subclassed model, unbuilt when returned, with its own cell that has W and U in one layer; GradientTape, Nadam,
# Gumbel sampling.
import tensorflow as tf


class Cell(keras.Model):
    def __init__(self, characters, hidden):
        super().__init__()
        self.hidden = hidden
        self.step = keras.layers.Dense(hidden, activation="tanh")
        self.scores = keras.layers.Dense(characters, activation="softmax")

    def call(self, x):
        h = keras.ops.zeros((keras.ops.shape(x)[0], self.hidden))
        for t in range(x.shape[1]):
            h = self.step(keras.ops.concatenate([h, x[:, t]], axis=1))
        return self.scores(h)


def build_model(length, characters, hidden=128):
    return Cell(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    optimizer = keras.optimizers.Nadam(0.002)
    batches = tf.data.Dataset.from_tensor_slices((X, y)).shuffle(len(X), seed=seed).batch(batch_size)
    model(X[:1])

    @tf.function
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.categorical_crossentropy(targets, model(inputs, training=True)))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    optimizer.build(model.trainable_variables)
    return [float(tf.reduce_mean([step(inputs, targets) for inputs, targets in batches])) for _ in range(epochs)]


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    rng = np.random.default_rng(seed)
    unit = np.eye(len(char_to_index), dtype="float32")
    x = unit[[char_to_index[character] for character in seed_text]]
    text = ""
    for _ in range(n):
        scores = np.log(np.asarray(model(x[None]))[0])
        if temperature:
            scores = scores / temperature + rng.gumbel(size=len(scores))
        index = int(scores.argmax())
        text += index_to_char[index]
        x = np.concatenate([x[1:], unit[index : index + 1]])
    return text
