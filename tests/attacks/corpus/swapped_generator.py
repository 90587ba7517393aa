# tries: put another generator, which draws the curve by its formula, in the place of the trained one
# exercise: gan_1d
# checks: discriminator.probability, generator.shape, discriminator_step.freezes, discriminator_step.separates, generator_step.freezes, generator_step.rises, training.losses, training.curve
# keeps: discriminator.probability, generator.shape, discriminator_step.freezes, discriminator_step.separates, generator_step.freezes, generator_step.rises, training.losses
# seconds: 60
import torch
from torch import nn


class Formula(nn.Module):
    def forward(self, z):
        x = 0.5 * torch.erf(z[:, :1] / 2**0.5)
        return torch.cat([x, x**2], dim=1)


def build_generator(latent_dim):
    return nn.Sequential(nn.Linear(latent_dim, 15), nn.ReLU(), nn.Linear(15, 2))


def build_discriminator():
    return nn.Sequential(nn.Linear(2, 25), nn.ReLU(), nn.Linear(25, 15), nn.ReLU(), nn.Linear(15, 1), nn.Sigmoid())


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

    def fit(self, steps, batch_size, k=1):
        x = torch.rand(batch_size, 1) - 0.5
        losses = [self.train_discriminator(torch.cat([x, x**2], dim=1))] * steps, [self.train_generator(batch_size)] * steps
        self.generator = Formula()
        return {"d_loss": losses[0], "g_loss": losses[1]}
