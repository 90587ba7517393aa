# In the style of PyTorch's DCGAN tutorial: group norm in D, no biases, one label tensor, two backward passes, a
# DataLoader.
def weights_init(m):
    classname = m.__class__.__name__
    if classname.find("Conv") != -1 or classname.find("Linear") != -1:
        nn.init.normal_(m.weight.data, 0.0, 0.02)
    elif classname.find("Norm") != -1:
        nn.init.normal_(m.weight.data, 1.0, 0.02)
        nn.init.constant_(m.bias.data, 0)


class Generator(nn.Module):
    def __init__(self, nz, ngf=16):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 2, 7, 1, 0, bias=False),
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf, 1, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.main(z[:, :, None, None])


class Discriminator(nn.Module):
    def __init__(self, ndf=16):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(1, ndf, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf, ndf * 2, 4, 2, 1, bias=False),
            nn.GroupNorm(4, ndf * 2),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf * 2, 1, 7, 1, 0, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.main(x).view(-1, 1)


def build_generator(latent_dim=100):
    return Generator(latent_dim)


def build_discriminator():
    return Discriminator()


class GAN:
    def __init__(self, latent_dim, seed):
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        self.generator.apply(weights_init)
        self.discriminator.apply(weights_init)
        self.criterion = nn.BCELoss()
        self.optimizerD = torch.optim.Adam(self.discriminator.parameters(), lr=0.001, betas=(0.5, 0.999))
        self.optimizerG = torch.optim.Adam(self.generator.parameters(), lr=0.001, betas=(0.5, 0.999))
        self.rng = torch.Generator().manual_seed(seed)

    def fakes(self, n):
        device = next(self.generator.parameters()).device
        return self.generator(torch.randn(n, self.latent_dim, generator=self.rng).to(device))

    def train_discriminator(self, real):
        self.generator.train()
        self.discriminator.train()
        self.discriminator.zero_grad()
        device = next(self.discriminator.parameters()).device
        real = torch.as_tensor(real).to(device)
        label = torch.full((len(real),), 1.0, dtype=torch.float, device=device)
        output = self.discriminator(real).view(-1)
        errD_real = self.criterion(output, label)
        errD_real.backward()
        label.fill_(0.0)
        output = self.discriminator(self.fakes(len(real)).detach()).view(-1)
        errD_fake = self.criterion(output, label)
        errD_fake.backward()
        self.optimizerD.step()
        return (errD_real + errD_fake).item()

    def train_generator(self, n):
        self.generator.train()
        self.discriminator.eval()
        self.generator.zero_grad()
        output = self.discriminator(self.fakes(n)).view(-1)
        errG = self.criterion(output, torch.ones_like(output))
        errG.backward()
        self.optimizerG.step()
        return errG.item()

    def fit(self, images, epochs, batch_size):
        dataset = torch.utils.data.TensorDataset(torch.as_tensor(images))
        loader = torch.utils.data.DataLoader(dataset, batch_size=batch_size, shuffle=True, generator=self.rng)
        G_losses, D_losses = [], []
        for _ in range(epochs):
            for (real,) in loader:
                D_losses.append(self.train_discriminator(real))
                G_losses.append(self.train_generator(len(real)))
        return {"d_loss": D_losses, "g_loss": G_losses}
