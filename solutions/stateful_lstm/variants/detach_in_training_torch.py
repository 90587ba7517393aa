# The state keeps its graph, and the training loop detaches it; gradient clipping, a DataLoader without shuffling.
# %%
class StatefulLSTM(nn.Module):
    def __init__(self, units):
        super().__init__()
        self.first = nn.LSTM(1, units, batch_first=True)
        self.second = nn.LSTM(units, units, batch_first=True)
        self.head = nn.Linear(units, 1)
        self.states = [None, None]

    def forward(self, x):
        x, first = self.first(x, self.states[0])
        x, second = self.second(x, self.states[1])
        self.states = [first, second]
        return self.head(x[:, -1, :])


def build_stateful_lstm(batch_size, look_back, units):
    return StatefulLSTM(units)


def reset_state(model):
    model.states = [None, None]


def train_stateful(model, X, y, epochs, batch_size, seed):
    device = model.head.weight.device
    pairs = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(y))
    loader = torch.utils.data.DataLoader(pairs, batch_size=batch_size, shuffle=False)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, weight_decay=1e-5)
    losses = []
    for _ in range(epochs):
        reset_state(model)
        epoch = []
        for x_batch, y_batch in loader:
            model.zero_grad()
            loss = ((model(x_batch.to(device)) - y_batch.to(device)) ** 2).mean()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            model.states = [tuple(part.detach() for part in state) for state in model.states]
            epoch.append(loss.item())
        losses.append(np.mean(epoch))
    return losses
