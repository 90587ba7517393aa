# The GAN is a module; real and fake images in one batch; its own loop in `fit`; the selection scores images one by
# one.
class Generator(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.project = nn.Linear(latent_dim, 7 * 7 * 32, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(32), nn.BatchNorm2d(16)])
        self.grow = nn.ModuleList([nn.ConvTranspose2d(32, 16, 5, 2, 2, 1), nn.ConvTranspose2d(16, 1, 5, 2, 2, 1)])

    def forward(self, z):
        x = self.project(z).view(-1, 32, 7, 7)
        x = self.grow[0](torch.relu(self.norms[0](x)))
        return torch.tanh(self.grow[1](torch.relu(self.norms[1](x))))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(1, 16, 5, 2, 2), nn.Conv2d(16, 32, 5, 2, 2)])
        self.norm = nn.BatchNorm2d(32)
        self.score = nn.Linear(32 * 49, 1)

    def forward(self, x):
        x = nn.functional.leaky_relu(self.convs[0](x))
        x = nn.functional.leaky_relu(self.norm(self.convs[1](x)), 0.1)
        return torch.sigmoid(self.score(x.flatten(1)))


def build_generator(latent_dim=100):
    return Generator(latent_dim)


def build_discriminator():
    return Discriminator()


class GAN(nn.Module):
    def __init__(self, latent_dim, seed):
        super().__init__()
        self.rng = torch.Generator().manual_seed(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        for p in self.parameters():
            if p.ndim > 1:
                nn.init.normal_(p, 0, 0.02, generator=self.rng)
        for part in (self.generator, self.discriminator):
            for m in part.modules():
                if getattr(m, "bias", None) is not None:
                    nn.init.zeros_(m.bias)
        self.opts = [
            torch.optim.Adam(net.parameters(), lr=5e-4, betas=(0.5, 0.99))
            for net in (self.discriminator, self.generator)
        ]

    def fakes(self, n):
        return self.generator(torch.randn(n, self.latent_dim, generator=self.rng).to(next(self.parameters()).device))

    def step(self, which, loss):
        grads = torch.autograd.grad(loss, list((self.discriminator, self.generator)[which].parameters()))
        for p, g in zip((self.discriminator, self.generator)[which].parameters(), grads):
            p.grad = g
        self.opts[which].step()
        return float(loss.detach())

    def train_discriminator(self, real):
        self.train()
        real = torch.as_tensor(real, device=next(self.parameters()).device)
        with torch.no_grad():
            fake = self.fakes(len(real))
        p = self.discriminator(torch.cat([real, fake]))
        y = torch.cat([torch.ones(len(real), 1), torch.zeros(len(real), 1)]).to(real)
        return self.step(0, nn.functional.binary_cross_entropy(p, y))

    def train_generator(self, n):
        self.train()
        self.discriminator.eval()
        p = self.discriminator(self.fakes(n))
        return self.step(1, nn.functional.binary_cross_entropy(p, torch.ones(n, 1).to(p)))

    def fit(self, images, epochs, batch_size):
        d, g = [], []
        for _ in range(epochs * -(-len(images) // batch_size)):
            pick = torch.randint(len(images), (batch_size,), generator=self.rng)
            d.append(self.train_discriminator(images[pick.numpy()]))
            g.append(self.train_generator(batch_size))
        return dict(d_loss=d, g_loss=g)


def imagine(gan, z):
    with torch.no_grad():
        return gan.eval().generator(torch.as_tensor(z))


def select_images(gan, n, threshold, best, seed, max_tries):
    rng, kept = torch.Generator().manual_seed(seed), []
    gan.eval()
    with torch.no_grad():
        for _ in range(max_tries):
            image = gan.generator(torch.randn(1, gan.latent_dim, generator=rng))
            p = gan.discriminator(image).item()
            if (p > threshold) if best else (p < threshold):
                kept.append(image[0].numpy())
            if len(kept) == n:
                break
    return np.array(kept)


def interpolate(gan, z0, z1, steps):
    return [imagine(gan, (z0 + t * (z1 - z0))[None].astype(np.float32))[0] for t in np.linspace(0, 1, steps)]


def conv_transpose2d(x, kernel, stride):
    return nn.functional.conv_transpose2d(torch.tensor(x)[None, None], torch.tensor(kernel)[None, None], stride=stride)[
        0, 0
    ]


def upsample_nearest(x, size):
    return np.kron(x, np.ones(size))
