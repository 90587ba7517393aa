# %%
FRAMEWORK = "torch"

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from shared import data, inference, plots

LOOK_BACK = 3
TRAINING_MONTHS = 96


# %% part="windows"
def make_windows(
    series: Float[np.ndarray, "time"], look_back: int
) -> tuple[Float[np.ndarray, "n look_back"], Float[np.ndarray, "n 1"]]:
    """All n = time − look_back windows of consecutive values, and the value after each of them."""
    ### BEGIN SOLUTION
    n = len(series) - look_back
    X = np.stack([series[start : start + look_back] for start in range(n)])
    return X, series[look_back:, None]
    ### END SOLUTION


# %% part="scaling"
def fit_scaler(train: Float[np.ndarray, "time"]) -> tuple[float, float]:
    """The smallest and the largest value of the training part, `(low, high)`."""
    ### BEGIN SOLUTION
    return float(train.min()), float(train.max())
    ### END SOLUTION


def scale(values: Float[np.ndarray, "..."], low: float, high: float) -> Float[np.ndarray, "..."]:
    """The linear map that takes `low` to 0 and `high` to 1; values outside this range stay outside."""
    ### BEGIN SOLUTION
    return (values - low) / (high - low)
    ### END SOLUTION


def unscale(values: Float[np.ndarray, "..."], low: float, high: float) -> Float[np.ndarray, "..."]:
    """The inverse of `scale`."""
    ### BEGIN SOLUTION
    return values * (high - low) + low
    ### END SOLUTION


# %% tags=["demo"]
passengers = data.airline_passengers()
train_part, held_out_part = passengers[:TRAINING_MONTHS], passengers[TRAINING_MONTHS:]
low, high = fit_scaler(train_part)
X, y = map(inference.array, make_windows(scale(train_part, low, high), LOOK_BACK))
curves = {"training part": (0, train_part), "held-out third": (TRAINING_MONTHS, held_out_part)}
plots.time_series(curves, time="month", value="thousands of passengers")
plt.show()


# %% part="layout"
def as_features(X: Float[np.ndarray, "n look_back"]) -> Float[np.ndarray, "n 1 look_back"]:
    """Each window as a single time step with `look_back` features."""
    ### BEGIN SOLUTION
    return X[:, None, :]
    ### END SOLUTION


def as_steps(X: Float[np.ndarray, "n look_back"]) -> Float[np.ndarray, "n look_back 1"]:
    """Each window as `look_back` time steps with a single feature."""
    ### BEGIN SOLUTION
    return X[:, :, None]
    ### END SOLUTION


# %% part="mlp"
def build_mlp(look_back: int) -> nn.Module:
    """A network with a hidden layer: windows `(n, look_back)` → the value after each, `(n, 1)`."""
    ### BEGIN SOLUTION
    return nn.Sequential(nn.Linear(look_back, 8), nn.ReLU(), nn.Linear(8, 1))
    ### END SOLUTION


# %% part="lstm"
def build_lstm(units: int, features: int = 1) -> nn.Module:
    """An LSTM and a linear output, `(n, steps, features)` → `(n, 1)`; every call starts from zeros."""
    ### BEGIN SOLUTION
    return LSTM(units, features)
    ### END SOLUTION


### BEGIN SOLUTION
class LSTM(nn.Module):
    def __init__(self, units: int, features: int):
        super().__init__()
        self.lstm = nn.LSTM(features, units, batch_first=True)
        self.output = nn.Linear(units, 1)

    def forward(self, x: Float[Tensor, "n steps features"]) -> Float[Tensor, "n 1"]:
        hidden, _ = self.lstm(x)
        return self.output(hidden[:, -1])


### END SOLUTION


# %% part="stateful"
def build_stateful_lstm(batch_size: int, look_back: int, units: int) -> nn.Module:
    """Two stacked LSTM layers and a linear output, `(batch_size, look_back, 1)` → `(batch_size, 1)`.

    Each call starts from the final state of the previous call.
    """
    ### BEGIN SOLUTION
    return StatefulLSTM(batch_size, units)
    ### END SOLUTION


### BEGIN SOLUTION
class StatefulLSTM(nn.Module):
    def __init__(self, batch_size: int, units: int):
        super().__init__()
        self.lstm = nn.LSTM(1, units, num_layers=2, batch_first=True)
        self.output = nn.Linear(units, 1)
        # Buffers move to another device together with the parameters; plain attributes would stay behind.
        self.register_buffer("hidden", torch.zeros(2, batch_size, units))
        self.register_buffer("cell", torch.zeros(2, batch_size, units))

    def forward(self, x: Float[Tensor, "batch_size look_back 1"]) -> Float[Tensor, "batch_size 1"]:
        sequence, (hidden, cell) = self.lstm(x, (self.hidden, self.cell))
        # Keep the values, not the graph that produced them: truncated backpropagation through time.
        self.hidden, self.cell = hidden.detach(), cell.detach()
        return self.output(sequence[:, -1])


### END SOLUTION


# %% part="reset"
def reset_state(model: nn.Module) -> None:
    """Set the memory of a stateful model to zeros, the state of a new model."""
    ### BEGIN SOLUTION
    model.hidden.zero_()
    model.cell.zero_()
    ### END SOLUTION


# %% part="training"
def train_stateful(
    model: nn.Module,
    X: Float[np.ndarray, "n look_back 1"],
    y: Float[np.ndarray, "n 1"],
    epochs: int,
    batch_size: int,
    seed: int,
) -> list[float]:
    """Minimise the mean squared error over batches in time order; return the mean loss of each epoch.

    The state is kept from batch to batch and reset at the beginning of each epoch.
    """
    ### BEGIN SOLUTION
    torch.manual_seed(seed)
    device = next(model.parameters()).device
    inputs = torch.as_tensor(X, device=device).split(batch_size)
    targets = torch.as_tensor(y, device=device).split(batch_size)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    losses = []
    for _ in range(epochs):
        reset_state(model)
        total = 0.0
        for x_batch, y_batch in zip(inputs, targets, strict=True):
            loss = nn.functional.mse_loss(model(x_batch), y_batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        losses.append(total / len(inputs))
    return losses
    ### END SOLUTION


# %% tags=["demo"]
torch.manual_seed(1)
network = build_stateful_lstm(batch_size=1, look_back=LOOK_BACK, units=4)
losses = train_stateful(network, inference.array(as_steps(X)), y, epochs=20, batch_size=1, seed=1)
plots.loss_curve(losses)
plt.show()


# %% part="rmse"
def rmse(y: Float[np.ndarray, "n 1"], p: Float[np.ndarray, "n 1"], low: float, high: float) -> float:
    """The root mean squared error of the forecasts `p`, in the units of the series before scaling."""
    ### BEGIN SOLUTION
    return float(np.sqrt(np.mean((unscale(y, low, high) - unscale(p, low, high)) ** 2)))
    ### END SOLUTION


# %% tags=["demo"]
X_all, y_all = map(inference.array, make_windows(scale(passengers, low, high), LOOK_BACK))
reset_state(network)
forecasts = np.concatenate([inference.predict(network, window[None]) for window in inference.array(as_steps(X_all))])
known = TRAINING_MONTHS - LOOK_BACK  # forecasts of months in the training part
labels = [
    f"{part}, RMSE {rmse(y_all[rows], forecasts[rows], low, high):.0f}"
    for part, rows in [("training part", slice(known)), ("held out", slice(known, None))]
]
in_passengers = unscale(forecasts[:, 0], low, high)
curves = {
    "truth": (0, passengers),
    labels[0]: (LOOK_BACK, in_passengers[:known]),
    labels[1]: (TRAINING_MONTHS, in_passengers[known:]),
}
plots.time_series(curves, time="month", value="thousands of passengers")
plt.show()

# %% [markdown] part="gpu"
# Nothing to write here: the check runs `train_stateful` on the device where the model's parameters are.
