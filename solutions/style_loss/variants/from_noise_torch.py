# Starts from noise; a loop over the batch and bmm for the Gram matrices; a frozen extractor; the result as a NumPy
# array.
# %%
def gram_matrix(features):
    if features.ndim == 3:
        return gram_matrix(features[None])[0]
    flat = features.view(*features.shape[:2], -1)
    return torch.bmm(flat, flat.transpose(1, 2))


def style_loss(features, target):
    if features.ndim == 3:
        return torch.sum((gram_matrix(features) - gram_matrix(target)) ** 2)
    return sum(style_loss(one, other) for one, other in zip(features, target, strict=True))


def transfer(content, style, extractor, steps, content_weight, style_weight, seed):
    device = next(extractor.parameters()).device
    content, style = torch.as_tensor(content).to(device), torch.as_tensor(style).to(device)
    content_target = extractor(content[None])[-1].detach()
    style_targets = [maps.detach() for maps in extractor(style[None])]
    noise = torch.rand(content.shape, generator=torch.Generator().manual_seed(seed))
    image = noise[None].to(device).requires_grad_(True)
    optimizer = torch.optim.Adam([image], lr=0.05)
    losses = []
    for _ in range(steps):
        maps = extractor(image)
        loss = total_loss(
            [(maps[-1], content_target)], [*zip(maps, style_targets, strict=True)], content_weight, style_weight
        )
        (slope,) = torch.autograd.grad(loss, image)
        image.grad = slope
        optimizer.step()
        image.data = image.data.clamp(0, 1)
        losses.append(loss.detach())
    return image[0].detach().cpu().numpy(), losses
