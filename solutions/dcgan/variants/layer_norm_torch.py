# A system with training_step and configure_optimizers, as in Lightning; layer norm in D over channels and pixels;
# logits from a method of D.
from dataclasses import dataclass

from torch.nn import functional as F


@dataclass
class Config:
    latent_dim: int
    lr: float = 1e-3
    b1: float = 0.5
    width: int = 16


class Discriminator(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, width, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False),
            nn.LayerNorm([2 * width, 7, 7]),
            nn.LeakyReLU(0.2),
        )
        self.head = nn.Linear(2 * width * 49, 1)

    def logits(self, x):
        return self.head(self.features(x).flatten(1))

    def forward(self, x):
        return torch.sigmoid(self.logits(x))


def build_discriminator():
    return Discriminator()


def init(m):
    if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        nn.init.normal_(m.weight, 0.0, 0.02)


class System(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.generator = build_generator(config.latent_dim)
        self.discriminator = build_discriminator()
        self.apply(init)

    def configure_optimizers(self):
        c = self.config
        return [
            torch.optim.Adam(net.parameters(), lr=c.lr, betas=(c.b1, 0.999))
            for net in (self.generator, self.discriminator)
        ]

    def sample(self, n):
        weight = next(self.generator.parameters())
        return self.generator(torch.randn(n, self.config.latent_dim).type_as(weight))

    def adversarial_loss(self, logits, valid):
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(valid)))

    def training_step(self, batch, optimizer_idx):
        if optimizer_idx == 0:
            return self.adversarial_loss(self.discriminator.logits(self.sample(batch)), True)
        imgs = batch.type_as(next(self.discriminator.parameters()))
        real_loss = self.adversarial_loss(self.discriminator.logits(imgs), True)
        fake_loss = self.adversarial_loss(self.discriminator.logits(self.sample(imgs.size(0)).detach()), False)
        return (real_loss + fake_loss) / 2


class GAN:
    def __init__(self, latent_dim, seed):
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.system = System(Config(latent_dim))
        self.optimizers = self.system.configure_optimizers()

    @property
    def generator(self):
        return self.system.generator

    @property
    def discriminator(self):
        return self.system.discriminator

    def optimize(self, batch, index):
        self.system.train()
        loss = self.system.training_step(batch, index)
        self.optimizers[index].zero_grad(set_to_none=True)
        loss.backward()
        self.optimizers[index].step()
        return float(loss)

    def train_discriminator(self, real):
        return self.optimize(torch.from_numpy(np.ascontiguousarray(real)), 1)

    def train_generator(self, n):
        return self.optimize(n, 0)

    def fit(self, images, epochs, batch_size):
        history = {"d_loss": [], "g_loss": []}
        for _ in range(epochs):
            order = torch.randperm(len(images)).numpy()
            d, g = [], []
            for i in range(0, len(order), batch_size):
                batch = images[order[i : i + batch_size]]
                d.append(self.train_discriminator(batch))
                g.append(self.train_generator(len(batch)))
            history["d_loss"].append(np.mean(d))
            history["g_loss"].append(np.mean(g))
        return history
