"""Writes src/engine/pretrained/timmNetworks.ts: what timm's names say that the shapes of tensors do not.

    python test/parity/make_timm_networks.py
"""

import json
import sys
from pathlib import Path

import timm
import torch
from timm.layers.mlp import GluMlp, Mlp
from timm.models.vision_transformer import Attention, Block, ParallelScalingBlock

ACTIVATIONS = {"GELU": "gelu", "GELUTanh": "gelu_tanh", "QuickGELU": "quick_gelu", "SiLU": "silu", "ReLU": "relu"}


def facts(name):
    """`[heads, epsilon, activation]`, or what of the network ViT Lab has not; None for what has no blocks with attention."""
    with torch.device("meta"):
        net = timm.create_model(name)
    try:
        block = net.blocks[0]
    except (AttributeError, IndexError, TypeError, KeyError):
        return None
    parallel = isinstance(block, ParallelScalingBlock)
    if not hasattr(block, "attn") and not parallel:
        return None
    if type(net).__name__ not in ("VisionTransformer", "VisionTransformerDistilled"):
        return type(net).__name__
    if type(block) not in (Block, ParallelScalingBlock):
        return type(block).__name__
    if not parallel and type(block.attn) is not Attention:
        return type(block.attn).__name__
    if not parallel and type(block.mlp) not in (Mlp, GluMlp):
        return type(block.mlp).__name__
    if type(net.patch_embed).__name__ != "PatchEmbed":
        return type(net.patch_embed).__name__
    activation = ACTIVATIONS.get(type(block.mlp_act if parallel else block.mlp.act).__name__)
    if activation is None:
        return type(block.mlp.act).__name__
    heads = (block if parallel else block.attn).num_heads
    return [heads, (block.in_norm if parallel else block.norm1).eps, activation]


def main():
    known, others = {}, {}
    for name in timm.list_models():
        try:
            said = facts(name)
        except RuntimeError:
            continue
        if isinstance(said, list):
            known.setdefault(f"{said[1]:g} {said[2]}", []).append(f"{name}:{said[0]}")
        elif isinstance(said, str):
            others.setdefault(said, []).append(name)
    text = [
        f"/** Written by test/parity/make_timm_networks.py out of timm {timm.__version__}: not to be changed by hand. */",
        "",
        "/** `name:heads` of timm's networks that are plain Vision Transformers, by the \u03b5 of their norms and their activation. */",
        "export const timmNetworks: Readonly<Record<string, string>> = {",
        *[f"  '{key}': '{' '.join(sorted(names))}'," for key, names in sorted(known.items())],
        "};",
        "",
        "/** Those that look like one, by the class or the part that makes another network of them. */",
        "export const otherNetworks: Readonly<Record<string, string>> = {",
        *[f"  {key}: '{' '.join(sorted(names))}'," for key, names in sorted(others.items())],
        "};",
        "",
    ]
    (Path(__file__).parents[2] / "src/engine/pretrained/timmNetworks.ts").write_text("\n".join(text))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps({name: facts(name) for name in sys.argv[1:]}))
    else:
        main()
