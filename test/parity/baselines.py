"""The networks to compare with, in PyTorch, by the words of our configuration: timm's own where it has one.

Shifted patches and locality attention are written from the paper (Lee et al. 2021, "Vision Transformer for Small-Size
Datasets"): timm has neither.
"""

import numpy as np
import torch
from torch import nn


def pair(size):
    return tuple(size) if isinstance(size, list) else (size, size)


def network(config, classes):
    image, model = config["image"], config["model"]
    build = {"mixer": mixer, "resnet": resnet, "vit": transformer}[model["architecture"]]
    return build(image, model, classes).eval()


def mixer(image, model, classes):
    from timm.models.mlp_mixer import MlpMixer

    return MlpMixer(
        num_classes=classes, img_size=pair(image["size"]), in_chans=image["channels"], patch_size=pair(model["patch_size"]),
        num_blocks=model["depth"], embed_dim=model["embed_dim"], mlp_ratio=(model["token_mlp_ratio"], model["mlp_ratio"]),
        act_layer=nn.ReLU if model["act_layer"] == "relu" else nn.GELU,
    )


def resnet(image, model, classes):
    """timm's ResNet, whose first stage may have any number of channels: what joins stem and first stage is made anew."""
    from timm.models.resnet import BasicBlock, Bottleneck, ResNet

    width, layers, bottleneck = model["embed_dim"], model.get("layers", [2, 2, 2, 2]), model["block"] == "bottleneck"
    channels = [width * 2**stage for stage in range(len(layers))]
    net = ResNet(Bottleneck if bottleneck else BasicBlock, layers, channels=channels, num_classes=classes, in_chans=image["channels"])
    large = model["stem_type"] == "imagenet"
    net.conv1 = nn.Conv2d(image["channels"], width, 7 if large else 3, 2 if large else 1, 3 if large else 1, bias=False)
    net.bn1 = nn.BatchNorm2d(width)
    for stage in range(len(layers), 4):
        setattr(net, f"layer{stage + 1}", nn.Identity())
    if not large:
        net.maxpool = nn.Identity()
    first = net.layer1[0]
    first.conv1 = nn.Conv2d(width, width, 1, bias=False) if bottleneck else nn.Conv2d(width, width, 3, 1, 1, bias=False)
    if bottleneck:
        first.downsample[0] = nn.Conv2d(width, 4 * width, 1, bias=False)
    else:
        first.downsample = None
    return net


def transformer(image, model, classes):
    from timm.models.vision_transformer import VisionTransformer

    options = {}
    if model["projection"] == "resnetv2":
        options = hybrid(image, model)
    net = VisionTransformer(
        **{"patch_size": pair(model["patch_size"]), **options}, img_size=pair(image["size"]), in_chans=image["channels"], num_classes=classes,
        embed_dim=model["embed_dim"], depth=model["depth"], num_heads=model["num_heads"], mlp_ratio=model["mlp_ratio"],
        qkv_bias=model["qkv_bias"], global_pool=model["global_pool"], class_token=model["global_pool"] == "token",
    )
    if model["projection"] == "shifted_patches":
        net.patch_embed = ShiftedPatches(image["channels"], pair(model["patch_size"]), model["embed_dim"])
    if model["attention"] == "locality":
        for block in net.blocks:
            block.attn = LocalityAttention(model["embed_dim"], model["num_heads"], model["qkv_bias"])
    return net


def hybrid(image, model):
    """The options of timm's `vision_transformer_hybrid.py`: a ResNetV2, or its stem alone, in place of the patches."""
    from functools import partial

    from timm.layers import HybridEmbed, StdConv2dSame
    from timm.models.resnetv2 import ResNetV2, create_resnetv2_stem

    layers, width = model.get("layers", []), model["stem_dim"]
    conv = partial(StdConv2dSame, eps=1e-8)
    if layers:
        channels = [4 * width * 2**stage for stage in range(len(layers))]
        backbone = ResNetV2(
            layers, channels=channels, num_classes=0, global_pool="", in_chans=image["channels"], stem_chs=width, stem_type="same", preact=False, conv_layer=conv
        )
    else:
        backbone = create_resnetv2_stem(image["channels"], width, stem_type="same", preact=False, conv_layer=conv)
    stride = 4 * 2 ** max(0, len(layers) - 1)
    return {"embed_layer": partial(HybridEmbed, backbone=backbone), "patch_size": tuple(side // stride for side in pair(model["patch_size"]))}


class ShiftedPatches(nn.Module):
    """Section 3.1: x and its four diagonal shifts by half a patch, cut into patches, flattened, LayerNorm, linear layer."""

    def __init__(self, channels, patch, width):
        super().__init__()
        self.patch = patch
        features = 5 * channels * patch[0] * patch[1]
        self.norm, self.proj = nn.LayerNorm(features, eps=1e-6), nn.Linear(features, width)

    def forward(self, x):
        (p, q), (B, _, H, W) = self.patch, x.shape

        def shifted(down, across):
            """What lies (down, across) of each pixel; zero outside of the image."""
            out = torch.zeros_like(x)
            rows, columns = torch.arange(H) + down, torch.arange(W) + across
            into = [(i, j) for i, j in ((r, c) for r in range(H) for c in range(W)) if 0 <= rows[i] < H and 0 <= columns[j] < W]
            for i, j in into:
                out[:, :, i, j] = x[:, :, rows[i], columns[j]]
            return out

        copies = [x] + [shifted(down * (p // 2), across * (q // 2)) for down in (-1, 1) for across in (-1, 1)]
        stacked = torch.stack(copies, 1).flatten(1, 2)  # [B, 5C, H, W]
        patches = stacked.unfold(2, p, p).unfold(3, q, q)  # [B, 5C, H/p, W/q, p, q]
        return self.proj(self.norm(patches.permute(0, 2, 3, 4, 5, 1).flatten(3).flatten(1, 2)))


class LocalityAttention(nn.Module):
    """Section 3.2: the scores of a token with itself are masked, and the others multiplied by a factor that each head learns."""

    def __init__(self, width, heads, bias):
        super().__init__()
        self.heads, self.attn_drop = heads, nn.Identity()
        self.qkv, self.proj = nn.Linear(width, 3 * width, bias=bias), nn.Linear(width, width)
        self.scale = nn.Parameter(torch.full((heads,), (width / heads) ** -0.5))

    def forward(self, x, **_):
        B, T, D = x.shape
        q, k, v = self.qkv(x).reshape(B, T, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-2, -1) * self.scale[:, None, None]
        weights = self.attn_drop(scores.masked_fill(torch.eye(T, dtype=torch.bool), -torch.inf).softmax(-1))
        return self.proj((weights @ v).transpose(1, 2).reshape(B, T, D))


def multiply_adds(net, shape):
    """Of the convolutions, linear layers and attention products of one forward pass of one image, counted as it runs."""
    from timm.models.vision_transformer import Attention

    total, hooks = [0], []

    def count(module, given, out):
        if isinstance(module, nn.Conv2d):
            total[0] += out[0].numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            total[0] += out[0].numel() * module.in_features
        else:
            total[0] += 2 * given[0].shape[1] ** 2 * given[0].shape[2]

    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear, Attention, LocalityAttention)):
            hooks.append(module.register_forward_hook(count))
    with torch.no_grad():
        net.eval()(torch.zeros(1, *shape))
    for hook in hooks:
        hook.remove()
    return total[0]


def hashed(name, shape):
    """Numbers from 0 to 1 by a rule that test/fixtures/hashed.ts follows too, so that weights need no file."""
    mask = np.uint64(0xFFFFFFFF)
    seed = 0
    for letter in name:
        seed = (seed * 31 + ord(letter)) & 0xFFFFFFFF
    x = (np.arange(int(np.prod(shape)), dtype=np.uint64) + np.uint64(seed)) & mask
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x = ((x ^ (x >> np.uint64(shift))) * np.uint64(factor)) & mask
    x ^= x >> np.uint64(16)
    return (x.astype(np.float64) / 2**32).reshape(shape)


def weight(name, shape):
    """A parameter far from its beginning, where nothing is zero or one that could hide a mistake."""
    u = hashed(name, shape)
    if name.endswith("running_var"):
        return 0.5 + u
    if len(shape) > 1:
        return (u - 0.5) * np.sqrt(12 / np.prod(shape[1:]))
    # What scales is around 1.
    return 0.75 + 0.5 * u if name.endswith((".weight", ".scale")) else (u - 0.5) * 0.4


def awaken(net):
    """Fills a network with the weights of `weight`."""
    with torch.no_grad():
        for name, value in net.state_dict().items():
            if value.dtype == torch.float32:
                value.copy_(torch.from_numpy(weight(name, tuple(value.shape)).astype(np.float32)))
    return net
