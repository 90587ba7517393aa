# No `detach`: the gradients that D's step leaves in G are zeroed before G's own step. Soft labels for real images.
class GAN(GAN):
    def train_discriminator(self, real):
        self.discriminator.train()
        self.discriminator_optimizer.zero_grad()
        p_real = self.discriminator(torch.as_tensor(real, device=next(self.discriminator.parameters()).device))
        p_fake = self.discriminator(self.sample_fake(len(real)))
        loss = cross_entropy(p_real, torch.full_like(p_real, 0.9)) + cross_entropy(p_fake, torch.zeros_like(p_fake))
        loss.backward()
        self.discriminator_optimizer.step()
        return loss

    def train_generator(self, n):
        self.generator_optimizer.zero_grad()
        self.discriminator.eval()
        loss = -self.discriminator(self.sample_fake(n)).clamp_min(1e-7).log().mean()
        loss.backward()
        self.generator_optimizer.step()
        self.discriminator.train()
        return loss
