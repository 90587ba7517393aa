# %%
FRAMEWORK = "torch"

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from shared import inference, plots


# %% part="real"
def sample_real(n: int, seed: int) -> Float[np.ndarray, "n 2"]:
    """`n` points of the curve: x, uniform on [−½, ½], and x²."""
    ### BEGIN SOLUTION
    x = np.random.default_rng(seed).uniform(-0.5, 0.5, n)
    return np.stack([x, x**2], axis=1).astype(np.float32)
    ### END SOLUTION


# %% tags=["demo"]
plots.points({"real": sample_real(200, seed=1)})
plt.show()


# %% part="latent"
def sample_latent(n: int, latent_dim: int, seed: int) -> Float[np.ndarray, "n latent_dim"]:
    """`n` points of the latent space, standard normal."""
    ### BEGIN SOLUTION
    return np.random.default_rng(seed).standard_normal((n, latent_dim)).astype(np.float32)
    ### END SOLUTION


# %% part="discriminator"
def build_discriminator() -> nn.Module:
    """A model that returns the probability that a point is real: `(n, 2)` → `(n, 1)`."""
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1), nn.Sigmoid()
    )
    ### END SOLUTION


# %% part="generator"
def build_generator(latent_dim: int) -> nn.Module:
    """A model that maps latent points to points of the plane, unbounded: `(n, latent_dim)` → `(n, 2)`."""
    ### BEGIN SOLUTION
    return nn.Sequential(nn.Linear(latent_dim, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
    ### END SOLUTION


# %% tags=["demo"]
torch.manual_seed(1)
noise = inference.predict(build_generator(latent_dim=5), sample_latent(200, 5, seed=1))
plots.points({"real": sample_real(200, seed=1), "fake, untrained": noise})
plt.show()


# %% part="discriminator_step"
cross_entropy = nn.functional.binary_cross_entropy


class GAN:
    """A generator and a discriminator that learn from each other.

    `generator` and `discriminator` are its two nets. `seed` fixes their starting weights and all later draws.
    """

    def __init__(self, latent_dim: int, seed: int):
        ### BEGIN SOLUTION
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        # D learns faster than G: with equal rates this pair of nets collapses.
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=0.001, betas=(0.5, 0.999))
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), lr=0.005, betas=(0.5, 0.999))
        self.random = np.random.default_rng(seed)
        ### END SOLUTION

    def train_discriminator(self, real: Float[np.ndarray, "n 2"]) -> float:
        """One update of D on `real`, labelled 1, and as many fakes, labelled 0; returns the loss, in nats."""
        ### BEGIN SOLUTION
        fake = self.sample_fake(len(real)).detach()
        p_real = self.discriminator(torch.as_tensor(real, device=fake.device))
        p_fake = self.discriminator(fake)
        loss = cross_entropy(p_real, torch.ones_like(p_real)) + cross_entropy(p_fake, torch.zeros_like(p_fake))
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()
        return loss.item()
        ### END SOLUTION

    def train_generator(self, n: int) -> float:
        """One update of G on `n` fakes that D should take for real; returns the loss −ln D(G(z)), in nats."""
        ### BEGIN SOLUTION
        p_fake = self.discriminator(self.sample_fake(n))
        loss = cross_entropy(p_fake, torch.ones_like(p_fake))
        self.generator_optimizer.zero_grad()
        loss.backward()
        self.generator_optimizer.step()
        return loss.item()
        ### END SOLUTION

    def fit(self, steps: int, batch_size: int, k: int = 1) -> dict[str, list[float]]:
        """`steps` times: `k` updates of D, then one of G; returns the losses `d_loss` and `g_loss` of every update."""
        ### BEGIN SOLUTION
        losses = {"d_loss": [], "g_loss": []}
        for _ in range(steps):
            for _ in range(k):
                losses["d_loss"].append(self.train_discriminator(sample_real(batch_size, self.new_seed())))
            losses["g_loss"].append(self.train_generator(batch_size))
        return losses
        ### END SOLUTION

    def evaluate(self, n: int, seed: int) -> tuple[float, float]:
        """The share of `n` real points where D > ½, and of `n` fakes where D < ½."""
        ### BEGIN SOLUTION
        device = next(self.generator.parameters()).device
        with torch.no_grad():
            real = torch.as_tensor(sample_real(n, seed), device=device)
            fake = self.generator(torch.as_tensor(sample_latent(n, self.latent_dim, seed), device=device))
            right_on_real = self.discriminator(real) > 0.5
            right_on_fake = self.discriminator(fake) < 0.5
        return right_on_real.float().mean().item(), right_on_fake.float().mean().item()
        ### END SOLUTION

    ### BEGIN SOLUTION
    def sample_fake(self, n: int) -> Float[Tensor, "n 2"]:
        """G of `n` new points of the latent space."""
        device = next(self.generator.parameters()).device
        return self.generator(torch.as_tensor(sample_latent(n, self.latent_dim, self.new_seed()), device=device))

    def new_seed(self) -> int:
        """A new seed for each draw; the first seed fixes them all."""
        return int(self.random.integers(2**31))

    ### END SOLUTION


# %% [markdown] part="generator_step"
# Write `GAN.train_generator` in the class above, and run its cell again.

# %% [markdown] part="training"
# Write `GAN.fit` in the class above, and run its cell again.

# %% tags=["demo"]
gan = GAN(latent_dim=5, seed=1)
z = sample_latent(300, 5, seed=2)
losses = {"d_loss": [], "g_loss": []}
for steps in [0, 100, 300, 1600]:
    for name, new in gan.fit(steps, batch_size=128).items():
        losses[name].extend(new)
    fake = inference.predict(gan.generator, z)
    plots.points({"real": sample_real(300, seed=2), f"fake, after {len(losses['g_loss'])} steps": fake})
plots.loss_curve(losses, unit="step")
plt.show()

# %% tags=["demo"]
groups = {"real": sample_real(300, seed=3), "fake": inference.predict(gan.generator, z)}
plots.probability_map(lambda x: inference.predict(gan.discriminator, x), groups)
plt.show()

# %% [markdown] part="evaluation"
# Write `GAN.evaluate` in the class above, and run its cell again.

# %% tags=["demo"]
for stage, judged in {"untrained": GAN(latent_dim=5, seed=1), "trained": gan}.items():
    on_real, on_fake = judged.evaluate(1000, seed=4)
    print(f"{stage}: D is right on {on_real:.0%} of the real and {on_fake:.0%} of the fake points")

# %% [markdown] part="gpu"
# There is nothing to write here: the check moves both nets of a new `GAN` to a device and trains there.
