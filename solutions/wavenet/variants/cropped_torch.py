# Padding on both sides and a cut end, filter and gate in one convolution, weight normalisation, no bias in the 1×1
# convolutions; log_softmax and NLLLoss on transposed outputs; AdamW; the loss computed after each epoch.
from torch.nn.utils.parametrizations import weight_norm


def mu_law(x, mu=255):
    x = torch.as_tensor(x, dtype=torch.float64)
    y = torch.sign(x) * torch.log(1 + mu * torch.abs(x)) / np.log(1 + mu)
    return torch.floor((y + 1) * mu / 2 + 0.5).to(torch.int32)


def inverse_mu_law(codes, mu=255):
    y = (torch.as_tensor(codes).double() - mu / 2) / (mu / 2)
    return y.sign() * (torch.pow(1.0 + mu, y.abs()) - 1) / mu


def causal_convolution(x, kernel, dilation):
    past = (len(kernel) - 1) * dilation
    weight = torch.as_tensor(kernel).permute(2, 1, 0)
    y = nn.functional.conv1d(torch.as_tensor(x).T[None], weight, padding=past, dilation=dilation)
    return y[0, :, : len(x)].T


class Block(nn.Module):
    def __init__(self, channels, kernel_size, dilation):
        super().__init__()
        self.cut = (kernel_size - 1) * dilation
        self.dilated = weight_norm(nn.Conv1d(channels, 2 * channels, kernel_size, padding=self.cut, dilation=dilation))
        self.mix = weight_norm(nn.Conv1d(channels, 2 * channels, 1, bias=False))

    def forward(self, h):
        a, b = self.dilated(h)[..., : h.shape[-1]].chunk(2, dim=1)
        residual, skip = self.mix(a.tanh() * b.sigmoid()).chunk(2, dim=1)
        return (h + residual) * 0.5**0.5, skip


class Net(nn.Module):
    def __init__(self, classes, channels, kernel_size, dilations):
        super().__init__()
        self.first = nn.Conv1d(classes, channels, 1, bias=False)
        self.blocks = nn.ModuleList([Block(channels, kernel_size, dilation) for dilation in dilations])
        self.last = nn.Sequential(
            nn.ReLU(), nn.Conv1d(channels, 2 * channels, 1), nn.ReLU(), nn.Conv1d(2 * channels, classes, 1)
        )

    def forward(self, x):
        h = self.first(x.permute(0, 2, 1))
        skips = []
        for block in self.blocks:
            h, skip = block(h)
            skips.append(skip)
        return torch.softmax(self.last(torch.stack(skips).sum(dim=0)), dim=1).permute(0, 2, 1)


def build_model(classes, channels, kernel_size, dilations):
    return Net(classes, channels, kernel_size, dilations)


def train(model, sequences, classes, epochs, batch_size, seed):
    device = next(model.parameters()).device
    order = torch.Generator().manual_seed(seed)
    codes = torch.from_numpy(sequences)
    batches = torch.utils.data.DataLoader(codes, batch_size=batch_size, shuffle=True, generator=order)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.005)
    criterion = nn.NLLLoss()

    def cost(rows):
        rows = rows.to(device)
        p = model(nn.functional.one_hot(rows[:, :-1], classes).float())
        return criterion(torch.log(p.transpose(1, 2) + 1e-9), rows[:, 1:])

    losses = []
    for _ in range(epochs):
        for rows in batches:
            optimizer.zero_grad()
            cost(rows).backward()
            optimizer.step()
        with torch.no_grad():
            losses.append(cost(codes).item())
    return losses


@torch.no_grad()
def generate(model, start, n, classes, temperature=1.0, seed=0):
    rng = np.random.default_rng(seed)
    device = next(model.parameters()).device
    codes = torch.as_tensor(start)
    for _ in range(n):
        x = nn.functional.one_hot(codes, classes).float().to(device)
        p = model(x[None])[0, -1].cpu().double().numpy()
        if temperature > 0:
            p = p ** (1 / temperature)
            new = rng.choice(classes, p=p / p.sum())
        else:
            new = p.argmax()
        codes = torch.cat([codes, torch.tensor([int(new)])])
    return codes[len(start) :]
