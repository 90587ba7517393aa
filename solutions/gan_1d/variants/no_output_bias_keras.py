# D's last layer has no bias, as in PyTorch's DCGAN tutorial.
def build_discriminator():
    return keras.Sequential([
        keras.Input((2,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid", use_bias=False),
    ])  # fmt: skip
