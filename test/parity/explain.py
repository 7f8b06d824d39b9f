"""Explanations of a trained checkpoint, re-derived on timm's own model with PyTorch's autograd.

The formulas are written from the papers and from the authors' code: vit-explain (Gildenblat), Transformer-MM-Explainability
(Chefer et al. 2021), pytorch-grad-cam for Vision Transformers, RISE (Petsiuk et al. 2018).
"""

import numpy as np


def observed(net, image, target):
    """Attention of every block with the gradient of the class's logit, and output and gradient of the last block's first norm."""
    import torch

    kept = {"attention": [], "norm": None}
    hooks = []

    def attention(module, given, out):
        out.retain_grad()
        kept["attention"].append(out)

    def norm(module, given, out):
        out.retain_grad()
        kept["norm"] = out

    for block in net.blocks:
        block.attn.fused_attn = False
        hooks.append(block.attn.attn_drop.register_forward_hook(attention))
    hooks.append(net.blocks[-1].norm1.register_forward_hook(norm))
    net.zero_grad()
    logits = net(image)
    logits[0, target].backward()
    for hook in hooks:
        hook.remove()
    return [a.detach()[0] for a in kept["attention"]], [a.grad[0] for a in kept["attention"]], kept["norm"].detach()[0], kept["norm"].grad[0]


def maps(net, image, target, prefix, has_class):
    import torch

    attention, gradient, norm, norm_gradient = observed(net, image, target)
    tokens = attention[0].shape[-1]
    eye = torch.eye(tokens)

    def read(matrix, own=False):
        if has_class:
            return matrix[0, prefix:]
        return (matrix - eye if own else matrix)[prefix:].mean(0)[prefix:]

    def rolled(mixed):
        result = eye
        for one in mixed:
            a = (one + eye) / 2
            result = (a / a.sum(-1, keepdim=True)) @ result
        return result

    relevance = eye
    for a, g in zip(attention, gradient):
        relevance = relevance + (g * a).clamp(min=0).mean(0) @ relevance
    weights = norm_gradient[prefix:].mean(0)
    return {
        "attention": read(attention[-1].mean(0)),
        "rollout": read(rolled([a.mean(0) for a in attention])),
        "attention_gradient": read((attention[-1] * gradient[-1]).clamp(min=0).mean(0)),
        "grad_rollout": read(rolled([(a * g).mean(0).clamp(min=0) for a, g in zip(attention, gradient)])),
        "chefer": read(relevance, own=True),
        "grad_cam": (norm[prefix:] * weights).sum(-1).clamp(min=0),
    }


def hidden(image, patch, columns, shown):
    """The image with the patches that are not shown at 0, the mean colour."""
    out = image.clone()
    for i, visible in enumerate(shown):
        if not visible:
            r, c = divmod(i, columns)
            out[:, :, r * patch[0]:(r + 1) * patch[0], c * patch[1]:(c + 1) * patch[1]] = 0
    return out


def explanations(request, loaded, pair):
    """Largest differences between our maps and curves and those of timm, relative to the largest value; and what another class would show."""
    import torch
    from PIL import Image

    answer = []
    for one in request:
        net, meta = loaded(one["checkpoint"])
        config = meta["config"]
        pixels = np.asarray(Image.open(one["file"]).convert("RGB"), dtype=np.float32) / 255
        mean, std = (np.broadcast_to(np.float32(config["image"][k]), 3) for k in ("mean", "std"))
        image = torch.from_numpy(((pixels - mean) / std).transpose(2, 0, 1)[None].astype(np.float32))
        has_class = net.cls_token is not None
        prefix, target = net.num_prefix_tokens, one["target"]
        theirs = {k: v.numpy() for k, v in maps(net, image, target, prefix, has_class).items()}
        other = {k: v.numpy() for k, v in maps(net, image, 1 - target, prefix, has_class).items()}
        patch = pair(config["model"]["patch_size"])
        columns = image.shape[3] // patch[1]
        count = columns * (image.shape[2] // patch[0])
        with torch.no_grad():
            full = net(image)[0, target]
            theirs["occlusion"] = np.array([(full - net(hidden(image, patch, columns, [j != i for j in range(count)]))[0, target]).item() for i in range(count)])
        ours = {e["method"]: np.array(e["map"]) for e in one["explanations"]}
        size = {k: float(np.abs(v).max()) for k, v in theirs.items()}
        gaps = {k: float(np.abs(ours[k] - v).max()) / size[k] if size[k] else float(np.abs(ours[k]).max()) for k, v in theirs.items()}
        control = {k: float(np.abs(theirs[k] - v).max()) / max(size[k], 1e-12) for k, v in other.items()}
        curves = {}
        for score in one["scores"]:
            if score["method"] == "random":
                continue
            order = np.lexsort((np.arange(count), -ours[score["method"]].astype(np.float32)))
            gap = 0.0
            for k, share in enumerate(score["shares"]):
                first = set(order[: round(share * count)].tolist())
                with torch.no_grad():
                    removed = net(hidden(image, patch, columns, [i not in first for i in range(count)])).softmax(-1)[0, target].item()
                    added = net(hidden(image, patch, columns, [i in first for i in range(count)])).softmax(-1)[0, target].item()
                gap = max(gap, abs(removed - score["deletion"][k]), abs(added - score["insertion"][k]))
            area = lambda values: float(np.trapezoid(values, np.linspace(0, 1, len(values))))
            gap = max(gap, abs(area(score["deletion"]) - score["deletionArea"]), abs(area(score["insertion"]) - score["insertionArea"]))
            curves[score["method"]] = gap
        answer.append({"gaps": gaps, "control": control, "curves": curves})
    return answer
