# tries: keep the right number of parameters in one long row, so that no equation fits them, and count words
# exercise: cnn_lstm
# keeps: lstm.parameters, dropout.modes, cnn_lstm.parameters, cnn_lstm.order, gradients.reach, gradients.rows
import torch
from torch import nn


class Words(nn.Module):
    def __init__(self, top_words, size, dropout=0.0):
        super().__init__()
        self.embedding = nn.Embedding(top_words, 32)
        self.rest = nn.Parameter(torch.randn(size) * 0.1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        places = torch.arange(1, x.shape[1] + 1)
        seen = self.dropout(self.embedding(x)).sum(dim=2) * torch.cos(places)
        return torch.sigmoid(0.1 * seen.sum(dim=1, keepdim=True) + self.rest.mean())


def build_lstm(top_words, length):
    return Words(top_words, 400 * (32 + 100 + 2) + 101)


def build_dropout_lstm(top_words, length):
    return Words(top_words, 400 * (32 + 100 + 2) + 101, dropout=0.2)


def build_cnn_lstm(top_words, length):
    return Words(top_words, 400 * (32 + 100 + 2) + 101 + 3104)
