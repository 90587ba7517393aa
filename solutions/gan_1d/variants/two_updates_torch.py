# Separate batches for real and fake points, one update of D for each; one loss per step; subclassed networks; torch's
# generator.
def sample_real(n, seed):
    x = torch.rand(n, 1, generator=torch.Generator().manual_seed(seed)) - 0.5
    return torch.cat([x, x * x], dim=1)


def sample_latent(n, latent_dim, seed):
    return torch.randn(n, latent_dim, generator=torch.Generator().manual_seed(seed))


class Net(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.first = nn.Linear(inputs, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.last = nn.Linear(hidden, outputs)

    def forward(self, x):
        x = torch.nn.functional.leaky_relu(self.first(x), 0.2)
        return self.last(torch.nn.functional.leaky_relu(self.second(x), 0.2))


class Critic(Net):
    def forward(self, x):
        return torch.sigmoid(super().forward(x))


def build_discriminator():
    return Critic(2, 48, 1)


def build_generator(latent_dim):
    return Net(latent_dim, 24, 2)


class GAN:
    def __init__(self, latent_dim, seed):
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.generator, self.discriminator = build_generator(latent_dim), build_discriminator()
        self.g = torch.optim.Adam(self.generator.parameters(), 1e-3, (0.5, 0.99))
        self.d = torch.optim.Adam(self.discriminator.parameters(), 3e-3, (0.5, 0.99))
        self.loss = nn.BCELoss()

    def latent(self, n):
        return torch.randn(n, self.latent_dim).to(next(self.generator.parameters()).device)

    def train_discriminator(self, real):
        real = torch.as_tensor(real).to(next(self.discriminator.parameters()).device)
        total = 0
        with torch.no_grad():
            fake = self.generator(self.latent(len(real)))
        for points, label in ((real, 1.0), (fake, 0.0)):
            self.d.zero_grad()
            p = self.discriminator(points)
            loss = self.loss(p, torch.full_like(p, label))
            loss.backward()
            self.d.step()
            total += loss.detach() / 2
        return total

    def train_generator(self, n):
        self.g.zero_grad()
        p = self.discriminator(self.generator(self.latent(n)))
        loss = self.loss(p, torch.ones_like(p))
        loss.backward()
        self.g.step()
        return loss.detach()

    def fit(self, steps, batch_size, k=1):
        d_loss, g_loss = [], []
        for _ in range(steps):
            of_step = [
                self.train_discriminator(sample_real(batch_size, int(torch.randint(2**31, ())))) for _ in range(k)
            ]
            d_loss.append(float(sum(of_step)) / k)
            g_loss.append(float(self.train_generator(batch_size)))
        return {"d_loss": d_loss, "g_loss": g_loss}

    @torch.no_grad()
    def evaluate(self, n, seed):
        device = next(self.discriminator.parameters()).device
        fake = self.generator(sample_latent(n, self.latent_dim, seed).to(device))
        on_real = (self.discriminator(sample_real(n, seed).to(device)) > 0.5).sum() / n
        return [on_real, (self.discriminator(fake) < 0.5).double().mean()]
