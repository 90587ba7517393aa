# Spectral norm in every layer of D, the last one too; each layer draws its weights when it is made.
from torch.nn.utils.parametrizations import spectral_norm


def normal(layer):
    nn.init.normal_(layer.weight, mean=0.0, std=0.02)
    return layer


def build_discriminator():
    return nn.Sequential(
        spectral_norm(normal(nn.Conv2d(1, 32, 4, 2, 1))),
        nn.LeakyReLU(0.1),
        spectral_norm(normal(nn.Conv2d(32, 64, 4, 2, 1))),
        nn.LeakyReLU(0.1),
        nn.Flatten(),
        spectral_norm(normal(nn.Linear(64 * 7 * 7, 1))),
        nn.Sigmoid(),
    )


class GAN(GAN):
    def __init__(self, latent_dim, seed):
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim).apply(draw_weights)
        self.discriminator = build_discriminator()
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=0.001, betas=(0.5, 0.999))
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), lr=0.001, betas=(0.5, 0.999))
        self.random = np.random.default_rng(seed)
