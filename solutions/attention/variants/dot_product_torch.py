# LSTMs, a dot product for the score, an output without a bias that also scores the start symbol, a softmax by hand.
# %%
def additive_scores(s, H, W, U, v):
    return torch.einsum(
        "a,nta->nt", v, torch.tanh(torch.einsum("ad,nd->na", W, s).unsqueeze(1) + torch.einsum("ad,ntd->nta", U, H))
    )


def location_scores(s, y, V):
    return torch.einsum("td,nd->nt", V, torch.hstack((s, y)))


def attention_weights(scores, mask):
    scores = torch.where(mask.bool(), scores, torch.full_like(scores, -torch.inf))
    powers = torch.exp(scores - scores.max(dim=-1, keepdim=True).values)
    return powers / powers.sum(dim=-1, keepdim=True)


def context(weights, H):
    return torch.bmm(weights.unsqueeze(1), H).squeeze(1)


def score_gradient(weights, H, upstream):
    rows = []
    for alpha, states, u in zip(weights, H, upstream):
        jacobian = np.diag(alpha) - np.outer(alpha, alpha)
        rows.append(jacobian @ (states @ u))
    return np.stack(rows)


class Luong(nn.Module):
    def __init__(self, symbols, hidden, attention):
        super().__init__()
        self.attention = attention
        self.embedding = nn.Embedding(symbols + 1, hidden)
        self.encoder = nn.LSTM(hidden, hidden, batch_first=True)
        self.decoder = nn.LSTM(hidden, hidden, batch_first=True)
        self.general = nn.Linear(hidden, hidden, bias=False)
        self.mix = nn.Linear(2 * hidden, hidden)
        self.output = nn.Linear(hidden, symbols + 1, bias=False)

    def forward(self, source, read):
        H, state = self.encoder(self.embedding(source))
        S, _ = self.decoder(self.embedding(read), state)
        if self.attention:
            alpha = torch.softmax(self.general(S) @ H.transpose(1, 2), dim=2)
            C = alpha @ H
        else:
            alpha, C = None, H[:, -1:].expand_as(S)
        return self.output(torch.tanh(self.mix(torch.cat([S, C], dim=2)))), alpha


class Translator:
    def __init__(self, symbols, hidden, seed, attention=True):
        torch.manual_seed(seed)
        self.start = symbols
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = Luong(symbols, hidden, attention).to(self.device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.01)

    def here(self, array):
        return torch.from_numpy(np.ascontiguousarray(array)).to(next(self.model.parameters()).device)

    def read(self, target):
        return torch.cat([torch.full_like(target[:, :1], self.start), target[:, :-1]], dim=1)

    def fit(self, source, target, epochs, batch_size):
        dataset = torch.utils.data.TensorDataset(self.here(source), self.here(target))
        loader = torch.utils.data.DataLoader(dataset, batch_size=batch_size, shuffle=True)
        losses = []
        self.model.train()
        for _ in range(epochs):
            total = 0
            for x, y in loader:
                self.optimizer.zero_grad()
                scores, _ = self.model(x, self.read(y))
                loss = nn.functional.cross_entropy(scores.permute(0, 2, 1), y)
                loss.backward()
                self.optimizer.step()
                total += loss.detach() * len(x)
            losses.append((total / len(source)).item())
        return losses

    def translate(self, source):
        self.model.eval()
        source = self.here(source)
        read = torch.full((len(source), 1), self.start, device=source.device)
        with torch.inference_mode():
            for _ in range(source.shape[1]):
                scores, _ = self.model(source, read)
                read = torch.cat([read, scores[:, -1:, : self.start].argmax(2)], dim=1)
        return read[:, 1:].cpu().numpy()

    def attention(self, source, target):
        self.model.eval()
        with torch.inference_mode():
            return self.model(self.here(source), self.read(self.here(target)))[1].cpu().numpy()
