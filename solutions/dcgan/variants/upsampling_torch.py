# Upsampling and convolution, dropout instead of batch norm in D, PReLU, two updates of D per call, one loss per epoch.
def build_generator(latent_dim=100):
    return nn.Sequential(
        nn.Linear(latent_dim, 32 * 49),
        nn.Unflatten(1, (32, 7, 7)),
        nn.BatchNorm2d(32),
        nn.LeakyReLU(0.2),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(32, 16, 3, padding="same"),
        nn.BatchNorm2d(16),
        nn.LeakyReLU(0.2),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(16, 1, 5, padding="same"),
        nn.Tanh(),
    )


def build_discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 32, 5, stride=2, padding=2),
        nn.PReLU(),
        nn.Dropout(0.2),
        nn.Conv2d(32, 64, 5, stride=2, padding=2),
        nn.PReLU(),
        nn.Dropout(0.2),
        nn.Flatten(),
        nn.Linear(64 * 49, 1),
        nn.Sigmoid(),
    )


class GAN(GAN):
    def train_discriminator(self, real):
        losses = []
        fake = self.sample_fake(len(real)).detach()
        for images, label in ((torch.as_tensor(real, device=fake.device), 1.0), (fake, 0.0)):
            p = self.discriminator.train()(images)
            loss = nn.BCELoss()(p, torch.full_like(p, label))
            self.discriminator_optimizer.zero_grad()
            loss.backward()
            self.discriminator_optimizer.step()
            losses.append(loss.item())
        return np.mean(losses)

    def fit(self, images, epochs, batch_size):
        result = {"g_loss": [], "d_loss": []}
        for _ in range(epochs):
            d, g = [], []
            for batch in torch.utils.data.DataLoader(
                torch.as_tensor(images),
                batch_size,
                shuffle=True,
                drop_last=True,
                generator=torch.Generator().manual_seed(int(self.random.integers(2**31))),
            ):
                d.append(self.train_discriminator(batch))
                g.append(self.train_generator(batch_size))
            result["d_loss"].append(float(np.mean(d)))
            result["g_loss"].append(float(np.mean(g)))
        return result
