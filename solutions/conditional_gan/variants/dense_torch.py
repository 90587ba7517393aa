# A dense discriminator with dropout; real and fake images in one batch; fakes not detached, G's gradients zeroed
# before its own step.
def condition(noise, labels):
    return torch.hstack((noise, torch.eye(10, dtype=noise.dtype, device=noise.device)[labels]))


def discriminator_targets(labels, real):
    targets = np.zeros((len(labels), 11), dtype=int)
    targets[np.arange(len(labels)), (labels + 1) * int(real)] = 1
    return targets.tolist()


def build_discriminator():
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 256),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(256, 128),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(128, 11),
        nn.Softmax(dim=-1),
    )


class ConditionalGAN:
    def __init__(self, latent_dim, seed):
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.generator, self.discriminator = build_generator(latent_dim), build_discriminator()
        self.g_opt = torch.optim.Adam(self.generator.parameters(), 1e-3, (0.5, 0.999))
        self.d_opt = torch.optim.Adam(self.discriminator.parameters(), 1e-3, (0.5, 0.999))

    @property
    def device(self):
        return next(self.discriminator.parameters()).device

    def _fakes(self, labels):
        noise = torch.randn(len(labels), self.latent_dim, device=self.device)
        return self.generator(condition(noise, torch.tensor(labels, device=self.device)))

    def _loss(self, p, targets):
        return -torch.log((p * torch.tensor(targets, device=self.device)).sum(1) + 1e-8).mean()

    def train_discriminator(self, images, labels):
        self.generator.train()
        self.discriminator.train()
        batch = torch.cat([torch.tensor(images, device=self.device), self._fakes(labels)])
        targets = discriminator_targets(labels, True) + discriminator_targets(labels, False)
        self.d_opt.zero_grad()
        loss = self._loss(self.discriminator(batch), targets)
        loss.backward()
        self.d_opt.step()
        return loss.detach()

    def train_generator(self, labels):
        self.g_opt.zero_grad()
        loss = self._loss(self.discriminator(self._fakes(labels)), generator_targets(labels))
        loss.backward()
        self.g_opt.step()
        return loss.detach()

    def pretrain(self, images, labels, epochs, batch_size):
        history = []
        for _ in range(epochs):
            order = np.random.default_rng(len(history)).permutation(len(labels))
            for rows in np.array_split(order, -(-len(order) // batch_size)):
                history.append(self.train_discriminator(images[rows], labels[rows]))
        return history

    def fit(self, images, labels, epochs, batch_size):
        d_loss, g_loss = [], []
        for epoch in range(epochs):
            order = np.random.default_rng(epoch).permutation(len(labels))
            for start in range(0, len(order), batch_size):
                rows = order[start : start + batch_size]
                d_loss.append(self.train_discriminator(images[rows], labels[rows]))
                g_loss.append(self.train_generator(np.random.default_rng(start).permutation(labels[rows])))
        return {"d": d_loss, "g": g_loss}


@torch.no_grad()
def generate(gan, digit, n, seed):
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(n, gan.latent_dim, generator=generator).to(gan.device)
    gan.generator.eval()
    made = gan.generator(condition(noise, torch.tensor([digit] * n, device=gan.device)))
    gan.generator.train()
    return made
