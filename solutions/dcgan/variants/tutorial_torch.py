# Convolutions without biases, a 7×7 transposed convolution as projection, two batch norms, a convolution as D's last
# layer, a lower learning rate.
class Reshape(nn.Module):
    def __init__(self, *sides):
        super().__init__()
        self.sides = sides

    def forward(self, x):
        return x.reshape(x.shape[0], *self.sides)


def build_generator(latent_dim=100):
    return nn.Sequential(
        Reshape(latent_dim, 1, 1),
        nn.ConvTranspose2d(latent_dim, 48, 7, bias=False),
        nn.BatchNorm2d(48),
        nn.ReLU(True),
        nn.ConvTranspose2d(48, 24, 4, 2, 1, bias=False),
        nn.BatchNorm2d(24),
        nn.ReLU(True),
        nn.ConvTranspose2d(24, 1, 4, 2, 1, bias=False),
        nn.Tanh(),
    )


def build_discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 24, 4, 2, 1, bias=False),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(24, 48, 4, 2, 1, bias=False),
        nn.BatchNorm2d(48),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(48, 1, 7, bias=False),
        nn.Sigmoid(),
        Reshape(1),
    )


def draw_weights(m):
    name = m.__class__.__name__
    if name.find("Conv") != -1:
        nn.init.normal_(m.weight.data, 0.0, 0.02)
    elif name.find("BatchNorm") != -1:
        nn.init.normal_(m.weight.data, 1.0, 0.02)
        nn.init.constant_(m.bias.data, 0)


class GAN(GAN):
    def __init__(self, latent_dim, seed):
        super().__init__(latent_dim, seed)
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=0.0005, betas=(0.5, 0.999))
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), lr=0.0005, betas=(0.5, 0.999))
