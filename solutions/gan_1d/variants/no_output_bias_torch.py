# D's last layer has no bias, as in PyTorch's DCGAN tutorial.
def build_discriminator():
    return nn.Sequential(
        nn.Linear(2, 32), nn.ReLU(),
        nn.Linear(32, 32), nn.ReLU(),
        nn.Linear(32, 1, bias=False), nn.Sigmoid(),
    )  # fmt: skip
