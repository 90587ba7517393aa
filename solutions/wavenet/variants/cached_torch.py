# An embedding of the codes, which leaves the input without a gradient; no residual in the last layer; generation that
# keeps what each layer has seen (Paine et al. 2016) and gets every sample once; a loss that leaves out early samples.
class CachedLayer(nn.Module):
    def __init__(self, channels, taps, dilation, last):
        super().__init__()
        self.taps, self.dilation = taps, dilation
        self.both = nn.ModuleList(nn.Linear(channels, 2 * channels, bias=tap == 0) for tap in range(taps))
        self.skip = nn.Linear(channels, channels)
        self.residual = None if last else nn.Linear(channels, channels)

    def forward(self, h, before=None):
        """`before`: what stands before h along the time axis; zeros if there is nothing."""
        steps, reach = h.shape[1], (self.taps - 1) * self.dilation
        if before is None:
            before = h.new_zeros(len(h), reach, h.shape[2])
        past = torch.cat([before, h], dim=1)
        scores = 0
        for tap, linear in enumerate(self.both):
            first = reach - tap * self.dilation
            scores = scores + linear(past[:, first : first + steps])
        a, b = scores.split(h.shape[2], dim=2)
        z = gated(a, b)
        return h if self.residual is None else h + self.residual(z), self.skip(z), past[:, steps:]


class CachedNet(nn.Module):
    def __init__(self, classes, channels, taps, dilations):
        super().__init__()
        self.embedding = nn.Embedding(classes, channels)
        self.blocks = nn.ModuleList(
            CachedLayer(channels, taps, dilation, place == len(dilations) - 1)
            for place, dilation in enumerate(dilations)
        )
        self.head = nn.Sequential(nn.ELU(), nn.Linear(channels, classes), nn.Softmax(dim=-1))

    def forward(self, x, memory=None):
        h, total, kept = self.embedding(x.argmax(dim=-1)), 0, []
        for place, block in enumerate(self.blocks):
            h, skip, past = block(h, None if memory is None else memory[place])
            total = total + skip
            kept.append(past)
        p = self.head(total)
        return p if memory is None else (p, kept)


def build_model(classes, channels, kernel_size, dilations):
    return CachedNet(classes, channels, kernel_size, dilations)


def train(model, sequences, classes, epochs, batch_size, seed):
    device = next(model.parameters()).device
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.002)
    early = sum((block.taps - 1) * block.dilation for block in model.blocks)
    losses = []
    for _ in range(epochs):
        order, costs = rng.permutation(len(sequences)), []
        for first in range(0, len(order), batch_size):
            codes = torch.from_numpy(sequences[order[first : first + batch_size]]).to(device)
            p = model(nn.functional.one_hot(codes[:, :-1], classes).float())
            nats = -p.gather(2, codes[:, 1:, None])[..., 0].log()
            loss = nats[:, min(early, nats.shape[1] - 1) :].mean()
            model.zero_grad()
            loss.backward()
            optimizer.step()
            costs.append(loss.item())
        losses.append(sum(costs) / len(costs))
    return losses


@torch.no_grad()
def generate(model, start, n, classes, temperature=1.0, seed=0):
    device = next(model.parameters()).device
    noise = torch.Generator().manual_seed(seed)
    memory = [
        torch.zeros(1, (block.taps - 1) * block.dilation, block.skip.in_features, device=device)
        for block in model.blocks
    ]
    x = nn.functional.one_hot(torch.as_tensor(start, device=device), classes)[None].float()
    written = []
    for _ in range(n):
        p, memory = model(x, memory)
        scores = p[0, -1].cpu().log()
        if temperature:
            uniform = torch.rand(classes, generator=noise)
            scores = scores / temperature - torch.log(-torch.log(uniform))
        written.append(int(scores.argmax()))
        x = nn.functional.one_hot(torch.tensor([[written[-1]]], device=device), classes).float()
    return written
