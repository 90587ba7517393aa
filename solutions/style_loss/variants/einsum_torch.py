# einsum everywhere; the gradient by autograd; L-BFGS from the content image, clamped in the closure.
# %%
def gram_matrix(features):
    return torch.einsum("...chw,...dhw->...cd", features, features)


def content_loss(features, target):
    return nn.functional.mse_loss(features, target.detach(), reduction="sum")


def style_loss(features, target):
    return torch.linalg.norm((gram_matrix(features) - gram_matrix(target.detach())).flatten()) ** 2


def style_gradient(features, target):
    features = features.detach().clone().requires_grad_()
    return torch.autograd.grad(style_loss(features, target), features)[0]


def total_loss(content_pairs, style_pairs, content_weight, style_weight):
    loss = torch.zeros(())
    for features, target in content_pairs:
        loss = loss.to(features) + content_weight * content_loss(features, target)
    for features, target in style_pairs:
        loss = loss.to(features) + style_weight * style_loss(features, target)
    return loss


def transfer(content, style, extractor, steps, content_weight, style_weight, seed):
    device = next(extractor.parameters()).device
    content, style = torch.from_numpy(content).to(device), torch.from_numpy(style).to(device)
    targets = [maps.detach() for maps in extractor(style.unsqueeze(0))]
    wanted = extractor(content.unsqueeze(0))[-1].detach()
    image = nn.Parameter(content.unsqueeze(0).clone())
    optimizer = torch.optim.LBFGS([image], max_iter=3, line_search_fn="strong_wolfe")
    losses = []

    def closure():
        with torch.no_grad():
            image.clamp_(0, 1)
        optimizer.zero_grad()
        maps = extractor(image)
        loss = total_loss([[maps[-1], wanted]], list(zip(maps, targets)), content_weight, style_weight)  # noqa: B905
        loss.backward()
        return loss

    for _ in range(steps):
        losses.append(float(optimizer.step(closure)))
    return image.detach().squeeze(0).clamp(0, 1), losses
