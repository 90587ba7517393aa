# %%
FRAMEWORK = "torch"

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from shared import inference, plots, sequences


# %% part="additive"
def additive_scores(
    s: Float[Tensor, "N d_s"],
    H: Float[Tensor, "N T d_h"],
    W: Float[Tensor, "a d_s"],
    U: Float[Tensor, "a d_h"],
    v: Float[Tensor, " a"],
) -> Float[Tensor, "N T"]:
    """The scores vᵀ tanh(W s + U h_j) of each encoder state h_j for the decoder's state s."""
    ### BEGIN SOLUTION
    return torch.tanh((s @ W.T)[:, None] + H @ U.T) @ v
    ### END SOLUTION


# %% part="location"
def location_scores(
    s: Float[Tensor, "N d_s"], y: Float[Tensor, "N d_y"], V: Float[Tensor, "T d_s+d_y"]
) -> Float[Tensor, "N T"]:
    """The scores V[j]·[s; y]: a row of V for each source position j."""
    ### BEGIN SOLUTION
    return torch.cat([s, y], dim=1) @ V.T
    ### END SOLUTION


# %% part="weights"
def attention_weights(scores: Float[Tensor, "N T"], mask: Float[Tensor, "N T"]) -> Float[Tensor, "N T"]:
    """The softmax of each row over the positions whose mask is 1; exactly 0 elsewhere."""
    ### BEGIN SOLUTION
    return scores.masked_fill(mask == 0, -torch.inf).softmax(dim=1)
    ### END SOLUTION


# %% tags=["demo"]
for scores in [[1.0, 2.0, 7.0], [101.0, 102.0, 7.0]]:
    print(scores, "→", inference.array(attention_weights(torch.tensor([scores]), torch.tensor([[1.0, 1.0, 0.0]]))))


# %% part="context"
def context(weights: Float[Tensor, "N T"], H: Float[Tensor, "N T d_h"]) -> Float[Tensor, "N d_h"]:
    """The weighted mean Σ_j α_j h_j of the encoder states."""
    ### BEGIN SOLUTION
    return (weights[:, :, None] * H).sum(dim=1)
    ### END SOLUTION


# %% part="gradient"
def score_gradient(
    weights: Float[np.ndarray, "N T"], H: Float[np.ndarray, "N T d_h"], upstream: Float[np.ndarray, "N d_h"]
) -> Float[np.ndarray, "N T"]:
    """∂L/∂e_j = α_j (u·h_j − u·c) for the scores e, if the gradient ∂L/∂c of the context is u = `upstream`."""
    ### BEGIN SOLUTION
    pull = np.einsum("ntd,nd->nt", H, upstream)
    mean_pull = (weights * pull).sum(axis=1, keepdims=True)
    return weights * (pull - mean_pull)
    ### END SOLUTION


# %% part="translator"
### BEGIN SOLUTION
class EncoderDecoder(nn.Module):
    """One GRU reads the source both ways, another writes the target and looks at the source before each symbol."""

    def __init__(self, symbols: int, hidden: int, attention: bool):
        super().__init__()
        self.start, self.attention = symbols, attention
        self.source_embedding = nn.Embedding(symbols, hidden)
        self.target_embedding = nn.Embedding(symbols + 1, hidden)  # the last row is the start symbol's
        self.encoder = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.decoder = nn.GRU(hidden, hidden, batch_first=True)
        self.output = nn.Linear(3 * hidden if attention else hidden, symbols)
        if attention:
            self.W = nn.Parameter(torch.randn(hidden, hidden) / hidden**0.5)
            self.U = nn.Parameter(torch.randn(hidden, 2 * hidden) / (2 * hidden) ** 0.5)
            self.v = nn.Parameter(torch.randn(hidden) / hidden**0.5)

    def forward(
        self, source: Int[Tensor, "N T"], target: Int[Tensor, "N T"]
    ) -> tuple[Float[Tensor, "N T symbols"], Float[Tensor, "N T T"] | None]:
        """The scores of each target symbol when the symbols before it are given, and the weights of its look."""
        N, T = source.shape
        H, last = self.encoder(self.source_embedding(source))
        before = torch.cat([torch.full_like(target[:, :1], self.start), target[:, :-1]], dim=1)
        S, _ = self.decoder(self.target_embedding(before), last.sum(dim=0, keepdim=True))
        if not self.attention:
            return self.output(S), None
        # All targets are given, so that all N·T looks are taken at once.
        s, states = S.flatten(0, 1), H.repeat_interleave(T, dim=0)
        alpha = attention_weights(additive_scores(s, states, self.W, self.U, self.v), torch.ones_like(states[..., 0]))
        C = context(alpha, states).unflatten(0, (N, T))
        return self.output(torch.cat([S, C], dim=2)), alpha.unflatten(0, (N, T))


### END SOLUTION


class Translator:
    """An encoder and a decoder that writes one target symbol after the other.

    The symbols are 0 … `symbols` − 1. `model` is its net. `seed` fixes the starting weights and all later draws. With
    `attention=False` the decoder sees only the encoder's last state.
    """

    def __init__(self, symbols: int, hidden: int, seed: int, attention: bool = True):
        ### BEGIN SOLUTION
        torch.manual_seed(seed)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model = EncoderDecoder(symbols, hidden, attention).to(device)
        ### END SOLUTION

    def fit(
        self, source: Int[np.ndarray, "N T"], target: Int[np.ndarray, "N T"], epochs: int, batch_size: int
    ) -> list[float]:
        """Train on pairs of sequences; return the mean cross-entropy of a symbol in each epoch, in nats."""
        ### BEGIN SOLUTION
        device = next(self.model.parameters()).device
        source, target = torch.as_tensor(source, device=device), torch.as_tensor(target, device=device)
        optimizer = torch.optim.Adam(self.model.parameters(), lr=0.01)
        losses = []
        for _ in range(epochs):
            total = 0.0
            for rows in torch.randperm(len(source)).to(device).split(batch_size):
                scores, _ = self.model(source[rows], target[rows])
                loss = nn.functional.cross_entropy(scores.flatten(0, 1), target[rows].flatten())
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(rows)
            losses.append(total / len(source))
        return losses
        ### END SOLUTION

    def translate(self, source: Int[np.ndarray, "N T"]) -> Int[np.ndarray, "N T"]:
        """The most likely symbol at each step, given the source and the symbols written before it."""
        ### BEGIN SOLUTION
        source = torch.as_tensor(source, device=next(self.model.parameters()).device)
        target = torch.zeros_like(source)
        with torch.no_grad():
            for i in range(source.shape[1]):
                scores, _ = self.model(source, target)
                target[:, i] = scores[:, i].argmax(dim=1)
        return target.cpu().numpy()
        ### END SOLUTION

    def attention(self, source: Int[np.ndarray, "N T"], target: Int[np.ndarray, "N T"]) -> Float[np.ndarray, "N T T"]:
        """Row i: the weights with which target position i is written when the targets before it are given."""
        ### BEGIN SOLUTION
        device = next(self.model.parameters()).device
        with torch.no_grad():
            _, weights = self.model(torch.as_tensor(source, device=device), torch.as_tensor(target, device=device))
        return weights.cpu().numpy()
        ### END SOLUTION


# %% tags=["demo"]
source, target = sequences.reversed_pairs(2500, seed=1)
new, wanted = source[2000:], target[2000:]
translators = {"with attention": Translator(6, 32, seed=1), "without": Translator(6, 32, seed=1, attention=False)}
plots.loss_curve(
    {
        name: translator.fit(source[:2000], target[:2000], epochs=12, batch_size=64)
        for name, translator in translators.items()
    }
)
plt.show()

# %% tags=["demo"]
looks = inference.array(translators["with attention"].attention(new[:3], wanted[:3]))
sequences.alignments(looks, new[:3], wanted[:3])
plt.show()

# %% tags=["demo"]
right = {
    name: (inference.array(translator.translate(new)) == wanted).mean(axis=0)
    for name, translator in translators.items()
}
plots.curves(range(8), right, xlabel="target position", ylabel="share of right symbols")
plt.show()

# %% [markdown] part="gpu"
# Nothing to write here: the check calls your functions with tensors on a device, and trains a `Translator` there.
