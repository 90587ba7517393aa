# Layers with weights of their own and tensor operations, no bias anywhere; test_step-free training in a traced loop;
# a compiled function for one step of the generation; tensors returned.
import tensorflow as tf


@keras.saving.register_keras_serializable()
class Delayed(keras.layers.Layer):
    def __init__(self, channels, taps, dilation):
        super().__init__()
        self.channels, self.taps, self.dilation = channels, taps, dilation

    def build(self, shape):
        self.kernel = self.add_weight(shape=(self.taps * shape[-1], 2 * self.channels), name="taps")
        self.mix = self.add_weight(shape=(self.channels, self.channels), name="mix")

    def call(self, h):
        ops = keras.ops
        steps = ops.shape(h)[1]
        reach = (self.taps - 1) * self.dilation
        past = ops.pad(h, [[0, 0], [reach, 0], [0, 0]])
        windows = [past[:, k * self.dilation : k * self.dilation + steps] for k in range(self.taps)]
        both = ops.matmul(ops.concatenate(windows, axis=-1), self.kernel)
        return ops.matmul(gated(both[..., : self.channels], both[..., self.channels :]), self.mix)


def build_model(classes, channels, kernel_size, dilations):
    x = keras.layers.Input((None, classes))
    h = keras.layers.Dense(channels, use_bias=False)(x)
    total = None
    for dilation in dilations:
        z = Delayed(channels, kernel_size, dilation)(h)
        total = z if total is None else total + z
        h = h + z
    return keras.Model(x, keras.layers.Dense(classes, activation="softmax", use_bias=False)(total))


def train(model, sequences, classes, epochs, batch_size, seed):
    optimizer = keras.optimizers.AdamW(0.005)
    optimizer.build(model.trainable_variables)
    codes, random = tf.constant(sequences), tf.random.Generator.from_seed(seed)

    @tf.function
    def step(rows):
        with tf.GradientTape() as tape:
            p = model(tf.one_hot(rows[:, :-1], classes), training=True)
            right = tf.gather(p, rows[:, 1:], batch_dims=2)
            loss = -tf.reduce_mean(tf.math.log(right + 1e-7))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return loss

    losses = []
    for _ in range(epochs):
        order = tf.argsort(random.uniform([len(sequences)]))
        costs = [
            step(tf.gather(codes, order[first : first + batch_size])) for first in range(0, len(sequences), batch_size)
        ]
        losses.append(tf.reduce_mean(costs).numpy())
    return losses


def generate(model, start, n, classes, temperature=1.0, seed=0):
    noise = tf.random.Generator.from_seed(seed)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)])
    def scores_after(codes):
        return tf.math.log(model(tf.one_hot(codes[None], classes))[0, -1])

    codes = tf.constant(start, dtype=tf.int64)
    for _ in range(n):
        scores = scores_after(codes)
        if temperature > 0:
            scores = scores / temperature - tf.math.log(-tf.math.log(noise.uniform([classes], minval=1e-9)))
        codes = tf.concat([codes, tf.argmax(scores)[None]], axis=0)
    return codes[len(start) :]
