# All weights are drawn from N(0, 0.02²), as in convolutional GANs.
def small():
    return keras.initializers.RandomNormal(stddev=0.02)


def build_discriminator():
    model = keras.Sequential([keras.Input((2,))])
    for _ in range(2):
        model.add(keras.layers.Dense(32, kernel_initializer=small()))
        model.add(keras.layers.LeakyReLU(negative_slope=0.2))
    model.add(keras.layers.Dense(1, activation="sigmoid", kernel_initializer=small()))
    return model


def build_generator(latent_dim):
    model = keras.Sequential([keras.Input((latent_dim,))])
    for _ in range(2):
        model.add(keras.layers.Dense(32, activation="relu", kernel_initializer=small()))
    model.add(keras.layers.Dense(2, kernel_initializer=small()))
    return model
