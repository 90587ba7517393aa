# Layers that infer their sizes in the first call, in all three networks; NAdam, losses as tensors.
# %%
def build_mlp(look_back):
    return nn.Sequential(nn.LazyLinear(16), nn.Sigmoid(), nn.Dropout(0.1), nn.LazyLinear(1))


class LSTM(nn.Module):
    def __init__(self, units, features):
        super().__init__()
        self.cell = nn.LSTMCell(features, units)
        self.output = nn.LazyLinear(1)

    def forward(self, x):
        state = None
        for step in x.unbind(1):
            state = self.cell(step, state)
        return self.output(state[0])


class StatefulLSTM(nn.Module):
    def __init__(self, units):
        super().__init__()
        self.lstm = nn.LSTM(1, units, 2, batch_first=True)
        self.output = nn.LazyLinear(1)
        self.state = None

    def forward(self, x):
        steps, state = self.lstm(x, self.state)
        self.state = [part.detach() for part in state]
        return self.output(steps[:, -1])


def build_stateful_lstm(batch_size, look_back, units):
    return StatefulLSTM(units)


def reset_state(model):
    model.state = None


def train_stateful(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    optimizer = torch.optim.NAdam(model.parameters(), lr=0.002)
    losses = []
    for _ in range(epochs):
        reset_state(model)
        found = []
        for x_batch, y_batch in zip(torch.tensor(X).split(batch_size), torch.tensor(y).split(batch_size), strict=True):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x_batch.to(device)), y_batch.to(device))
            loss.backward()
            optimizer.step()
            found.append(loss.detach())
        losses.append(torch.stack(found).mean())
    return losses
