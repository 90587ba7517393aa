# A GRU cell in a loop whose state before its step is the query (Bahdanau), one direction, `translate` step by step.
# %%
class Bahdanau(nn.Module):
    def __init__(self, symbols, hidden, attention):
        super().__init__()
        self.attention = attention
        self.embed = nn.Embedding(symbols + 1, hidden)
        self.encoder = nn.GRU(hidden, hidden, batch_first=True)
        self.cell = nn.GRUCell(2 * hidden, hidden)
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden, bias=False)
        self.v = nn.Linear(hidden, 1)
        self.out = nn.Sequential(nn.Linear(3 * hidden, hidden), nn.Tanh(), nn.Linear(hidden, symbols))

    def step(self, y, s, H):
        if self.attention:
            e = self.v(torch.tanh(self.query(s).unsqueeze(1) + self.key(H))).squeeze(-1)
            alpha = torch.softmax(e, dim=-1)
            c = torch.bmm(alpha.unsqueeze(1), H).squeeze(1)
        else:
            alpha, c = None, H[:, -1]
        y = self.embed(y)
        s = self.cell(torch.cat([y, c], -1), s)
        return self.out(torch.cat([s, c, y], -1)), s, alpha


class Translator:
    def __init__(self, symbols, hidden, seed, attention=True):
        self.generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        self.symbols = symbols
        self.model = Bahdanau(symbols, hidden, attention)
        if torch.cuda.is_available():
            self.model.cuda()

    def begin(self, source):
        source = torch.tensor(source, device=self.model.v.weight.device)
        H, s = self.model.encoder(self.model.embed(source))
        return H, s.squeeze(0), torch.full((len(source),), self.symbols, device=source.device)

    def fit(self, source, target, epochs, batch_size):
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=8e-3, weight_decay=0)
        losses = []
        for epoch in range(epochs):
            order, batch_losses = torch.randperm(len(source), generator=self.generator).numpy(), []
            for start in range(0, len(source), batch_size):
                batch = order[start : start + batch_size]
                H, s, y = self.begin(source[batch])
                truth = torch.tensor(target[batch], device=y.device)
                loss = 0
                for t in range(truth.shape[1]):
                    scores, s, _ = self.model.step(y, s, H)
                    y = truth[:, t]
                    loss = loss + nn.functional.cross_entropy(scores, y)
                loss = loss / truth.shape[1]
                self.model.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                optimizer.step()
                batch_losses.append(float(loss))
            losses.append(np.mean(batch_losses))
        return losses

    @torch.no_grad()
    def translate(self, source):
        H, s, y = self.begin(source)
        written = []
        for _ in range(source.shape[1]):
            scores, s, _ = self.model.step(y, s, H)
            y = scores.argmax(-1)
            written.append(y)
        return torch.stack(written, 1)

    @torch.no_grad()
    def attention(self, source, target):
        H, s, y = self.begin(source)
        rows = []
        for t in range(source.shape[1]):
            _, s, alpha = self.model.step(y, s, H)
            rows.append(alpha)
            y = torch.as_tensor(target[:, t], device=y.device)
        return torch.stack(rows, 1)
