# Differences: Keras' initialisation, output of shape `(n,)`, flat labels, out[:, -1], the loss computed after each
# epoch.
class Reader(nn.Module):
    def __init__(self, top_words, convolution, dropout):
        super().__init__()
        self.embedding = nn.Embedding(top_words, 32)
        self.convolution = nn.Conv1d(32, 32, 3, padding="same") if convolution else None
        self.lstm = nn.LSTM(32, 100, batch_first=True)
        self.head = nn.Linear(100, 1)
        self.before, self.after = nn.Dropout(dropout), nn.Dropout(dropout)
        nn.init.uniform_(self.embedding.weight, -0.05, 0.05)
        nn.init.xavier_uniform_(self.lstm.weight_ih_l0)
        nn.init.orthogonal_(self.lstm.weight_hh_l0)
        nn.init.zeros_(self.lstm.bias_ih_l0)
        nn.init.zeros_(self.lstm.bias_hh_l0)
        with torch.no_grad():
            self.lstm.bias_hh_l0[100:200] = 1.0
        nn.init.xavier_uniform_(self.head.weight)

    def forward(self, tokens):
        steps = self.embedding(tokens)
        if self.convolution is not None:
            steps = self.convolution(steps.permute(0, 2, 1))
            steps = nn.functional.max_pool1d(steps, 2).relu().permute(0, 2, 1)
        states, _ = self.lstm(self.before(steps))
        return torch.sigmoid(self.head(self.after(states[:, -1, :]))).squeeze(1)


def build_lstm(top_words, length):
    return Reader(top_words, convolution=False, dropout=0.0)


def build_dropout_lstm(top_words, length):
    return Reader(top_words, convolution=False, dropout=0.2)


def build_cnn_lstm(top_words, length):
    return Reader(top_words, convolution=True, dropout=0.0)


def train(model, x, y, epochs, batch_size, seed):
    torch.manual_seed(seed)
    device = next(model.parameters()).device
    tokens, labels = torch.tensor(x).to(device), torch.tensor(y).flatten().to(device)
    optimizer = torch.optim.NAdam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(epochs):
        model.train()
        for batch in torch.randperm(len(tokens)).to(device).split(batch_size):
            optimizer.zero_grad(set_to_none=True)
            nn.functional.binary_cross_entropy(model(tokens[batch]), labels[batch]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            losses.append(nn.functional.binary_cross_entropy(model(tokens), labels).item())
    return losses


def accuracy(model, x, y):
    model.eval()
    device = next(model.parameters()).device
    with torch.inference_mode():
        p = model(torch.tensor(x).to(device)).cpu().numpy()
    return np.mean((p >= 0.5) == y[:, 0])
