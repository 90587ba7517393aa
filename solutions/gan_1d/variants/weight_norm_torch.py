# Weight normalisation in every layer of D, the last one too: its output has a direction and a gain.
def build_discriminator():
    def normalised(inputs, outputs):
        return nn.utils.parametrizations.weight_norm(nn.Linear(inputs, outputs))

    return nn.Sequential(
        normalised(2, 32), nn.LeakyReLU(0.2), normalised(32, 32), nn.LeakyReLU(0.2), normalised(32, 1), nn.Sigmoid()
    )
