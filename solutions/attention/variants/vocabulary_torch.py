# An LSTM over a vocabulary of eight: the symbols, a start and an end. Without attention it is nearly as good.
EXTRA = 2


class Seq2Seq(nn.Module):
    def __init__(self, vocabulary, hidden, use_attention):
        super().__init__()
        self.use_attention = use_attention
        self.embed = nn.Embedding(vocabulary, hidden)
        self.encoder = nn.LSTM(hidden, hidden)
        self.cell = nn.LSTMCell(hidden, hidden)
        self.general = nn.Linear(hidden, hidden, bias=False)
        self.combine = nn.Linear(2 * hidden if use_attention else hidden, hidden)
        self.out = nn.Linear(hidden, vocabulary)

    def encode(self, source):
        H, (h, c) = self.encoder(self.embed(source.T))
        return H.transpose(0, 1), (h[0], c[0])

    def step(self, previous, state, H):
        h, c = self.cell(self.embed(previous), state)
        weights = None
        features = h
        if self.use_attention:
            scores = torch.bmm(self.general(H), h.unsqueeze(2)).squeeze(2)
            weights = torch.softmax(scores, dim=1)
            features = torch.cat([torch.bmm(weights.unsqueeze(1), H).squeeze(1), h], dim=1)
        logits = self.out(torch.tanh(self.combine(features)))
        return logits, weights, (h, c)


class Translator:
    def __init__(self, symbols, hidden, seed, attention=True):
        torch.manual_seed(seed)
        self.symbols = symbols
        self.generator = torch.Generator().manual_seed(seed)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = Seq2Seq(symbols + EXTRA, hidden, attention).to(self.device)

    def _t(self, array):
        return torch.from_numpy(np.ascontiguousarray(array)).to(next(self.model.parameters()).device)

    def fit(self, source, target, epochs, batch_size):
        opt = torch.optim.Adam(self.model.parameters(), lr=0.01)
        dataset = torch.utils.data.TensorDataset(self._t(source), self._t(target))
        loader = torch.utils.data.DataLoader(dataset, batch_size=batch_size, shuffle=True, generator=self.generator)
        criterion = nn.CrossEntropyLoss()
        history = []
        self.model.train()
        for _ in range(epochs):
            running, count = 0.0, 0
            for x, y in loader:
                opt.zero_grad(set_to_none=True)
                H, state = self.model.encode(x)
                previous = torch.full_like(y[:, 0], self.symbols)
                loss = 0
                for i in range(y.shape[1]):
                    logits, _, state = self.model.step(previous, state, H)
                    loss = loss + criterion(logits, y[:, i])
                    previous = y[:, i]
                loss = loss / y.shape[1]
                loss.backward()
                nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                opt.step()
                running += loss.item() * len(x)
                count += len(x)
            history.append(running / count)
        return history

    @torch.no_grad()
    def translate(self, source):
        self.model.eval()
        x = self._t(source)
        H, state = self.model.encode(x)
        previous = torch.full_like(x[:, 0], self.symbols)
        out = []
        for _ in range(x.shape[1]):
            logits, _, state = self.model.step(previous, state, H)
            logits[:, -EXTRA:] = -torch.inf
            previous = logits.argmax(1)
            out.append(previous)
        return torch.stack(out, 1).cpu()

    @torch.no_grad()
    def attention(self, source, target):
        self.model.eval()
        x, y = self._t(source), self._t(target)
        H, state = self.model.encode(x)
        previous = torch.full_like(x[:, 0], self.symbols)
        rows = []
        for i in range(y.shape[1]):
            _, w, state = self.model.step(previous, state, H)
            rows.append(w)
            previous = y[:, i]
        return torch.stack(rows, 1).cpu().numpy()
