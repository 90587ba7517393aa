# One-hot tensors of type int64, the last state from the layer's second output, the loss computed after the epoch.
class LastState(nn.Module):
    def __init__(self, characters, hidden):
        super().__init__()
        self.recurrent = nn.RNN(characters, hidden)
        self.scores = nn.Sequential(nn.Linear(hidden, characters), nn.Softmax(dim=1))

    def forward(self, x):
        _, last = self.recurrent(x.transpose(0, 1))
        return self.scores(last[0])


def build_model(length, characters, hidden=128):
    return LastState(characters, hidden)


def one_hot_windows(inputs, labels, char_to_index):
    def encode(text):
        codes = torch.tensor([char_to_index[character] for character in text])
        return nn.functional.one_hot(codes, len(char_to_index))

    return torch.stack([encode(window) for window in inputs]), encode("".join(labels))


def rnn_forward(x, W, U, V):
    h, y = np.zeros((len(x), len(W))), np.zeros((len(x), len(V)))
    for t in range(len(x)):
        before = h[t - 1] if t else np.zeros(len(W))
        h[t] = np.tanh(W.dot(before) + U.dot(x[t]))
        y[t] = np.exp(V.dot(h[t])) / np.exp(V.dot(h[t])).sum()
    return [h, y]


def train(model, X, y, epochs, batch_size, seed):
    random = torch.Generator().manual_seed(seed)
    device = next(model.parameters()).device
    X, y = torch.as_tensor(X).to(device), torch.as_tensor(y).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.002)
    losses = []
    for _ in range(epochs):
        order = torch.randperm(len(X), generator=random)
        for rows in torch.split(order, batch_size):
            rows = rows.to(device)
            optimizer.zero_grad()
            torch.nn.functional.nll_loss(model(X[rows]).log(), y[rows].argmax(dim=1)).backward()
            optimizer.step()
        with torch.no_grad():
            losses.append(torch.nn.functional.nll_loss(model(X).log(), y.argmax(dim=1)).item())
    return losses
