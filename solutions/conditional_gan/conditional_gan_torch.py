# %%
FRAMEWORK = "torch"

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from shared import data, inference, plots

DIGITS = 10


# %% part="condition"
def condition(noise: Float[Tensor, "N L"], labels: Int[Tensor, "N"]) -> Float[Tensor, "N L+10"]:
    """The generator's input: the noise, then the one-hot label, in the dtype and on the device of `noise`."""
    ### BEGIN SOLUTION
    return torch.cat([noise, F.one_hot(labels, DIGITS).to(noise)], dim=1)
    ### END SOLUTION


# %% part="discriminator_targets"
def discriminator_targets(labels: Int[np.ndarray, "N"], real: bool) -> Float[np.ndarray, "N 11"]:
    """What the discriminator should say: column 0 for a fake, column 1 + digit for a real image."""
    ### BEGIN SOLUTION
    columns = labels + 1 if real else np.zeros_like(labels)
    return np.eye(DIGITS + 1, dtype=np.float32)[columns]
    ### END SOLUTION


# %% part="generator_targets"
def generator_targets(labels: Int[np.ndarray, "N"]) -> Float[np.ndarray, "N 11"]:
    """What the generator wants to hear: that its image is a real image of the digit asked for."""
    ### BEGIN SOLUTION
    return discriminator_targets(labels, real=True)
    ### END SOLUTION


# %% part="generator"
def build_generator(latent_dim: int = 100) -> nn.Module:
    """A model that maps noise and label to images in [−1, 1]: `(N, latent_dim + 10)` → `(N, 1, 28, 28)`."""
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Linear(latent_dim + DIGITS, 32 * 7 * 7),
        nn.BatchNorm1d(32 * 7 * 7),
        nn.ReLU(),
        nn.Unflatten(1, (32, 7, 7)),
        nn.ConvTranspose2d(32, 16, kernel_size=4, stride=2, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 1, kernel_size=4, stride=2, padding=1),
        nn.Tanh(),
    )
    ### END SOLUTION


# %% part="discriminator"
def build_discriminator() -> nn.Module:
    """A model that maps images `(N, 1, 28, 28)` to eleven probabilities `(N, 11)`: fake, then the digits 0 to 9."""
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(16, 32, kernel_size=4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, DIGITS + 1),
        nn.Softmax(dim=1),
    )
    ### END SOLUTION


# %% part="training"
### BEGIN SOLUTION
def cross_entropy(p: Float[Tensor, "N 11"], targets: Float[np.ndarray, "N 11"]) -> Float[Tensor, ""]:
    # A probability of exactly 0 would make the logarithm infinite.
    return -(torch.as_tensor(targets, device=p.device) * p.clamp_min(1e-7).log()).sum(dim=1).mean()


### END SOLUTION
class ConditionalGAN:
    """A generator that gets a digit as its label, and a discriminator that names the digit or says fake."""

    def __init__(self, latent_dim: int, seed: int):
        """Makes `.generator`, `.discriminator` and their optimisers; `seed` fixes the weights and all later draws."""
        ### BEGIN SOLUTION
        torch.manual_seed(seed)
        self.random = np.random.default_rng(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim)
        self.discriminator = build_discriminator()
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))
        ### END SOLUTION

    ### BEGIN SOLUTION
    def fakes(self, labels: Int[np.ndarray, "N"]) -> Float[Tensor, "N 1 28 28"]:
        device = next(self.generator.parameters()).device
        noise = self.random.standard_normal((len(labels), self.latent_dim), dtype=np.float32)
        self.generator.train()
        return self.generator(condition(torch.as_tensor(noise, device=device), torch.as_tensor(labels, device=device)))

    def batches(
        self, images: Float[np.ndarray, "n 1 28 28"], labels: Int[np.ndarray, "n"], batch_size: int
    ) -> Iterator[tuple[Float[np.ndarray, "N 1 28 28"], Int[np.ndarray, "N"]]]:
        order = self.random.permutation(len(images))
        for start in range(0, len(images), batch_size):
            rows = order[start : start + batch_size]
            yield images[rows], labels[rows]

    ### END SOLUTION
    def train_discriminator(self, images: Float[np.ndarray, "N 1 28 28"], labels: Int[np.ndarray, "N"]) -> float:
        """One update of the discriminator on real images and as many fakes; returns the loss."""
        ### BEGIN SOLUTION
        self.discriminator.train()
        real = torch.as_tensor(images, device=next(self.discriminator.parameters()).device)
        fake = self.fakes(labels).detach()
        on_real = cross_entropy(self.discriminator(real), discriminator_targets(labels, real=True))
        on_fake = cross_entropy(self.discriminator(fake), discriminator_targets(labels, real=False))
        loss = (on_real + on_fake) / 2
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()
        return loss.item()
        ### END SOLUTION

    def train_generator(self, labels: Int[np.ndarray, "N"]) -> float:
        """One update of the generator, through a discriminator that stays as it is; returns the loss."""
        ### BEGIN SOLUTION
        self.discriminator.eval()
        loss = cross_entropy(self.discriminator(self.fakes(labels)), generator_targets(labels))
        self.generator_optimizer.zero_grad()
        loss.backward()
        self.generator_optimizer.step()
        return loss.item()
        ### END SOLUTION

    def pretrain(
        self, images: Float[np.ndarray, "n 1 28 28"], labels: Int[np.ndarray, "n"], epochs: int, batch_size: int
    ) -> list[float]:
        """Train the discriminator alone, `epochs` times over the images; returns the loss of each update."""
        ### BEGIN SOLUTION
        return [
            self.train_discriminator(*batch)
            for _ in range(epochs)
            for batch in self.batches(images, labels, batch_size)
        ]
        ### END SOLUTION

    def fit(
        self, images: Float[np.ndarray, "n 1 28 28"], labels: Int[np.ndarray, "n"], epochs: int, batch_size: int
    ) -> dict[str, list[float]]:
        """Train both in turn, `epochs` times over the images; returns `d_loss` and `g_loss` of each update."""
        ### BEGIN SOLUTION
        losses = {"d_loss": [], "g_loss": []}
        for _ in range(epochs):
            for real, digits in self.batches(images, labels, batch_size):
                losses["d_loss"].append(self.train_discriminator(real, digits))
                losses["g_loss"].append(self.train_generator(digits))
        return losses
        ### END SOLUTION


# %% tags=["demo"]
(images, labels), (held_out_images, held_out_labels) = data.digits_split()
images, held_out_images = (np.moveaxis(2 * array - 1, -1, 1) for array in (images, held_out_images))
gan = ConditionalGAN(latent_dim=100, seed=1)
plots.loss_curve(gan.pretrain(images, labels, epochs=3, batch_size=32), unit="update of D")
plots.loss_curve(gan.fit(images, labels, epochs=12, batch_size=32), unit="update")
plt.show()


# %% part="classification"
@torch.no_grad()
def classify(gan: ConditionalGAN, images: Float[np.ndarray, "N 1 28 28"]) -> Int[np.ndarray, "N"]:
    """The digit that the discriminator finds likeliest for each image, whether it takes the image for real or not."""
    ### BEGIN SOLUTION
    gan.discriminator.eval()
    p = gan.discriminator(torch.as_tensor(images, device=next(gan.discriminator.parameters()).device))
    return p[:, 1:].argmax(dim=1).cpu().numpy()
    ### END SOLUTION


# %% tags=["demo"]
plots.confusion_matrix(held_out_labels, classify(gan, held_out_images))
plt.show()


# %% part="generation"
@torch.no_grad()
def generate(gan: ConditionalGAN, digit: int, n: int, seed: int) -> Float[np.ndarray, "n 1 28 28"]:
    """`n` images of one digit, in [−1, 1]; `seed` fixes the noise."""
    ### BEGIN SOLUTION
    gan.generator.eval()
    device = next(gan.generator.parameters()).device
    noise = np.random.default_rng(seed).standard_normal((n, gan.latent_dim), dtype=np.float32)
    labels = torch.full((n,), digit, device=device)
    return gan.generator(condition(torch.as_tensor(noise, device=device), labels)).cpu().numpy()
    ### END SOLUTION


# %% tags=["demo"]
asked = np.concatenate([inference.array(generate(gan, digit, 10, seed=digit)) for digit in range(DIGITS)])
plots.image_sheet({"ten of each digit asked for": asked.reshape(-1, 28, 28)}, columns=10)
plt.show()

# %% tags=["demo"]
# Four rows of noise stay the same, and the label goes from 3 to 8. No training image had a label in between.
share = np.linspace(0, 1, 10)[:, None]
codes = ((1 - share) * np.eye(DIGITS)[3] + share * np.eye(DIGITS)[8]).astype(np.float32)
noise = np.random.default_rng(1).standard_normal((4, 100), dtype=np.float32)
rows = np.hstack([noise.repeat(10, axis=0), np.tile(codes, (4, 1))])
between = inference.predict(gan.generator, rows)
plots.image_sheet({"from 3 to 8": between.reshape(-1, 28, 28)}, columns=10)
plt.show()

# %% [markdown] part="gpu"
# There is nothing to write here: the check runs your training steps on the device of your nets' parameters.
