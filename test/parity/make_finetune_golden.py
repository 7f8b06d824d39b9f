"""Writes test/golden/finetune/: timm's numbers of layer-wise decay.

    venv/bin/python test/parity/make_finetune_golden.py

Written with timm 1.0.31 and torch 2.15.0. The tests read the files only and need no Python.
"""

import json
import pathlib

from timm.models.deit import VisionTransformerDistilled
from timm.models.mlp_mixer import MlpMixer
from timm.models.resnet import BasicBlock, ResNet
from timm.models.vision_transformer import VisionTransformer
from timm.optim import param_groups_layer_decay

OUT = pathlib.Path(__file__).resolve().parent.parent / "golden" / "finetune"


def write(name, value):
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(value, indent=1) + "\n")


def scales(model, decay):
    """lr_scale and whether it decays, of every parameter."""
    names = {id(p): name for name, p in model.named_parameters()}
    groups = param_groups_layer_decay(model, weight_decay=0.05, no_weight_decay_list=model.no_weight_decay() if hasattr(model, "no_weight_decay") else (), layer_decay=decay)
    return {names[id(p)]: [group["lr_scale"], group["weight_decay"] > 0] for group in groups for p in group["params"]}


def vit(kind=VisionTransformer, **options):
    return kind(img_size=16, patch_size=8, embed_dim=8, num_heads=2, mlp_ratio=2, num_classes=3, **options)


def layer_decay():
    resnet = ResNet(BasicBlock, [2, 2, 2, 2], num_classes=3)
    write("layer-decay", {
        "vit-token": {"decay": 0.75, "scales": scales(vit(depth=3), 0.75)},
        "vit-avg": {"decay": 0.65, "scales": scales(vit(depth=2, global_pool="avg", class_token=False), 0.65)},
        "vit-map": {"decay": 0.7, "scales": scales(vit(depth=2, global_pool="map", class_token=False, reg_tokens=2, pre_norm=True), 0.7)},
        "distilled": {"decay": 0.75, "scales": scales(vit(VisionTransformerDistilled, depth=2), 0.75)},
        "mixer": {"decay": 0.75, "scales": scales(MlpMixer(img_size=16, patch_size=8, embed_dim=8, num_blocks=2, num_classes=3), 0.75)},
        "resnet18": {"decay": 0.8, "scales": scales(resnet, 0.8)},
    })


layer_decay()
