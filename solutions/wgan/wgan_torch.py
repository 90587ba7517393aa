# %%
FRAMEWORK = "torch"

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from shared import inference, plots, wasserstein


# %% part="distance"
def wasserstein_1d(a: Float[np.ndarray, "n"], b: Float[np.ndarray, "n"]) -> float:
    """The earth mover's distance of two samples of equal size: how far a point has to be carried, on average."""
    ### BEGIN SOLUTION
    return float(np.mean(np.abs(np.sort(a) - np.sort(b))))
    ### END SOLUTION


# %% tags=["demo"]
shifts = np.linspace(-1, 1, 41)
line = np.random.default_rng(1).uniform(0, 1, 500).astype(np.float32)
distances = wasserstein.parallel_lines(shifts)
samples = [wasserstein_1d(np.zeros_like(line), np.full_like(line, shift)) for shift in shifts]
plots.curves(shifts, {**distances, "wasserstein_1d": samples}, xlabel=r"shift $\theta$", ylabel="distance")
plt.show()


# %% part="losses"
def critic_loss(real_scores: Float[Tensor, "n 1"], fake_scores: Float[Tensor, "m 1"]) -> Float[Tensor, ""]:
    """What the critic minimises: the mean score of the fakes minus the mean score of the real points."""
    ### BEGIN SOLUTION
    return fake_scores.mean() - real_scores.mean()
    ### END SOLUTION


def generator_loss(fake_scores: Float[Tensor, "m 1"]) -> Float[Tensor, ""]:
    """What the generator minimises: minus the mean score of its fakes."""
    ### BEGIN SOLUTION
    return -fake_scores.mean()
    ### END SOLUTION


# %% part="clipping"
def clip_weights(model: nn.Module, limit: float) -> None:
    """Clip every parameter of the model to [−limit, limit], in place."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.clamp_(-limit, limit)
    ### END SOLUTION


# %% part="penalty"
def gradient_penalty(
    critic: nn.Module, real: Float[np.ndarray, "n 2"], fake: Float[np.ndarray, "n 2"], seed: int
) -> Float[Tensor, ""]:
    """The mean of (‖∇critic(x̂)‖ − 1)², each x̂ uniform on the segment from a real point to the fake in its row."""
    ### BEGIN SOLUTION
    device = next(critic.parameters()).device
    share = np.random.default_rng(seed).random((len(real), 1), dtype=np.float32)
    between = torch.as_tensor(real + share * (fake - real), device=device).requires_grad_()
    # Row i of the gradient of the sum is the gradient of score i: no score depends on another row.
    (slopes,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (slopes.norm(dim=1) - 1).square().mean()
    ### END SOLUTION


# %% part="critic"
def build_critic() -> nn.Module:
    """A model that scores points, without bounds: `(n, 2)` → `(n, 1)`."""
    ### BEGIN SOLUTION
    return nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    ### END SOLUTION


# %% part="training"
def build_generator(latent_dim: int) -> nn.Module:
    """A model that maps latent points to points of the plane, unbounded: `(n, latent_dim)` → `(n, 2)`."""
    ### BEGIN SOLUTION
    return nn.Sequential(nn.Linear(latent_dim, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
    ### END SOLUTION


class WGAN:
    """A generator, and a critic whose slope is kept small: `penalty` is "clip" or "gradient".

    `generator` and `critic` are its two nets. `seed` fixes their starting weights and all later draws.
    """

    def __init__(self, latent_dim: int, seed: int, penalty: str):
        ### BEGIN SOLUTION
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.penalty = penalty
        self.generator = build_generator(latent_dim)
        self.critic = build_critic()
        # Without momentum: the critic's gradient changes its direction whenever the generator moves.
        # The critic learns faster; clipped weights jump between the limits if it learns faster still.
        rate = 0.002 if penalty == "clip" else 0.003
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=0.001, betas=(0.0, 0.9))
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), lr=rate, betas=(0.0, 0.9))
        self.random = np.random.default_rng(seed)
        ### END SOLUTION

    def train_critic(self, real: Float[np.ndarray, "n 2"]) -> float:
        """One update of the critic on `real` and as many fakes; returns the loss."""
        ### BEGIN SOLUTION
        fake = self.sample_fake(len(real)).detach()
        loss = critic_loss(self.critic(torch.as_tensor(real, device=fake.device)), self.critic(fake))
        if self.penalty == "gradient":
            loss = loss + gradient_penalty(self.critic, real, fake.cpu().numpy(), self.new_seed())
        self.critic_optimizer.zero_grad()
        loss.backward()
        self.critic_optimizer.step()
        if self.penalty == "clip":
            clip_weights(self.critic, 0.05)
        return loss.item()
        ### END SOLUTION

    def train_generator(self, n: int) -> float:
        """One update of the generator on `n` fakes, through the critic; returns the loss."""
        ### BEGIN SOLUTION
        loss = generator_loss(self.critic(self.sample_fake(n)))
        self.generator_optimizer.zero_grad()
        loss.backward()
        self.generator_optimizer.step()
        return loss.item()
        ### END SOLUTION

    def fit(self, steps: int, batch_size: int, n_critic: int = 5) -> dict[str, list[float]]:
        """`steps` times: `n_critic` updates of the critic, then one of G; returns `critic_loss` and `g_loss`."""
        ### BEGIN SOLUTION
        losses = {"critic_loss": [], "g_loss": []}
        for _ in range(steps):
            for _ in range(n_critic):
                losses["critic_loss"].append(self.train_critic(self.sample_real(batch_size)))
            losses["g_loss"].append(self.train_generator(batch_size))
        return losses
        ### END SOLUTION

    ### BEGIN SOLUTION
    def sample_real(self, n: int) -> Float[np.ndarray, "n 2"]:
        """`n` new points of the curve: x, uniform on [−½, ½], and x²."""
        x = self.random.uniform(-0.5, 0.5, n)
        return np.stack([x, x**2], axis=1).astype(np.float32)

    def sample_fake(self, n: int) -> Float[Tensor, "n 2"]:
        """G of `n` new points of the latent space, standard normal."""
        device = next(self.generator.parameters()).device
        z = self.random.standard_normal((n, self.latent_dim), dtype=np.float32)
        return self.generator(torch.as_tensor(z, device=device))

    def new_seed(self) -> int:
        """A new seed for each draw; the first seed fixes them all."""
        return int(self.random.integers(2**31))

    ### END SOLUTION


# %% tags=["demo"]
noise = np.random.default_rng(2).standard_normal((1000, 5))
real = wasserstein.curve(1000, seed=3)
gans = {penalty: WGAN(5, 1, penalty) for penalty in ("clip", "gradient")}
for penalty, gan in gans.items():
    stages = []
    for _ in range(10):
        gan.fit(60, 128)
        fake = inference.predict(gan.generator, noise)
        gap = inference.predict(gan.critic, real).mean() - inference.predict(gan.critic, fake).mean()
        stages.append((gap, wasserstein.energy_distance(real, fake)))
    plots.points({"real": real[:300], f"fake, {penalty}": fake[:300]})
    wasserstein.loss_and_quality(stages, title=penalty)
plt.show()

# %% tags=["demo"]
wasserstein.score_maps({name: lambda x, gan=gan: inference.predict(gan.critic, x) for name, gan in gans.items()}, real)
wasserstein.weight_histograms({penalty: gan.critic for penalty, gan in gans.items()})
plt.show()

# %% [markdown] part="gpu"
# There is nothing to write here: the check moves both nets of a new `WGAN` to a device and trains there.
