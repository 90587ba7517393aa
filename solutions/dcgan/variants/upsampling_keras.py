# Upsampling and convolution, dropout instead of batch norm in D, PReLU, a truncated normal distribution, one loss per
# epoch.
def weights():
    return keras.initializers.TruncatedNormal(0.0, 0.02)


def build_generator(latent_dim=100):
    z = keras.Input((latent_dim,))
    x = keras.layers.Dense(32 * 49, use_bias=False, kernel_initializer=weights())(z)
    x = keras.layers.Reshape((7, 7, 32))(x)
    x = keras.layers.LeakyReLU(negative_slope=0.2)(batch_norm()(x))
    x = keras.layers.UpSampling2D()(x)
    x = keras.layers.Conv2D(16, 3, padding="same", kernel_initializer=weights())(x)
    x = keras.layers.LeakyReLU(negative_slope=0.2)(batch_norm()(x))
    x = keras.layers.UpSampling2D(interpolation="bilinear")(x)
    x = keras.layers.Conv2D(1, 5, padding="same", activation="tanh", kernel_initializer=weights())(x)
    return keras.Model(z, x)


def build_discriminator():
    x = image = keras.Input((28, 28, 1))
    for filters in (32, 64):
        x = keras.layers.Conv2D(filters, 5, strides=2, padding="same", kernel_initializer=weights())(x)
        x = keras.layers.PReLU(shared_axes=[1, 2], alpha_initializer=keras.initializers.Constant(0.25))(x)
        x = keras.layers.Dropout(0.2)(x)
    x = keras.layers.Flatten()(x)
    return keras.Model(image, keras.layers.Dense(1, activation="sigmoid", kernel_initializer=weights())(x))


class GAN(GAN):
    def fit(self, images, epochs, batch_size):
        result = {"d_loss": [], "g_loss": []}
        for _ in range(epochs):
            images = self.random.permutation(images)
            batches = [images[i : i + batch_size] for i in range(0, len(images) - batch_size + 1, batch_size)]
            pairs = [(self.train_discriminator(batch), self.train_generator(batch_size)) for batch in batches]
            d, g = np.mean(pairs, axis=0)
            result["d_loss"].append(d)
            result["g_loss"].append(g)
        return result
