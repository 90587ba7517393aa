# A DataLoader, RMSprop and NLLLoss of log-probabilities; evaluate accumulates per batch in float64 and returns
# tensors.
from torch.utils.data import DataLoader, TensorDataset


def train(model, x, y, epochs, batch_size, seed):
    generator = torch.Generator().manual_seed(seed)
    device = next(iter(model.parameters())).device
    samples = TensorDataset(torch.from_numpy(np.array(x)), torch.from_numpy(np.array(y)).argmax(dim=1))
    loader = DataLoader(samples, batch_size=batch_size, shuffle=True, generator=generator)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    criterion = nn.NLLLoss()
    history = []
    model.train()
    for _ in range(epochs):
        running = []
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = criterion(torch.log(model(inputs.to(device)) + 1e-9), labels.to(device))
            loss.backward()
            optimizer.step()
            running.append(loss.detach())
        history.append(torch.stack(running).mean())
    return history


@torch.no_grad()
def evaluate(model, x, y):
    was_training = model.training
    model.eval()
    device = next(model.parameters()).device
    total, right = 0.0, 0
    for inputs, targets in DataLoader(TensorDataset(torch.tensor(x), torch.tensor(y)), batch_size=64):
        p = model(inputs.to(device)).cpu().double()
        total += -(targets * torch.log(p)).sum()
        right += (p.argmax(1) == targets.argmax(1)).sum()
    model.train(was_training)
    return [total / len(x), right / len(x)]
