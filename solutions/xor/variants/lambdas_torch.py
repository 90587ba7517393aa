# Lambdas for gates, formula and activation; lists and tensors as results; RMSprop; a loss with the logarithm of a
# clipped value.
or_gate = lambda: ([5, 5], -2)
and_gate = lambda: (torch.tensor([1.0, 3.0]), torch.tensor(-3.5))
lecture_formula = lambda x: (
    torch.sigmoid(torch.tensor(2 * x.sum(1) - 1)) + torch.sigmoid(torch.tensor(1 - 2 * x.sum(1)))
)


class Lambda(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


build_model = lambda hidden: nn.Sequential(
    nn.Linear(2, hidden), Lambda(lambda h: torch.sin(h)), nn.Linear(hidden, 1), Lambda(lambda s: 1 / (1 + (-s).exp()))
)
binary_cross_entropy = lambda p, y: (
    -(torch.log(p).clamp(min=-100) * y + torch.log1p(-p).clamp(min=-100) * (1 - y)).nan_to_num().mean()
)


def train(model, x, y, epochs, learning_rate, seed):
    optimizer = torch.optim.RMSprop(model.parameters(), lr=min(learning_rate, 0.05))
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        loss = torch.nn.BCELoss()(model(torch.tensor(x).to(model[0].weight)), torch.tensor(y).to(model[0].weight))
        model.zero_grad()
        loss.backward()
        optimizer.step()
        losses[epoch] = loss.detach()
    return losses
