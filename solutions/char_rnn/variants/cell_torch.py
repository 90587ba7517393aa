# Its own cell with W and U in one matrix and a single bias vector (27,306 parameters); Adam; NumPy's generator.
class Cell(nn.Module):
    def __init__(self, characters, hidden):
        super().__init__()
        self.step = nn.Linear(characters + hidden, hidden)
        self.output = nn.Linear(hidden, characters)

    def forward(self, x):
        h = x.new_zeros(len(x), self.step.out_features)
        for x_t in x.unbind(dim=1):
            h = torch.tanh(self.step(torch.cat([x_t, h], dim=1)))
        return torch.softmax(self.output(h), dim=1)


def build_model(length, characters, hidden=128):
    return Cell(characters, hidden)


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    windows = torch.utils.data.TensorDataset(torch.as_tensor(X), torch.as_tensor(y).argmax(dim=1))
    order = torch.Generator().manual_seed(seed)
    batches = torch.utils.data.DataLoader(windows, batch_size, shuffle=True, generator=order)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    losses = []
    for _ in range(epochs):
        of_batches = []
        for inputs, label in batches:
            optimizer.zero_grad()
            loss = nn.functional.nll_loss(torch.log(model(inputs.to(device)) + 1e-9), label.to(device))
            loss.backward()
            optimizer.step()
            of_batches.append(loss.item())
        losses.append(float(np.mean(of_batches)))
    return losses


@torch.no_grad()
def generate(model, seed_text, n, char_to_index, index_to_char, temperature=0.0, seed=0):
    rng = np.random.default_rng(seed)
    device = next(model.parameters()).device
    text = seed_text
    for _ in range(n):
        window = text[-len(seed_text) :]
        x = torch.zeros(1, len(window), len(char_to_index))
        for place, character in enumerate(window):
            x[0, place, char_to_index[character]] = 1
        p = model(x.to(device)).cpu().numpy()[0].astype(float)
        if temperature > 0:
            p = p ** (1 / temperature)
            index = rng.choice(len(p), p=p / p.sum())
        else:
            index = np.argmax(p)
        text += index_to_char[int(index)]
    return text[len(seed_text) :]
