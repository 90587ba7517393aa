# A DataLoader, AdamW, leaky ReLU; the model is left in evaluation mode.
# %%
def train_discriminator(real, fake, steps, seed):
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Linear(1, 32),
        nn.LeakyReLU(0.2),
        nn.Linear(32, 32),
        nn.LeakyReLU(0.2),
        nn.Linear(32, 1),
        nn.Sigmoid(),
    )
    if torch.cuda.is_available():
        model.cuda()
    device = next(model.parameters()).device
    points = torch.utils.data.TensorDataset(
        torch.as_tensor(np.concatenate([real, fake])),
        torch.cat([torch.ones(len(real), 1), torch.zeros(len(fake), 1)]),
    )
    loader = torch.utils.data.DataLoader(points, batch_size=400, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    done = 0
    while done < steps:
        for x, y in loader:
            if done == steps:
                break
            loss = nn.BCELoss()(model(x.to(device)), y.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            done += 1
    return model.eval()
