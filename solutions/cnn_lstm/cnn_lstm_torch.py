# %%
FRAMEWORK = "torch"

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from shared import data, inference, plots


# %% part="padding"
def pad_sequences(sequences: Sequence[Sequence[int]], length: int) -> Int[np.ndarray, "n length"]:
    """Rows of equal length: a short sentence gets zeros on the left, a long one keeps its last `length` words."""
    ### BEGIN SOLUTION
    padded = np.zeros((len(sequences), length), dtype=np.int64)
    for row, sequence in zip(padded, sequences, strict=True):
        kept = sequence[-length:]
        row[length - len(kept) :] = kept
    return padded
    ### END SOLUTION


# %% tags=["demo"]
sentences = ["Slow.", "A film to remember", "Not good at all", "It starts badly and then it gets much worse"]
plots.token_matrix(pad_sequences(data.tokenize(sentences, top_words=50), length=6), "after pad_sequences")
plt.show()


# %% part="lstm"
### BEGIN SOLUTION
class LSTMClassifier(nn.Module):
    """Tokens → vectors of 32 → an LSTM that reads them in order → one probability from its last state."""

    def __init__(self, top_words: int, dropout: float = 0.0):
        super().__init__()
        self.embedding = nn.Embedding(top_words, 32)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(32, 100, batch_first=True)
        self.head = nn.Linear(100, 1)
        # PyTorch's own start, N(0, 1), gives vectors so long that training hardly turns them. This is Keras' start.
        nn.init.uniform_(self.embedding.weight, -0.05, 0.05)

    def features(self, embedded: Float[Tensor, "n length 32"]) -> Float[Tensor, "n steps 32"]:
        return embedded

    def forward(self, tokens: Int[Tensor, "n length"]) -> Float[Tensor, "n 1"]:
        steps = self.dropout(self.features(self.embedding(tokens)))
        _, (last_hidden, _) = self.lstm(steps)
        return torch.sigmoid(self.head(self.dropout(last_hidden[-1])))


### END SOLUTION


def build_lstm(top_words: int, length: int) -> nn.Module:
    """Embedding of 32 → LSTM of 100 → one probability: tokens `(n, length)` → `(n, 1)`."""
    ### BEGIN SOLUTION
    return LSTMClassifier(top_words)
    ### END SOLUTION


# %% part="dropout"
def build_dropout_lstm(top_words: int, length: int) -> nn.Module:
    """The same network with dropout of 0.2 before and after the LSTM."""
    ### BEGIN SOLUTION
    return LSTMClassifier(top_words, dropout=0.2)
    ### END SOLUTION


# %% part="cnn_lstm"
### BEGIN SOLUTION
class ConvLSTMClassifier(LSTMClassifier):
    """The LSTM reads what 32 filters of width 3 find, halved in length by max-pooling."""

    def __init__(self, top_words: int):
        super().__init__(top_words)
        self.convolution = nn.Conv1d(32, 32, kernel_size=3, padding="same")

    def features(self, embedded: Float[Tensor, "n length 32"]) -> Float[Tensor, "n length//2 32"]:
        # Conv1d and the pooling run along the last axis: swap time there, and back for the LSTM.
        found = self.convolution(embedded.mT).relu()
        return nn.functional.max_pool1d(found, 2).mT


### END SOLUTION


def build_cnn_lstm(top_words: int, length: int) -> nn.Module:
    """Embedding of 32 → 32 filters of width 3, same, ReLU → max-pool 2 → LSTM of 100 → one probability."""
    ### BEGIN SOLUTION
    return ConvLSTMClassifier(top_words)
    ### END SOLUTION


# %% part="training"
def train(
    model: nn.Module,
    x: Int[np.ndarray, "n length"],
    y: Float[np.ndarray, "n 1"],
    epochs: int,
    batch_size: int,
    seed: int,
) -> list[float]:
    """Minimise the binary cross-entropy in shuffled batches; return the mean loss of each epoch."""
    ### BEGIN SOLUTION
    torch.manual_seed(seed)
    device = next(model.parameters()).device
    tokens, labels = torch.as_tensor(x, device=device), torch.as_tensor(y, device=device)
    optimizer = torch.optim.Adam(model.parameters())
    model.train()
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(tokens), device=device).split(batch_size):
            loss = nn.functional.binary_cross_entropy(model(tokens[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(tokens))
    return losses
    ### END SOLUTION


# %% part="accuracy"
def accuracy(model: nn.Module, x: Int[np.ndarray, "n length"], y: Float[np.ndarray, "n 1"]) -> float:
    """The share of sentences whose probability lies on the right side of ½, without dropout."""
    ### BEGIN SOLUTION
    device = next(model.parameters()).device
    model.eval()
    with torch.no_grad():
        says_positive = model(torch.as_tensor(x, device=device)) > 0.5
    return float((says_positive.cpu().numpy() == (y > 0.5)).mean())
    ### END SOLUTION


# %% tags=["demo"]
# The example sentence comes after the reviews, so that its words get the same tokens.
TOP_WORDS, LENGTH, TRAINED_ON = 5000, 30, 7500
sentence = "a film that starts badly and looks cheap but in the end it is funny moving and wonderful"
words = sentence.split()
read_so_far = [" ".join(words[: n + 1]) for n in range(len(words))]
reviews, ratings = data.movie_reviews()
tokens = data.tokenize([*reviews, *read_so_far], TOP_WORDS)
x = pad_sequences([row or [0] for row in tokens], LENGTH)
y = (ratings > 0).astype(np.float32)[:, None]

losses = {}
for name, build in {
    "LSTM": build_lstm,
    "with dropout": build_dropout_lstm,
    "CNN-LSTM": build_cnn_lstm,
}.items():
    torch.manual_seed(1)
    network = build(TOP_WORDS, LENGTH)
    losses[name] = train(network, x[:TRAINED_ON], y[:TRAINED_ON], epochs=4, batch_size=64, seed=1)
    unseen = slice(TRAINED_ON, len(y))
    print(f"{name}: {accuracy(network, x[unseen], y[unseen]):.1%} of the held-out reviews are right")
plots.loss_curve(losses)
plots.opinion_while_reading(words, inference.predict(network, x[len(reviews) :]))
plt.show()

# %% [markdown] part="gradients"
# Nothing to write here: the checks use your three networks and see which weights a gradient reaches.

# %% [markdown] part="gpu"
# Nothing to write here: the check runs your `train` and `accuracy` on the device where the model's parameters live.
