"""Representations of a trained checkpoint, re-derived on timm's own model with PyTorch and NumPy.

From the papers: Kornblith et al. 2019 (CKA, by features, where ours is by Gram matrices) and Nguyen et al. 2021 (debiased), Michel et al.
2019 (heads turned off), Oquab et al. 2024 (principal components; here by a singular value decomposition), nostalgebraist's logit lens.
"""

import numpy as np


def compact(net):
    return hasattr(net, "attention_pool")


def layers(net, images):
    """Tokens before the first block and after each, [B, T, D]."""
    import torch

    kept = []
    hooks = [net.blocks[0].register_forward_pre_hook(lambda m, given: kept.append(given[0]))]
    hooks += [b.register_forward_hook(lambda m, given, out: kept.append(out)) for b in net.blocks]
    with torch.no_grad():
        logits = net(images)
    for hook in hooks:
        hook.remove()
    return kept, logits


def head(net, tokens, pre=False):
    """What the network says if these are its last tokens."""
    x = net.norm(tokens)
    if compact(net):
        weights = net.attention_pool(x).softmax(1)
        pooled = (weights.transpose(1, 2) @ x).squeeze(1)
        return pooled if pre else net.head(pooled)
    return net.forward_head(x, pre_logits=pre)


def without_heads(net, image, off):
    """Logits with 0 in the place of the outputs of some heads, before the projection."""
    import torch

    hooks = []
    for i, block in enumerate(net.blocks):
        d = block.attn.head_dim
        own = [h - i * block.attn.num_heads for h in off if i * block.attn.num_heads <= h < (i + 1) * block.attn.num_heads]

        def zero(module, given, own=own, d=d):
            x = given[0].clone()
            for h in own:
                x[..., h * d:(h + 1) * d] = 0
            return (x,)

        hooks.append(block.attn.proj.register_forward_pre_hook(zero))
    with torch.no_grad():
        logits = net(image)[0]
    for hook in hooks:
        hook.remove()
    return logits.numpy()


def cosines(rows):
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit @ unit.T


def mean_cosine(rows):
    c, n = cosines(rows), len(rows)
    return (c.sum() - n) / (n * (n - 1))


def components(rows, count):
    """Axes, coordinates of the rows and shares of variance."""
    centred = rows - rows.mean(0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    return vt[:count], (u * s)[:, :count], (s**2 / (s**2).sum())[:count]


def unsigned(a, b):
    """Largest difference of columns whose signs mean nothing."""
    return max(min(np.abs(x - y).max(), np.abs(x + y).max()) for x, y in zip(a.T, b.T)) / np.abs(b).max()


def cka(x, y):
    """By features: ‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖)."""
    x, y = x - x.mean(0), y - y.mean(0)
    return np.linalg.norm(y.T @ x) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))


def debiased(x, y):
    n = len(x)
    k, l = x @ x.T, y @ y.T
    np.fill_diagonal(k, 0)
    np.fill_diagonal(l, 0)
    one = np.ones(n)

    def hsic(k, l):
        return (np.trace(k @ l) + (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2)) - 2 / (n - 2) * (one @ k @ l @ one)) / (n * (n - 3))

    return hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l))


def filters(weight, ours):
    """Pictures up to the sign, which turns one over."""
    count = len(ours["variance"])
    axes, _, share = components(weight.reshape(len(weight), -1), count)
    d, c, h, w = weight.shape
    gap = float(np.abs(share - ours["variance"]).max())
    for axis, picture in zip(axes, np.array(ours["pictures"]).reshape(count, -1)):
        shown = axis.reshape(c, h, w).transpose(1, 2, 0).ravel()
        shown = (shown - shown.min()) / (shown.max() - shown.min())
        gap = max(gap, float(min(np.abs(shown - picture).max(), np.abs(1 - shown - picture).max())))
    return gap


def rel(ours, theirs):
    ours, theirs = np.asarray(ours, dtype=np.float64).ravel(), np.asarray(theirs, dtype=np.float64).ravel()
    if ours.shape != theirs.shape:
        return float("inf")
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def alignment(tokens, prefix, has_class, ours):
    rows = [(t[:, 0] if has_class else t[:, prefix:].mean(1)).numpy().astype(np.float64) for t in tokens]
    gaps = {}
    for name, measure in (("plain", cka), ("debiased", debiased)):
        gap = 0.0
        mine = np.array([np.nan if v is None else v for v in ours[name]]).reshape(len(rows), len(rows))
        for i, x in enumerate(rows):
            for j, y in enumerate(rows):
                constant = x.std(0).max() < 1e-9 or y.std(0).max() < 1e-9
                gap = max(gap, float(not np.isnan(mine[i, j])) if constant else abs(measure(x, y) - mine[i, j]))
        gaps[name] = gap
    return gaps


def features(request, loaded, pair):
    """Largest differences between our numbers and those of timm, relative to the largest value; and what a fault would show."""
    import torch
    from PIL import Image

    answer = []
    for one in request:
        net, meta = loaded(one["checkpoint"])
        config, ours = meta["config"], one["report"]
        mean, std = (np.broadcast_to(np.float32(config["image"][k]), 3) for k in ("mean", "std"))

        def read(file):
            pixels = np.asarray(Image.open(file).convert("RGB"), dtype=np.float32) / 255
            return ((pixels - mean) / std).transpose(2, 0, 1).astype(np.float32)

        image = torch.from_numpy(read(one["file"])[None])
        has_class, prefix = net.cls_token is not None, net.num_prefix_tokens
        tokens, logits = layers(net, image)
        # Behind the last norm, where it stands before the pooling.
        normed = [] if isinstance(net.norm, torch.nn.Identity) else [net.norm(tokens[-1]).detach()]
        rows = [t[0].numpy().astype(np.float64) for t in tokens + normed]
        gaps = {
            "norms": rel(ours["norms"]["norms"], [np.linalg.norm(r, axis=1) for r in rows]),
            "similarity": rel(ours["similarity"]["byLayer"], [mean_cosine(r[prefix:]) for r in rows]),
            "matrix": rel(ours["similarity"]["matrix"], cosines(rows[-1])),
            "lens": rel(ours["lens"]["logits"], torch.cat([head(net, t) for t in tokens]).detach().numpy()),
        }
        if has_class:
            gaps["class"] = rel(ours["similarity"]["ofClassToken"], [cosines(r)[0, prefix:].mean() for r in rows])
        _, scores, share = components(rows[-1][prefix:], 3)
        gaps["pca"] = unsigned(np.array(ours["pca"]["scores"]).reshape(-1, 3), scores)
        gaps["variance"] = rel(ours["pca"]["variance"], share)
        weight = net.tokenizer.conv_layers[0][0].weight if compact(net) else net.patch_embed.proj.weight
        gaps["filters"] = filters(weight.detach().numpy().astype(np.float64), ours["filters"])

        heads = sum(b.attn.num_heads for b in net.blocks)
        without = np.stack([without_heads(net, image, [h]) for h in range(heads)])
        gaps["ablation"] = rel(ours["ablation"]["without"], without)
        control = float(np.abs(without - logits.numpy()).max())

        shown = ours["shuffle"]["shown"]
        h, w = image.shape[2] // shown["rows"], image.shape[3] // shown["columns"]
        moved = image.clone()
        for to, source in enumerate(shown["order"]):
            (r, c), (sr, sc) = divmod(to, shown["columns"]), divmod(source, shown["columns"])
            moved[:, :, r * h:(r + 1) * h, c * w:(c + 1) * w] = image[:, :, sr * h:(sr + 1) * h, sc * w:(sc + 1) * w]
        with torch.no_grad():
            after = net(moved).softmax(-1)[0]
        said = {p["label"]: p["probability"] for p in shown["after"]}
        gaps["shuffle"] = max(abs(said[label] - float(after[i])) for i, label in enumerate(meta["classes"]) if label in said)

        several = torch.from_numpy(np.stack([read(f) for f in one["folder"]]))
        many, _ = layers(net, several)
        own = alignment(many, prefix, has_class, ours["cka"])
        gaps.update({f"cka {k}": v for k, v in own.items()})
        gathered = head(net, many[-1], pre=True).detach().numpy().astype(np.float64)
        query = head(net, tokens[-1], pre=True).detach().numpy().astype(np.float64)[0]
        similar = gathered @ query / (np.linalg.norm(gathered, axis=1) * np.linalg.norm(query))
        order = np.argsort(-similar, kind="stable")
        near = ours["neighbours"]["neighbours"]
        gaps["neighbours"] = max(abs(n["similarity"] - similar[one["folder"].index(n["name"])]) for n in near)
        gaps["order"] = max(abs(similar[order[i]] - n["similarity"]) for i, n in enumerate(near))

        if not compact(net):
            x = net.patch_embed(image).detach().numpy()[0]
            p = net.pos_embed.detach().numpy()[0][-len(x):]
            gaps["X"], gaps["P"] = rel(ours["position"]["x"], x), rel(ours["position"]["p"], p)
            gaps["Z"] = rel(ours["position"]["z"], rows[0][prefix:])
        answer.append({"gaps": {k: float(v) for k, v in gaps.items()}, "control": control})
    return answer
