"""Compact Convolutional Transformer in PyTorch, after the paper (Hassani et al. 2021, section 3.3), with ViT's blocks."""
import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    """Pre-norm block: attention, then an MLP."""

    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.fc1, self.fc2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)

    def forward(self, x):
        batch, tokens, dim = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(batch, tokens, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        x = x + self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, tokens, dim))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class CCT(nn.Module):
    """CCT-depth/3x2: two 3 x 3 convolutions, each with ReLU and a 3 x 3 max-pool of stride 2; sequence pooling."""

    def __init__(self, shape):
        super().__init__()
        dim = shape["dim"]
        pool = lambda: nn.Sequential(nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.tokenizer = nn.Sequential(nn.Conv2d(3, 64, 3, 1, 1, bias=False), pool(), nn.Conv2d(64, dim, 3, 1, 1, bias=False), pool())
        tokens = (shape["size"] // 4) ** 2
        self.positions = nn.Parameter(torch.zeros(1, tokens, dim))
        nn.init.trunc_normal_(self.positions, std=0.2)
        self.blocks = nn.Sequential(*[Block(dim, shape["heads"], int(dim * shape["mlp"])) for _ in range(shape["depth"])])
        self.norm, self.pool, self.head = nn.LayerNorm(dim, eps=1e-6), nn.Linear(dim, 1), nn.Linear(dim, shape["classes"])

    def forward(self, images):
        x = self.tokenizer(images).flatten(2).transpose(1, 2) + self.positions
        x = self.norm(self.blocks(x))
        return self.head((F.softmax(self.pool(x), 1).transpose(1, 2) @ x).squeeze(1))
