# %%
FRAMEWORK = "torch"

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from shared import inference, plots, sound


# %% part="mu_law"
def mu_law(x: Float[np.ndarray, "*shape"], mu: int = 255) -> Int[np.ndarray, "*shape"]:
    """Codes 0 … mu of the numbers in [−1, 1]: fine steps near 0, coarse ones near −1 and 1."""
    ### BEGIN SOLUTION
    compressed = np.sign(x) * np.log1p(mu * np.abs(x)) / np.log1p(mu)
    return np.rint((compressed + 1) / 2 * mu).astype(np.int64)
    ### END SOLUTION


def inverse_mu_law(codes: Int[np.ndarray, "*shape"], mu: int = 255) -> Float[np.ndarray, "*shape"]:
    """The numbers in [−1, 1] that the codes stand for."""
    ### BEGIN SOLUTION
    compressed = 2 * codes / mu - 1
    return np.sign(compressed) * np.expm1(np.abs(compressed) * np.log1p(mu)) / mu
    ### END SOLUTION


# %% tags=["demo"]
amplitudes = np.linspace(-1, 1, 401)
codes = {f"mu = {mu}": inference.array(mu_law(amplitudes, mu)) / mu for mu in [15, 255]}
plots.curves(amplitudes, codes, xlabel="amplitude", ylabel="code / mu")
plt.show()

# %% tags=["demo"]
string = sound.plucked_string(220, seconds=2)
sound.Sound(string)

# %% tags=["demo"]
# The same string with 16 codes for each sample: first 16 equal steps, then 16 steps of the μ-law.
sound.Sound(np.rint((string + 1) / 2 * 15) / 15 * 2 - 1)

# %% tags=["demo"]
sound.Sound(inference.array(inverse_mu_law(mu_law(string, 15), 15)))


# %% part="convolution"
def causal_convolution(
    x: Float[np.ndarray, "T C"], kernel: Float[np.ndarray, "K C D"], dilation: int
) -> Float[np.ndarray, "T D"]:
    """y_t = Σ_k x_{t−(K−1−k)·dilation} kernel[k], where x is 0 before the start."""
    ### BEGIN SOLUTION
    T, K = len(x), len(kernel)
    past = np.pad(x, (((K - 1) * dilation, 0), (0, 0)))
    return sum(past[k * dilation : k * dilation + T] @ kernel[k] for k in range(K))
    ### END SOLUTION


# %% tags=["demo"]
# A kernel of two taps that are 0.3 s apart adds an echo.
taps = np.array([[[0.4]], [[0.6]]], dtype=np.float32)
echo = inference.array(causal_convolution(string[:, None].astype(np.float32), taps, int(0.3 * sound.RATE)))
sound.Sound(echo[:, 0])


# %% part="receptive_field"
def receptive_field(kernel_size: int, dilations: list[int]) -> int:
    """How many samples one output of a stack of causal convolutions depends on."""
    ### BEGIN SOLUTION
    return 1 + (kernel_size - 1) * sum(dilations)
    ### END SOLUTION


# %% tags=["demo"]
plots.causal_tree(2, [1, 2, 4, 8])
plt.title(f"{receptive_field(2, [1, 2, 4, 8])} samples for one output")
plt.show()


# %% part="gate"
def gated(a: Float[Tensor, "*shape"], b: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """tanh(a)·σ(b): σ(b) decides how much of tanh(a) passes."""
    ### BEGIN SOLUTION
    return torch.tanh(a) * torch.sigmoid(b)
    ### END SOLUTION


# %% part="model"
### BEGIN SOLUTION
class GatedLayer(nn.Module):
    def __init__(self, channels: int, kernel_size: int, dilation: int):
        super().__init__()
        self.reach = (kernel_size - 1) * dilation
        self.filter = nn.Conv1d(channels, channels, kernel_size, dilation=dilation)
        self.gate = nn.Conv1d(channels, channels, kernel_size, dilation=dilation)
        self.residual = nn.Conv1d(channels, channels, 1)
        self.skip = nn.Conv1d(channels, channels, 1)

    def forward(self, h: Float[Tensor, "N channels T"]) -> tuple[Tensor, Tensor]:
        past = nn.functional.pad(h, (self.reach, 0))
        z = gated(self.filter(past), self.gate(past))
        return h + self.residual(z), self.skip(z)


class WaveNet(nn.Module):
    def __init__(self, classes: int, channels: int, kernel_size: int, dilations: list[int]):
        super().__init__()
        self.receptive_field = receptive_field(kernel_size, dilations)
        self.input = nn.Conv1d(classes, channels, 1)
        self.layers = nn.ModuleList(GatedLayer(channels, kernel_size, dilation) for dilation in dilations)
        self.output = nn.Sequential(
            nn.ReLU(), nn.Conv1d(channels, channels, 1), nn.ReLU(), nn.Conv1d(channels, classes, 1)
        )

    def forward(self, x: Float[Tensor, "N T classes"]) -> Float[Tensor, "N T classes"]:
        h, skips = self.input(x.mT), 0
        for layer in self.layers:
            h, skip = layer(h)
            skips = skips + skip
        return self.output(skips).mT.softmax(dim=-1)


### END SOLUTION


def build_model(classes: int, channels: int, kernel_size: int, dilations: list[int]) -> nn.Module:
    """One gated causal layer for each dilation: one-hot `(N, T, classes)` → probabilities `(N, T, classes)`.

    Row t is the distribution of sample t + 1, given the samples up to t.
    """
    ### BEGIN SOLUTION
    return WaveNet(classes, channels, kernel_size, dilations)
    ### END SOLUTION


# %% part="training"
def train(
    model: nn.Module, sequences: Int[np.ndarray, "N T"], classes: int, epochs: int, batch_size: int, seed: int
) -> list[float]:
    """Minimise the cross-entropy of each next sample; return its mean in each epoch, in nats."""
    ### BEGIN SOLUTION
    torch.manual_seed(seed)
    device = next(model.parameters()).device
    samples, one_hot = torch.as_tensor(sequences, device=device), torch.eye(classes, device=device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(samples)).to(device).split(batch_size):
            seen, following = samples[rows, :-1], samples[rows, 1:]
            p = model(one_hot[seen]).gather(-1, following[..., None])
            loss = -p.clamp(min=1e-7).log().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        losses.append(total / len(samples))
    return losses
    ### END SOLUTION


# %% tags=["demo"]
# Strings of five pitches, without the noise of the first moment. The training takes from ten seconds to a minute.
rate, classes = 4000, 32
pitches = [196, 220, 247, 294, 330]
strings = [sound.plucked_string(pitches[i % 5], seconds=0.15, seed=i, rate=rate)[200:] for i in range(64)]
loud = np.stack([string / np.abs(string).max() for string in strings])
notes = inference.array(mu_law(loud.astype(np.float32), classes - 1)).astype(np.int64)
torch.manual_seed(1)
model = build_model(classes, 24, 2, [1, 2, 4, 8, 16, 32])
plots.loss_curve(train(model, notes, classes, epochs=30, batch_size=8, seed=1))
plt.show()


# %% part="generation"
def generate(
    model: nn.Module, start: Int[np.ndarray, "k"], n: int, classes: int, temperature: float = 1.0, seed: int = 0
) -> Int[np.ndarray, "n"]:
    """The `n` samples that the model writes after `start`; temperature 0 takes the most likely one each time."""
    ### BEGIN SOLUTION
    device = next(model.parameters()).device
    random = torch.Generator().manual_seed(seed)
    one_hot = torch.eye(classes, device=device)
    samples = start.tolist()
    for _ in range(n):
        seen = samples[-model.receptive_field :]
        with torch.no_grad():
            p = model(one_hot[seen][None])[0, -1].cpu()
        if temperature == 0:
            sample = int(p.argmax())
        else:
            sample = int(torch.multinomial((p.log() / temperature).softmax(dim=-1), 1, generator=random))
        samples.append(sample)
    return np.array(samples[len(start) :])
    ### END SOLUTION


# %% tags=["demo"]
written = inference.array(generate(model, notes[0, :64], 2000, classes, temperature=0.7, seed=1))
played = inference.array(inverse_mu_law(np.concatenate([notes[0, :64], written]), classes - 1))
plots.time_series({"start": (0, played[:64]), "written": (64, played[64:300])}, time="sample", value="amplitude")
plt.show()

# %% tags=["demo"]
sound.Sound(played, rate)

# %% tags=["demo"]
# What the model expects after the first 64 samples: one distribution over the codes, at three temperatures.
p = inference.predict(model, np.eye(classes, dtype=np.float32)[notes[:1, :64]])[0, -1]
sharpened = {f"T = {T}": p ** (1 / T) / (p ** (1 / T)).sum() for T in [0.5, 1.0, 2.0]}
plots.distributions(sharpened, [str(code) for code in range(classes)])
plt.show()

# %% [markdown] part="gpu"
# Nothing to write here: the check runs your `train` and `generate` on the device where the model's parameters live.
