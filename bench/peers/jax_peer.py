"""The same ViT in JAX, a whole training step under jit."""
import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")
import jax
import jax.numpy as jnp
import numpy as np

from speak import serve
from vit_shapes import parameters


def forward(p, images, shape):
    size, patch, dim, heads = shape["size"], shape["patch"], shape["dim"], shape["heads"]
    batch, side = shape["batch"], size // patch
    x = images.reshape(batch, side, patch, side, patch, 3).transpose(0, 1, 3, 2, 4, 5).reshape(batch, side * side, -1)
    x = x @ p["patch.w"] + p["patch.b"]
    x = jnp.concatenate([jnp.broadcast_to(p["cls"], (batch, 1, dim)), x], 1) + p["pos"]
    for i in range(shape["depth"]):
        x = x + attention(p, f"{i}.", norm(p, f"{i}.n1", x), heads)
        h = norm(p, f"{i}.n2", x) @ p[f"{i}.fc1.w"] + p[f"{i}.fc1.b"]
        x = x + jax.nn.gelu(h, approximate=False) @ p[f"{i}.fc2.w"] + p[f"{i}.fc2.b"]
    return norm(p, "n", x)[:, 0] @ p["head.w"] + p["head.b"]


def norm(p, name, x):
    centred = x - x.mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) + 1e-6) * p[f"{name}.w"] + p[f"{name}.b"]


def attention(p, block, x, heads):
    batch, tokens, dim = x.shape
    q, k, v = (x @ p[block + "qkv.w"] + p[block + "qkv.b"]).reshape(batch, tokens, 3, heads, dim // heads).transpose(2, 0, 3, 1, 4)
    weights = jax.nn.softmax(q @ k.swapaxes(-1, -2) * (dim // heads) ** -0.5)
    mixed = (weights @ v).transpose(0, 2, 1, 3).reshape(batch, tokens, dim)
    return mixed @ p[block + "proj.w"] + p[block + "proj.b"]


def open_peer(job):
    workload = job["workload"]
    shape = workload["shape"]
    if shape["architecture"] != "vit" or workload.get("maps"):
        raise NotImplementedError("this peer has only the plain ViT")
    p = {name: jnp.asarray(value) for name, value in parameters(shape).items()}
    images = jnp.asarray(np.random.randn(shape["batch"], shape["size"], shape["size"], 3).astype("float32"))
    label = f"JAX {jax.__version__}, jit"
    if workload["kind"] == "infer":
        run = jax.jit(lambda p: forward(p, images, shape))
        return label, lambda: run(p).block_until_ready()
    return label, training(p, images, shape)


def training(p, images, shape):
    labels = jax.nn.one_hot(jnp.arange(shape["batch"]) % shape["classes"], shape["classes"]) * 0.9 + 0.1 / shape["classes"]

    def loss_of(p):
        return -(labels * jax.nn.log_softmax(forward(p, images, shape))).sum(-1).mean()

    @jax.jit
    def step(state, t):
        p, m, v = state
        loss, grads = jax.value_and_grad(loss_of)(p)
        norm_ = jnp.sqrt(sum(jnp.square(g).sum() for g in grads.values()))
        grads = {name: g * jnp.minimum(1, 1 / (norm_ + 1e-6)) for name, g in grads.items()}
        m = {name: 0.9 * m[name] + 0.1 * g for name, g in grads.items()}
        v = {name: 0.999 * v[name] + 0.001 * jnp.square(g) for name, g in grads.items()}
        update = {name: m[name] / (1 - 0.9**t) / (jnp.sqrt(v[name] / (1 - 0.999**t)) + 1e-8) for name in p}
        return ({name: p[name] - 1e-3 * (update[name] + 0.05 * p[name]) for name in p}, m, v), loss

    zeros = {name: jnp.zeros_like(value) for name, value in p.items()}
    held = {"state": (p, zeros, zeros), "t": 0.0}

    def once():
        held["t"] += 1
        held["state"], loss = step(held["state"], held["t"])
        return loss.block_until_ready()

    return once


serve(open_peer)
