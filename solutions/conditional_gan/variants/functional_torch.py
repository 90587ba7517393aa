# Both steps by torch.func over functional_call; layer norm in D, group norm in G.
from torch.func import functional_call, grad_and_value


def build_discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 24, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(24, 48, 4, 2, 1),
        nn.LayerNorm([48, 7, 7]),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(48 * 49, 11),
        nn.Softmax(-1),
    )


def build_generator(latent_dim=100):
    return nn.Sequential(
        nn.Linear(latent_dim + 10, 64 * 49),
        nn.Unflatten(1, (64, 7, 7)),
        nn.GroupNorm(8, 64),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 4, 2, 1),
        nn.GroupNorm(8, 32),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 4, 2, 1),
        nn.Tanh(),
    )


class ConditionalGAN(ConditionalGAN):
    def update(self, net, optimizer, loss_of):
        slopes, loss = grad_and_value(loss_of)({k: v.detach() for k, v in net.named_parameters()})
        for k, v in net.named_parameters():
            v.grad = slopes[k]
        optimizer.step()
        return loss.item()

    def train_discriminator(self, images, labels):
        with torch.no_grad():
            fake = self.fakes(labels)
        real = torch.as_tensor(images, device=fake.device)
        x = torch.cat([real, fake])
        targets = np.concatenate([discriminator_targets(labels, True), discriminator_targets(labels, False)])
        return self.update(
            self.discriminator,
            self.discriminator_optimizer,
            lambda p: cross_entropy(functional_call(self.discriminator, p, x), targets),
        )

    def train_generator(self, labels):
        device = next(self.generator.parameters()).device
        z = torch.from_numpy(self.random.standard_normal((len(labels), self.latent_dim), dtype=np.float32)).to(device)
        x = condition(z, torch.as_tensor(labels, device=device))
        wanted = generator_targets(labels)
        return self.update(
            self.generator,
            self.generator_optimizer,
            lambda p: cross_entropy(self.discriminator(functional_call(self.generator, p, x)), wanted),
        )
