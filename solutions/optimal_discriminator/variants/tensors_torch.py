# Tensors everywhere; D is its own module that works with logits, trained by SGD with momentum.
# %%
def objective(d, a, b):
    d, a, b = map(torch.as_tensor, (d, a, b))
    return a * d.log() + b * torch.log1p(-d)


def objective_derivative(d, a, b):
    d = torch.tensor(d, requires_grad=True)
    return torch.autograd.grad(objective(d, a, b).sum(), d)[0]


def symbolic_optimum():
    return "0.5 + 0.5*(A - B)/(A + B)"


def optimal_discriminator(p_real, p_fake):
    p_real, p_fake = torch.as_tensor(p_real), torch.as_tensor(p_fake)
    return torch.where(p_real + p_fake > 0, p_real / (p_real + p_fake), 0.5)


def js_divergence(p, q):
    p, q = torch.as_tensor(p), torch.as_tensor(q)
    middle = (p + q) / 2
    return sum((torch.xlogy(r, r) - torch.xlogy(r, middle)).sum() for r in (p, q)) / 2


def value_at_optimum(p, q):
    return 2 * js_divergence(p, q) - torch.log(torch.tensor(4.0))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(1, 24)
        self.score = nn.Linear(24, 1)

    def scores(self, x):
        return self.score(torch.tanh(self.hidden(x)))

    def forward(self, x):
        return torch.sigmoid(self.scores(x))


def train_discriminator(real, fake, steps, seed):
    torch.manual_seed(seed)
    device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    model = Discriminator().to(device)
    real, fake = torch.from_numpy(real).to(device), torch.from_numpy(fake).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    softplus = nn.functional.softplus
    for _ in range(steps):
        some = torch.randint(len(real), (512,), device=device)
        others = torch.randint(len(fake), (512,), device=device)
        optimizer.zero_grad(set_to_none=True)
        (softplus(-model.scores(real[some])).mean() + softplus(model.scores(fake[others])).mean()).backward()
        optimizer.step()
    return model


def minmax_game(x0, y0, rate, steps):
    path = torch.empty(steps + 1, 2)
    path[0] = torch.tensor([x0, y0])
    for t in range(steps):
        path[t + 1, 0] = path[t, 0] - rate * path[t, 1]
        path[t + 1, 1] = path[t, 1] + rate * path[t, 0]
    return path


def generator_gradients(d):
    return torch.stack([-torch.as_tensor(d), torch.as_tensor(d) - 1])
