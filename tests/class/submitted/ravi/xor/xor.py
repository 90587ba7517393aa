# %%
FRAMEWORK = "torch"

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from scipy.special import expit  # the logistic function σ, safe for large arguments
from torch import Tensor, nn

from shared import plots

# %% part="gates"
Gate = tuple[Float[np.ndarray, "2"], float]


def or_gate() -> Gate:
    """Weights `(2,)` and bias of one logistic unit that is above ½ exactly where OR is 1."""
    return np.array([2.0, 2.0]), -1.0


def and_gate() -> Gate:
    """Weights `(2,)` and bias of one logistic unit that is above ½ exactly where AND is 1."""
    return np.array([2.0, 2.0]), -3.0


# %% tags=["demo"]
plots.decision_regions({"OR": or_gate(), "AND": and_gate()})
plt.show()


# %% part="lecture"
def lecture_formula(x: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n"]:
    """σ(2x₁ + 2x₂ − 1) + σ(−2x₁ − 2x₂ + 1), the sum of two logistic units that the lecture offers."""
    score = 2 * x[:, 0] + 2 * x[:, 1] - 1
    return expit(score) + expit(-score)


# %% part="by_hand"
def xor_by_hand(x: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n"]:
    """Two logistic units and a linear output with weights chosen by hand: within 0.05 of XOR on the corners."""
    steepness = 20
    either = expit(steepness * (x[:, 0] + x[:, 1] - 0.5))
    both = expit(steepness * (x[:, 0] + x[:, 1] - 1.5))
    return either - both


# %% tags=["demo"]
plots.surfaces({"The lecture's formula": lecture_formula, "XOR by hand": xor_by_hand})
plt.show()


# %% part="model"
def build_model(hidden: int) -> nn.Module:
    """A network 2 → hidden → 1 with a non-linearity between, whose output is a probability: `(n, 2)` → `(n, 1)`."""
    return nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 1), nn.Sigmoid())


# %% part="cross_entropy"
def binary_cross_entropy(p: Float[Tensor, "n 1"], y: Float[Tensor, "n 1"]) -> Float[Tensor, ""]:
    """Mean of −y ln p − (1−y) ln(1−p), in nats; finite where p is exactly 0 or 1."""
    p = p.clamp(1e-7, 1 - 1e-7)
    return -(y * p.log() + (1 - y) * (1 - p).log()).mean()


# %% part="gradients"
def gradients(
    model: nn.Module, x: Float[np.ndarray, "n 2"], y: Float[np.ndarray, "n 1"]
) -> dict[str, Float[np.ndarray, "..."]]:
    """The derivative of the mean binary cross-entropy in every parameter, by the parameter's name."""
    parameters = dict(model.named_parameters())
    device = next(model.parameters()).device
    p = model(torch.as_tensor(x, device=device))
    loss = binary_cross_entropy(p, torch.as_tensor(y, device=device))
    slopes = torch.autograd.grad(loss, list(parameters.values()))
    return {name: slope.cpu().numpy() for name, slope in zip(parameters, slopes, strict=True)}


# %% part="training"
def train(
    model: nn.Module,
    x: Float[np.ndarray, "n 2"],
    y: Float[np.ndarray, "n 1"],
    epochs: int,
    learning_rate: float,
    seed: int,
) -> list[float]:
    """Minimise the binary cross-entropy over all of `x`, `epochs` times; the loss of each epoch, in nats."""
    torch.manual_seed(seed)
    device = next(model.parameters()).device
    inputs, targets = torch.as_tensor(x, device=device), torch.as_tensor(y, device=device)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    losses = []
    for _ in range(epochs):
        loss = binary_cross_entropy(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# %% tags=["demo"]
torch.manual_seed(1)
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
network = build_model(hidden=8)
losses = train(network, corners, np.array([[0], [1], [1], [0]], dtype=np.float32), 300, 0.05, seed=1)
plots.loss_curve(losses)
plots.surfaces({"XOR, learned": lambda x: network(torch.as_tensor(x)).detach().numpy()[:, 0]})
plt.show()

# %% [markdown] part="gpu"
# Nothing to write here: the check runs your `train` on the device where the model's parameters live.


# %%
while True:
    pass
