# Separate updates of D for real and fake images, with soft targets; noise uniform on [0, 1) as in the lecture; one
# loss per epoch.
class ConditionalGAN:
    def __init__(self, latent_dim, seed):
        self.draws = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed + 1)
        self.generator = build_generator(latent_dim=latent_dim)
        self.discriminator = build_discriminator()
        self.latent_dim = latent_dim
        make = lambda net: torch.optim.Adam(net.parameters(), lr=1e-3, betas=(0.5, 0.999))
        self.optimizers = make(self.generator), make(self.discriminator)

    def noise(self, n):
        return torch.rand(n, self.latent_dim, generator=self.draws).to(next(self.generator.parameters()).device)

    def _update_d(self, images, targets):
        device = next(self.discriminator.parameters()).device
        p = self.discriminator(torch.as_tensor(images, device=device))
        soft = torch.as_tensor(targets, device=device) * 0.9 + 0.1 / 11
        loss = -(soft * (p + 1e-8).log()).sum(1).mean()
        self.optimizers[1].zero_grad(set_to_none=True)
        loss.backward()
        self.optimizers[1].step()
        return float(loss)

    def train_discriminator(self, images, labels):
        with torch.no_grad():
            made_as = torch.randint(0, 10, (len(labels),), generator=self.draws).to(self.noise(1).device)
            fakes = self.generator(condition(self.noise(len(labels)), made_as))
        on_fake = self._update_d(fakes, discriminator_targets(made_as.cpu().numpy(), False))
        return [on_fake, self._update_d(images, discriminator_targets(labels, True))]

    def train_generator(self, labels):
        made_as = torch.as_tensor(labels, device=self.noise(1).device)
        p = self.discriminator(self.generator(condition(self.noise(len(labels)), made_as)))
        loss = F.nll_loss((p + 1e-8).log(), made_as + 1)
        self.optimizers[0].zero_grad(set_to_none=True)
        loss.backward()
        self.optimizers[0].step()
        return float(loss)

    def batches(self, n, size):
        return torch.randperm(n, generator=self.draws).split(size)

    def pretrain(self, images, labels, epochs, batch_size):
        return [
            float(
                np.mean(
                    [
                        self.train_discriminator(images[rows], labels[rows])
                        for rows in self.batches(len(images), batch_size)
                    ]
                )
            )
            for _ in range(epochs)
        ]

    def fit(self, images, labels, epochs, batch_size):
        history = []
        for _ in range(epochs):
            for rows in self.batches(len(images), batch_size):
                d = self.train_discriminator(images[rows], labels[rows])
                g = self.train_generator(labels[rows])
            history.append(sum(d) + g)
        return history


def generate(gan, digit, n, seed):
    noise = torch.rand(n, gan.latent_dim, generator=torch.Generator().manual_seed(seed))
    gan.generator.eval()
    return gan.generator(condition(noise.to(gan.noise(1).device), torch.full((n,), digit).to(gan.noise(1).device)))
