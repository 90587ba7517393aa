# The slope by `torch.func`; one batch of real points and fakes; fakes not detached, since G's gradients are zeroed.
def wasserstein_1d(a, b):
    from scipy.stats import wasserstein_distance

    return wasserstein_distance(a, b)


def gradient_penalty(critic, real, fake, seed):
    parameter = next(critic.parameters())
    share = torch.rand(len(real), 1, generator=torch.Generator().manual_seed(seed))
    real, fake = torch.tensor(real), torch.tensor(fake)
    points = torch.lerp(real, fake, share).to(parameter)
    slopes = torch.func.vmap(torch.func.grad(lambda x: critic(x[None]).squeeze()))(points)
    return nn.functional.mse_loss(torch.linalg.vector_norm(slopes, dim=-1), points.new_ones(len(points)))


def build_critic():
    return nn.Sequential(
        nn.Linear(2, 64), nn.LeakyReLU(0.1), nn.Linear(64, 32), nn.LeakyReLU(0.1), nn.Linear(32, 1, bias=False)
    )


class WGAN(WGAN):
    def train_critic(self, real):
        self.generator.zero_grad()
        self.critic.zero_grad()
        fake = self.sample_fake(len(real))
        scores = self.critic(torch.cat([torch.as_tensor(real).to(fake), fake]))
        loss = critic_loss(*scores.split(len(real)))
        if self.penalty == "gradient":
            loss = loss + 0.5 * gradient_penalty(self.critic, real, fake.detach().cpu().numpy(), self.new_seed())
        loss.backward()
        self.critic_optimizer.step()
        if self.penalty == "clip":
            clip_weights(self.critic, 0.05)
        return float(loss)

    def train_generator(self, n):
        self.generator.zero_grad()
        loss = generator_loss(self.critic(self.sample_fake(n)))
        loss.backward()
        self.generator_optimizer.step()
        return float(loss)
