# Batch norm in both networks, real and fake points in one batch, D in inference mode in G's step; soft and noisy
# labels; RMSprop; the losses of k updates averaged.
def build_discriminator():
    return nn.Sequential(
        nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.BatchNorm1d(64), nn.LeakyReLU(0.2),
        nn.Linear(64, 1), nn.Sigmoid(),
    )  # fmt: skip


def build_generator(latent_dim):
    return nn.Sequential(
        nn.Linear(latent_dim, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2)
    )


class GAN:
    def __init__(self, latent_dim, seed):
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.rng = np.random.default_rng(seed)
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        self.g = torch.optim.RMSprop(self.generator.parameters(), lr=5e-4)
        self.d = torch.optim.RMSprop(self.discriminator.parameters(), lr=1e-3)

    def fake(self, n):
        z = sample_latent(n, self.latent_dim, self.rng.integers(2**31))
        return self.generator(torch.from_numpy(z).to(next(self.generator.parameters()).device))

    def labels(self, low, high, p):
        return torch.from_numpy(self.rng.uniform(low, high, tuple(p.shape)).astype(np.float32)).to(p.device)

    def loss(self, p, y):
        p = p.clamp(1e-7, 1 - 1e-7)
        return -(y * p.log() + (1 - y) * (1 - p).log()).mean()

    def train_discriminator(self, real):
        self.generator.train()
        self.discriminator.train()
        fake = self.fake(len(real)).detach()
        p_real, p_fake = self.discriminator(torch.cat([torch.as_tensor(real).to(fake.device), fake])).chunk(2)
        loss = self.loss(p_real, self.labels(0.7, 1.2, p_real)) + self.loss(p_fake, self.labels(0.0, 0.3, p_fake))
        self.d.zero_grad()
        loss.backward()
        self.d.step()
        return loss.item()

    def train_generator(self, n):
        self.generator.train()
        self.discriminator.eval()
        p = self.discriminator(self.fake(n))
        loss = self.loss(p, torch.ones_like(p))
        self.g.zero_grad()
        loss.backward()
        self.g.step()
        return loss.item()

    def fit(self, steps, batch_size, k=1):
        losses = {"d_loss": [], "g_loss": []}
        for _ in range(steps):
            of_d = [self.train_discriminator(sample_real(batch_size, self.rng.integers(2**31))) for _ in range(k)]
            losses["d_loss"].append(np.mean(of_d))
            losses["g_loss"].append(self.train_generator(batch_size))
        return losses

    def evaluate(self, n, seed):
        self.generator.eval()
        self.discriminator.eval()
        with torch.no_grad():
            device = next(self.generator.parameters()).device
            p_real = self.discriminator(torch.from_numpy(sample_real(n, seed)).to(device)).cpu().numpy()
            z = torch.from_numpy(sample_latent(n, self.latent_dim, seed)).to(device)
            p_fake = self.discriminator(self.generator(z)).cpu().numpy()
        return np.mean(p_real > 0.5), np.mean(p_fake < 0.5)
