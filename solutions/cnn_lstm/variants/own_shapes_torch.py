# Differences: a convolution as a matrix on three consecutive words, its own LSTM with separate gates, RMSprop.
# %%
class Gates(nn.Module):
    def __init__(self, inputs, units):
        super().__init__()
        self.W = nn.ParameterList([nn.Parameter(0.1 * torch.randn(inputs, units)) for _ in range(4)])
        self.U = nn.ParameterList([nn.Parameter(0.1 * torch.randn(units, units)) for _ in range(4)])
        self.b = nn.ParameterList([nn.Parameter(torch.zeros(units)) for _ in range(4)])

    def forward(self, x):
        h = c = x.new_zeros(len(x), len(self.b[0]))
        for step in x.unbind(1):
            write, keep, read, new = (step @ W + h @ U + b for W, U, b in zip(self.W, self.U, self.b, strict=True))
            c = keep.sigmoid() * c + write.sigmoid() * new.tanh()
            h = read.sigmoid() * c.tanh()
        return h


class OwnShapes(nn.Module):
    def __init__(self, top_words, dropout=0.0, convolution=False):
        super().__init__()
        self.embedding = nn.Embedding(top_words, 32)
        self.filters = nn.Linear(96, 32) if convolution else None
        self.lstm = Gates(32, 100)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(100, 1)

    def forward(self, tokens):
        steps = self.embedding(tokens)
        if self.filters:
            edge = torch.zeros_like(steps[:, :1])
            padded = torch.cat([edge, steps, edge], dim=1)
            found = self.filters(torch.cat([padded[:, :-2], padded[:, 1:-1], padded[:, 2:]], dim=2)).relu()
            pairs = found.shape[1] // 2 * 2
            steps = torch.maximum(found[:, 0:pairs:2], found[:, 1:pairs:2])
        return self.head(self.dropout(self.lstm(self.dropout(steps)))).sigmoid()


def build_lstm(top_words, length):
    return OwnShapes(top_words)


def build_dropout_lstm(top_words, length):
    return OwnShapes(top_words, dropout=0.2)


def build_cnn_lstm(top_words, length):
    return OwnShapes(top_words, convolution=True)
