# A hand-made XOR from other units (NAND and OR), in tensors, with (n, 1) weights; sigmoid hidden units with AdamW.
def or_gate():
    return np.array([[3.0], [3.0]]), np.array([-1.0])


def xor_by_hand(x):
    h = tf.sigmoid(tf.constant(x) @ tf.constant([[-30.0, 40.0], [-30.0, 40.0]]) + tf.constant([45.0, -20.0]))
    return tf.reduce_sum(h, axis=1) - 1


def build_model(hidden):
    model = keras.Sequential()
    model.add(
        keras.layers.Dense(hidden, activation="sigmoid", kernel_initializer=keras.initializers.RandomNormal(0, 2))
    )
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    return model


def train(model, x, y, epochs, learning_rate, seed):
    keras.utils.set_random_seed(seed)
    model.compile(keras.optimizers.AdamW(learning_rate, weight_decay=1e-4), keras.losses.BinaryCrossentropy())
    return [model.train_on_batch(x, y) for _ in range(epochs)]
