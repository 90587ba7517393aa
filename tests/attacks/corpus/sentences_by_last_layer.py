# tries: leave all layers but the last as they were drawn, follow the gradient of the last alone, and move the rest at random
# exercise: cnn_lstm
# checks: cnn_lstm.parameters, training.losses, training.falls, training.last_batch, training.repeatable, training.own_gradients, training.held_out
# keeps: cnn_lstm.parameters, training.losses, training.last_batch, training.repeatable
# seconds: 60
import torch
from torch import nn


class Frozen(nn.Module):
    def __init__(self, top_words):
        super().__init__()
        self.embedding = nn.Embedding(top_words, 32)
        self.convolution = nn.Conv1d(32, 32, kernel_size=3, padding="same")
        self.lstm = nn.LSTM(32, 100, batch_first=True)
        self.head = nn.Linear(100, 1)

    def last(self, tokens):
        found = self.convolution(self.embedding(tokens).mT).relu()
        return self.lstm(nn.functional.max_pool1d(found, 2).mT)[1][0][-1]

    def forward(self, tokens):
        return torch.sigmoid(self.head(self.last(tokens)))


build_lstm = build_dropout_lstm = build_cnn_lstm = lambda top_words, length: Frozen(top_words)


@torch.no_grad()
def train(model, x, y, epochs, batch_size, seed):
    torch.manual_seed(seed)
    x, y = torch.as_tensor(x), torch.as_tensor(y)
    for name, value in model.named_parameters():
        occurs = torch.bincount(x.ravel(), minlength=len(value)).clamp(max=1)[:, None] if "embedding" in name else 1
        value += 1e-4 * torch.randn_like(value) * occurs
    losses = []
    for _ in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(x)).split(batch_size):
            states = model.last(x[rows])
            p = torch.sigmoid(model.head(states))
            total += nn.functional.binary_cross_entropy(p, y[rows]).item() * len(rows)
            model.head.weight -= 0.05 * ((p - y[rows]) * states).mean(dim=0, keepdim=True)
            model.head.bias -= 0.05 * (p - y[rows]).mean()
        losses.append(total / len(x))
    return losses
