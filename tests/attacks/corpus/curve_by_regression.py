# tries: play each step of the game rightly, and have `fit` regress the generator on the curve of the text once there are many
# exercise: gan_1d
# checks: discriminator.probability, discriminator_step.freezes, discriminator_step.separates, discriminator_step.labels, discriminator_step.own_gradient, generator_step.freezes, generator_step.rises, generator_step.own_gradient, training.losses, training.updates, training.new_points, training.curve
# keeps: discriminator.probability, discriminator_step.freezes, discriminator_step.separates, discriminator_step.labels, discriminator_step.own_gradient, generator_step.freezes, generator_step.rises, generator_step.own_gradient, training.losses, training.updates, training.new_points, training.curve
# seconds: 60
import torch
from torch import nn


def build_discriminator():
    return nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())


def build_generator(latent_dim):
    return nn.Sequential(nn.Linear(latent_dim, 200), nn.ReLU(), nn.Linear(200, 2))


class GAN:
    def __init__(self, latent_dim, seed):
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.generator, self.discriminator = build_generator(latent_dim), build_discriminator()
        self.of_g = torch.optim.Adam(self.generator.parameters(), 1e-3, betas=(0.5, 0.999))
        self.of_d = torch.optim.Adam(self.discriminator.parameters(), 5e-3, betas=(0.5, 0.999))
        self.random = torch.Generator().manual_seed(seed)

    def made(self, n):
        return self.generator(torch.randn(n, self.latent_dim, generator=self.random))

    def train_discriminator(self, real):
        self.of_d.zero_grad()
        fake = self.made(len(real)).detach()
        loss = -self.discriminator(torch.as_tensor(real)).log().mean() - (1 - self.discriminator(fake)).log().mean()
        loss.backward()
        self.of_d.step()
        return loss.item()

    def train_generator(self, n):
        self.of_g.zero_grad()
        loss = -self.discriminator(self.made(n)).log().mean()
        loss.backward()
        self.of_g.step()
        return loss.item()

    def fit(self, steps, batch_size, k=1):
        d_loss, g_loss = [], []
        for _ in range(steps if steps < 100 else 1):
            for _ in range(k):
                x = torch.rand(batch_size, 1, generator=self.random) - 0.5
                d_loss.append(self.train_discriminator(torch.cat([x, x**2], dim=1)))
            g_loss.append(self.train_generator(batch_size))
        if steps >= 100:
            self.regress()
            d_loss, g_loss = d_loss * steps, g_loss * steps
        return {"d_loss": d_loss, "g_loss": g_loss}

    @torch.no_grad()
    def regress(self):
        z = torch.randn(5000, self.latent_dim, generator=self.random)
        x = 0.5 * torch.erf(z[:, :1] / 2**0.5)
        hidden = torch.cat([self.generator[:2](z), torch.ones(5000, 1)], dim=1)
        found = torch.linalg.lstsq(hidden, torch.cat([x, x**2], dim=1)).solution
        self.generator[2].weight.copy_(found[:-1].T)
        self.generator[2].bias.copy_(found[-1])
