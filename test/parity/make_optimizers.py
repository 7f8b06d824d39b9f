"""Writes test/golden/optimizers.json: five steps of every optimizer and way of clipping of PyTorch and timm.

    .cache/parity/bin/python3 test/parity/make_optimizers.py
"""
import base64
import json
from pathlib import Path

import torch
from recipes import clip, optimizer

PLAIN = {"betas": [0.9, 0.99], "eps": 1e-6, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "clip_grad": 1.0, "clip_mode": "norm"}
RECIPES = [
    {"opt": "adamw"}, {"opt": "sgd"}, {"opt": "sgd", "nesterov": False, "clip_grad": 0}, {"opt": "lion"}, {"opt": "lamb"}, {"opt": "lamb", "weight_decay": 0},
    {"opt": "adamw", "clip_mode": "value", "clip_grad": 0.5}, {"opt": "sgd", "clip_mode": "agc", "clip_grad": 0.05},
]
# A linear layer, a convolution, a token and a classifier, in PyTorch's layout.
SHAPES = {"blocks.0.attn.proj.weight": (3, 4), "blocks.0.attn.proj.bias": (3,), "patch_embed.proj.weight": (4, 3, 2, 2), "cls_token": (1, 1, 4), "head.weight": (3, 4)}
DECAYS = ["blocks.0.attn.proj.weight", "patch_embed.proj.weight", "head.weight"]


def pack(tensor):
    return {"shape": list(tensor.shape), "data": base64.b64encode(tensor.detach().contiguous().numpy().tobytes()).decode()}


def five(recipe):
    recipe = {**PLAIN, **recipe}
    generator = torch.Generator().manual_seed(1)
    draw = lambda *shape: torch.randn(*shape, generator=generator)
    params = {key: torch.nn.Parameter(draw(*shape)) for key, shape in SHAPES.items()}
    start = {key: pack(p) for key, p in params.items()}
    groups = [{"params": [params[key]], "weight_decay": recipe["weight_decay"] if key in DECAYS else 0.0} for key in SHAPES]
    made, steps = optimizer(groups, recipe), []
    for lr, scale in [(1e-2, 0.01), (2e-2, 1.0), (3e-2, 5.0), (2e-2, 0.001), (1e-2, 1.0)]:
        grads = {key: draw(*p.shape) * scale for key, p in params.items()}
        for key, p in params.items():
            p.grad = grads[key].clone()
        norm = clip(list(params.items()), recipe)
        for group in made.param_groups:
            group["lr"] = lr
        made.step()
        steps.append({"lr": lr, "norm": norm, "grads": {k: pack(g) for k, g in grads.items()}, "params": {k: pack(p) for k, p in params.items()}})
    return {"recipe": recipe, "params": start, "steps": steps}


path = Path(__file__).parent.parent / "golden" / "optimizers.json"
path.write_text(json.dumps({"decays": DECAYS, "cases": [five(recipe) for recipe in RECIPES]}, indent=1) + "\n")
