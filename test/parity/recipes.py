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
