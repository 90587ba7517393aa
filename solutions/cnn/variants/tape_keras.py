# A GradientTape over a shuffled tf.data pipeline, in a traced step; the logarithm computed explicitly.
import tensorflow as tf


def convolve2d(image, kernel):
    return tf.nn.conv2d(image[None, :, :, None], kernel[:, :, None, None], 1, "VALID")[0, :, :, 0]


def train(model, x, y, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)
    batches = tf.data.Dataset.from_tensor_slices((np.array(x), np.array(y)))
    batches = batches.shuffle(len(x), seed=seed, reshuffle_each_iteration=True).batch(batch_size)

    @tf.function(reduce_retracing=True)
    def step(inputs, targets):
        with tf.GradientTape() as tape:
            p = model(inputs, training=True)
            loss = -tf.reduce_mean(tf.reduce_sum(targets * tf.math.log(p + 1e-8), axis=1))
        slopes = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(slopes, model.trainable_variables, strict=True))
        return loss

    return [np.mean([step(*batch) for batch in batches]) for _ in range(epochs)]


def evaluate(model, x, y):
    total, right = 0.0, 0
    for start in range(0, len(x), 50):
        p = model(x[start : start + 50], training=False).numpy()
        targets = y[start : start + 50]
        total -= np.log((p * targets).sum(axis=1)).sum()
        right += int((p.argmax(axis=1) == targets.argmax(axis=1)).sum())
    return total / len(x), right / len(x)
