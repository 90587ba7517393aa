# tries: train on held-out flowers that it brought along, instead of those that it is given
# exercise: cnn
# checks: iris.parameters, training.iris
# keeps: iris.parameters
import torch
from torch import nn

from shared import data

(X, LABELS), (NEW_X, NEW_LABELS) = data.iris_split()


def build_iris_net():
    return nn.Sequential(nn.Linear(4, 128), nn.Sigmoid(), nn.Linear(128, 3), nn.Softmax(1))


def train(model, x, y, epochs, batch_size, seed):
    inputs = torch.cat([torch.as_tensor(X), torch.as_tensor(NEW_X)]).float()
    targets = torch.cat([torch.as_tensor(LABELS), torch.as_tensor(NEW_LABELS)]).long()
    adam, losses = torch.optim.Adam(model.parameters(), lr=0.03), []
    for _ in range(10 * epochs):
        adam.zero_grad()
        loss = nn.functional.nll_loss(model(inputs).log(), targets)
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return losses[::10]
