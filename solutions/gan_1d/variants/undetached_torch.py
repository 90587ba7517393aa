# Real and fake points in one batch; fakes not detached, G's gradients zeroed before its step; `fit` with its own loop.
class GAN(GAN):
    def __init__(self, latent_dim, seed):
        self.random = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.discriminator = build_discriminator()
        self.generator = build_generator(latent_dim)
        self.g = torch.optim.AdamW(self.generator.parameters(), lr=1e-3, betas=(0.0, 0.99))
        self.d = torch.optim.AdamW(self.discriminator.parameters(), lr=4e-3, betas=(0.0, 0.99))

    def fakes(self, n):
        device = self.generator[0].weight.device
        return self.generator(torch.randn(n, self.latent_dim, generator=self.random).to(device))

    def train_discriminator(self, real):
        n = len(real)
        fake = self.fakes(n)
        both = torch.cat([torch.tensor(real, device=fake.device), fake])
        p = self.discriminator(both).squeeze(1)
        loss = -(torch.log(p[:n] + 1e-8).mean() + torch.log(1 - p[n:] + 1e-8).mean()) / 2
        self.d.zero_grad()
        loss.backward()
        self.d.step()
        return float(loss)

    def train_generator(self, n):
        self.g.zero_grad()
        loss = -torch.log(self.discriminator(self.fakes(n)) + 1e-8).mean()
        loss.backward()
        self.g.step()
        return float(loss)

    def fit(self, steps, batch_size, k=1):
        d_loss, g_loss = [], []
        for update in range(steps * (k + 1)):
            if update % (k + 1) < k:
                x = torch.rand(batch_size, generator=self.random) - 0.5
                d_loss.append(self.train_discriminator(torch.stack([x, x**2], dim=1).numpy()))
            else:
                g_loss.append(self.train_generator(batch_size))
        return {"d_loss": np.array(d_loss), "g_loss": np.array(g_loss)}
