# Gradient descent with momentum; one_hot, convolve2d and the loss use the framework's own functions.
from torch.nn import functional as F


def one_hot(labels, classes):
    return F.one_hot(torch.as_tensor(labels), classes).float()


def convolve2d(image, kernel):
    return F.conv2d(torch.tensor(image)[None, None], torch.tensor(kernel)[None, None])[0, 0]


def build_dense_net():
    layers = []
    for inputs, outputs in ((784, 128), (128, 128)):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(128, 10), nn.Softmax(dim=1))


def train(model, x, y, epochs, batch_size, seed):
    torch.manual_seed(seed)
    device = next(model.parameters()).device
    x, y = torch.tensor(x).to(device), torch.tensor(y).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    losses = []
    for _ in range(epochs):
        order = torch.randperm(len(x)).to(device)
        total = 0.0
        for start in range(0, len(x), batch_size):
            rows = order[start : start + batch_size]
            model.zero_grad()
            loss = F.nll_loss(model(x[rows]).log(), y[rows].argmax(1), reduction="sum")
            (loss / len(rows)).backward()
            optimizer.step()
            total += loss.item()
        losses.append(total / len(x))
    return losses


def evaluate(model, x, y):
    device = next(model.parameters()).device
    with torch.inference_mode():
        p = model.eval()(torch.tensor(x, device=device)).cpu().numpy()
    return np.mean(-np.log((p * y).sum(axis=1))), (p.argmax(1) == y.argmax(1)).mean()
