# Loops over rows with `math.exp`, which overflows; units as soft as the lecture's, scaled up by the output; the hidden
# layer squares.
import math


def sigma(z):
    return 1 / (1 + math.exp(-z))


def lecture_formula(x):
    return [sigma(2 * a + 2 * b - 1) + sigma(-2 * a - 2 * b + 1) for a, b in x]


def xor_by_hand(x):
    return [4.17 * (sigma(2 * a + 2 * b - 1) - sigma(2 * a + 2 * b - 3)) - 0.924 for a, b in x.tolist()]


class Square(nn.Module):
    def forward(self, x):
        return x**2


def build_model(hidden):
    return nn.Sequential(nn.Linear(2, hidden), Square(), nn.Linear(hidden, 1), nn.Sigmoid())


def train(model, x, y, epochs, learning_rate, seed):
    device = next(model.parameters()).device
    x, y = torch.from_numpy(x).to(device), torch.from_numpy(y).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = binary_cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return losses
