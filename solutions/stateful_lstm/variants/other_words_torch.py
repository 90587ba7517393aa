# Index arithmetic, numeric arrays for floats, lists for tuples, tensors for arrays, different hidden layers.
# %%
def make_windows(series, look_back):
    rows = np.arange(len(series) - look_back)[:, None] + np.arange(look_back + 1)
    return [torch.tensor(series[rows][:, :-1]), torch.tensor(series[rows][:, -1:])]


def fit_scaler(train):
    return [np.min(train), np.max(train)]


def scale(values, low, high):
    return values / (high - low) - low / (high - low)


def unscale(values, low, high):
    return low + (high - low) * torch.as_tensor(values)


def as_features(X):
    return X.reshape(len(X), 1, -1)


def as_steps(X):
    return torch.tensor(X).unsqueeze(-1)


def build_mlp(look_back):
    return nn.Sequential(nn.Linear(look_back, 12), nn.Tanh(), nn.Linear(12, 8), nn.Tanh(), nn.Linear(8, 1))


class LSTM(nn.Module):
    def __init__(self, units, features):
        super().__init__()
        self.lstm = nn.LSTM(features, units)
        self.output = nn.Linear(units, 1)

    def forward(self, x):
        _, (hidden, _) = self.lstm(x.transpose(0, 1))
        return self.output(hidden[-1])


def rmse(y, p, low, high):
    return (high - low) * np.sqrt(((p - y) ** 2).mean())
