# A learning rate that rises and falls: the last step of a training is a ten-thousandth of the first.
# %%
def train(model, x, y, epochs, batch_size, seed):
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    device = next(model.parameters()).device
    rows = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    batches = torch.utils.data.DataLoader(rows, batch_size, shuffle=True, generator=generator)
    optimizer = torch.optim.AdamW(model.parameters())
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.005, total_steps=epochs * len(batches))
    losses = []
    for _ in range(epochs):
        model.train()
        total = 0.0
        for tokens, labels in batches:
            loss = nn.functional.binary_cross_entropy(model(tokens.to(device)), labels.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rate.step()
            total += loss.item() * len(tokens)
        losses.append(total / len(x))
    return losses
