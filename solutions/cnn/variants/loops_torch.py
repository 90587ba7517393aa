# Loops for one_hot and convolve2d, results as nested lists and tensors; tanh in the hidden layer; NumPy shuffles.
def one_hot(labels, classes):
    rows = [[0.0] * classes for _ in labels]
    for row, label in zip(rows, labels, strict=True):
        row[label] = 1.0
    return rows


def convolve2d(image, kernel):
    height, width = kernel.shape
    out = torch.zeros(image.shape[0] - height + 1, image.shape[1] - width + 1, dtype=torch.float64)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = float((image[i : i + height, j : j + width] * kernel).sum())
    return out


def build_dense_net():
    return nn.Sequential(
        nn.Linear(784, 128), nn.Tanh(), nn.Linear(128, 128), nn.LeakyReLU(0.2), nn.Linear(128, 10), nn.Softmax(-1)
    )


def train(model, x, y, epochs, batch_size, seed):
    rng = np.random.default_rng(seed)
    parameter = next(model.parameters())
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        epoch = []
        for start in range(0, len(x), batch_size):
            rows = order[start : start + batch_size]
            p = model(torch.as_tensor(x[rows]).to(parameter.device))
            loss = torch.mean(-torch.log(p[torch.as_tensor(y[rows] > 0).to(p.device)].clamp(min=1e-7)))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            epoch.append(loss.item())
        losses.append(float(np.mean(epoch)))
    return losses
