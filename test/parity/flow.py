"""What stands inside timm's networks, by hooks on its own modules: the reference for every box of the flow."""

import torch


def observed(net, images):
    """Name by name as ViT Lab calls them; heads as [B, H, T, d]."""
    kept, hooks, scores = {}, [], []

    def after(module, name, change=lambda out: out):
        hooks.append(module.register_forward_hook(lambda m, given, out: kept.__setitem__(name, change(out).detach())))

    def before(module, name, change=lambda given: given):
        hooks.append(module.register_forward_pre_hook(lambda m, given: kept.__setitem__(name, change(given[0]).detach())))

    after(net.patch_embed, "projected")
    if not isinstance(net.norm, torch.nn.Identity):
        after(net.norm, "final_norm")
    before(net.head, "head")
    if hasattr(net, "head_dist"):
        before(net.head_dist, "head_dist")
    for i, block in enumerate(net.blocks):
        (parallel if hasattr(block, "in_proj") else usual)(block, i, after, before)
    softmax = torch.Tensor.softmax

    def watched(self, *options, **named):
        if self.dim() == 4 and self.shape[-1] == self.shape[-2]:
            scores.append(self.detach())
        return softmax(self, *options, **named)

    torch.Tensor.softmax = watched
    try:
        with torch.no_grad():
            net(images)
    finally:
        torch.Tensor.softmax = softmax
    for hook in hooks:
        hook.remove()
    kept.update({f"scores.{i}": one for i, one in enumerate(scores[: len(net.blocks)])})
    heads = [kept.pop(name) for name in ("head", "head_dist") if name in kept]
    kept["pooled"] = torch.stack(heads, 1)
    return kept


def usual(block, i, after, before):
    attn, first = block.attn, type(block).__name__ != "AddNormBlock"
    H = attn.num_heads
    third = lambda k: lambda out: out.unflatten(-1, (3, H, -1))[:, :, k].transpose(1, 2)
    plain = type(attn).__name__ == "Attention"
    if plain:
        for k, name in enumerate(("queries", "keys")):
            norm = (attn.q_norm, attn.k_norm)[k]
            if isinstance(norm, torch.nn.Identity):
                after_qkv(attn, f"{name}.{i}", third(k), after)
            else:
                after(norm, f"{name}.{i}")
    after_qkv(attn, f"values.{i}", third(2), after)
    before(attn.proj, f"mixed.{i}")
    after(block.ls1, f"attention_output.{i}")
    before(block.mlp.fc2, f"hidden.{i}")
    after(block.ls2, f"mlp_output.{i}")
    if first:
        after(block.norm1, f"norm1.{i}")
        before(block.norm2, f"middle.{i}")
        after(block.norm2, f"norm2.{i}")
    else:
        after(block.norm1, f"middle.{i}")


def after_qkv(attn, name, change, after):
    if getattr(attn, "qkv", None) is not None:
        after(attn.qkv, name, change)


def parallel(block, i, after, before):
    scale = getattr(block.ls, "gamma", 1)
    after(block.in_norm, f"norm1.{i}")
    before(block.attn_out_proj, f"mixed.{i}")
    after(block.attn_out_proj, f"attention_output.{i}", lambda out: out * scale)
    before(block.mlp_out_proj, f"hidden.{i}")
    after(block.mlp_out_proj, f"mlp_output.{i}", lambda out: out * scale)
