"""What breaks on a GPU, or quietly leaves the work on the CPU. `finds:` stands on the line that must be named, with words of the remedy."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

FRAMEWORK = "torch"


def somewhere():
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def hidden_state_on_the_cpu():
    lstm = nn.LSTM(1, 4).to(somewhere())
    start = torch.zeros(1, 3, 4)
    lstm(torch.ones(2, 3, 1).to(somewhere()), (start, start))  # finds: device=x.device


def hidden_state_of_a_gru():
    nn.GRU(1, 4).to(somewhere())(torch.ones(2, 3, 1).to(somewhere()), torch.zeros(1, 3, 4))  # finds: device=x.device


def state_of_a_cell():
    cell = nn.LSTMCell(1, 4).to(somewhere())
    cell(torch.ones(3, 1, device=somewhere()), (torch.zeros(3, 4), torch.zeros(3, 4)))  # finds: device=x.device


def noise_on_the_cpu():
    G = nn.Linear(5, 2).to(somewhere())
    G(torch.randn(4, 5))  # finds: device=x.device


def noise_added():
    x = torch.ones(3, 2, device=somewhere())
    return x + 0.1 * torch.randn(3, 2)  # finds: device=x.device


def labels_on_the_cpu():
    p = torch.sigmoid(torch.ones(3, 1, device=somewhere()))
    F.binary_cross_entropy(p, torch.ones(3, 1))  # finds: device=x.device


def targets_from_numpy():
    p = torch.ones(3, 4, device=somewhere())
    y = torch.from_numpy(np.array([0, 1, 2]))
    F.cross_entropy(p, y)  # finds: .to(x.device)


def joined():
    torch.cat([torch.ones(2, 1, device=somewhere()), torch.ones(2, 3)], dim=1)  # finds: device=x.device


def stacked():
    torch.stack([torch.tensor(1.0, device=somewhere()), torch.tensor(2.0)])  # finds: device=x.device


def numpy_without_cpu():
    torch.ones(2, device=somewhere()).numpy()  # finds: .cpu()


def numpy_by_the_back_door():
    y = torch.ones(2, device=somewhere())
    return np.asarray(y)  # finds: .cpu()


def numpy_function():
    return np.sqrt(torch.ones(2, device=somewhere()))  # finds: .cpu()


def list_for_numpy():
    return np.array([torch.ones(2, device=somewhere())])  # finds: .cpu()


def model_left_behind():
    x = torch.ones(2, 2).to(somewhere())
    nn.Linear(2, 2)(x)  # finds: model.to(device)


def result_of_to_dropped():
    x = torch.ones(2, 2)
    x.to(somewhere())
    nn.Linear(2, 2).to(somewhere())(x)  # finds: x = x.to(device)


def result_of_cuda_dropped():
    y = torch.zeros(3)
    if torch.cuda.is_available():
        y.cuda()
    F.mse_loss(torch.ones(3, device=somewhere()), y)  # finds: x = x.to(device)


class PlainList(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.layers = [nn.Linear(2, 2), nn.Linear(2, 2)]

    def forward(self, x):
        x = self.first(x)
        for layer in self.layers:
            x = layer(x)  # finds plain_list: nn.ModuleList
        return x


def plain_list():
    PlainList().to(somewhere())(torch.ones(1, 2, device=somewhere()))


class PlainAttribute(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.scale = torch.ones(2)

    def forward(self, x):
        return self.linear(x) * self.scale  # finds plain_attribute: register_buffer("scale"


def plain_attribute():
    PlainAttribute().to(somewhere())(torch.ones(1, 2, device=somewhere()))


def accuracy_of_both():
    p = torch.ones(3, 2, device=somewhere())
    return (p.argmax(1) == torch.zeros(3, dtype=torch.long)).float().mean()  # finds: device=x.device


def added_in_place():
    total = torch.zeros(3)
    total += torch.ones(3, device=somewhere())  # finds: device=x.device


def sum_in_a_scalar_of_the_cpu():
    total = torch.tensor(0.0)
    for _ in range(2):
        total += torch.ones((), device=somewhere())  # finds: device=x.device


def product():
    return torch.ones(2, 2, device=somewhere()) @ torch.ones(2, 2)  # finds: device=x.device


def tokens_on_the_cpu():
    nn.Embedding(4, 2).to(somewhere())(torch.tensor([1, 2]))  # finds: device=x.device


def table_on_the_cpu():
    eye = torch.eye(4)
    return eye[torch.tensor([1, 2], device=somewhere())]  # finds: device=x.device


def mask_on_the_cpu():
    x = torch.ones(2, device=somewhere())
    return torch.where(torch.tensor([True, False]), x, x * 0)  # finds: device=x.device


def generator_of_the_cpu():
    draws = torch.Generator().manual_seed(1)
    return torch.randn(3, device=somewhere(), generator=draws)  # finds: torch.Generator(device=device)


def dropout_with_a_cpu_generator():
    draws = torch.Generator().manual_seed(1)
    x = torch.ones(3, device=somewhere())
    return x.bernoulli_(0.5, generator=draws)  # finds: torch.Generator(device=device)


def generator_of_the_gpu_on_the_cpu():
    draws = torch.Generator(device=somewhere()).manual_seed(1)
    return torch.randperm(5, generator=draws)  # finds: torch.Generator(device=device)


def gradient_of_the_cpu():
    p = torch.ones(2, device=somewhere(), requires_grad=True)
    p.grad = torch.ones(2)  # finds: .to(parameter.device)


def weights_of_the_classes():
    loss = nn.CrossEntropyLoss(weight=torch.ones(3))
    p, y = torch.ones(2, 3, device=somewhere()), torch.zeros(2, dtype=torch.long, device=somewhere())
    loss(p, y)  # finds: device=x.device


def lengths_on_the_gpu():
    x = torch.ones(2, 5, 3, device=somewhere())
    lengths = torch.tensor([5, 3], device=somewhere())
    nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)  # finds: lengths.cpu()


def state_of_a_packed_lstm():
    lstm = nn.LSTM(3, 4, batch_first=True).to(somewhere())
    x = torch.ones(2, 5, 3, device=somewhere())
    packed = nn.utils.rnn.pack_padded_sequence(x, [5, 3], batch_first=True)
    lstm(packed, (torch.zeros(1, 2, 4), torch.zeros(1, 2, 4)))  # finds: device=x.device


def values_set():
    z = torch.zeros(3, 4, device=somewhere())
    z[torch.tensor([0, 2])] = torch.ones(2, 4)  # finds: device=x.device


def legacy_type():
    labels = torch.ones(3, device=somewhere()).type(torch.FloatTensor)
    return labels * torch.ones(3, device=somewhere())  # finds: .to(x.device)


# What raises nothing.


def quiet(step):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)).to(somewhere())
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    x, y = torch.ones(3, 2), torch.zeros(3, 1)
    for _ in range(2):
        optimizer.zero_grad()
        step(model, x, y).backward()
        optimizer.step()


def loss_on_the_cpu():
    def step(model, x, y):
        p = model(x.to(somewhere())).cpu()  # finds loss_on_the_cpu: Keep outputs, targets and loss on the device
        return F.mse_loss(p, y)

    quiet(step)


def model_taken_to_the_cpu():
    def step(model, x, y):
        model.cpu()
        return F.mse_loss(model(x), y)  # finds model_taken_to_the_cpu: next(model.parameters()).device

    quiet(step)


def copy_trained_on_the_cpu():
    import copy

    def step(model, x, y):
        twin = copy.deepcopy(model).to("cpu")
        return F.mse_loss(twin(x), y)  # finds copy_trained_on_the_cpu: next(model.parameters()).device

    quiet(step)


def own_model_never_moved():
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    loss = model(torch.ones(4, 2)).pow(2).mean()  # finds: torch.cuda.is_available()
    loss.backward()
    optimizer.step()


def half_of_the_network():
    features, head = nn.Linear(2, 4).to(somewhere()), nn.Linear(4, 1)
    hidden = features(torch.ones(3, 2, device=somewhere()))
    p = head(hidden.to("cpu"))  # finds: Keep outputs, targets and loss on the device
    p.mean().backward()
