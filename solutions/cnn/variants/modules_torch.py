# Subclassed modules with functional calls and a lazy layer; ReLU, GELU and dropout where the activation is a free
# choice.
from torch.nn import functional as F


class IrisNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(128, 3)
        self.hidden = nn.Linear(4, 128)

    def forward(self, x):
        return F.softmax(self.out(torch.sigmoid(self.hidden(x))), dim=-1)


class DenseNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(784, 128), nn.Linear(128, 128), nn.Linear(128, 10)])
        self.dropout = nn.Dropout(0.2)

    def forward(self, x):
        x = self.dropout(F.relu(self.layers[0](x)))
        x = F.gelu(self.layers[1](x))
        return self.layers[2](x).softmax(dim=1)


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(1, 32, (3, 3))
        self.hidden = nn.LazyLinear(128)
        self.out = nn.Linear(128, 10)

    def forward(self, x):
        features = torch.relu(self.convolution(x))
        # Flattened in channels-last order, as in Keras: the same numbers in a different order.
        features = features.permute(0, 2, 3, 1).reshape(len(x), -1)
        return torch.softmax(self.out(torch.sigmoid(self.hidden(features))), dim=1)


def build_iris_net():
    return IrisNet()


def build_dense_net():
    return DenseNet()


def build_cnn():
    return ConvNet()
