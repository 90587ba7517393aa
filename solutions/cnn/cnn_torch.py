# %%
FRAMEWORK = "torch"

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from shared import data, inference, plots


# %% part="one_hot"
def one_hot(labels: Int[np.ndarray, "n"], classes: int) -> Float[np.ndarray, "n classes"]:
    """One row for each label: 1 in the column of the label, 0 elsewhere."""
    ### BEGIN SOLUTION
    return np.eye(classes, dtype=np.float32)[labels]
    ### END SOLUTION


# %% part="convolution"
def convolve2d(image: Float[np.ndarray, "H W"], kernel: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "H-h+1 W-w+1"]:
    """Apply the kernel, as it is, to every patch of the image: the sum of the elementwise products."""
    ### BEGIN SOLUTION
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (patches * kernel).sum(axis=(-2, -1))
    ### END SOLUTION


# %% tags=["demo"]
digit = data.digits()[0][5, :, :, 0]
kernels = {
    "the digit": np.ones((1, 1), dtype=np.float32),
    "brighter to the right": np.array([[-1, 0, 1]], dtype=np.float32),
    "brighter below": np.array([[-1], [0], [1]], dtype=np.float32),
    "blurred": np.full((5, 5), 1 / 25, dtype=np.float32),
}
plots.image_grid([convolve2d(digit, kernel) for kernel in kernels.values()], titles=list(kernels))
plt.show()


# %% part="iris"
def build_iris_net() -> nn.Module:
    """4 measurements → 128 sigmoid units → the probabilities of 3 species: `(n, 4)` → `(n, 3)`."""
    ### BEGIN SOLUTION
    return nn.Sequential(nn.Linear(4, 128), nn.Sigmoid(), nn.Linear(128, 3), nn.Softmax(dim=1))
    ### END SOLUTION


# %% part="dense"
def build_dense_net() -> nn.Module:
    """784 pixels → 128 → 128 → the probabilities of 10 digits: `(n, 784)` → `(n, 10)`."""
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Linear(784, 128),
        nn.Sigmoid(),
        nn.Linear(128, 128),
        nn.Sigmoid(),
        nn.Linear(128, 10),
        nn.Softmax(dim=1),
    )
    ### END SOLUTION


# %% part="cnn"
def build_cnn() -> nn.Module:
    """32 filters of 3×3 → ReLU → 128 sigmoid units → 10 probabilities: `(n, 1, 28, 28)` → `(n, 10)`."""
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Conv2d(1, 32, kernel_size=3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 26 * 26, 128),
        nn.Sigmoid(),
        nn.Linear(128, 10),
        nn.Softmax(dim=1),
    )
    ### END SOLUTION


# %% part="training"
def train(
    model: nn.Module,
    x: Float[np.ndarray, "n *features"],
    y: Float[np.ndarray, "n classes"],
    epochs: int,
    batch_size: int,
    seed: int,
) -> list[float]:
    """Minimise the cross-entropy in batches, in a new order each epoch; return the mean loss of each epoch."""
    ### BEGIN SOLUTION
    torch.manual_seed(seed)
    device = next(model.parameters()).device
    inputs, targets = torch.tensor(x, device=device), torch.tensor(y, device=device)
    optimizer = torch.optim.Adam(model.parameters())
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(inputs), device=device).split(batch_size):
            loss = cross_entropy(model(inputs[batch]), targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(inputs))
    return losses
    ### END SOLUTION


### BEGIN SOLUTION
def cross_entropy(p: Float[Tensor, "n classes"], y: Float[Tensor, "n classes"]) -> Float[Tensor, ""]:
    # nn.CrossEntropyLoss would apply the softmax a second time: the model already ends in one.
    return -(y * p.clamp_min(1e-7).log()).sum(dim=1).mean()


### END SOLUTION


# %% part="evaluation"
def evaluate(
    model: nn.Module, x: Float[np.ndarray, "n *features"], y: Float[np.ndarray, "n classes"]
) -> tuple[float, float]:
    """The mean cross-entropy over all rows, and the fraction of rows whose most likely class is the right one."""
    ### BEGIN SOLUTION
    device = next(model.parameters()).device
    model.eval()
    with torch.no_grad():  # in pieces: the feature maps of 10,000 images would take a gigabyte
        p = torch.cat([model(piece.to(device)) for piece in torch.tensor(x).split(256)])
    targets = torch.tensor(y, device=device)
    right = p.argmax(dim=1) == targets.argmax(dim=1)
    return cross_entropy(p, targets).item(), right.float().mean().item()
    ### END SOLUTION


# %% tags=["demo"]
(flowers, species), (new_flowers, new_species) = data.iris_split()
(digits, names), (new_digits, new_names) = data.digits_split()
columns, new_columns = digits.reshape(-1, 784), new_digits.reshape(-1, 784)
planes, new_planes = digits.transpose(0, 3, 1, 2), new_digits.transpose(0, 3, 1, 2)
species_rows, new_species_rows, name_rows, new_name_rows = (
    inference.array(one_hot(labels, classes)).astype(np.float32)
    for labels, classes in ((species, 3), (new_species, 3), (names, 10), (new_names, 10))
)

torch.manual_seed(1)
iris_net, dense_net, cnn = build_iris_net(), build_dense_net(), build_cnn()
plots.loss_curve(
    {
        "iris": train(iris_net, flowers, species_rows, epochs=40, batch_size=2, seed=1),
        "dense digits": train(dense_net, columns, name_rows, epochs=8, batch_size=32, seed=1),
        "convolutional digits": train(cnn, planes, name_rows, epochs=4, batch_size=32, seed=1),
    }
)
print("iris   loss {:.3f}, accuracy {:.3f}".format(*evaluate(iris_net, new_flowers, new_species_rows)))
print("dense  loss {:.3f}, accuracy {:.3f}".format(*evaluate(dense_net, new_columns, new_name_rows)))
print("CNN    loss {:.3f}, accuracy {:.3f}".format(*evaluate(cnn, new_planes, new_name_rows)))
plt.show()

# %% tags=["demo"]
plots.confusion_matrix(new_names, inference.predict(cnn, new_planes).argmax(axis=1))
# The kernels of a convolution are a parameter with four axes.
for kernels in (weight.detach().cpu().numpy() for weight in cnn.parameters() if weight.ndim == 4):
    plots.image_grid(kernels[:, 0], columns=16)
plt.show()

# %% [markdown] part="gradients"
# Nothing to write here: the checks follow the gradient back through your three networks.

# %% [markdown] part="gpu"
# Nothing to write here: the check runs `train` and `evaluate` on the device where the model's parameters are.
