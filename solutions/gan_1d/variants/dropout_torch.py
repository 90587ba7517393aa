# Wide networks, dropout in D, batch norm in G; one-sided label smoothing; a data set drawn once and shuffled; two
# backward passes per step of D.
def build_discriminator():
    return nn.Sequential(
        nn.Linear(2, 128), nn.LeakyReLU(0.2), nn.Dropout(0.3),
        nn.Linear(128, 64), nn.LeakyReLU(0.2), nn.Dropout(0.3),
        nn.Linear(64, 1), nn.Sigmoid(),
    )  # fmt: skip


def build_generator(latent_dim):
    return nn.Sequential(
        nn.Linear(latent_dim, 64), nn.BatchNorm1d(64), nn.LeakyReLU(0.2),
        nn.Linear(64, 64), nn.BatchNorm1d(64), nn.LeakyReLU(0.2),
        nn.Linear(64, 2),
    )  # fmt: skip


class GAN:
    def __init__(self, latent_dim, seed):
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.generator, self.discriminator = build_generator(latent_dim), build_discriminator()
        self.g = torch.optim.Adam(self.generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
        self.d = torch.optim.Adam(self.discriminator.parameters(), lr=5e-3, betas=(0.5, 0.999))
        self.loss = nn.BCELoss()
        self.data = torch.utils.data.TensorDataset(torch.tensor(sample_real(20_000, seed)))

    @property
    def device(self):
        return next(self.generator.parameters()).device

    def noise(self, n):
        return torch.randn(n, self.latent_dim).to(self.device)

    def batches(self, size):
        while True:
            yield from torch.utils.data.DataLoader(self.data, batch_size=size, shuffle=True, drop_last=True)

    def train_discriminator(self, real):
        self.generator.train()
        self.discriminator.train()
        self.discriminator.requires_grad_(True)
        self.d.zero_grad()
        fake = self.generator(self.noise(len(real))).detach()
        total = 0.0
        for points, label in ((torch.as_tensor(real).to(self.device), 0.9), (fake, 0.0)):
            p = self.discriminator(points)
            loss = self.loss(p, torch.full_like(p, label))
            loss.backward()
            total += loss.item()
        self.d.step()
        return total

    def train_generator(self, n):
        self.generator.train()
        self.discriminator.train()
        self.discriminator.requires_grad_(False)
        self.g.zero_grad()
        p = self.discriminator(self.generator(self.noise(n)))
        loss = self.loss(p, torch.ones_like(p))
        loss.backward()
        self.g.step()
        return loss.item()

    def fit(self, steps, batch_size, k=1):
        losses = {"d_loss": [], "g_loss": []}
        batches = self.batches(batch_size)
        for _ in range(steps):
            losses["d_loss"] += [self.train_discriminator(*next(batches)) for _ in range(k)]
            losses["g_loss"].append(self.train_generator(batch_size))
        return losses

    def evaluate(self, n, seed):
        self.generator.eval()
        self.discriminator.eval()
        with torch.no_grad():
            p_real = self.discriminator(torch.tensor(sample_real(n, seed)).to(self.device))
            z = torch.tensor(sample_latent(n, self.latent_dim, seed)).to(self.device)
            p_fake = self.discriminator(self.generator(z))
        return (p_real > 0.5).sum().item() / n, (p_fake < 0.5).sum().item() / n
