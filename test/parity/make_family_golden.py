"""Writes the reference numbers of test/golden/family/ with PyTorch and timm: one file a network.

    python -m venv venv && venv/bin/pip install torch timm safetensors
    venv/bin/python test/parity/make_family_golden.py

Written with timm 1.0.31 and torch 2.15.0. The tests read the files only and need no Python. Each is a safetensors file with
the weights by timm's names, `images` [B, H, W, C], `targets` [B, K], `logits`, `attention.i`, and `gradient.NAME` of the cross
entropy; its metadata holds the configuration.
"""

import json
import pathlib

import torch
from family import family_model, run
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).resolve().parent.parent / "golden" / "family"

PLAIN = {
    "patch_size": 4, "depth": 2, "num_heads": 2, "embed_dim": 16, "mlp_ratio": 2, "pos_embed": "learned", "no_embed_class": False, "distilled": False,
    "reg_tokens": 0, "pre_norm": False, "global_pool": "token", "pool_include_prefix": False, "mlp_layer": "mlp", "act_layer": "gelu",
    "norm_layer": "layernorm", "norm_eps": 1e-6, "norm_first": True, "qk_norm": False, "qkv_bias": True, "proj_bias": True,
}

NETWORKS = {
    "clip": {"pre_norm": True, "act_layer": "quick_gelu", "norm_eps": 1e-5},
    "distilled": {"distilled": True},
    "registers": {"global_pool": "avg", "reg_tokens": 2, "no_embed_class": True, "init_values": 0.1},
    "dinov2": {"global_pool": "token_avg", "reg_tokens": 1, "no_embed_class": True, "init_values": 0.1, "mlp_layer": "swiglu"},
    "map": {"global_pool": "map", "reg_tokens": 1, "class_token": False, "pool_include_prefix": True, "act_layer": "gelu_tanh"},
    "rmsnorm": {"global_pool": "avg", "norm_layer": "rmsnorm", "qk_norm": True, "qkv_bias": False, "proj_bias": False, "act_layer": "silu"},
    "add-and-norm": {"norm_first": False, "qk_norm": True, "act_layer": "relu"},
    "features": {"global_pool": "avg", "class_token": True, "fc_norm": False, "norm_eps": 1e-12, "classes": 0},
    "rope": {"pos_embed": "rope", "reg_tokens": 1},
    "relative": {"pos_embed": "relative"},
}


def write(name, changes, seed):
    torch.manual_seed(seed)
    classes = changes.get("classes", 3)
    model = {**PLAIN, **{key: value for key, value in changes.items() if key != "classes"}}
    config = {"image": {"size": [8, 12], "channels": 3}, "model": model}
    net = family_model(config, classes)
    with torch.no_grad():
        # Far from their beginnings: zeros would hide what is multiplied by them.
        for key, p in net.named_parameters():
            p.copy_(torch.randn_like(p) * 0.25 + (1.0 if "norm" in key and key.endswith("weight") else 0.0))
    images = torch.randn(2, 8, 12, 3)
    tensors = {"images": images}
    logits, attention = run(net, images.permute(0, 3, 1, 2))
    if classes:
        targets = torch.softmax(torch.randn(2, classes), 1)
        torch.nn.functional.cross_entropy(logits, targets).backward()
        tensors |= {"targets": targets, **{f"gradient.{key}": p.grad for key, p in net.named_parameters()}}
    tensors |= {"logits": logits, **{f"attention.{i}": a for i, a in enumerate(attention)}, **dict(net.named_parameters())}
    OUT.mkdir(exist_ok=True)
    save_file({key: value.detach().contiguous() for key, value in tensors.items()}, OUT / f"{name}.safetensors", {"config": json.dumps(config), "classes": str(classes)})


for index, (name, changes) in enumerate(NETWORKS.items()):
    write(name, changes, index)
