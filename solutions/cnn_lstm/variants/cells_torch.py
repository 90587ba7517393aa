# Differences: an LSTMCell in a loop, Conv2d for Conv1d, explicit cross-entropy, losses and accuracy as tensors.
class Net(nn.Module):
    def __init__(self, top_words, convolution=False, dropout=0.0):
        super().__init__()
        self.words = nn.Embedding(top_words, 32)
        self.filters = nn.Conv2d(1, 32, (3, 32), padding=(1, 0)) if convolution else None
        self.cell = nn.LSTMCell(32, 100)
        self.out = nn.Linear(100, 1)
        self.rate = dropout

    def forward(self, tokens):
        x = self.words(tokens)
        if self.filters is not None:
            x = torch.relu(self.filters(x[:, None])[..., 0])
            x = nn.functional.max_pool1d(x, 2).permute(0, 2, 1)
        x = nn.functional.dropout(x, self.rate, training=self.training)
        state = None
        for step in x.unbind(dim=1):
            state = self.cell(step, state)
        last = nn.functional.dropout(state[0], self.rate, training=self.training)
        return self.out(last).sigmoid()


def build_lstm(top_words, length):
    return Net(top_words)


def build_dropout_lstm(top_words, length):
    return Net(top_words, dropout=0.2)


def build_cnn_lstm(top_words, length):
    return Net(top_words, convolution=True)


def train(model, x, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    model.train()
    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        total = torch.zeros((), device=device)
        for start in range(0, len(x), batch_size):
            batch = order[start : start + batch_size]
            p = model(torch.as_tensor(x[batch], device=device)).clamp(1e-6, 1 - 1e-6)
            target = torch.as_tensor(y[batch], device=device)
            loss = -torch.where(target == 1, p, 1 - p).log().mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            total += loss.detach() * len(batch) / len(x)
        losses.append(total)
    return losses


@torch.no_grad()
def accuracy(model, x, y):
    was_training = model.training
    model.eval()
    device = next(model.parameters()).device
    right = [
        (model(torch.as_tensor(x[i : i + 32], device=device)).round() == torch.as_tensor(y[i : i + 32], device=device))
        for i in range(0, len(x), 32)
    ]
    model.train(was_training)
    return torch.cat(right).float().mean()
