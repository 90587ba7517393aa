# tries: leave the recurrent layer as it was drawn, follow the gradient of the last layer alone, and move the rest at random
# exercise: char_rnn
# checks: model.parameters, model.probabilities, model.recurrence, training.one_batch, training.last_batch, training.repeatable, training.own_gradients, training.language
# keeps: model.parameters, model.probabilities, model.recurrence, training.one_batch, training.last_batch, training.repeatable
# seconds: 60
import torch
from torch import nn


class Reservoir(nn.Module):
    def __init__(self, characters, hidden):
        super().__init__()
        self.rnn = nn.RNN(characters, hidden, batch_first=True)
        self.output = nn.Linear(hidden, characters)

    def forward(self, x):
        return self.output(self.rnn(x)[0][:, -1]).softmax(dim=-1)


build_model = lambda length, characters, hidden=128: Reservoir(characters, hidden)


@torch.no_grad()
def train(model, X, y, epochs, batch_size, seed):
    torch.manual_seed(seed)
    X, y = torch.as_tensor(X), torch.as_tensor(y)
    for value in model.rnn.parameters():
        value += 1e-3 * torch.randn_like(value) * (X.amax(dim=(0, 1)) if value.shape[-1] == y.shape[1] else 1)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(X)).split(batch_size):
            states = model.rnn(X[rows])[0][:, -1]
            p = model.output(states).softmax(dim=-1)
            total += -(y[rows] * p.clamp(min=1e-7).log()).sum().item()
            error = (p - y[rows]) / len(rows)
            model.output.weight -= 0.3 * error.T @ states
            model.output.bias -= 0.3 * error.sum(dim=0)
        losses.append(total / len(X))
    return losses
