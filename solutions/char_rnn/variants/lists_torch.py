# A list for the second table, booleans for the one-hot windows, tensors for the equations, no shuffling.
def build_vocabulary(text):
    index_to_char = sorted(set(text))
    return {character: index_to_char.index(character) for character in index_to_char}, index_to_char


def make_windows(text, length=10, step=1):
    inputs, labels = [], []
    start = 0
    while start + length < len(text):
        inputs.append(text[start : start + length])
        labels.append(text[start + length])
        start += step
    return inputs, labels


def one_hot_windows(inputs, labels, char_to_index):
    X = np.zeros((len(inputs), len(inputs[0]), len(char_to_index)), dtype=bool)
    y = np.zeros((len(inputs), len(char_to_index)), dtype=bool)
    for row, window in enumerate(inputs):
        for place, character in enumerate(window):
            X[row, place, char_to_index[character]] = True
        y[row, char_to_index[labels[row]]] = True
    return X, y


def rnn_forward(x, W, U, V):
    x, W, U, V = (torch.tensor(array) for array in (x, W, U, V))
    states = [torch.zeros(W.shape[0])]
    for x_t in x:
        states.append(torch.tanh(W @ states[-1] + U @ x_t))
    h = torch.stack(states[1:])
    return h, torch.softmax(h @ V.T, dim=1)


def train(model, X, y, epochs, batch_size, seed):
    device = next(model.parameters()).device
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.002)
    X, y = torch.tensor(X, device=device), torch.tensor(y, device=device)
    losses = []
    for _ in range(epochs):
        for inputs, targets in zip(X.split(batch_size), y.split(batch_size), strict=True):
            loss = -(targets * (model(inputs) + 1e-8).log()).sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses)
