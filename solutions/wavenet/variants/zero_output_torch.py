# Two-dimensional convolutions, GELU, RMS norm; the output layer starts at zero; one cycle of the learning rate.
class Block(nn.Module):
    def __init__(self, channels, K, d):
        super().__init__()
        self.left = (K - 1) * d
        self.conv = nn.Conv2d(channels, 2 * channels, (1, K), dilation=(1, d))
        self.mix = nn.Conv2d(channels, 2 * channels, 1)

    def forward(self, x):
        a, b = self.conv(nn.functional.pad(x, (self.left, 0, 0, 0))).chunk(2, dim=1)
        r, s = self.mix(gated(a, b)).chunk(2, dim=1)
        return (x + r) * 0.5**0.5, s


class Net(nn.Module):
    def __init__(self, classes, channels, K, dilations):
        super().__init__()
        self.first = nn.Linear(classes, channels)
        self.blocks = nn.ModuleList([Block(channels, K, d) for d in dilations])
        self.norm = nn.RMSNorm(channels * len(dilations))
        self.top = nn.Sequential(
            nn.Linear(channels * len(dilations), 2 * channels), nn.GELU(), nn.Linear(2 * channels, classes)
        )
        nn.init.zeros_(self.top[-1].weight)
        nn.init.zeros_(self.top[-1].bias)

    def forward(self, x):
        h = self.first(x).permute(0, 2, 1).unsqueeze(2)
        skips = []
        for block in self.blocks:
            h, s = block(h)
            skips.append(s)
        s = torch.cat(skips, 1).squeeze(2).permute(0, 2, 1)
        return nn.functional.softmax(self.top(self.norm(s)), dim=2)


def build_model(classes, channels, kernel_size, dilations):
    return Net(classes, channels, kernel_size, dilations)


def train(model, sequences, classes, epochs, batch_size, seed):
    device = next(model.parameters()).device
    g = torch.Generator().manual_seed(seed)
    data = torch.utils.data.TensorDataset(torch.from_numpy(sequences))
    loader = torch.utils.data.DataLoader(data, batch_size, shuffle=True, generator=g)
    opt = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.0)
    sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=1e-2, epochs=epochs, steps_per_epoch=len(loader))
    losses = []
    for _ in range(epochs):
        parts = []
        for (batch,) in loader:
            batch = batch.to(device)
            x = nn.functional.one_hot(batch[:, :-1], classes).float()
            p = model(x)
            loss = nn.functional.nll_loss(torch.log(p + 1e-9).reshape(-1, classes), batch[:, 1:].reshape(-1))
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            sched.step()
            parts.append(loss.item())
        losses.append(float(np.mean(parts)))
    return losses


def generate(model, start, n, classes, temperature=1.0, seed=0):
    rng = np.random.default_rng(seed)
    device = next(model.parameters()).device
    codes = list(start)
    model.eval()
    with torch.no_grad():
        for _ in range(n):
            x = nn.functional.one_hot(torch.tensor(np.array(codes)), classes).float().unsqueeze(0).to(device)
            logp = torch.log(model(x)[0, -1].double()).cpu().numpy()
            if temperature > 0:
                logp = logp / temperature + rng.gumbel(size=classes)
            codes.append(int(np.argmax(logp)))
    return codes[len(start) :]
