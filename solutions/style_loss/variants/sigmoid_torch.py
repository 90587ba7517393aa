# The image is the sigmoid of the optimised variable, so it always stays in [0, 1]; RMSprop.
# %%
def transfer(content, style, extractor, steps, content_weight, style_weight, seed):
    torch.manual_seed(seed)
    device = next(extractor.parameters()).device
    content, style = (torch.as_tensor(image, device=device)[None] for image in (content, style))
    with torch.no_grad():
        content_target, style_targets = extractor(content)[-1], extractor(style)
    hidden = torch.logit(content.clamp(0.02, 0.98)).requires_grad_()
    optimizer = torch.optim.RMSprop([hidden], lr=0.05)
    losses = []
    for _ in range(steps):
        features = extractor(hidden.sigmoid())
        loss = total_loss(
            [(features[-1], content_target)],
            list(zip(features, style_targets, strict=True)),
            content_weight,
            style_weight,
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return [hidden.detach().sigmoid()[0], losses]
