"""What the inspector says of attention, counted anew with NumPy and PyTorch from the array that it writes."""

import numpy as np
import torch


def numbers(request):
    """Distance and entropy of each head as the Keras notebook on ViT representations has them, rows renormalised, and the mask of DINO."""
    a = np.load(request["npy"]).astype(np.float64)
    (rows, columns), patch, prefix = request["grid"], request["patch"], request["prefix"]
    place = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"), -1).reshape(-1, 2) * np.array(patch)
    pixels = np.linalg.norm(place[:, None] - place[None], axis=-1)
    inner = a[:, :, prefix:, prefix:]
    inner = inner / inner.sum(-1, keepdims=True)
    distance = (inner * pixels).sum(-1).mean(-1)
    entropy = -(a * np.log(np.maximum(a, 1e-300))).sum(-1).mean(-1)
    # facebookresearch/dino, visualize_attention.py, for the row of the first token in the last layer.
    attentions = torch.tensor(a[-1][:, 0, prefix:])
    val, idx = torch.sort(attentions)
    val = val / torch.sum(val, dim=1, keepdim=True)
    cumval = torch.cumsum(val, dim=1)
    th_attn = cumval > (1 - request["share"])
    idx2 = torch.argsort(idx)
    for head in range(attentions.shape[0]):
        th_attn[head] = th_attn[head][idx2[head]]
    return {
        "shape": list(a.shape),
        "rows": float(np.abs(a.sum(-1) - 1).max()),
        "distance": distance.ravel().tolist(),
        "entropy": entropy.ravel().tolist(),
        "masks": th_attn.int().tolist(),
        "weights": attentions.tolist(),
    }
