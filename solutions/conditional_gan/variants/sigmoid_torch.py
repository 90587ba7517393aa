# Sigmoid hidden units in D, which are not 0 at 0; two updates of D; noise uniform on [−1, 1); pre-training with noise
# images; the GAN is a module.
def build_discriminator():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.Sigmoid(), nn.Linear(256, 11), nn.Softmax(-1))


class ConditionalGAN(nn.Module):
    def __init__(self, latent_dim, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        self.g_optimizer = torch.optim.Adam(self.generator.parameters(), 2e-3, (0.5, 0.9))
        self.d_optimizer = torch.optim.Adam(self.discriminator.parameters(), 2e-3, (0.5, 0.9))

    def here(self, array):
        return torch.as_tensor(array).to(next(self.parameters()).device)

    def fakes(self, labels):
        noise = self.here(torch.rand(len(labels), self.latent_dim) * 2 - 1)
        return self.generator(condition(noise, labels))

    def update(self, optimizer, images, columns):
        loss = F.nll_loss(torch.log(self.discriminator(images) + 1e-7), columns)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    def train_discriminator(self, images, labels):
        self.train().requires_grad_(True)
        labels = self.here(labels)
        on_real = self.update(self.d_optimizer, self.here(images), labels + 1)
        with torch.no_grad():
            fakes = self.fakes(labels)
        return on_real, self.update(self.d_optimizer, fakes, torch.zeros_like(labels))

    def train_generator(self, labels):
        self.discriminator.eval().requires_grad_(False)
        labels = self.here(labels)
        return self.update(self.g_optimizer, self.fakes(labels), labels + 1)

    def pretrain(self, images, labels, epochs, batch_size):
        self.train().requires_grad_(True)
        losses = []
        for _ in range(epochs):
            for rows in torch.randperm(len(images)).split(batch_size):
                real, digits = self.here(images[rows]), self.here(labels[rows])
                self.update(self.d_optimizer, torch.rand_like(real) * 2 - 1, torch.zeros_like(digits))
                losses.append(self.update(self.d_optimizer, real, digits + 1))
        return losses

    def fit(self, images, labels, epochs, batch_size):
        self.pretrain(images, labels, 2, batch_size)
        losses = {"d_loss": [], "g_loss": []}
        for _ in range(epochs):
            for rows in torch.randperm(len(images)).split(batch_size):
                losses["d_loss"].append(sum(self.train_discriminator(images[rows], labels[rows])))
                losses["g_loss"].append(self.train_generator(labels[rows]))
        return losses


@torch.no_grad()
def generate(gan, digit, n, seed):
    torch.manual_seed(seed)
    gan.generator.eval()
    return gan.fakes(torch.full((n,), digit, device=next(gan.parameters()).device)).cpu().numpy()
