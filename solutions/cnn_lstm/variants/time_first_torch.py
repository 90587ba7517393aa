# Differences: a time-first LSTM, PyTorch's pad_sequence, batches of unequal size, a higher learning rate.
def pad_sequences(sequences, length):
    reversed_tokens = [torch.as_tensor(np.asarray(sequence)[-length:][::-1].copy()) for sequence in sequences]
    padded = nn.utils.rnn.pad_sequence([*reversed_tokens, torch.zeros(length)], batch_first=True)
    return padded[:-1].flip(1).long()


class TimeFirst(nn.Module):
    def __init__(self, top_words, front, noise):
        super().__init__()
        self.embedding = nn.Embedding(top_words, 32)
        self.front = front
        self.noise = noise
        self.lstm = nn.LSTM(32, 100)
        self.logit = nn.Linear(100, 1)

    def forward(self, tokens):
        channels_first = self.front(self.embedding(tokens).transpose(1, 2))
        _, (hidden, _) = self.lstm(self.noise(channels_first.permute(2, 0, 1)))
        return torch.sigmoid(self.logit(self.noise(hidden.squeeze(0))))


def build_lstm(top_words, length):
    return TimeFirst(top_words, nn.Identity(), nn.Identity())


def build_dropout_lstm(top_words, length):
    return TimeFirst(top_words, nn.Identity(), nn.Dropout(p=0.2))


def build_cnn_lstm(top_words, length):
    front = nn.Sequential(nn.Conv1d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool1d(2))
    return TimeFirst(top_words, front, nn.Identity())


def train(model, x, y, epochs, batch_size, seed):
    generator = np.random.RandomState(seed % 2**32)
    device = next(model.parameters()).device
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    model.train()
    epoch_losses = []
    for _ in range(epochs):
        losses = []
        for batch in np.array_split(generator.permutation(len(x)), max(1, len(x) // batch_size)):
            model.zero_grad()
            p = model(torch.tensor(x[batch], device=device))
            loss = nn.BCELoss()(p, torch.tensor(y[batch], device=device))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        epoch_losses.append(float(np.mean(losses)))
    return epoch_losses
