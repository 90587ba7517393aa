# The net is a `ModuleDict`, with one embedding for all symbols, scores by a small network of [s; h], and log-softmax.
# %%
class Translator:
    def __init__(self, symbols, hidden, seed, attention=True):
        torch.manual_seed(seed)
        self.with_attention, self.go = attention, symbols
        self.model = nn.ModuleDict(
            {
                "embedding": nn.Embedding(symbols + 1, hidden),
                "encoder": nn.GRU(hidden, hidden // 2, batch_first=True, bidirectional=True),
                "decoder": nn.GRU(hidden, hidden, batch_first=True),
                "score": nn.Sequential(nn.Linear(2 * hidden, hidden), nn.Tanh(), nn.Linear(hidden, 1)),
                "read": nn.Linear(2 * hidden, symbols),
            }
        ).to("cuda" if torch.cuda.is_available() else "cpu")

    def run(self, source, target):
        device = self.model["read"].weight.device
        x, y = torch.tensor(source, device=device), torch.tensor(target, device=device)
        H, last = self.model["encoder"](self.model["embedding"](x))
        first = torch.cat([last[0], last[1]], dim=1).unsqueeze(0)
        shifted = torch.roll(y, 1, dims=1)
        shifted[:, 0] = self.go
        S, _ = self.model["decoder"](self.model["embedding"](shifted), first)
        n, t, d = S.shape
        if self.with_attention:
            both = torch.cat([S.unsqueeze(2).expand(n, t, t, d), H.unsqueeze(1).expand(n, t, t, d)], dim=-1)
            alpha = self.model["score"](both).squeeze(-1).softmax(-1)
        else:
            alpha = torch.zeros(n, t, t, device=device)
            alpha[:, :, -1] = 1
        return self.model["read"](torch.cat([S, alpha @ H], -1)).log_softmax(-1), alpha, y

    def fit(self, source, target, epochs, batch_size):
        optimizer = torch.optim.NAdam(self.model.parameters(), lr=0.006)
        history = []
        for _ in range(epochs):
            losses = []
            for rows in torch.randperm(len(source)).split(batch_size):
                logp, _, y = self.run(source[rows.numpy()], target[rows.numpy()])
                loss = nn.functional.nll_loss(logp.reshape(-1, logp.shape[-1]), y.reshape(-1))
                for parameter in self.model.parameters():
                    parameter.grad = None
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            history.append(sum(losses) / len(losses))
        return history

    @torch.no_grad()
    def translate(self, source):
        target = np.zeros_like(source)
        for i in range(source.shape[1]):
            logp, _, _ = self.run(source, target)
            target[:, i] = logp[:, i].argmax(-1).cpu().numpy()
        return target

    @torch.no_grad()
    def attention(self, source, target):
        return self.run(source, target)[1].cpu()
