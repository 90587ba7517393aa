# Soft labels for real points, and a D with three hidden layers, where they decide which way some biases go.
# %%
def build_discriminator():
    return nn.Sequential(
        *(nn.Linear(2, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU()),
        *(nn.Linear(64, 1), nn.Sigmoid()),
    )


class GAN(GAN):
    def train_discriminator(self, real):
        fake = self.sample_fake(len(real)).detach()
        p = self.discriminator(torch.cat([torch.as_tensor(real, device=fake.device), fake]))
        labels = torch.cat([torch.full_like(fake[:, :1], 0.9), torch.zeros_like(fake[:, :1])])
        self.discriminator_optimizer.zero_grad()
        loss = cross_entropy(p, labels)
        loss.backward()
        self.discriminator_optimizer.step()
        return loss.item()
