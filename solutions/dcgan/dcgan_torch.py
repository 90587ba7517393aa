# %%
FRAMEWORK = "torch"

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float, Num
from torch import Tensor, nn

from shared import data, inference, plots


# %% part="upsampling"
def upsample_nearest(x: Float[np.ndarray, "H W"], size: tuple[int, int]) -> Float[np.ndarray, "H*rows W*columns"]:
    """Repeat each value as a block of `size = (rows, columns)`."""
    ### BEGIN SOLUTION
    rows, columns = size
    return x.repeat(rows, axis=0).repeat(columns, axis=1)
    ### END SOLUTION


# %% part="transposed_convolution"
def conv_transpose2d(
    x: Float[np.ndarray, "H W"], kernel: Float[np.ndarray, "h w"], stride: int
) -> Float[np.ndarray, "(H-1)*stride+h (W-1)*stride+w"]:
    """Put the kernel, times each value of x, at every `stride`-th place; copies that overlap add up."""
    ### BEGIN SOLUTION
    (H, W), (h, w) = x.shape, kernel.shape
    output = np.zeros(((H - 1) * stride + h, (W - 1) * stride + w), dtype=x.dtype)
    for row, column in np.ndindex(H, W):
        top, left = row * stride, column * stride
        output[top : top + h, left : left + w] += x[row, column] * kernel
    return output
    ### END SOLUTION


# %% tags=["demo"]
coarse = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 1]], dtype=np.float32)
smooth = nn.functional.interpolate(torch.tensor(coarse)[None, None], scale_factor=4, mode="bilinear")[0, 0]
hat = np.outer([1, 2, 3, 4, 3, 2, 1], [1, 2, 3, 4, 3, 2, 1]).astype(np.float32) / 16
upsampled = {
    "3×3": coarse,
    "nearest": upsample_nearest(coarse, (4, 4)),
    "bilinear": smooth.numpy(),
    "transposed convolution\nkernel of ones 4×4": conv_transpose2d(coarse, np.ones((4, 4), dtype=np.float32), 4),
    "transposed convolution\nkernel a hat 7×7": conv_transpose2d(coarse, hat, 4),
}
plots.image_grid(list(upsampled.values()), titles=list(upsampled))
plt.show()


# %% part="scaling"
def scale_images(pixels: Num[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """0 … 255 → −1 … 1."""
    ### BEGIN SOLUTION
    return pixels / 127.5 - 1
    ### END SOLUTION


def unscale_images(images: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """−1 … 1 → 0 … 255, not rounded."""
    ### BEGIN SOLUTION
    return (images + 1) * 127.5
    ### END SOLUTION


# %% part="generator"
def build_generator(latent_dim: int = 100) -> nn.Module:
    """A model that maps latent points to images in [−1, 1]: `(N, latent_dim)` → `(N, 1, 28, 28)`."""
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Linear(latent_dim, 32 * 7 * 7),
        nn.Unflatten(1, (32, 7, 7)),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 16, kernel_size=4, stride=2, padding=1),  # 14×14
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 8, kernel_size=4, stride=2, padding=1),  # 28×28
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 1, kernel_size=3, padding=1),
        nn.Tanh(),
    )
    ### END SOLUTION


# %% part="discriminator"
def build_discriminator() -> nn.Module:
    """A model that returns the probability that an image is real: `(N, 1, 28, 28)` → `(N, 1)`."""
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=4, stride=2, padding=1),  # 14×14
        nn.LeakyReLU(0.2),
        nn.Conv2d(16, 32, kernel_size=4, stride=2, padding=1),  # 7×7
        nn.BatchNorm2d(32),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 1),
        nn.Sigmoid(),
    )
    ### END SOLUTION


# %% part="training"
### BEGIN SOLUTION
cross_entropy = nn.functional.binary_cross_entropy


def draw_weights(layer: nn.Module) -> None:
    if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, std=0.02)


### END SOLUTION


class GAN:
    """A generator and a discriminator of images that learn from each other.

    `generator` and `discriminator` are its two nets. `seed` fixes their starting weights, drawn from N(0, 0.02²), and
    all later draws.
    """

    def __init__(self, latent_dim: int, seed: int):
        ### BEGIN SOLUTION
        torch.manual_seed(seed)
        self.latent_dim = latent_dim
        self.generator = build_generator(latent_dim).apply(draw_weights)
        self.discriminator = build_discriminator().apply(draw_weights)
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=0.001, betas=(0.5, 0.999))
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), lr=0.001, betas=(0.5, 0.999))
        self.random = np.random.default_rng(seed)
        ### END SOLUTION

    def train_discriminator(self, real: Float[np.ndarray, "N 1 28 28"]) -> float:
        """One update of D on `real`, labelled 1, and as many fakes, labelled 0; returns the loss, in nats."""
        ### BEGIN SOLUTION
        self.discriminator.train()
        fake = self.sample_fake(len(real)).detach()
        # Two batches: batch norm should see real and fake images separately.
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
        # In inference mode D uses its running statistics and leaves them unchanged.
        self.discriminator.eval()
        p_fake = self.discriminator(self.sample_fake(n))
        loss = cross_entropy(p_fake, torch.ones_like(p_fake))
        self.generator_optimizer.zero_grad()
        loss.backward()
        self.generator_optimizer.step()
        return loss.item()
        ### END SOLUTION

    def fit(self, images: Float[np.ndarray, "N 1 28 28"], epochs: int, batch_size: int) -> dict[str, list[float]]:
        """For each batch of each epoch, an update of D and one of G; returns the losses `d_loss` and `g_loss`."""
        ### BEGIN SOLUTION
        losses = {"d_loss": [], "g_loss": []}
        for _ in range(epochs):
            order = self.random.permutation(len(images))
            for start in range(0, len(images), batch_size):
                real = images[order[start : start + batch_size]]
                losses["d_loss"].append(self.train_discriminator(real))
                losses["g_loss"].append(self.train_generator(len(real)))
        return losses
        ### END SOLUTION

    ### BEGIN SOLUTION
    def sample_fake(self, n: int) -> Float[Tensor, "n 1 28 28"]:
        """G, in training mode, of `n` new points of the latent space."""
        self.generator.train()
        z = self.random.standard_normal((n, self.latent_dim), dtype=np.float32)
        return self.generator(torch.as_tensor(z, device=next(self.generator.parameters()).device))

    ### END SOLUTION


# %% tags=["demo"]
pixels = data.digits()[0].transpose(0, 3, 1, 2) * 255
gan = GAN(latent_dim=100, seed=1)
losses = gan.fit(inference.array(scale_images(pixels)).astype(np.float32), epochs=12, batch_size=32)
plots.loss_curve({"D": losses["d_loss"], "G": losses["g_loss"]}, unit="update")
plt.show()


# %% part="selection"
### BEGIN SOLUTION
@torch.no_grad()
def imagine(gan: GAN, z: Float[np.ndarray, "N latent_dim"]) -> Float[Tensor, "N 1 28 28"]:
    """G(z) in inference mode: an image does not depend on the others of its batch."""
    gan.generator.eval()
    return gan.generator(torch.as_tensor(z, device=next(gan.generator.parameters()).device))


@torch.no_grad()
def score(gan: GAN, images: Float[Tensor, "N 1 28 28"]) -> Float[np.ndarray, "N"]:
    """D's probability that each image is real, in inference mode."""
    gan.discriminator.eval()
    return gan.discriminator(images).cpu().numpy()[:, 0]


### END SOLUTION


def select_images(
    gan: GAN, n: int, threshold: float, best: bool, seed: int, max_tries: int
) -> Float[np.ndarray, "found 1 28 28"]:
    """Up to `n` of at most `max_tries` images of G: those that D scores above the threshold (`best`) or below it."""
    ### BEGIN SOLUTION
    z = np.random.default_rng(seed).standard_normal((max_tries, gan.latent_dim), dtype=np.float32)
    found = np.empty((0, 1, 28, 28), dtype=np.float32)
    for start in range(0, max_tries, 64):
        images = imagine(gan, z[start : start + 64])
        scores = score(gan, images)
        wanted = scores > threshold if best else scores < threshold
        found = np.concatenate([found, images.cpu().numpy()[wanted]])
        if len(found) >= n:
            break
    return found[:n]
    ### END SOLUTION


# %% tags=["demo"]
fakes = inference.predict(gan.generator, np.random.default_rng(1).standard_normal((400, 100)))
real_scores = inference.predict(gan.discriminator, scale_images(pixels[:400]))
fake_scores = inference.predict(gan.discriminator, fakes)
high, low = np.quantile(fake_scores, [0.95, 0.05])
print(f"D on real images {real_scores.mean():.2f}, on fakes {fake_scores.mean():.2f}")
best = inference.array(select_images(gan, 60, high, True, seed=1, max_tries=4000))
worst = inference.array(select_images(gan, 60, low, False, seed=1, max_tries=4000))
plots.image_sheet(
    {
        "real": pixels[:60, 0] / 127.5 - 1,
        "fake": fakes[:60, 0],
        f"best: D above {high:.2f}": best[:, 0],
        f"worst: D below {low:.2f}": worst[:, 0],
    }
)
plt.show()


# %% part="interpolation"
def interpolate(
    gan: GAN, z0: Float[np.ndarray, "latent_dim"], z1: Float[np.ndarray, "latent_dim"], steps: int
) -> Float[np.ndarray, "steps 1 28 28"]:
    """The images of `steps` equally spaced points of the line from z0 to z1, both ends included."""
    ### BEGIN SOLUTION
    return imagine(gan, np.linspace(z0, z1, steps, dtype=np.float32)).cpu().numpy()
    ### END SOLUTION


# %% tags=["demo"]
ends = np.random.default_rng(2).standard_normal((6, 100), dtype=np.float32)
ways = [
    inference.array(interpolate(gan, z0, z1, 10))[:, 0] for z0, z1 in zip(ends, np.roll(ends, -1, axis=0), strict=True)
]
plots.image_sheet({"from one digit to the next": np.concatenate(ways)}, columns=10)
plt.show()

# %% tags=["demo"]
from shared import reader

z = np.random.default_rng(3).standard_normal((4000, 100), dtype=np.float32)
shown = reader.read((inference.predict(gan.generator, z) + 1) / 2)
mean = {digit: z[shown == digit].mean(axis=0) for digit in range(10) if np.any(shown == digit)}
if {0, 3, 8} <= set(mean):
    sum_of_points = mean[8] - mean[3] + mean[0]
    points = np.stack([mean[8], mean[3], mean[0], sum_of_points])
    points *= np.sqrt(100) / np.linalg.norm(points, axis=1, keepdims=True)  # as long as a typical latent point
    plots.image_grid(list(inference.predict(gan.generator, points)[:, 0]), ["mean 8", "− mean 3", "+ mean 0", "="])
    plt.show()

# %% [markdown] part="gpu"
# There is nothing to write here: the check runs a training step on the device of both nets' parameters.
