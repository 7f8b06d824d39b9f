"""timm's networks for a configuration of ViT Lab, and what timm has no name for, composed from timm's parts."""

from functools import partial

import torch
from timm.layers import LayerNorm, RelPosBias, RmsNorm, RotaryEmbeddingCat, get_act_layer
from timm.layers.attention import AttentionRope
from timm.layers.mlp import GluMlp, Mlp
from timm.models.deit import VisionTransformerDistilled
from timm.models.vision_transformer import Block, ParallelScalingBlock, VisionTransformer
from timm.models.vision_transformer_relpos import RelPosAttention
from torch import nn

ACTIVATIONS = {"gelu": nn.GELU, "gelu_tanh": partial(nn.GELU, approximate="tanh"), "quick_gelu": get_act_layer("quick_gelu"), "relu": nn.ReLU, "silu": nn.SiLU}


class AddNormBlock(Block):
    """The original Transformer's order (Vaswani et al. 2017, section 5.4): a norm of the sum, as PyTorch's norm_first=False."""

    def forward(self, x, attn_mask=None, is_causal=False):
        x = self.norm1(x + self.drop_path1(self.ls1(self.attn(x))))
        return self.norm2(x + self.drop_path2(self.ls2(self.mlp(x))))


class TokenAverage(VisionTransformer):
    """Classifies from the class token beside the mean of the patches, as Hugging Face does with DINOv2."""

    def __init__(self, num_classes, **options):
        super().__init__(**{**options, "global_pool": "token"}, num_classes=num_classes)
        self.head = nn.Linear(2 * self.embed_dim, num_classes) if num_classes else nn.Identity()

    def forward_head(self, x, pre_logits=False):
        patches = x if self.pool_include_prefix else x[:, self.num_prefix_tokens:]
        return self.head(torch.cat([x[:, 0], patches.mean(1)], 1))


class SequencePool(VisionTransformer):
    """Pools with learned weights (Hassani et al. 2021, section 3.2)."""

    def __init__(self, **options):
        super().__init__(**{**options, "global_pool": ""})
        head = self.head
        del self.head
        self.attention_pool, self.head = nn.Linear(self.embed_dim, 1), head

    def forward_head(self, x, pre_logits=False):
        x = x if self.pool_include_prefix else x[:, self.num_prefix_tokens:]
        return self.head((torch.softmax(self.attention_pool(x), 1).transpose(1, 2) @ x).squeeze(1))


def pair(size):
    return tuple(size) if isinstance(size, list) else (size, size)


def gated(act_layer=None, **options):
    """SwiGLU: its gate has SiLU whatever the network's activation is."""
    return GluMlp(**options, act_layer=nn.SiLU, gate_last=False)


def rotary(net, options):
    """timm's attention with its axial rotary positions, as `vit_*_rope_*` have them."""

    class Rotary(AttentionRope):
        def forward(self, x, attn_mask=None, is_causal=False):
            return super().forward(x, rope=table)

    heads = options["num_heads"]
    grid = [side // patch for side, patch in zip(options["img_size"], options["patch_size"])]
    table = RotaryEmbeddingCat(net.embed_dim // heads, in_pixels=False, feat_shape=grid).get_embed()
    return Rotary(net.embed_dim, heads, qkv_bias=options["qkv_bias"], qk_norm=options["qk_norm"], norm_layer=options["norm_layer"], num_prefix_tokens=net.num_prefix_tokens)


def relative(net, options):
    """timm's attention with a bias for each distance, as `vit_relpos_*` with rel_pos_type='bias'."""

    class Relative(RelPosAttention):
        def forward(self, x, attn_mask=None, is_causal=False):
            return super().forward(x)

    grid = [side // patch for side, patch in zip(options["img_size"], options["patch_size"])]
    bias = partial(RelPosBias, window_size=grid, prefix_tokens=net.num_prefix_tokens)
    return Relative(net.embed_dim, options["num_heads"], qkv_bias=options["qkv_bias"], qk_norm=options["qk_norm"], norm_layer=options["norm_layer"], rel_pos_cls=bias)


def family_model(config, classes):
    model, image = config["model"], config["image"]
    pool = model["global_pool"]
    token = model.get("class_token", pool in ("token", "token_avg"))
    norm = RmsNorm if model["norm_layer"] == "rmsnorm" else LayerNorm
    options = dict(
        img_size=pair(image["size"]), patch_size=pair(model["patch_size"]), in_chans=image["channels"], num_classes=classes,
        embed_dim=model["embed_dim"], depth=model["depth"], num_heads=model["num_heads"], mlp_ratio=model["mlp_ratio"],
        global_pool=pool, class_token=token, pos_embed="learn",
        no_embed_class=model["no_embed_class"], reg_tokens=model["reg_tokens"], pre_norm=model["pre_norm"], fc_norm=model.get("fc_norm"),
        pool_include_prefix=model["pool_include_prefix"], init_values=model.get("init_values") or None,
        qkv_bias=model["qkv_bias"], qk_norm=model["qk_norm"], proj_bias=model["proj_bias"],
        norm_layer=partial(norm, eps=model["norm_eps"]), act_layer=ACTIVATIONS[model["act_layer"]],
        mlp_layer=gated if model["mlp_layer"] == "swiglu" else Mlp, block_fn=ParallelScalingBlock if model.get("parallel_blocks") else Block if model["norm_first"] else AddNormBlock,
    )
    positions = model["pos_embed"]
    if positions in ("none", "rope", "relative"):
        options["pos_embed"] = "none"
    kinds = {"token_avg": TokenAverage, "seq": SequencePool}
    kind = VisionTransformerDistilled if model["distilled"] else kinds.get(pool, VisionTransformer)
    net = kind(**options).eval()
    if positions in ("rope", "relative"):
        for block in net.blocks:
            block.attn = (rotary if positions == "rope" else relative)(net, options)
            if not model["proj_bias"]:
                block.attn.proj.register_parameter("bias", None)
    return net


def listed(net):
    """Names and shapes, in timm's order."""
    return [[name, list(p.shape)] for name, p in net.named_parameters()]


def run(net, images):
    """Logits and the attention of every block after its softmax, with gradients."""
    attention, hooks = [], []
    for block in net.blocks:
        attn = getattr(block, "attn", block)
        attn.fused_attn = False
        hooks.append(attn.attn_drop.register_forward_hook(lambda module, given, out: attention.append(out)))
    if getattr(net, "attn_pool", None) is not None:
        net.attn_pool.fused_attn = False
    logits = net(images)
    for hook in hooks:
        hook.remove()
    return logits, attention


def count_macs(net, size):
    """Multiply-adds of one image: every linear layer and convolution by hooks, and both products of every attention."""
    total = 0

    def layer(module, given, out):
        nonlocal total
        kernel = module.weight[0].numel() if isinstance(module, nn.Conv2d) else module.in_features
        total += out.numel() * kernel

    def attention(module, given, out):
        nonlocal total
        tokens, width = given[0].shape[-2:]
        total += 2 * tokens * width * (1 if hasattr(module, "latent") else tokens)

    hooks = [module.register_forward_hook(layer) for module in net.modules() if isinstance(module, (nn.Linear, nn.Conv2d))]
    hooks += [getattr(block, "attn", block).register_forward_hook(attention) for block in getattr(net, "blocks", []) if not hasattr(block, "mlp_tokens")]
    if getattr(net, "attn_pool", None) is not None:
        hooks.append(net.attn_pool.register_forward_hook(attention))
    with torch.no_grad():
        net.eval()(torch.empty(1, 3, *size, device="meta"))
    for hook in hooks:
        hook.remove()
    return total
