"""Writes the reference numbers of test/golden/ with PyTorch, timm and scikit-learn.

    python -m venv venv && venv/bin/pip install torch timm scikit-learn
    venv/bin/python test/parity/make_golden.py

Written with timm 1.0.31, torch 2.15.0 and scikit-learn 1.9. The tests read the files only and need no Python.
Float arrays are base64 of little-endian float32.
"""

import base64
import json
import pathlib

import numpy as np
import torch
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support
from timm.models.vision_transformer import VisionTransformer

OUT = pathlib.Path(__file__).resolve().parent.parent / "golden"


def pack(array):
    array = np.ascontiguousarray(array.detach().numpy() if torch.is_tensor(array) else array, dtype="<f4")
    return {"shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


def write(name, value):
    (OUT / f"{name}.json").write_text(json.dumps(value, indent=1) + "\n")


def vit(name, pool):
    """A small non-square ViT with weights far from their initialisation: logits, attention, loss and all gradients."""
    torch.manual_seed(0)
    size, patch, width, depth, heads, classes = (12, 16), 4, 32, 2, 2, 5
    model = VisionTransformer(
        img_size=size, patch_size=patch, embed_dim=width, depth=depth, num_heads=heads, mlp_ratio=2,
        num_classes=classes, global_pool=pool, class_token=pool == "token",
    )
    with torch.no_grad():
        for key, p in model.named_parameters():
            p.copy_(torch.randn_like(p) * (0.3 if p.ndim > 1 else 0.2) + (1.0 if "norm" in key and key.endswith("weight") else 0.0))
    model.eval()
    images = torch.randn(3, *size, 3)
    targets = torch.softmax(torch.randn(3, classes), 1)
    attention = []
    for block in model.blocks:
        block.attn.fused_attn = False
        block.attn.attn_drop.register_forward_hook(lambda m, inputs, output: attention.append(output))
    logits = model(images.permute(0, 3, 1, 2))
    loss = -(targets * torch.log_softmax(logits, 1)).sum(1).mean()
    loss.backward()
    write(name, {
        "spec": {
            "imageSize": size, "channels": 3, "classes": classes, "patchSize": [patch, patch], "projection": "linear",
            "posEmbed": "learned", "pool": pool, "depth": depth, "heads": heads, "width": width, "mlpWidth": 2 * width,
            "activation": "gelu", "dropRate": 0, "dropPathRate": 0,
            "classToken": pool == "token", "distilled": False, "regTokens": 0, "noEmbedClass": False, "preNorm": False,
            "poolIncludePrefix": False, "fcNorm": pool == "avg", "mlp": "mlp", "norm": "layernorm", "normEps": 1e-6,
            "normFirst": True, "parallelBlocks": False, "qkNorm": False, "qkvBias": True, "projBias": True, "initValues": 0,
        },
        "images": pack(images),
        "targets": pack(targets),
        "params": {key: pack(p) for key, p in model.named_parameters()},
        "logits": pack(logits),
        "attention": [pack(a) for a in attention],
        "loss": loss.item(),
        "grads": {key: pack(p.grad) for key, p in model.named_parameters()},
    })


def metrics():
    """Macro scores; in the second case class 3 never occurs nor is predicted, and class 2 is never predicted."""
    rng = np.random.default_rng(0)
    cases = [(rng.integers(0, 4, 60), rng.integers(0, 4, 60)), (np.array([0, 0, 1, 1, 2, 4]), np.array([0, 1, 1, 1, 0, 4]))]
    out = []
    for true, predicted in cases:
        p, r, f, _ = precision_recall_fscore_support(true, predicted, average="macro", zero_division=0)
        counts = confusion_matrix(true, predicted, labels=range(5))
        out.append({"counts": counts.tolist(), "top1": accuracy_score(true, predicted), "precision": p, "recall": r, "f1": f})
    write("metrics", out)


vit("vit-token", "token")
vit("vit-avg", "avg")
metrics()
