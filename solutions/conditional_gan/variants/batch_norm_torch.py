# Its own modules; upsampling in G; batch norm in D, in inference mode and frozen in G's step; pre-training on real
# images only; AdamW.
class Generator(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.project = nn.Linear(latent_dim + 10, 32 * 49, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(32), nn.BatchNorm2d(16)])
        self.middle = nn.Conv2d(32, 16, 3, padding=1)
        self.last = nn.Conv2d(16, 1, 5, padding=2)

    def forward(self, x):
        x = torch.relu(self.norms[0](self.project(x).view(-1, 32, 7, 7)))
        x = torch.relu(self.norms[1](self.middle(F.interpolate(x, scale_factor=2))))
        return torch.tanh(self.last(F.interpolate(x, scale_factor=2)))


def build_generator(latent_dim=100):
    return Generator(latent_dim)


def build_discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(16, 32, 4, 2, 1, bias=False),
        nn.BatchNorm2d(32),
        nn.LeakyReLU(0.2),
        nn.Conv2d(32, 11, 7),
        nn.Flatten(),
        nn.Softmax(1),
    )


class ConditionalGAN(ConditionalGAN):
    def __init__(self, latent_dim, seed):
        super().__init__(latent_dim, seed)
        self.generator_optimizer = torch.optim.AdamW(self.generator.parameters(), lr=2e-3, betas=(0.5, 0.999))
        self.discriminator_optimizer = torch.optim.AdamW(self.discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))

    def train_generator(self, labels):
        self.discriminator.eval().requires_grad_(False)
        loss = super().train_generator(labels)
        self.discriminator.train().requires_grad_(True)
        return loss

    def pretrain(self, images, labels, epochs, batch_size):
        device = next(self.discriminator.parameters()).device
        losses = []
        self.discriminator.train()
        for _ in range(epochs):
            for real, digits in self.batches(images, labels, batch_size):
                p = self.discriminator(torch.as_tensor(real, device=device))
                losses.append(cross_entropy(p, discriminator_targets(digits, True)))
                self.discriminator_optimizer.zero_grad()
                losses[-1].backward()
                self.discriminator_optimizer.step()
        return {"d_loss": [loss.item() for loss in losses]}


def classify(gan, images):
    was = gan.discriminator.training
    gan.discriminator.eval()
    p = gan.discriminator(torch.tensor(images, device=next(gan.discriminator.parameters()).device))
    gan.discriminator.train(was)
    p[:, 0] = -1
    return [int(column) - 1 for column in p.argmax(1)]
