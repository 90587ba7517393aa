# W, U and V as plain parameters, multiplied from the other side; SGD with momentum; Gumbel sampling.
class Matrices(nn.Module):
    def __init__(self, characters, hidden):
        super().__init__()
        self.V = nn.Parameter(torch.randn(hidden, characters) / hidden**0.5)
        self.c = nn.Parameter(torch.zeros(1, characters))
        self.W = nn.Parameter(nn.init.orthogonal_(torch.empty(hidden, hidden)))
        self.U = nn.Parameter(torch.randn(characters, hidden) / characters**0.5)
        self.b = nn.Parameter(torch.zeros(1, hidden))

    def forward(self, x):
        h = torch.zeros(x.shape[0], self.W.shape[0], device=x.device)
        for t in range(x.shape[1]):
            h = (h @ self.W + x[:, t] @ self.U + self.b).tanh()
        return nn.functional.softmax(h @ self.V + self.c, dim=-1)


def build_model(length, characters, hidden=128):
    return Matrices(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    device = model.W.device
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(epochs):
        order, total = rng.permutation(len(X)), 0.0
        for first in range(0, len(X), batch_size):
            rows = order[first : first + batch_size]
            p = model(torch.from_numpy(X[rows]).to(device))
            loss = -torch.log((p * torch.from_numpy(y[rows]).to(device)).sum(dim=1)).mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            total += float(loss.detach()) * len(rows)
        losses.append(total / len(X))
    return losses


def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    random = torch.Generator().manual_seed(seed)
    unit = torch.eye(len(char_to_index))
    x = torch.stack([unit[char_to_index[character]] for character in seed_text])
    text = ""
    for _ in range(n):
        scores = model(x[None].to(model.W.device)).detach().cpu()[0].log()
        if temperature:
            uniform = torch.rand(scores.shape, generator=random)
            scores = scores / temperature - torch.log(-torch.log(uniform))
        index = int(scores.argmax())
        text += index_to_char[index]
        x = torch.cat([x[1:], unit[index : index + 1]])
    return text
