# The biases are a column of the weights, for an input that is always 1; σ as e^z / (1 + e^z), which is ∞/∞ for large
# z; Adagrad.
def sigma(z):
    return torch.exp(z) / (1 + torch.exp(z))


def xor_by_hand(x):
    either, both = np.exp(30 * x.sum(1) - 15), np.exp(30 * x.sum(1) - 45)
    return either / (1 + either) - both / (1 + both)


class Network(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.into_hidden = nn.Parameter(torch.randn(hidden, 3))
        self.into_output = nn.Parameter(torch.randn(1, hidden + 1) / 2)

    def forward(self, x):
        one = x.new_ones(len(x), 1)
        h = torch.relu(torch.cat([x, one], 1) @ self.into_hidden.T)
        return sigma(torch.cat([h, one], 1) @ self.into_output.T)


def build_model(hidden):
    return Network(hidden)


def gradients(model, x, y):
    model.zero_grad()
    device = model.into_hidden.device
    binary_cross_entropy(model(torch.tensor(x, device=device)), torch.tensor(y, device=device)).backward()
    return {name: parameter.grad.tolist() for name, parameter in model.named_parameters()}


def train(model, x, y, epochs, learning_rate, seed):
    device = model.into_hidden.device
    x, y = torch.tensor(x, device=device), torch.tensor(y, device=device)
    optimizer = torch.optim.Adagrad(model.parameters(), lr=learning_rate)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = binary_cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    return tuple(losses)
