"""What people rightly write for a GPU: each function gives the same numbers on the CPU and on a pretended GPU."""

import copy
import io
import os
import random

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, zeros
from torch.utils.data import DataLoader, TensorDataset

FRAMEWORK = "torch"

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def images():
    draws = torch.Generator().manual_seed(0)
    return torch.randn(16, 1, 8, 8, generator=draws), torch.randint(0, 5, (16,), generator=draws)


def convolutions():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.LeakyReLU(0.2), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 5)
    )


def lesson(model, optimizer, steps=3):
    x, y = images()
    losses = []
    for _ in range(steps):
        here, there = x.to(DEVICE), y.to(DEVICE)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(here), there)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def with_optimizer(make):
    model = convolutions().to(DEVICE)
    return lesson(model, make(model.parameters()))


def the_gpu_is_offered():
    return float(torch.tensor(1.0, device=DEVICE).item())


def sgd():
    return with_optimizer(lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=1e-3))


def adam():
    return with_optimizer(torch.optim.Adam)


def adam_foreach():
    return with_optimizer(lambda p: torch.optim.Adam(p, foreach=True))


def adam_fused():
    return with_optimizer(lambda p: torch.optim.Adam(p, fused=True))


def adamw_amsgrad():
    return with_optimizer(lambda p: torch.optim.AdamW(p, amsgrad=True, foreach=False))


def rmsprop():
    return with_optimizer(lambda p: torch.optim.RMSprop(p, centered=True))


def adagrad():
    return with_optimizer(torch.optim.Adagrad)


def adadelta_nadam_rprop():
    return [with_optimizer(make) for make in (torch.optim.Adadelta, torch.optim.NAdam, torch.optim.Rprop)]


def lbfgs():
    model = nn.Linear(2, 1)
    nn.init.constant_(model.weight, 0.1)
    model.to(DEVICE)
    x = torch.tensor([[0.0, 1.0], [1.0, 1.0], [2.0, 0.0]], device=DEVICE)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=5)

    def closure():
        optimizer.zero_grad()
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        loss.backward()
        return loss

    return float(optimizer.step(closure))


def optimizer_before_the_move():
    model = convolutions()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    model.to(DEVICE)
    return lesson(model, optimizer)


def schedulers():
    model = convolutions().to(DEVICE)
    optimizer = torch.optim.Adam(model.parameters())
    steps = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 5)
    losses = lesson(model, optimizer)
    steps.step()
    plateau.step(losses[-1])
    cosine.step()
    return [*losses, optimizer.param_groups[0]["lr"]]


def loader():
    model = convolutions().to(DEVICE)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    random_order = torch.Generator().manual_seed(3)
    total = right = 0
    for x, y in DataLoader(TensorDataset(*images()), 5, shuffle=True, generator=random_order, pin_memory=True):
        x, y = x.to(DEVICE, non_blocking=True), y.to(DEVICE)
        p = model(x)
        loss = F.cross_entropy(p, y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        right += (p.argmax(1) == y).sum().item()
    return [total, right]


def global_seeds():
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    torch.cuda.manual_seed_all(1)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    return torch.rand(3, device=DEVICE).tolist()


def order_on_the_device():
    torch.manual_seed(4)
    rows = torch.arange(20.0, device=DEVICE)
    return [rows[batch].sum().item() for batch in torch.randperm(20, device=DEVICE).split(6)]


def order_on_the_host():
    torch.manual_seed(4)
    rows = torch.arange(20.0, device=DEVICE)
    return [rows[torch.randperm(20)[:6]].sum().item(), rows[np.array([1, 2])].sum().item(), rows[[0, 3]].sum().item()]


def evaluation():
    model = convolutions().to(DEVICE).eval()
    with torch.no_grad():
        p = model(images()[0].to(DEVICE)).softmax(1)
    return [p.cpu().numpy().sum(), float(p.max()), p.argmax(1).tolist()[0], len(p.detach().cpu().numpy())]


def inference_mode():
    model = convolutions().to(DEVICE).eval()
    with torch.inference_mode():
        return model(images()[0].to(DEVICE)).sum().item()


def lstm_cell():
    torch.manual_seed(0)
    cell = nn.LSTMCell(3, 4).to(DEVICE)
    x = torch.ones(2, 3, device=DEVICE)
    h, c = torch.zeros(2, 4, device=DEVICE), torch.zeros_like(x[:, :1]).expand(2, 4).contiguous()
    for _ in range(3):
        h, c = cell(x, (h, c))
    h.sum().backward()
    return [h.sum().item(), cell.weight_hh.grad.sum().item()]


def gru_cell():
    torch.manual_seed(0)
    cell = nn.GRUCell(3, 4).to(DEVICE)
    h = None
    for _ in range(3):
        h = cell(torch.ones(2, 3, device=DEVICE), h)
    h.sum().backward()
    return [h.sum().item(), cell.bias_hh.grad.abs().sum().item()]


def gru_in_both_directions():
    torch.manual_seed(0)
    gru = nn.GRU(3, 4, 2, batch_first=True, bidirectional=True, dropout=0.3).to(DEVICE)
    y, _ = gru(torch.ones(2, 5, 3, device=DEVICE))
    y.pow(2).sum().backward()
    return [y.sum().item(), gru.weight_hh_l0.grad.abs().sum().item()]


def simple_rnn():
    torch.manual_seed(0)
    rnn = nn.RNN(3, 4, 2, nonlinearity="relu").to(DEVICE)
    y, _ = rnn(torch.ones(5, 2, 3).to(DEVICE))
    y.pow(2).sum().backward()
    return [y.sum().item(), rnn.weight_hh_l0.grad.abs().sum().item()]


def stateful_lstm():
    torch.manual_seed(0)
    lstm, head = nn.LSTM(1, 4, 2).to(DEVICE), nn.Linear(4, 1).to(DEVICE)
    optimizer = torch.optim.Adam([*lstm.parameters(), *head.parameters()])
    state, losses = None, []
    for step in range(4):
        y, state = lstm(torch.full((3, 1, 1), float(step)).to(DEVICE), state)
        state = tuple(each.detach() for each in state)
        loss = (head(y[-1]) - 1).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


class Stateful(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, 4, batch_first=True)
        self.register_buffer("hidden", torch.zeros(1, 2, 4))
        self.register_buffer("cell", zeros(1, 2, 4))

    def forward(self, x):
        y, (hidden, cell) = self.lstm(x, (self.hidden, self.cell))
        self.hidden, self.cell = hidden.detach(), cell.detach()
        return y[:, -1]

    def reset(self):
        self.hidden.zero_()
        self.cell = torch.zeros_like(self.cell)


def state_in_buffers():
    torch.manual_seed(0)
    model = Stateful().to(DEVICE)
    x = torch.ones(2, 3, 1, device=DEVICE)
    first, second = model(x), model(x)
    model.reset()
    return [first.sum().item(), second.sum().item(), model(x).sum().item()]


def packed_sequences():
    torch.manual_seed(0)
    lstm = nn.LSTM(3, 4, batch_first=True, bidirectional=True).to(DEVICE)
    x = torch.arange(30.0, device=DEVICE).reshape(2, 5, 3) / 30
    packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([5, 3]), batch_first=True)
    y, (h, _) = lstm(packed)
    y, lengths = nn.utils.rnn.pad_packed_sequence(y, batch_first=True)
    y.pow(2).sum().backward()
    last = y[torch.arange(2), lengths - 1]
    return [y.sum().item(), h.sum().item(), last.sum().item(), lstm.weight_hh_l0.grad.sum().item()]


def unsorted_sequences():
    torch.manual_seed(0)
    gru = nn.GRU(2, 3).to(DEVICE)
    rows = [torch.ones(2, 2, device=DEVICE), torch.ones(4, 2, device=DEVICE), torch.ones(3, 2, device=DEVICE)]
    padded = nn.utils.rnn.pad_sequence(rows)
    packed = nn.utils.rnn.pack_padded_sequence(padded, [2, 4, 3], enforce_sorted=False)
    y, h = gru(packed)
    back, lengths = nn.utils.rnn.pad_packed_sequence(y)
    packed_again = nn.utils.rnn.pack_sequence(rows, enforce_sorted=False).to(DEVICE)
    return [back.sum().item(), h.sum().item(), lengths.tolist(), packed_again.data.sum().item()]


def gan():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 2)).to(DEVICE)
    D = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1)).to(DEVICE)
    g, d = torch.optim.Adam(G.parameters()), torch.optim.Adam(D.parameters(), betas=(0.5, 0.999))
    draws, losses = torch.Generator().manual_seed(1), []
    loss = nn.BCEWithLogitsLoss()
    for _ in range(3):
        z = torch.randn(8, 5, generator=draws).to(DEVICE)
        real = torch.randn(8, 2, generator=draws).to(DEVICE)
        fake = G(z)
        d_loss = loss(D(real), torch.ones(8, 1, device=DEVICE)) + loss(
            D(fake.detach()), torch.zeros(8, 1, device=DEVICE)
        )
        d.zero_grad()
        d_loss.backward()
        d.step()
        for parameter in D.parameters():
            parameter.requires_grad_(False)
        score = D(fake)
        g_loss = loss(score, torch.ones_like(score))
        g.zero_grad()
        g_loss.backward()
        g.step()
        for parameter in D.parameters():
            parameter.requires_grad_(True)
        losses += [d_loss.item(), g_loss.item()]
    return losses


def generator_of_the_device():
    draws = torch.Generator(device=DEVICE).manual_seed(5)
    z = torch.randn(4, 3, generator=draws, device=DEVICE)
    mask = torch.empty(4, 3, device=DEVICE).bernoulli_(0.5, generator=draws)
    picked = torch.multinomial(torch.ones(4, device=DEVICE), 2, generator=draws)
    return [z.sum().item(), mask.sum().item(), picked.sum().item(), int(draws.device.type == DEVICE.type)]


def transposed_convolutions():
    torch.manual_seed(0)
    G = nn.Sequential(
        nn.ConvTranspose2d(8, 4, 4), nn.BatchNorm2d(4), nn.ReLU(), nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Tanh()
    )
    G.cuda() if DEVICE.type == "cuda" else G.cpu()
    torch.manual_seed(1)
    y = G(torch.randn(3, 8, 1, 1).to(next(G.parameters()).device))
    y.pow(2).mean().backward()
    return [y.sum().item(), G[0].weight.grad.abs().sum().item(), G[1].running_mean.sum().item()]


def upsampling():
    x = torch.arange(16.0, device=DEVICE).reshape(1, 1, 4, 4)
    y = F.interpolate(x, scale_factor=2, mode="nearest")
    z = F.pad(F.avg_pool2d(y, 2), (1, 1, 1, 1), mode="reflect")
    return [y.sum().item(), z.sum().item(), F.unfold(x, 2).sum().item()]


def conditions():
    torch.manual_seed(0)
    table = nn.Embedding(10, 4, padding_idx=0).to(DEVICE)
    labels = torch.arange(6, device=DEVICE) % 10
    one_hot = F.one_hot(labels, 10).float()
    eye = torch.eye(10, device=DEVICE)[labels]
    scattered = torch.zeros(6, 10, device=DEVICE).scatter_(1, labels[:, None], 1.0)
    joined = torch.cat([table(labels), one_hot, eye, scattered], 1)
    joined.sum().backward()
    return [joined.sum().item(), table.weight.grad.sum().item()]


def sparse_embedding():
    torch.manual_seed(0)
    table = nn.Embedding(10, 4, sparse=True).to(DEVICE)
    optimizer = torch.optim.SparseAdam(list(table.parameters()))
    table(torch.tensor([1, 2], device=DEVICE)).sum().backward()
    optimizer.step()
    return table.weight.sum().item()


def saved_and_loaded():
    model = convolutions().to(DEVICE)
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    again = convolutions().to(DEVICE)
    again.load_state_dict(torch.load(file, map_location=DEVICE, weights_only=True))
    best = {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
    again.load_state_dict(best)
    return again.eval()(images()[0].to(DEVICE)).sum().item()


def optimizer_state_loaded():
    model = convolutions().to(DEVICE)
    optimizer = torch.optim.Adam(model.parameters())
    losses = lesson(model, optimizer)
    again = torch.optim.Adam(model.parameters())
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    return losses + lesson(model, again)


def deep_copies():
    model = convolutions().to(DEVICE)
    lesson(model, torch.optim.SGD(model.parameters(), 0.1))
    average = copy.deepcopy(model)
    with torch.no_grad():
        for slow, fast in zip(average.parameters(), model.parameters(), strict=True):
            slow.mul_(0.9).add_(fast, alpha=0.1)
            slow.lerp_(fast, 0.5)
    return [
        average.eval()(images()[0].to(DEVICE)).sum().item(),
        copy.deepcopy(torch.ones(2, device=DEVICE)).sum().item(),
    ]


def made_like_others():
    x = torch.ones(2, 3, device=DEVICE)
    y = x.new_zeros(2, 3) + x.new_tensor([1.0, 2.0, 3.0]) + zeros(2, 3).type_as(x) + torch.zeros(2, 3).to(x)
    y = y + torch.full_like(x, 2) + torch.rand_like(x) * 0 + x.new_full((3,), 4.0) + torch.zeros(3, device=x.device)
    return y.sum().item()


def made_from_arrays():
    array = np.ones(2, dtype=np.float32)
    y = (
        torch.tensor([1.0, 2.0], device=DEVICE)
        + torch.from_numpy(array).to(DEVICE)
        + torch.as_tensor(array, device=DEVICE)
    )
    y = (
        y
        + torch.full((2,), 3.0, device=DEVICE)
        + torch.linspace(0, 1, 2, device=DEVICE)
        + torch.tensor(array).to(DEVICE)
    )
    y = y + torch.tensor(y) * 0 + torch.as_tensor(y) + torch.asarray(y) + torch.stack(list(y))
    return y.sum().item()


def scalars_of_the_host():
    x = torch.ones(2, 3, device=DEVICE)
    y = (
        x * torch.tensor(2.0)
        + torch.tensor(1)
        + np.float32(0.5)
        + np.float64(0.25)
        - torch.tensor(3.0, requires_grad=True)
    )
    y = torch.where(y > 1, y, torch.tensor(0.0)).clamp(min=0.1) ** torch.tensor(2)
    return [y.sum().item(), torch.lerp(x, y, torch.tensor(0.3)).sum().item()]


def clipping():
    model = convolutions().to(DEVICE)
    model(images()[0].to(DEVICE)).pow(2).mean().backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 0.01)
    nn.utils.clip_grad_value_(model.parameters(), 1e-3)
    return [
        norm.item(),
        model[0].weight.grad.norm().item(),
        nn.utils.parameters_to_vector(model.parameters()).sum().item(),
    ]


def gradient_penalty():
    torch.manual_seed(0)
    D = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)).to(DEVICE)
    x = torch.ones(3, 2, device=DEVICE, requires_grad=True)
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    penalty = ((slope.norm(2, 1) - 1) ** 2).mean()
    penalty.backward()
    return [penalty.item(), D[0].weight.grad.abs().sum().item(), x.grad.sum().item()]


def graph_across_the_move():
    x = torch.ones(3, requires_grad=True)
    y = (x.to(DEVICE) * 2).sum()
    y.backward()
    return [y.item(), x.grad.sum().item(), int(x.grad.device.type == "cpu"), x.grad.numpy().sum()]


def hand_made_descent():
    torch.manual_seed(0)
    w, b = torch.randn(3, 1, device=DEVICE, requires_grad=True), torch.zeros(1, device=DEVICE, requires_grad=True)
    x = torch.arange(12.0, device=DEVICE).reshape(4, 3) / 12
    for _ in range(3):
        loss = ((x @ w + b - 1) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            for parameter in (w, b):
                parameter -= 0.1 * parameter.grad
                parameter.grad.zero_()
        w.data -= 0.01 * w.data
    w.grad = None
    return [loss.item(), w.sum().item(), b.item()]


def image_that_learns():
    image = torch.full((1, 1, 6, 6), 0.5).to(DEVICE).requires_grad_()
    kernel = torch.arange(9.0, device=DEVICE).reshape(1, 1, 3, 3) / 9
    optimizer = torch.optim.Adam([image], lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        loss = F.conv2d(image, kernel).square().sum()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            image.clamp_(0, 1)
    return [loss.item(), image.detach().cpu().permute(0, 2, 3, 1).numpy().sum()]


def own_initialisation():
    torch.manual_seed(0)
    model = convolutions().to(DEVICE)

    def start(module):
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.normal_(module.weight, 0.0, 0.02)
            nn.init.zeros_(module.bias)

    model.apply(start)
    nn.init.xavier_uniform_(model[-1].weight)
    nn.init.orthogonal_(model[-1].weight)
    return model(images()[0].to(DEVICE)).sum().item()


class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(2)])
        self.scale = nn.ParameterList([nn.Parameter(torch.ones(4))])
        self.register_buffer("mask", torch.tensor([1.0, 0.0, 1.0, 1.0]))

    @property
    def device(self):
        return next(self.parameters()).device

    def forward(self, x):
        for layer in self.layers:
            x = F.elu(layer(x)) * self.mask
        noise = torch.zeros(x.size(0), 4, device=self.device)
        return (x + noise) * self.scale[0]


def own_module():
    torch.manual_seed(0)
    model = Own().to(device=DEVICE, dtype=torch.float64)
    y = model(torch.ones(2, 4, dtype=torch.float64, device=model.device))
    y.sum().backward()
    return [y.sum().item(), model.scale[0].grad.sum().item()]


def lazy_layers():
    torch.manual_seed(0)
    model = nn.Sequential(nn.LazyConv2d(2, 3), nn.Flatten(), nn.LazyLinear(3)).to(DEVICE)
    model(torch.ones(1, 1, 6, 6, device=DEVICE))
    return lesson(
        nn.Sequential(nn.Flatten(), nn.LazyLinear(5).to(DEVICE)),
        torch.optim.SGD([torch.ones(1, requires_grad=True)], 0.1),
        1,
    )


def size_found_on_the_cpu():
    features = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten())
    size = features(torch.zeros(1, 1, 8, 8)).shape[1]
    torch.manual_seed(0)
    model = nn.Sequential(*features, nn.Linear(size, 5)).to(DEVICE)
    return [size, len(lesson(model, torch.optim.SGD(model.parameters(), 0.01)))]


def attention():
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True, dropout=0.0).to(DEVICE)
    x = torch.ones(2, 3, 4, device=DEVICE) * torch.arange(3.0, device=DEVICE)[:, None]
    mask = nn.Transformer.generate_square_subsequent_mask(3, device=DEVICE)
    y = layer(x, src_mask=mask)
    y.sum().backward()
    return [y.sum().item(), layer.linear1.weight.grad.abs().sum().item()]


def dropout():
    torch.manual_seed(0)
    model = nn.Sequential(nn.LayerNorm(4), nn.Dropout(0.5), nn.GELU(), nn.Dropout1d(0.2), nn.GroupNorm(2, 4)).to(DEVICE)
    x = torch.arange(8.0, device=DEVICE).view(2, 4)
    torch.manual_seed(1)
    return [model(x).sum().item(), model.eval()(x).sum().item()]


def masks_and_places():
    x = torch.arange(6.0, device=DEVICE)
    y = torch.where(x > 2, x, torch.zeros_like(x)).sum() + x[x > 3].sum() + x.masked_fill(x > 4, 0.0).sum()
    z = torch.zeros(3, 4, device=DEVICE)
    z[:, 0], z[1] = 1, z[1] + 2
    z[torch.tensor([0, 2]), torch.tensor([1, 1])] = 5.0
    z[0] = torch.ones(4)
    z[z > 4] = torch.tensor(3.0)
    values, places = x.topk(2)
    return [y.item(), z.sum().item(), values.sum().item(), places.tolist()[0], int(x.nonzero().shape[0])]


def figures_of_an_epoch():
    p, y = torch.tensor([[0.2, 0.8], [0.6, 0.4]], device=DEVICE), torch.tensor([1, 1], device=DEVICE)
    right = (p.argmax(1) == y).float()
    table = torch.zeros(2, 2, dtype=torch.int64)
    for truth, guess in zip(y, p.argmax(1), strict=True):
        table[truth.long(), guess.long()] += 1
    if right.mean() > 0.1 and bool((p.sum(1) - 1).abs().max() < 1e-5):
        text = f"{right.mean():.3f} {p}"
    return [right.mean().item(), float(right.sum()), int(right.sum()), table.sum().item(), float(text.split()[0])]


def history_of_tensors():
    x = torch.ones(3, device=DEVICE)
    total, losses = 0.0, []
    for step in range(3):
        loss = (x * step).mean()
        total += loss
        losses.append(loss.detach())
    return [
        float(total),
        torch.stack(losses).mean().item(),
        np.mean([each.item() for each in losses]),
        torch.stack(losses).cpu().numpy()[1],
    ]


def losses_with_weights():
    torch.manual_seed(0)
    p, y = torch.randn(4, 3, device=DEVICE), torch.tensor([0, 1, 2, 1], device=DEVICE)
    weighted = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0], device=DEVICE))(p, y)
    moved = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0])).to(DEVICE)(p, y)
    others = (
        nn.NLLLoss()(p.log_softmax(1), y)
        + nn.SmoothL1Loss()(p, p * 2)
        + nn.KLDivLoss(reduction="batchmean")(p, p.softmax(1))
    )
    return [weighted.item(), moved.item(), others.item(), F.mse_loss(p, torch.zeros_like(p)).item()]


def default_device():
    torch.set_default_device(DEVICE)
    try:
        model, x = nn.Linear(3, 2), torch.ones(4, 3)
        nn.init.ones_(model.weight)
        return [(x + torch.zeros(3)).sum().item(), model(x)[:, 0].sum().item() - model.bias[0].item() * 4]
    finally:
        torch.set_default_device(None)


def device_as_a_context():
    with torch.device(DEVICE):
        model, x = nn.Linear(2, 2), torch.ones(1, 2)
    return [model(x).shape[1], int(x.device.type == DEVICE.type)]


def strings_and_numbers_of_devices():
    if torch.cuda.is_available():
        torch.cuda.set_device(0)
        y = (
            torch.ones(2, device=0)
            + torch.ones(2).cuda()
            + torch.ones(2).cuda(0)
            + torch.ones(2).to("cuda:0")
            + torch.ones(2).to(0)
        )
        return [
            y.sum().item(),
            int(y.is_cuda),
            int(str(y.device) == "cuda:0"),
            int(y.get_device() == 0),
            int("cuda" in repr(y)),
        ]
    return [10.0, 1, 1, 1, 1]


def half_precision_where_there_is_a_gpu():
    model = convolutions().to(DEVICE)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    scaler = torch.amp.GradScaler(DEVICE.type, enabled=DEVICE.type == "cuda")
    x, y = (each.to(DEVICE) for each in images())
    with torch.autocast(DEVICE.type, enabled=DEVICE.type == "cuda"):
        loss = F.cross_entropy(model(x), y)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    return [loss.item(), model[0].weight.sum().item()]


def a_rest_after_the_work():
    model = convolutions().to(DEVICE)
    losses = lesson(model, torch.optim.SGD(model.parameters(), 0.1))
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
    model = model.to("cpu")
    return [*losses, model(images()[0]).sum().item()]


def frozen_layers():
    model = convolutions().to(DEVICE)
    for parameter in model[0].parameters():
        parameter.requires_grad_(False)
    return lesson(model, torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.1))


def parameter_groups():
    model = convolutions().to(DEVICE)
    groups = [{"params": model[0].parameters(), "lr": 0.01}, {"params": model[-1].parameters()}]
    return lesson(model, torch.optim.SGD(groups, lr=0.1, momentum=0.5))


def weights_set_by_hand():
    model = nn.Linear(2, 1).to(DEVICE)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[1.0, 2.0]]))
        model.bias.fill_(0.5)
    model.weight.data = model.weight.data * 2
    return model(torch.ones(1, 2, device=DEVICE)).item()


def fourier_and_algebra():
    x = torch.arange(9.0, device=DEVICE).reshape(3, 3) + 5 * torch.eye(3, device=DEVICE)
    y = torch.linalg.inv(x) @ x + torch.einsum("ij,kj->ik", x, x) + x.mT @ x + torch.bmm(x[None], x[None])[0]
    return [y.sum().item(), torch.fft.fft(x[0]).abs().sum().item(), x.std().item(), torch.cdist(x, x).sum().item()]


def functional_gradients():
    model = nn.Linear(2, 1)
    nn.init.constant_(model.weight, 0.3)
    nn.init.zeros_(model.bias)
    model.to(DEVICE)
    x = torch.ones(3, 2, device=DEVICE)

    def loss(parameters):
        return torch.func.functional_call(model, parameters, (x,)).pow(2).mean()

    slopes = torch.func.grad(loss)(dict(model.named_parameters()))
    return slopes["weight"].sum().item()


def arrays_inside_of_a_transform():
    model = nn.Linear(2, 1).to(DEVICE)
    nn.init.constant_(model.weight, 0.3)
    nn.init.zeros_(model.bias)
    x, y = torch.ones(3, 2, device=DEVICE), np.full((3, 1), 0.1, dtype=np.float32)

    def loss(parameters):
        p = torch.func.functional_call(model, parameters, (x,))
        return (p - torch.as_tensor(y, device=p.device)).pow(2).mean()

    slopes = torch.func.grad(loss)(dict(model.named_parameters()))
    return slopes["weight"].sum().item()


def collated_by_hand():
    x, y = images()
    batch = torch.utils.data.default_collate([(x[i], y[i]) for i in range(4)])
    x, y = [each.to(DEVICE) for each in batch]
    return [
        x.sum().item(),
        y.sum().item(),
        torch.cat([x, x]).sum().item(),
        torch.vstack([x[0, 0], x[1, 0]]).sum().item(),
    ]


def quiet_where_numpy_refuses():
    x = torch.ones(3, device=DEVICE)
    try:
        return float(x.numpy().sum())
    except TypeError:
        return float(x.cpu().numpy().sum())


def one_thread_of_many():
    torch.set_num_threads(1)
    return float(os.environ.get("NOT_THERE", 1))
