"""A recipe of `train:` in PyTorch's and timm's own words: optimizer, clipping and loss."""
import torch
from timm.loss import BinaryCrossEntropy
from timm.optim import Lamb, Lion
from timm.utils.agc import adaptive_clip_grad


def optimizer(groups, recipe):
    opt, betas = recipe["opt"], tuple(recipe["betas"])
    if opt == "sgd":
        return torch.optim.SGD(groups, lr=1.0, momentum=recipe["momentum"], nesterov=recipe["nesterov"])
    if opt == "lion":
        return Lion(groups, betas=betas)
    if opt == "lamb":
        # Clipping is the recipe's, once.
        return Lamb(groups, betas=betas, eps=recipe["eps"], max_grad_norm=None)
    return torch.optim.AdamW(groups, betas=betas, eps=recipe["eps"])


def climb(net, rho, loss):
    """Puts the gradient at w + rho g / |g| into place of that at w: the first step and the return of the authors' optimizer."""
    parameters = [p for p in net.parameters() if p.grad is not None]
    norm = torch.linalg.vector_norm(torch.stack([p.grad.norm() for p in parameters]))
    before = [p.detach().clone() for p in parameters]
    with torch.no_grad():
        for p in parameters:
            p.add_(p.grad * (rho / (norm + 1e-12)))
    net.zero_grad()
    loss().backward()
    with torch.no_grad():
        for p, value in zip(parameters, before):
            p.copy_(value)


def clip(named, recipe):
    """Clips in place and gives the global norm before."""
    parameters = [p for _, p in named]
    norm = torch.linalg.vector_norm(torch.stack([p.grad.norm() for p in parameters])).item()
    most, mode = recipe["clip_grad"], recipe["clip_mode"]
    if most > 0 and mode == "norm":
        torch.nn.utils.clip_grad_norm_(parameters, most)
    if most > 0 and mode == "value":
        torch.nn.utils.clip_grad_value_(parameters, most)
    if most > 0 and mode == "agc":
        # As timm's training script, which leaves out the classifier.
        adaptive_clip_grad([p for name, p in named if not name.startswith("head.")], most)
    return norm


def loss(recipe):
    """Of logits and targets [B, K], which may be weighted."""
    if recipe["loss"] == "bce":
        return BinaryCrossEntropy()
    if recipe["loss"] == "focal":
        gamma = recipe["focal_gamma"]

        def focal(logits, targets):
            log = torch.log_softmax(logits, -1)
            return -(targets * (1 - log.exp()) ** gamma * log).sum(-1).mean()

        return focal
    return torch.nn.functional.cross_entropy
