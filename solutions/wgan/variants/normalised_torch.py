# Layer norm in the critic and batch norm in G; the critic frozen by hand in G's step; small initial weights; AdamW.
def clip_weights(model, limit):
    with torch.no_grad():
        for module in model.modules():
            for parameter in module.parameters(recurse=False):
                parameter.copy_(
                    torch.maximum(torch.minimum(parameter, parameter.new_tensor(limit)), -parameter.new_tensor(limit))
                )


def build_critic():
    net = nn.Sequential(
        nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LayerNorm(64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
    )
    return net


def build_generator(latent_dim):
    return nn.Sequential(
        nn.Linear(latent_dim, 48), nn.BatchNorm1d(48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 2)
    )


class WGAN(WGAN):
    def __init__(self, latent_dim, seed, penalty):
        super().__init__(latent_dim, seed, penalty)
        self.generator_optimizer = torch.optim.AdamW(self.generator.parameters(), lr=1e-3, betas=(0.0, 0.9))
        self.critic_optimizer = torch.optim.AdamW(self.critic.parameters(), lr=2e-3, betas=(0.0, 0.9))

    def train_generator(self, n):
        self.critic.requires_grad_(False)
        loss = super().train_generator(n)
        self.critic.requires_grad_(True)
        return loss
