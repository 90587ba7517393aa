# Its own parameters: biases as rows, weights as (inputs, outputs), the convolution as a dense layer over patches;
# AdamW.
from torch.nn import functional as F


class Affine(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(inputs, outputs) / inputs**0.5)
        self.bias = nn.Parameter(torch.zeros(1, outputs))

    def forward(self, x):
        return torch.einsum("ni,io->no", x, self.weights) + self.bias


def softmax(scores):
    powers = torch.exp(scores - scores.max(1, keepdim=True).values)
    return powers / powers.sum(1, keepdim=True)


class Dense(nn.Module):
    def __init__(self, sizes, activations):
        super().__init__()
        self.layers = nn.ModuleList(Affine(*pair) for pair in zip(sizes[:-1], sizes[1:], strict=True))
        self.activations = activations

    def forward(self, x):
        for layer, activation in zip(self.layers, self.activations, strict=True):
            x = activation(layer(x))
        return x


def build_iris_net():
    return Dense([4, 128, 3], [torch.sigmoid, softmax])


def build_dense_net():
    return Dense([784, 128, 128, 10], [torch.tanh, F.silu, softmax])


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.filters = nn.Linear(9, 32)
        self.head = Dense([26 * 26 * 32, 128, 10], [torch.sigmoid, softmax])

    def forward(self, images):
        patches = F.unfold(images, 3).transpose(1, 2)
        return self.head(torch.relu(self.filters(patches)).reshape(len(images), -1))


def build_cnn():
    return Convolutional()


def one_hot(labels, classes):
    return [[1 if column == label else 0 for column in range(classes)] for label in labels]


def train(model, x, y, epochs, batch_size, seed):
    rng = np.random.RandomState(seed)
    device = next(model.parameters()).device
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-3)
    losses = []
    for _ in range(epochs):
        order, batches = rng.permutation(len(x)), []
        for rows in np.array_split(order, range(batch_size, len(order), batch_size)):
            optimizer.zero_grad()
            p = model(torch.tensor(x[rows], device=device))
            loss = -(torch.tensor(y[rows], device=device) * torch.log(p + 1e-8)).sum() / len(rows)
            loss.backward()
            optimizer.step()
            batches.append(loss.item())
        losses.append(float(np.mean(batches)))
    return losses
