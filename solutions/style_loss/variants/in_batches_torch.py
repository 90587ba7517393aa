# Gram matrices with reshape and transpose, losses with a loop; content and style in one batch.
# %%
def gram_matrix(features):
    *batch, channels, height, width = features.shape
    flat = features.reshape(*batch, channels, height * width)
    return torch.matmul(flat, flat.transpose(-1, -2))


def style_gradient(features, target):
    *batch, channels, height, width = features.shape
    flat = features.reshape(*batch, channels, height * width)
    return 4 * torch.matmul(gram_matrix(features) - gram_matrix(target), flat).view_as(features)


def total_loss(content_pairs, style_pairs, content_weight, style_weight):
    losses = [content_weight * content_loss(*pair) for pair in content_pairs]
    losses += [style_weight * style_loss(*pair) for pair in style_pairs]
    return torch.stack(losses).sum() if losses else torch.tensor(0.0)


def transfer(content, style, extractor, steps, content_weight, style_weight, seed):
    device = next(extractor.parameters()).device
    both = torch.from_numpy(np.stack([content, style])).to(device)
    targets = [maps.detach() for maps in extractor(both)]
    image = both[:1].detach().clone().requires_grad_(True)
    optimizer = torch.optim.AdamW([image], lr=0.03, weight_decay=0.0)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        maps = extractor(image)
        style_pairs = [(now, both[1:]) for now, both in zip(maps, targets, strict=True)]
        loss = total_loss([(maps[-1], targets[-1][:1])], style_pairs, content_weight, style_weight)
        loss.backward()
        optimizer.step()
        image.data.clamp_(0, 1)
        losses.append(float(loss))
    return torch.clamp(image, 0, 1).detach()[0], losses
