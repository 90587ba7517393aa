# %%
FRAMEWORK = "torch"

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from scipy.special import expit  # the logistic function σ, safe for large arguments
from torch import Tensor, nn

from shared import inference, plots

# %% part="gates"
Gate = tuple[Float[np.ndarray, "2"], float]


def or_gate() -> Gate:
    """Weights `(2,)` and bias of one logistic unit that is above ½ exactly where OR is 1."""
    ### BEGIN SOLUTION
    return np.array([2.0, 2.0]), -1.0
    ### END SOLUTION


def and_gate() -> Gate:
    """Weights `(2,)` and bias of one logistic unit that is above ½ exactly where AND is 1."""
    ### BEGIN SOLUTION
    return np.array([2.0, 2.0]), -3.0
    ### END SOLUTION


# %% tags=["demo"]
plots.decision_regions({"OR": or_gate(), "AND": and_gate()})
plt.show()


# %% part="lecture"
def lecture_formula(x: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n"]:
    """The lecture's sum of two logistic units: σ(2x₁ + 2x₂ − 1) + σ(−2x₁ − 2x₂ + 1)."""
    ### BEGIN SOLUTION
    score = 2 * x[:, 0] + 2 * x[:, 1] - 1
    return expit(score) + expit(-score)
    ### END SOLUTION


# %% part="by_hand"
def xor_by_hand(x: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n"]:
    """Two logistic units and a linear output, with weights chosen by hand; within 0.05 of XOR on the corners."""
    ### BEGIN SOLUTION
    steepness = 20
    either = expit(steepness * (x[:, 0] + x[:, 1] - 0.5))
    both = expit(steepness * (x[:, 0] + x[:, 1] - 1.5))
    return either - both
    ### END SOLUTION


# %% tags=["demo"]
plots.surfaces({"The lecture's formula": lecture_formula, "XOR by hand": xor_by_hand})
plt.show()


# %% part="model"
def build_model(hidden: int) -> nn.Module:
    """A nonlinear network 2 → hidden → 1 whose output is a probability: `(n, 2)` → `(n, 1)`."""
    ### BEGIN SOLUTION
    return nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 1), nn.Sigmoid())
    ### END SOLUTION


# %% part="cross_entropy"
def binary_cross_entropy(p: Float[Tensor, "n 1"], y: Float[Tensor, "n 1"]) -> Float[Tensor, ""]:
    """The mean of −y ln p − (1−y) ln(1−p), in nats; finite where p is exactly 0 or 1."""
    ### BEGIN SOLUTION
    p = p.clamp(1e-7, 1 - 1e-7)
    return -(y * p.log() + (1 - y) * (1 - p).log()).mean()
    ### END SOLUTION


# %% part="gradients"
def gradients(
    model: nn.Module, x: Float[np.ndarray, "n 2"], y: Float[np.ndarray, "n 1"]
) -> dict[str, Float[np.ndarray, "..."]]:
    """The derivative of the mean binary cross-entropy with respect to every parameter, by the parameter's name."""
    ### BEGIN SOLUTION
    parameters = dict(model.named_parameters())
    device = next(model.parameters()).device
    p = model(torch.as_tensor(x, device=device))
    loss = binary_cross_entropy(p, torch.as_tensor(y, device=device))
    slopes = torch.autograd.grad(loss, list(parameters.values()))
    return {name: slope.cpu().numpy() for name, slope in zip(parameters, slopes, strict=True)}
    ### END SOLUTION


# %% part="training"
def train(
    model: nn.Module,
    x: Float[np.ndarray, "n 2"],
    y: Float[np.ndarray, "n 1"],
    epochs: int,
    learning_rate: float,
    seed: int,
) -> list[float]:
    """Minimise the binary cross-entropy on all rows of `x` for `epochs` epochs; return the loss of each, in nats."""
    ### BEGIN SOLUTION
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
    ### END SOLUTION


# %% tags=["demo"]
torch.manual_seed(1)
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
network = build_model(hidden=8)
losses = train(network, corners, np.array([[0], [1], [1], [0]], dtype=np.float32), 300, 0.05, seed=1)
plots.loss_curve(losses)
plots.surfaces({"XOR, learned": lambda x: inference.predict(network, x)[:, 0]})
plt.show()

# %% [markdown] part="gpu"
# Nothing to write here: the check runs `train` and `gradients` on the device where the model's parameters are.
