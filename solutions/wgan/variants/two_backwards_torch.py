# Real points, fakes and the penalty each have a backward pass; dropout in the critic; a penalty built by hand, without NumPy.
def critic_loss(real_scores, fake_scores):
    return torch.sum(fake_scores) / fake_scores.shape[0] - torch.sum(real_scores) / real_scores.shape[0]


def between(critic, real, fake, share):
    points = (real + (fake - real) * share).detach()
    points.requires_grad = True
    slope = torch.autograd.grad(critic(points).sum(), points, create_graph=True)[0]
    return torch.mean((torch.sqrt((slope**2).sum(1) + 1e-10) - 1.0) ** 2)


def gradient_penalty(critic, real, fake, seed):
    rng = np.random.RandomState(seed % 2**32)
    device = next(critic.parameters()).device
    arrays = (np.float32(each) for each in (real, fake, rng.uniform(size=(real.shape[0], 1))))
    return between(critic, *(torch.tensor(each, device=device) for each in arrays))


def build_critic():
    return nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.02), nn.Linear(64, 1))


class WGAN(WGAN):
    def train_critic(self, real):
        device = next(self.critic.parameters()).device
        with torch.no_grad():
            fake = self.sample_fake(len(real))
        real = torch.tensor(real, device=device)
        self.critic_optimizer.zero_grad(set_to_none=True)
        (-self.critic(real).mean()).backward()
        self.critic(fake).mean().backward()
        if self.penalty == "gradient":
            share = torch.tensor(self.random.random((len(real), 1), dtype=np.float32), device=device)
            between(self.critic, real, fake, share).backward()
        self.critic_optimizer.step()
        if self.penalty == "clip":
            clip_weights(self.critic, 0.05)
        with torch.no_grad():
            return critic_loss(self.critic(real), self.critic(fake)).item()

    def train_generator(self, n):
        self.generator_optimizer.zero_grad(set_to_none=True)
        self.critic(self.sample_fake(n)).mean().neg().backward()
        self.generator_optimizer.step()
        return 0.0
