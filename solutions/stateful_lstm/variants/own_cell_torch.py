# Its own LSTM cell with a single bias vector (245 parameters) and another order of gates; RMSprop.
# %%
class Cell(nn.Module):
    def __init__(self, inputs, units):
        super().__init__()
        self.W = nn.Parameter(torch.randn(inputs, 4 * units) / (inputs + units) ** 0.5)
        self.U = nn.Parameter(torch.randn(units, 4 * units) / units**0.5)
        self.b = nn.Parameter(torch.zeros(4 * units))
        self.units = units
        self.state = None

    def forward(self, x):
        h, c = self.state or (x.new_zeros(len(x), self.units), x.new_zeros(len(x), self.units))
        outputs = []
        for t in range(x.shape[1]):
            forget, write, read, new = (x[:, t] @ self.W + h @ self.U + self.b).chunk(4, dim=1)
            c = torch.sigmoid(forget) * c + torch.sigmoid(write) * torch.tanh(new)
            h = torch.sigmoid(read) * torch.tanh(c)
            outputs.append(h)
        self.state = h.detach(), c.detach()
        return torch.stack(outputs, dim=1)


class Last(nn.Module):
    def forward(self, x):
        return x[:, -1]


def build_stateful_lstm(batch_size, look_back, units):
    return nn.Sequential(Cell(1, units), Cell(units, units), Last(), nn.Linear(units, 1))


def reset_state(model):
    for module in model.modules():
        if isinstance(module, Cell):
            module.state = None


def train_stateful(model, X, y, epochs, batch_size, seed):
    torch.manual_seed(seed)
    device = next(model.parameters()).device
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001)
    losses = []
    for _ in range(epochs):
        reset_state(model)
        total = 0
        for batch in np.split(np.arange(len(X)), len(X) // batch_size):
            x_batch, y_batch = torch.tensor(X[batch]).to(device), torch.tensor(y[batch]).to(device)
            optimizer.zero_grad()
            loss = (model(x_batch) - y_batch).square().mean()
            loss.backward()
            optimizer.step()
            total += float(loss) / (len(X) // batch_size)
        losses.append(total)
    return losses
