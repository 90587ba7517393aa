# Sigmoid hidden units, gradient descent with momentum; the four corners are used one by one in a new order each epoch.
def build_model(hidden):
    return nn.Sequential(nn.Linear(2, hidden), nn.Sigmoid(), nn.Linear(hidden, 1), nn.Sigmoid())


def train(model, x, y, epochs, learning_rate, seed):
    order = torch.Generator().manual_seed(seed)
    where = {parameter.device for parameter in model.parameters()}.pop()
    x, y = torch.tensor(x).to(where), torch.tensor(y).to(where)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9, nesterov=True)
    history = []
    for _ in range(epochs):
        total = 0.0
        for row in torch.randperm(len(x), generator=order):
            optimizer.zero_grad()
            loss = binary_cross_entropy(model(x[row : row + 1]), y[row : row + 1])
            loss.backward()
            optimizer.step()
            total += loss.item() / len(x)
        history.append(total)
    return history
