# A single call of `fit` on a tf.data pipeline; leaky ReLU; AdamW.
# %%
import tensorflow as tf


def train_discriminator(real, fake, steps, seed):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential()
    model.add(keras.Input(shape=(1,)))
    for _ in range(2):
        model.add(keras.layers.Dense(32))
        model.add(keras.layers.LeakyReLU(negative_slope=0.2))
    model.add(keras.layers.Dense(1))
    model.add(keras.layers.Activation("sigmoid"))
    model.compile(optimizer=keras.optimizers.AdamW(2e-3), loss=keras.losses.BinaryCrossentropy())
    x = np.concatenate([real, fake])
    y = np.concatenate([np.ones((len(real), 1)), np.zeros((len(fake), 1))])
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x), seed=seed).repeat().batch(400)
    model.fit(data, epochs=1, steps_per_epoch=steps, verbose=0)
    return model
