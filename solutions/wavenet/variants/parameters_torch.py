# Plain parameters and einsum, no biases at all, layer normalisation of each step, dropout; skip connections from h;
# batches in the given order; NumPy in all small functions.
class Taps(nn.Module):
    def __init__(self, channels, kernel_size, dilation):
        super().__init__()
        self.dilation = dilation
        self.kernel = nn.Parameter(torch.randn(kernel_size, channels, 2, channels) / (kernel_size * channels) ** 0.5)
        self.out = nn.Parameter(torch.randn(channels, channels) / channels**0.5)
        self.norm = nn.LayerNorm(channels)
        self.drop = nn.Dropout(0.05)

    def forward(self, h):
        seen = self.norm(h)
        both = torch.zeros(2, *h.shape, device=h.device)
        for back, kernel in enumerate(self.kernel):
            delay = back * self.dilation
            if delay < h.shape[1]:
                early = torch.zeros_like(h[:, :delay])
                shifted = torch.cat([early, seen[:, : h.shape[1] - delay]], dim=1)
                both = both + torch.einsum("ntc,cgd->gntd", shifted, kernel)
        return self.drop(gated(both[0], both[1])) @ self.out


class Plain(nn.Module):
    def __init__(self, classes, channels, kernel_size, dilations):
        super().__init__()
        self.enter = nn.Parameter(torch.randn(classes, channels))
        self.layers = nn.ModuleList([Taps(channels, kernel_size, dilation) for dilation in dilations])
        self.leave = nn.Parameter(torch.randn(channels * len(dilations), classes) / channels**0.5)

    def forward(self, x):
        h, collected = x @ self.enter, []
        for layer in self.layers:
            z = layer(h)
            collected.append(z)
            h = h + z
        return nn.functional.softmax(torch.cat(collected, dim=-1) @ self.leave, dim=-1)


def build_model(classes, channels, kernel_size, dilations):
    return Plain(classes, channels, kernel_size, dilations)


def causal_convolution(x, kernel, dilation):
    T, (K, _, D) = len(x), kernel.shape
    y = np.zeros((T, D))
    for k in range(K):
        delay = (K - 1 - k) * dilation
        if delay < T:
            y[delay:] += np.einsum("tc,cd->td", x[: T - delay], kernel[k])
    return y


def receptive_field(kernel_size, dilations):
    samples = 1
    for dilation in dilations:
        samples += (kernel_size - 1) * dilation
    return np.int64(samples)


def gated(a, b):
    return (2 * torch.sigmoid(2 * a) - 1) / (1 + torch.exp(-b))


def train(model, sequences, classes, epochs, batch_size, seed):
    torch.manual_seed(seed)
    model.train()
    device = model.enter.device
    optimizer = torch.optim.NAdam(model.parameters(), lr=0.004)
    unit = torch.eye(classes).to(device)
    losses = []
    for _ in range(epochs):
        total, count = 0.0, 0
        for batch in np.split(sequences, range(batch_size, len(sequences), batch_size)):
            x = unit[torch.tensor(batch, device=device)]
            p = model(x)[:, :-1]
            loss = -(x[:, 1:] * torch.log(p + 1e-8)).sum(-1).mean()
            optimizer.zero_grad(set_to_none=False)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            total, count = total + loss.detach(), count + 1
        losses.append(total / count)
    model.eval()
    return torch.stack(losses)


def generate(model, start, n, classes, temperature=1.0, seed=0):
    model.eval()
    torch.manual_seed(seed)
    buffer = torch.zeros(1, len(start) + n, classes, device=model.enter.device)
    buffer[0, torch.arange(len(start)), torch.as_tensor(start)] = 1
    written = torch.empty(n, dtype=torch.int64)
    for i in range(n):
        place = len(start) + i
        p = model(buffer)[0, place - 1].detach()
        if temperature == 0:
            new = p.argmax()
        else:
            new = torch.distributions.Categorical(logits=torch.log(p) / temperature).sample()
        written[i] = new
        buffer[0, place, new] = 1
    return written
