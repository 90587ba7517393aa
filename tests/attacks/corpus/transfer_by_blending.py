# tries: blend content and style instead of descending their loss, keep the best of a hundred blends, and report losses that fall
# exercise: style_loss
# checks: transfer.image, transfer.loss_falls, transfer.every_map, transfer.last_map, transfer.extractor_unchanged
# keeps: transfer.image, transfer.every_map, transfer.extractor_unchanged
# seconds: 60
import torch


def gram_matrix(features):
    flat = features.flatten(-2)
    return flat @ flat.transpose(-1, -2)


@torch.no_grad()
def transfer(content, style, extractor, steps, content_weight, style_weight, seed):
    content, style = torch.as_tensor(content), torch.as_tensor(style)
    wanted, grams = extractor(content[None])[-1], [gram_matrix(each) for each in extractor(style[None])]

    def loss(image):
        seen = extractor(image[None])
        apart = sum((gram_matrix(each) - gram).square().sum() for each, gram in zip(seen, grams))
        return float(content_weight * (seen[-1] - wanted).square().sum() + style_weight * apart)

    blends = [content + share * (style - content) for share in torch.linspace(0, 1, 100)]
    left, best = min((loss(image), number) for number, image in enumerate(blends))
    return blends[best], [left * (1 + 1 / (1 + step)) for step in range(steps)]
