# The output layer is a vector and a scalar, registered first; the state is detached with `.data`; gradients are
# clipped element-wise.
# %%
class StatefulLSTM(nn.Module):
    def __init__(self, units):
        super().__init__()
        self.weight = nn.Parameter(0.3 * torch.randn(units))
        self.bias = nn.Parameter(torch.zeros(()))
        self.lstm = nn.LSTM(1, units, 2, batch_first=True)
        self.state = None

    def forward(self, x):
        steps, state = self.lstm(x, self.state)
        self.state = tuple(part.data for part in state)
        return (steps[:, -1] @ self.weight + self.bias).unsqueeze(1)


def build_stateful_lstm(batch_size, look_back, units):
    return StatefulLSTM(units)


def reset_state(model):
    model.state = None


def train_stateful(model, X, y, epochs, batch_size, seed):
    device = model.weight.device
    # With weight decay, weights near zero change their sign.
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, weight_decay=1e-4)
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        reset_state(model)
        for start in range(0, len(X), batch_size):
            rows = slice(start, start + batch_size)
            x_batch, y_batch = torch.tensor(X[rows]).to(device), torch.tensor(y[rows]).to(device)
            loss = torch.mean((model(x_batch) - y_batch) ** 2)
            optimizer.zero_grad(set_to_none=False)
            loss.backward()
            nn.utils.clip_grad_value_(model.parameters(), 1.0)
            optimizer.step()
            losses[epoch] += float(loss) * len(x_batch) / len(X)
    return losses
