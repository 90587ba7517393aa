# Differences: a Sequential of small layers, padding_idx=0, a DataLoader, RMSprop, padding with lists.
from torch.utils.data import DataLoader, TensorDataset


class LastStep(nn.LSTM):
    def forward(self, steps):
        return super().forward(steps)[0][:, -1]


class SwapAxes(nn.Module):
    def forward(self, x):
        return x.transpose(1, 2)


def pad_sequences(sequences, length):
    return np.array([([0] * length + list(sequence))[-length:] for sequence in sequences])


def build_lstm(top_words, length):
    return nn.Sequential(
        nn.Embedding(top_words, 32, padding_idx=0),
        LastStep(32, 100, batch_first=True),
        nn.Linear(100, 1),
        nn.Sigmoid(),
    )


def build_dropout_lstm(top_words, length):
    embedding, lstm, head, probability = build_lstm(top_words, length)
    return nn.Sequential(embedding, nn.Dropout(0.2), lstm, nn.Dropout(0.2), head, probability)


def build_cnn_lstm(top_words, length):
    embedding, *rest = build_lstm(top_words, length)
    convolution = nn.Sequential(SwapAxes(), nn.Conv1d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool1d(2), SwapAxes())
    return nn.Sequential(embedding, convolution, *rest)


def train(model, x, y, epochs, batch_size, seed):
    order = torch.Generator().manual_seed(seed)
    sentences = TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    loader = DataLoader(sentences, batch_size, shuffle=True, generator=order)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    loss_of = nn.BCELoss()
    device = next(model.parameters()).device
    model.train()
    losses = []
    for _ in range(epochs):
        batch_losses = []
        for tokens, labels in loader:
            optimizer.zero_grad()
            loss = loss_of(model(tokens.to(device)), labels.to(device))
            loss.backward()
            optimizer.step()
            batch_losses.append(loss.item())
        losses.append(sum(batch_losses) / len(batch_losses))
    return losses
