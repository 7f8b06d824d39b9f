"""The parameters of a ViT, fresh, for the peers that are written out in plain ops."""
import numpy as np


def parameters(shape):
    dim, hidden, side = shape["dim"], int(shape["dim"] * shape["mlp"]), shape["size"] // shape["patch"]
    draw = np.random.default_rng(0)

    def weight(*size):
        return (0.02 * draw.standard_normal(size)).astype("float32")

    def linear(name, rows, columns):
        return {f"{name}.w": weight(rows, columns), f"{name}.b": np.zeros(columns, "float32")}

    def norm(name):
        return {f"{name}.w": np.ones(dim, "float32"), f"{name}.b": np.zeros(dim, "float32")}

    found = {"cls": weight(1, 1, dim), "pos": weight(1, side * side + 1, dim), **linear("patch", shape["patch"] ** 2 * 3, dim)}
    for i in range(shape["depth"]):
        found |= norm(f"{i}.n1") | linear(f"{i}.qkv", dim, 3 * dim) | linear(f"{i}.proj", dim, dim)
        found |= norm(f"{i}.n2") | linear(f"{i}.fc1", dim, hidden) | linear(f"{i}.fc2", hidden, dim)
    return found | norm("n") | linear("head", dim, shape["classes"])
