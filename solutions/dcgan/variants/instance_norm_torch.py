# Instance norm, PReLU and dropout in D; nearest and bilinear upsampling in G; AdamW.
from torch.nn import functional as F


class Generator(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.project = nn.Linear(latent_dim, 48 * 7 * 7, bias=False)
        self.bn0 = nn.BatchNorm2d(48)
        self.conv1 = nn.Conv2d(48, 24, 5, padding=2, bias=False)
        self.bn1 = nn.BatchNorm2d(24)
        self.conv2 = nn.Conv2d(24, 1, 5, padding=2)

    def forward(self, z):
        x = F.relu(self.bn0(self.project(z).view(-1, 48, 7, 7)))
        x = F.relu(self.bn1(self.conv1(F.interpolate(x, scale_factor=2, mode="nearest"))))
        return torch.tanh(self.conv2(F.interpolate(x, scale_factor=2, mode="bilinear")))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 24, 5, stride=2, padding=2)
        self.conv2 = nn.Conv2d(24, 48, 5, stride=2, padding=2)
        self.norm2 = nn.InstanceNorm2d(48, affine=True)
        self.drop = nn.Dropout(0.3)
        self.act1, self.act2 = nn.PReLU(init=0.2), nn.PReLU(init=0.2)
        self.fc = nn.Linear(48 * 49, 1)

    def forward(self, x):
        x = self.drop(self.act1(self.conv1(x)))
        x = self.drop(self.act2(self.norm2(self.conv2(x))))
        return torch.sigmoid(self.fc(torch.flatten(x, 1)))


def init_weights(module):
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        module.weight.data.normal_(0.0, 0.02)
        if module.bias is not None:
            module.bias.data.zero_()


def build_generator(latent_dim=100):
    return Generator(latent_dim)


def build_discriminator():
    return Discriminator()


class GAN(GAN):
    def __init__(self, latent_dim, seed):
        super().__init__(latent_dim, seed)
        torch.manual_seed(seed)
        self.generator.apply(init_weights)
        self.discriminator.apply(init_weights)
        self.generator_optimizer = torch.optim.AdamW(self.generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
        self.discriminator_optimizer = torch.optim.AdamW(self.discriminator.parameters(), lr=5e-4, betas=(0.5, 0.999))
