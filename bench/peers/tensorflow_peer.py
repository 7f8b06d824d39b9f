"""The same ViT in TensorFlow ops, a whole training step as one graph (tf.function)."""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import numpy as np
import tensorflow as tf

from speak import serve
from vit_shapes import parameters


def forward(p, images, shape):
    size, patch, dim, heads = shape["size"], shape["patch"], shape["dim"], shape["heads"]
    batch, side = shape["batch"], size // patch
    x = tf.reshape(images, [batch, side, patch, side, patch, 3])
    x = tf.reshape(tf.transpose(x, [0, 1, 3, 2, 4, 5]), [batch, side * side, patch * patch * 3])
    x = x @ p["patch.w"] + p["patch.b"]
    x = tf.concat([tf.broadcast_to(p["cls"], [batch, 1, dim]), x], 1) + p["pos"]
    for i in range(shape["depth"]):
        x = x + attention(p, f"{i}.", norm(p, f"{i}.n1", x), heads)
        h = norm(p, f"{i}.n2", x) @ p[f"{i}.fc1.w"] + p[f"{i}.fc1.b"]
        x = x + tf.nn.gelu(h) @ p[f"{i}.fc2.w"] + p[f"{i}.fc2.b"]
    return norm(p, "n", x)[:, 0] @ p["head.w"] + p["head.b"]


def norm(p, name, x):
    mean, variance = tf.nn.moments(x, -1, keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + 1e-6) * p[f"{name}.w"] + p[f"{name}.b"]


def attention(p, block, x, heads):
    batch, tokens, dim = x.shape
    qkv = tf.reshape(x @ p[block + "qkv.w"] + p[block + "qkv.b"], [batch, tokens, 3, heads, dim // heads])
    q, k, v = tf.unstack(tf.transpose(qkv, [2, 0, 3, 1, 4]))
    weights = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) * (dim // heads) ** -0.5)
    mixed = tf.reshape(tf.transpose(weights @ v, [0, 2, 1, 3]), [batch, tokens, dim])
    return mixed @ p[block + "proj.w"] + p[block + "proj.b"]


def open_peer(job):
    tf.config.threading.set_intra_op_parallelism_threads(job["threads"])
    workload = job["workload"]
    shape = workload["shape"]
    if shape["architecture"] != "vit" or workload.get("maps"):
        raise NotImplementedError("this peer has only the plain ViT")
    p = {name: tf.Variable(value) for name, value in parameters(shape).items()}
    images = tf.constant(np.random.randn(shape["batch"], shape["size"], shape["size"], 3).astype("float32"))
    label = f"TensorFlow {tf.__version__}, graph mode"
    if workload["kind"] == "infer":
        run = tf.function(lambda: forward(p, images, shape))
        return label, lambda: run().numpy()
    step = training_step(p, images, shape)
    return label, lambda: step().numpy()


def training_step(p, images, shape):
    labels = tf.one_hot(np.arange(shape["batch"]) % shape["classes"], shape["classes"])
    moments = {name: (tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for name, v in p.items()}
    t = tf.Variable(0.0)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.keras.losses.categorical_crossentropy(labels, forward(p, images, shape), from_logits=True, label_smoothing=0.1))
        names = list(p)
        grads, _ = tf.clip_by_global_norm(tape.gradient(loss, [p[name] for name in names]), 1.0)
        t.assign_add(1.0)
        for name, grad in zip(names, grads):
            m, v = moments[name]
            m.assign(0.9 * m + 0.1 * grad)
            v.assign(0.999 * v + 0.001 * tf.square(grad))
            update = m / (1 - 0.9**t) / (tf.sqrt(v / (1 - 0.999**t)) + 1e-8)
            p[name].assign_sub(1e-3 * (update + 0.05 * p[name]))
        return loss

    return step


serve(open_peer)
