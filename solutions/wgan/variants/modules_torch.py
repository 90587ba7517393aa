# Subclassed networks; RMSprop; torch's own generator; one loss for each step, as tensors; the parameters' data clipped.
def wasserstein_1d(a, b):
    a, b = torch.as_tensor(a).sort().values, torch.as_tensor(b).sort().values
    return (a - b).abs().mean()


def critic_loss(real_scores, fake_scores):
    return -(torch.mean(real_scores) - torch.mean(fake_scores))


def generator_loss(fake_scores):
    return fake_scores.neg().mean()


def clip_weights(model, limit):
    for p in model.parameters():
        p.data = p.data.clip(min=-limit, max=limit)


def gradient_penalty(critic, real, fake, seed):
    generator = torch.Generator().manual_seed(seed)
    device = next(iter(critic.parameters())).device
    real, fake = torch.from_numpy(real).to(device), torch.from_numpy(fake).to(device)
    alpha = torch.rand(real.size(0), 1, generator=generator).to(device)
    x_hat = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    scores = critic(x_hat)
    gradients = torch.autograd.grad(
        outputs=scores, inputs=x_hat, grad_outputs=torch.ones_like(scores), create_graph=True, retain_graph=True
    )[0]
    return ((gradients.view(gradients.size(0), -1).norm(2, dim=1) - 1) ** 2).mean()


class Net(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.first = nn.Linear(inputs, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.last = nn.Linear(hidden, outputs)

    def forward(self, x):
        x = nn.functional.leaky_relu(self.first(x), 0.1)
        return self.last(nn.functional.leaky_relu(self.second(x), 0.1))


def build_critic():
    return Net(2, 48, 1)


def build_generator(latent_dim):
    return Net(latent_dim, 32, 2)


class WGAN:
    def __init__(self, latent_dim, seed, penalty):
        torch.manual_seed(seed)
        self.latent_dim, self.penalty = latent_dim, penalty
        self.generator, self.critic = build_generator(latent_dim), build_critic()
        self.g = torch.optim.RMSprop(self.generator.parameters(), 5e-4)
        self.c = torch.optim.RMSprop(self.critic.parameters(), 1e-3 if penalty == "clip" else 2e-3)

    def fakes(self, n):
        z = torch.randn(n, self.latent_dim)
        return self.generator(z.to(next(self.generator.parameters()).device))

    def train_critic(self, real):
        self.c.zero_grad()
        with torch.no_grad():
            fake = self.fakes(len(real))
        loss = critic_loss(self.critic(torch.from_numpy(real).to(fake.device)), self.critic(fake))
        total = loss
        if self.penalty != "clip":
            total = loss + gradient_penalty(self.critic, real, fake.cpu().numpy(), int(torch.randint(2**31, ())))
        total.backward()
        self.c.step()
        if self.penalty == "clip":
            clip_weights(self.critic, 0.04)
        return loss.detach()

    def train_generator(self, n):
        self.g.zero_grad()
        loss = generator_loss(self.critic(self.fakes(n)))
        loss.backward()
        self.g.step()
        return loss.detach()

    def fit(self, steps, batch_size, n_critic=5):
        critic_losses, g_losses = [], []
        for _ in range(steps):
            for _ in range(n_critic):
                x = torch.rand(batch_size, 1) - 0.5
                loss = self.train_critic(torch.cat([x, x**2], dim=1).numpy())
            critic_losses.append(loss)
            g_losses.append(self.train_generator(batch_size))
        return {"critic_loss": critic_losses, "g_loss": g_losses}
