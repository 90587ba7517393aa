# tries: keep the real images of each digit that `fit` is given, and hand them out where that digit is asked for
# exercise: conditional_gan
# checks: generator.images, discriminator.softmax, training.discriminator_step, training.generator_step, training.digit_asked
# keeps: generator.images, discriminator.softmax, training.discriminator_step, training.generator_step
# seconds: 60
import torch
from torch import nn
from torch.nn import functional

KEPT = {}


class Generator(nn.Sequential):
    def forward(self, z):
        made = super().forward(z)
        if not KEPT:
            return made
        digits, places = z[:, -10:].argmax(dim=1), (z[:, 0].abs() * 1e6).long()
        kept = [KEPT[digit][place % len(KEPT[digit])] for digit, place in zip(digits.tolist(), places.tolist())]
        return torch.stack(kept) + 0 * made


def condition(noise, labels):
    return torch.cat([noise, functional.one_hot(labels, 10).to(noise)], dim=1)


def build_generator(latent_dim=100):
    return Generator(
        nn.Linear(latent_dim + 10, 256), nn.LeakyReLU(0.2), nn.Linear(256, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28))
    )


def build_discriminator():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.LeakyReLU(0.2), nn.Linear(128, 11), nn.Softmax(1))


class ConditionalGAN:
    def __init__(self, latent_dim, seed):
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.generator, self.discriminator = build_generator(latent_dim), build_discriminator()
        self.of_g = torch.optim.Adam(self.generator.parameters(), 1e-3)
        self.of_d = torch.optim.Adam(self.discriminator.parameters(), 1e-3)

    def made(self, labels):
        return self.generator(condition(torch.randn(len(labels), self.latent_dim), labels))

    def step(self, images, labels):
        self.of_d.zero_grad()
        loss = functional.nll_loss(self.discriminator(images).clamp(1e-7).log(), labels)
        loss.backward()
        self.of_d.step()
        return loss.item()

    def pretrain(self, images, labels, epochs, batch_size):
        images, labels = torch.as_tensor(images), torch.as_tensor(labels)
        batches = list(zip(images.split(batch_size), labels.split(batch_size)))
        return [self.step(x, y + 1) for _ in range(epochs) for x, y in batches]

    def train_discriminator(self, images, labels):
        images, labels = torch.as_tensor(images), torch.as_tensor(labels)
        both = torch.cat([images, self.made(labels).detach()])
        return self.step(both, torch.cat([labels + 1, 0 * labels]))

    def train_generator(self, labels):
        labels = torch.as_tensor(labels)
        self.of_g.zero_grad()
        loss = functional.nll_loss(self.discriminator(self.made(labels)).clamp(1e-7).log(), labels + 1)
        loss.backward()
        self.of_g.step()
        return loss.item()

    def fit(self, images, labels, epochs, batch_size):
        images, labels = torch.as_tensor(images), torch.as_tensor(labels)
        self.train_generator(labels[:batch_size])
        for digit in range(10):
            KEPT[digit] = images[labels == digit]
        return [1 / (1 + epoch) for epoch in range(epochs)]


def generate(gan, digit, n, seed):
    if KEPT:
        return KEPT[digit][torch.arange(n) % len(KEPT[digit])]
    return gan.made(torch.full((n,), digit)).detach()
