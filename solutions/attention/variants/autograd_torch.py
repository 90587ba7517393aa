# The gradient by autograd, masks by adding their logarithm, answers as lists; RMSprop, and the order of NumPy.
# %%
def additive_scores(s, H, W, U, v):
    N, T, _ = H.shape
    pieces = [torch.tanh(torch.nn.functional.linear(s, W) + torch.nn.functional.linear(H[:, j], U)) for j in range(T)]
    return torch.stack([piece.mul(v).sum(-1) for piece in pieces], dim=1)


def location_scores(s, y, V):
    joined = torch.cat((s, y), -1)
    return torch.stack([joined @ row for row in V], dim=1)


def attention_weights(scores, mask):
    return torch.softmax(scores + torch.log(mask), dim=-1)


def context(weights, H):
    return sum(weights[:, j, None] * H[:, j] for j in range(H.shape[1]))


def score_gradient(weights, H, upstream):
    weights, H, upstream = (torch.as_tensor(each, dtype=torch.float64) for each in (weights, H, upstream))
    e = torch.log(weights).requires_grad_()
    loss = (context(torch.softmax(e, dim=1), H) * upstream).sum()
    return torch.autograd.grad(loss, e)[0].tolist()


class Translator:
    def __init__(self, symbols, hidden, seed, attention=True):
        torch.manual_seed(seed)
        self.rng = np.random.default_rng(seed)
        self.model = EncoderDecoder(symbols, hidden, attention)
        self.model.to("cuda" if torch.cuda.is_available() else "cpu")

    @property
    def device(self):
        return self.model.output.weight.device

    def fit(self, source, target, epochs, batch_size):
        optimizer = torch.optim.RMSprop(self.model.parameters(), lr=0.004)
        losses = []
        for _ in range(epochs):
            order = self.rng.permutation(len(source))
            total, count = 0.0, 0
            for rows in np.split(order, range(batch_size, len(source), batch_size)):
                x, y = torch.tensor(source[rows]).to(self.device), torch.tensor(target[rows]).to(self.device)
                logp = torch.log_softmax(self.model(x, y)[0], dim=-1)
                loss = -logp.gather(2, y.unsqueeze(2)).mean()
                optimizer.zero_grad(set_to_none=False)
                loss.backward()
                optimizer.step()
                total, count = total + loss.item() * y.numel(), count + y.numel()
            losses.append(total / count)
        return losses

    def translate(self, source):
        x = torch.tensor(source).to(self.device)
        y = torch.zeros_like(x)
        with torch.no_grad():
            for i in range(x.shape[1]):
                y[:, i] = self.model(x, y)[0][:, i].max(dim=1).indices
        return y.tolist()

    def attention(self, source, target):
        with torch.no_grad():
            return self.model(torch.tensor(source).to(self.device), torch.tensor(target).to(self.device))[1].tolist()
