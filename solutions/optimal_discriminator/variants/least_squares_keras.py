# The mean squared error has the same optimum as the cross-entropy; a functional model.
# %%
def train_discriminator(real, fake, steps, seed):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((1,))
    hidden = keras.layers.Dense(16, activation="tanh")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
    x = np.vstack([real, fake])
    y = np.r_[np.ones(len(real)), np.zeros(len(fake))][:, None]
    for _ in range(steps):
        model.train_on_batch(x, y)
    return model
