# nn.Sequential with layers that pass a pair on, F.softmax on the fly, SGD with momentum, a new model state by deepcopy;
# generation that always gives the last samples only, as many as the receptive field has.
import copy
from itertools import pairwise


class Pair(nn.Module):
    def __init__(self, width, taps, dilation):
        super().__init__()
        self.pad = nn.ConstantPad1d((dilation * (taps - 1), 0), 0.0)
        self.tanh = nn.Sequential(nn.Conv1d(width, width, taps, dilation=dilation), nn.Tanh())
        self.sigmoid = nn.Sequential(nn.Conv1d(width, width, taps, dilation=dilation), nn.Sigmoid())
        self.one = nn.Conv1d(width, width, 1)

    def forward(self, pair):
        h, skips = pair
        past = self.pad(h)
        z = self.one(self.tanh(past) * self.sigmoid(past))
        return h + z, skips + z


class Stack(nn.Module):
    def __init__(self, classes, width, taps, dilations):
        super().__init__()
        self.reach = (taps - 1) * sum(dilations) + 1
        self.start = nn.Linear(classes, width)
        self.stack = nn.Sequential(*[Pair(width, taps, dilation) for dilation in dilations])
        self.end = nn.Sequential(
            nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2), nn.Linear(width, classes)
        )

    def scores(self, x):
        h = self.start(x).transpose(1, 2)
        h, skips = self.stack((h, torch.zeros_like(h)))
        return self.end((h + skips).transpose(1, 2))

    def forward(self, x):
        return self.scores(x).softmax(-1)


def build_model(classes, channels, kernel_size, dilations):
    return Stack(classes, channels, kernel_size, dilations)


def train(model, sequences, classes, epochs, batch_size, seed):
    rng = np.random.RandomState(seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    losses, best = [], (float("inf"), None)
    for _ in range(epochs):
        order = rng.permutation(len(sequences))
        costs = []
        for first, last in pairwise([*range(0, len(order), batch_size), len(order)]):
            codes = torch.tensor(sequences[order[first:last]], device=model.start.weight.device)
            scores = model.scores(nn.functional.one_hot(codes, classes).to(torch.float32)[:, :-1])
            loss = nn.functional.cross_entropy(scores.reshape(-1, classes), codes[:, 1:].reshape(-1))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            costs.append(loss.item())
        losses.append(np.mean(costs))
        if losses[-1] < best[0]:
            best = losses[-1], copy.deepcopy(model.state_dict())
    model.load_state_dict(best[1])
    return np.array(losses)


def generate(model, start, n, classes, temperature=1.0, seed=0):
    random = np.random.RandomState(seed)
    written = list(map(int, start))
    with torch.inference_mode():
        for _ in range(n):
            recent = torch.tensor([written[-model.reach :]], device=model.start.weight.device)
            scores = model.scores(nn.functional.one_hot(recent, classes).float())[0, -1].cpu().numpy().astype(float)
            if temperature == 0:
                written.append(int(np.argmax(scores)))
            else:
                weights = np.exp((scores - scores.max()) / temperature)
                written.append(int(np.searchsorted(np.cumsum(weights / weights.sum()), random.random_sample())))
    return np.asarray(written[len(start) :])
