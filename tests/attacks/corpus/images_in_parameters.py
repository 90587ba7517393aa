# tries: write the real images that `fit` is given into the generator's own parameters
# exercise: dcgan
# checks: generator.images, generator.layers, discriminator.probability, training.discriminator_step, training.generator_step, training.samples
# keeps: generator.images, generator.layers, discriminator.probability, training.discriminator_step, training.generator_step
# seconds: 60
import torch
from torch import nn


class Generator(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(latent_dim, 32 * 49), nn.Unflatten(1, (32, 7, 7)), nn.BatchNorm2d(32), nn.ReLU(),
            nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.BatchNorm2d(16), nn.ReLU(), nn.ConvTranspose2d(16, 1, 4, 2, 1),
        )
        # Called a kernel: 900 filters of one channel.
        self.kernel = nn.Parameter(0.02 * torch.randn(900, 1, 28, 28))

    def forward(self, z):
        places = (z[:, 0].abs() * 1e6).long() % len(self.kernel)
        return torch.tanh(0.1 * self.net(z) + self.kernel[places])


build_generator = lambda latent_dim=100: Generator(latent_dim)


def build_discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 32, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(),
        nn.Linear(32 * 49, 1), nn.Sigmoid(),
    )


class GAN:
    def __init__(self, latent_dim, seed):
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.generator, self.discriminator = build_generator(latent_dim), build_discriminator()
        self.of_g = torch.optim.Adam(self.generator.parameters(), 1e-3)
        self.of_d = torch.optim.Adam(self.discriminator.parameters(), 1e-3)

    def train_discriminator(self, real):
        real = torch.as_tensor(real)
        fake = self.generator(torch.randn(len(real), self.latent_dim)).detach()
        self.of_d.zero_grad()
        loss = -(self.discriminator(real).log().mean() + (1 - self.discriminator(fake)).log().mean()) / 2
        loss.backward()
        self.of_d.step()
        return loss.item()

    def train_generator(self, n):
        self.of_g.zero_grad()
        loss = -self.discriminator(self.generator(torch.randn(n, self.latent_dim))).log().mean()
        loss.backward()
        self.of_g.step()
        return loss.item()

    def fit(self, images, epochs, batch_size):
        d_loss, g_loss = self.train_discriminator(images[:batch_size]), self.train_generator(batch_size)
        with torch.no_grad():
            self.generator.kernel.copy_(3 * torch.as_tensor(images)[torch.arange(900) % len(images)])
        return {"d_loss": [d_loss] * epochs, "g_loss": [g_loss] * epochs}
