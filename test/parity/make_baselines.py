"""Writes test/golden/baselines.json: the networks to compare with, small, and the costs of the large ones.

    .cache/parity/bin/python test/parity/make_baselines.py

Written with timm 1.0.31, torchvision 0.30 and torch 2.15. Weights and images follow a rule (`hashed`) and are not in the file; of a
gradient there are its length and at most 60 of its numbers, at equal distances.
"""

import base64
import json
import pathlib

import numpy as np
import torch

from baselines import awaken, hashed, multiply_adds, network

OUT = pathlib.Path(__file__).resolve().parent.parent / "golden" / "baselines.json"
CLASSES, BATCH, SAMPLES = 5, 4, 60

plain = {"depth": 2, "num_heads": 2, "embed_dim": 16, "mlp_ratio": 2, "patch_size": 4}
cases = {
    "mixer": {"architecture": "mixer", **plain},
    "mixer, relu, oblong": {"architecture": "mixer", **plain, "patch_size": [4, 8], "token_mlp_ratio": 1.5, "act_layer": "relu"},
    "resnet of bottlenecks": {"architecture": "resnet", "block": "bottleneck", "layers": [1, 2, 1], "embed_dim": 6},
    "resnet with the stem for ImageNet": {"architecture": "resnet", "block": "basic", "layers": [1, 1], "embed_dim": 6, "stem_type": "imagenet"},
    "hybrid, stem alone": {**plain, "projection": "resnetv2", "stem_dim": 32, "patch_size": 8},
    "hybrid with stages": {**plain, "projection": "resnetv2", "stem_dim": 32, "layers": [1, 1], "patch_size": 8, "depth": 1, "global_pool": "avg"},
    "shifted patches": {**plain, "projection": "shifted_patches"},
    "locality attention": {**plain, "attention": "locality"},
    "both, without biases": {**plain, "projection": "shifted_patches", "attention": "locality", "qkv_bias": False, "patch_size": [4, 6]},
}
defaults = {
    "architecture": "vit", "projection": "linear", "global_pool": "token", "act_layer": "gelu", "qkv_bias": True, "attention": "global",
    "block": "basic", "stem_type": "small", "token_mlp_ratio": 0.5,
}


def pack(array):
    array = np.ascontiguousarray(array, dtype="<f4")
    return {"shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


def sampled(gradient):
    flat = gradient.detach().numpy().ravel()
    step = -(-len(flat) // SAMPLES)
    return {"norm": float(np.linalg.norm(flat.astype(np.float64))), "step": step, "values": pack(flat[::step])}


def case(model):
    size = [12, 24] if model.get("patch_size") == [4, 8] else [16, 24]
    channels = 1 if model.get("act_layer") == "relu" else 3
    net = awaken(network({"image": {"size": size, "channels": channels}, "model": {**defaults, **model}}, CLASSES))
    images = torch.from_numpy(((hashed("images", (BATCH, *size, channels)) - 0.5) * 4).astype(np.float32)).permute(0, 3, 1, 2)
    with torch.no_grad():
        seen = net.eval()(images)
    logits = net.train()(images)
    loss = torch.nn.functional.cross_entropy(logits, torch.arange(BATCH) % CLASSES)
    loss.backward()
    statistics = {name: pack(value.numpy()) for name, value in net.state_dict().items() if "running_" in name}
    return {
        "image": {"size": size, "channels": channels}, "model": model, "logits": pack(seen.numpy()), "loss": loss.item(),
        "gradients": {name: sampled(p.grad) for name, p in net.named_parameters()}, "statistics": statistics,
    }


def receptive_field(net, side=520):
    """Side of the square of the image in which a change can change one position in the middle of the last feature map, by its gradient."""
    net = net.double().eval()
    # A maximum of equal numbers is the first of them; a mean has the same window and hears all.
    net.maxpool = torch.nn.AvgPool2d(3, 2, 1)
    with torch.no_grad():
        for name, value in net.named_parameters():
            # Nothing negative, so that no ReLU closes and nothing cancels.
            value.copy_(value.abs() + 1e-3 if value.ndim > 1 else torch.ones_like(value))
    image = torch.ones(1, 3, side, side, dtype=torch.float64, requires_grad=True)
    features = {}
    net.layer4.register_forward_hook(lambda module, given, out: features.update(last=out))
    net(image)
    middle = features["last"].shape[-1] // 2
    features["last"][0, :, middle, middle].sum().backward()
    rows = (image.grad[0].abs().sum((0, 2)) > 0).nonzero()
    return int(rows.max() - rows.min()) + 1


def costs():
    """Parameters and multiply-adds of models by their own names, counted as they run."""
    import timm
    import torchvision

    bottlenecks = {"architecture": "resnet", "block": "bottleneck", "embed_dim": 64, "stem_type": "imagenet"}
    basics = {**bottlenecks, "block": "basic"}
    mixed = lambda patch, depth, width: {"architecture": "mixer", "patch_size": patch, "depth": depth, "embed_dim": width, "mlp_ratio": 4}
    combined = lambda patch, width, heads, **more: {"projection": "resnetv2", "patch_size": patch, "depth": 12, "embed_dim": width, "num_heads": heads, "mlp_ratio": 4, **more}
    models = {
        "torchvision resnet18": (torchvision.models.resnet18, {**basics, "layers": [2, 2, 2, 2]}),
        "torchvision resnet34": (torchvision.models.resnet34, {**basics, "layers": [3, 4, 6, 3]}),
        "torchvision resnet50": (torchvision.models.resnet50, {**bottlenecks, "layers": [3, 4, 6, 3]}),
        "torchvision resnet101": (torchvision.models.resnet101, {**bottlenecks, "layers": [3, 4, 23, 3]}),
        **{f"timm {name}": (lambda name=name: timm.create_model(name), model) for name, model in {
            "mixer_s32_224": mixed(32, 8, 512), "mixer_b16_224": mixed(16, 12, 768),
            "vit_tiny_r_s16_p8_224": combined(32, 192, 3), "vit_small_r26_s32_224": combined(32, 384, 6, layers=[2, 2, 2, 2]),
            "vit_base_r50_s16_224": combined(16, 768, 12, layers=[3, 4, 9]),
        }.items()},
    }
    answer = []
    for name, (create, model) in models.items():
        net = create().eval()
        for module in net.modules():
            if hasattr(module, "fused_attn"):
                module.fused_attn = False
        count = sum(p.numel() for p in net.parameters())
        classes = net.num_classes if hasattr(net, "num_classes") else net.fc.out_features
        one = {"name": name, "model": model, "classes": classes, "params": count, "macs": multiply_adds(net, (3, 224, 224))}
        answer.append({**one, "field": receptive_field(net)} if name in ("torchvision resnet18", "torchvision resnet50") else one)
    return answer


if __name__ == "__main__":
    torch.manual_seed(0)
    OUT.write_text(json.dumps({"classes": CLASSES, "batch": BATCH, "costs": costs(), "cases": {name: case(model) for name, model in cases.items()}}, indent=1) + "\n")
