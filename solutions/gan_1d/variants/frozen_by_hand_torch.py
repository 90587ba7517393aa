# D is frozen for G's step and unfrozen after it; the GAN itself is a module; tanh and ELU; float64 data; NumPy's
# global generator.
def sample_real(n, seed):
    np.random.seed(seed)
    x = np.random.rand(n) - 0.5
    return np.column_stack((x, x * x))


def build_discriminator():
    return nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 32), nn.ELU(), nn.Linear(32, 1), nn.Sigmoid())


def build_generator(latent_dim):
    return nn.Sequential(nn.Linear(latent_dim, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 2))


class GAN(nn.Module):
    def __init__(self, latent_dim, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.seeds = iter(np.random.SeedSequence(seed).generate_state(1_000_000))
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        self.g = torch.optim.Adam(self.generator.parameters(), lr=1e-3, betas=(0.5, 0.9))
        self.d = torch.optim.Adam(self.discriminator.parameters(), lr=4e-3, betas=(0.5, 0.9))

    @property
    def device(self):
        return next(self.parameters()).device

    def step(self, optimizer, *terms):
        optimizer.zero_grad(set_to_none=False)
        loss = sum(nn.functional.binary_cross_entropy(p, torch.full_like(p, label)) for p, label in terms) / len(terms)
        loss.backward()
        optimizer.step()
        return loss.cpu().detach().numpy()

    def train_discriminator(self, real):
        z = torch.tensor(sample_latent(len(real), self.latent_dim, next(self.seeds)), device=self.device)
        real = torch.tensor(np.asarray(real, dtype=np.float32), device=self.device)
        return self.step(self.d, (self.discriminator(real), 1), (self.discriminator(self.generator(z).data), 0))

    def train_generator(self, n):
        self.discriminator.requires_grad_(False)
        z = torch.tensor(sample_latent(n, self.latent_dim, next(self.seeds)), device=self.device)
        loss = self.step(self.g, (self.discriminator(self.generator(z)), 1))
        self.discriminator.requires_grad_(True)
        return loss

    def fit(self, steps, batch_size, k=1):
        losses = {"d_loss": [], "g_loss": []}
        for _ in range(steps):
            losses["d_loss"] += [self.train_discriminator(sample_real(batch_size, next(self.seeds))) for _ in range(k)]
            losses["g_loss"] += [self.train_generator(batch_size)]
        return losses

    def evaluate(self, n, seed):
        real = torch.tensor(sample_real(n, seed), dtype=torch.float32, device=self.device)
        fake = self.generator(torch.tensor(sample_latent(n, self.latent_dim, seed), device=self.device))
        counts = [int((self.discriminator(real) > 0.5).sum()), int((self.discriminator(fake) < 0.5).sum())]
        return counts[0] / n, counts[1] / n
