# A lower learning rate; spectral norm in D and a last layer without bias; a generator with dense layers; RMSprop;
# `fit` also for pre-training.
from torch.nn.utils.parametrizations import spectral_norm


def build_generator(latent_dim=100):
    return nn.Sequential(
        nn.Linear(latent_dim + 10, 256),
        nn.LeakyReLU(0.2),
        nn.Linear(256, 512),
        nn.LeakyReLU(0.2),
        nn.Linear(512, 784),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )


def build_discriminator():
    return nn.Sequential(
        spectral_norm(nn.Conv2d(1, 16, 4, 2, 1)),
        nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(16, 32, 4, 2, 1)),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(32 * 49, 11, bias=False),
        nn.Softmax(dim=1),
    )


class ConditionalGAN(ConditionalGAN):
    def __init__(self, latent_dim, seed):
        super().__init__(latent_dim, seed)
        self.generator_optimizer = torch.optim.RMSprop(self.generator.parameters(), lr=3e-4)
        self.discriminator_optimizer = torch.optim.RMSprop(self.discriminator.parameters(), lr=3e-4)

    def fit(self, images, labels, epochs, batch_size):
        self.pretrain(images, labels, 1, batch_size)
        return super().fit(images, labels, epochs, batch_size)
