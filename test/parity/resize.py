"""Resizes position tables and patch projections by the functions of their homes: a JSON list of questions in, of numbers out."""

import json
import sys

import numpy as np
import torch
import torch.nn.functional as F
from timm.layers.patch_embed import resample_patch_embed
from timm.layers.pos_embed import resample_abs_pos_embed
from torchvision.models.vision_transformer import interpolate_embeddings
from transformers import ViTConfig, ViTModel


def table(q):
    return torch.tensor(q["data"]).reshape(1, -1, q["D"])


def timm(q):
    return resample_abs_pos_embed(table(q), new_size=q["to"], old_size=q["from"], num_prefix_tokens=1)


def hf(q):
    """The method of the model itself, for an image of `to` patches."""
    net = ViTModel(ViTConfig(hidden_size=q["D"], num_hidden_layers=0, num_attention_heads=1, intermediate_size=4, image_size=q["from"][0] * 4, patch_size=4), add_pooling_layer=False)
    with torch.no_grad():
        net.embeddings.position_embeddings.copy_(table(q))
        return net.embeddings.interpolate_pos_encoding(torch.zeros(1, 1 + q["to"][0] * q["to"][1], q["D"]), q["to"][0] * 4, q["to"][1] * 4)


def torchvision(q):
    return interpolate_embeddings(q["to"][0] * 4, 4, {"encoder.pos_embedding": table(q)})["encoder.pos_embedding"]


def dino(q):
    """DINO's `interpolate_pos_encoding`: a factor with 0.1 added to the side."""
    positions = table(q)
    (h, w), (a, b) = q["from"], q["to"]
    grid = positions[:, 1:].reshape(1, h, w, -1).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, scale_factor=((a + 0.1) / h, (b + 0.1) / w), mode="bicubic")
    return torch.cat([positions[:, :1], grid.permute(0, 2, 3, 1).reshape(1, -1, q["D"])], 1)


def google(q):
    """`scipy.ndimage.zoom(order=1)` is linear with aligned corners."""
    positions = table(q)
    grid = positions[:, 1:].reshape(1, *q["from"], -1).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, size=q["to"], mode="bilinear", align_corners=True)
    return torch.cat([positions[:, :1], grid.permute(0, 2, 3, 1).reshape(1, -1, q["D"])], 1)


def patches(q):
    return resample_patch_embed(torch.tensor(q["data"]).reshape(q["shape"]), q["to"])


answers = []
for q in json.load(sys.stdin):
    answers.append(np.asarray(globals()[q["by"]](q).detach(), np.float64).ravel().tolist())
json.dump(answers, sys.stdout)
