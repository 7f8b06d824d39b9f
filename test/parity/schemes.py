"""Writes small networks with random weights as their home frameworks save them, and what those compute from them.

    venv/bin/python test/parity/schemes.py FOLDER SEED COUNT

COUNT networks are drawn for each way of saving. FOLDER/cases.json lists them: where the weights are, and a safetensors file with
`images` [B, H, W, C], `logits` [B, K] and `attention.i`. Google's arrays are computed by timm, which has a reader for
them; OpenAI's CLIP by Hugging Face's; the originals of DINOv2 by timm's `checkpoint_filter_fn`.
"""

import json
import pathlib
import sys
from functools import partial

import numpy as np
import timm.models.vision_transformer as tv
import torch
import torchvision
import transformers as hf
from family import run
from safetensors.torch import save_file

hf.logging.set_verbosity_error()
hf.utils.logging.disable_progress_bar()


class Draw:
    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def of(self, *values):
        return values[int(self.random.integers(len(values)))]

    def size(self):
        heads = self.of(1, 2, 3)
        patch = self.of(4, 8)
        side = self.of(2, 3)
        return {"heads": heads, "dim": heads * self.of(8, 16), "depth": self.of(1, 2), "patch": patch, "image": side * patch, "mlp": self.of(16, 40), "classes": self.of(2, 5)}


def shaken(net):
    """Far from their beginnings: zeros would hide what is multiplied by them."""
    with torch.no_grad():
        for key, p in net.named_parameters():
            p.copy_(torch.randn_like(p) * 0.25 + (1.0 if "norm" in key.lower() and key.endswith("weight") else 0.0))
    return net.eval()


def images_of(size, channels=3):
    return torch.randn(2, channels, size["image"], size["image"])


def by_timm(net, images):
    logits, attention = run(net, images)
    return {"logits": logits, **{f"attention.{i}": a for i, a in enumerate(attention)}}


def by_hf(net, images, head=None):
    net.config._attn_implementation = "eager"
    with torch.no_grad():
        out = net(images, output_attentions=True)
    logits = head(out) if head else out.logits
    return {"logits": logits, **{f"attention.{i}": a for i, a in enumerate(out.attentions)}}


def timm_net(size, **more):
    more = {"class_token": True, **more}
    return shaken(tv.VisionTransformer(img_size=size["image"], patch_size=size["patch"], embed_dim=size["dim"], depth=size["depth"], num_heads=size["heads"], mlp_ratio=size["mlp"] / size["dim"], num_classes=size["classes"], **more))


def beside(folder, config):
    (folder / "config.json").write_text(json.dumps(config))


def plain(tensors):
    return {key: value.detach().clone().contiguous() for key, value in tensors.items()}


# Heads cannot be seen in tensors: a config.json beside them says them, in the words of its project.
def timm_config(size, **args):
    return {"architecture": "vit_drawn", "num_classes": size["classes"], "model_args": {"num_heads": size["heads"], **args}}


def timm_plain(draw, folder):
    size = draw.size()
    more = draw.of({}, {"init_values": 0.1}, {"qk_norm": True}, {"qkv_bias": False}, {"global_pool": "avg", "class_token": False}, {"reg_tokens": 3, "no_embed_class": True}, {"reg_tokens": 1}, {"pre_norm": True})
    net = timm_net(size, **more)
    save_file(plain(net.state_dict()), folder / "model.safetensors")
    beside(folder, timm_config(size))
    images = images_of(size)
    return folder, images, by_timm(net, images)


def timm_parallel(draw, folder):
    size = draw.size()
    net = timm_net(size, block_fn=tv.ParallelScalingBlock, init_values=0.1, qk_norm=draw.of(True, False), qkv_bias=draw.of(True, False))
    save_file(plain(net.state_dict()), folder / "model.safetensors")
    beside(folder, timm_config(size))
    images = images_of(size)
    return folder, images, by_timm(net, images)


def timm_half(draw, folder):
    """In half precision, and wrapped as a parallel training saves it."""
    size = draw.size()
    net = timm_net(size)
    kind = draw.of(torch.bfloat16, torch.float16)
    for p in net.parameters():
        p.data = p.data.to(kind).float()
    prefix = draw.of("module.", "model.module.", "backbone.")
    save_file({f"{prefix}{key}": value.to(kind).contiguous() for key, value in net.state_dict().items()}, folder / "weights.safetensors")
    beside(folder, timm_config(size))
    images = images_of(size)
    return folder / "weights.safetensors", images, by_timm(net, images)


def deit3(draw, folder):
    """DeiT III's own names for the layer scale; the class token has no position."""
    size = draw.size()
    net = timm_net(size, init_values=0.1, no_embed_class=True)
    named = {key.replace(".ls1.gamma", ".gamma_1").replace(".ls2.gamma", ".gamma_2"): value for key, value in net.state_dict().items()}
    save_file(plain(named), folder / "model.safetensors")
    beside(folder, timm_config(size))
    images = images_of(size)
    return folder, images, by_timm(net, images)


def dinov2_original(draw, folder):
    """The names of DINOv2's repository: registers behind a class token with a position, packed SwiGLU, no head."""
    from timm.layers import SwiGLUPacked

    size = {**draw.size(), "classes": 0}
    size["mlp"] = 32
    swiglu = draw.of(True, False)
    registers = draw.of(0, 2)
    net = timm_net(size, init_values=0.1, reg_tokens=registers, no_embed_class=registers > 0, **({"mlp_layer": SwiGLUPacked, "act_layer": torch.nn.SiLU} if swiglu else {}))
    named = dict(net.state_dict())
    own = {}
    for key, value in named.items():
        key = key.replace("mlp.fc1", "mlp.w12").replace("mlp.fc2", "mlp.w3") if swiglu else key
        own["register_tokens" if key == "reg_token" else key] = value
    own["mask_token"] = torch.zeros(1, size["dim"])
    if registers:
        first = torch.randn(1, 1, size["dim"])
        own["pos_embed"] = torch.cat([first, own["pos_embed"]], 1)
        own["cls_token"] = own["cls_token"] - first
    save_file(plain(own), folder / "model.safetensors")
    beside(folder, timm_config(size))
    images = images_of(size)
    return folder, images, by_timm(net, images)


def hf_size(size):
    return {"hidden_size": size["dim"], "num_hidden_layers": size["depth"], "num_attention_heads": size["heads"], "intermediate_size": size["mlp"], "image_size": size["image"], "patch_size": size["patch"], "num_labels": size["classes"]}


def hf_v4(draw, folder):
    size = draw.size()
    config = hf.ViTConfig(**hf_size(size), hidden_act=draw.of("gelu", "gelu_new"), qkv_bias=draw.of(True, False), layer_norm_eps=draw.of(1e-12, 1e-6), id2label={i: f"kind {i}" for i in range(size["classes"])})
    net = shaken(hf.ViTForImageClassification(config))
    net.save_pretrained(folder, **({"max_shard_size": "20KB"} if draw.of(True, False) else {}))
    images = images_of(size)
    return folder, images, by_hf(net, images)


def hf_v5(draw, folder):
    size = draw.size()
    net = shaken(hf.ViTForImageClassification(hf.ViTConfig(**hf_size(size))))
    save_file(plain(net.state_dict()), folder / "model.safetensors")
    net.config.save_pretrained(folder)
    images = images_of(size)
    return folder, images, by_hf(net, images)


def hf_deit(draw, folder, kind=hf.DeiTForImageClassificationWithTeacher):
    """Without a teacher the distillation token is there, too, and no head reads it."""
    size = draw.size()
    net = shaken(kind(hf.DeiTConfig(**hf_size(size))))
    net.save_pretrained(folder)
    images = images_of(size)
    return folder, images, by_hf(net, images)


def hf_dinov2(draw, folder):
    size = {**draw.size(), "mlp": None}
    more = {key: value for key, value in hf_size(size).items() if key != "intermediate_size"}
    net = shaken(hf.Dinov2ForImageClassification(hf.Dinov2Config(**more, use_swiglu_ffn=draw.of(True, False), mlp_ratio=2)))
    net.save_pretrained(folder)
    images = images_of(size)
    return folder, images, by_hf(net, images)


def hf_dinov2_registers(draw, folder):
    size = {**draw.size(), "mlp": None}
    more = {key: value for key, value in hf_size(size).items() if key != "intermediate_size"}
    net = shaken(hf.Dinov2WithRegistersForImageClassification(hf.Dinov2WithRegistersConfig(**more, num_register_tokens=draw.of(1, 4), mlp_ratio=2)))
    net.save_pretrained(folder)
    images = images_of(size)
    return folder, images, by_hf(net, images)


def clip_net(draw):
    size = draw.size()
    more = hf_size(size)
    more.pop("num_labels")
    return size, shaken(hf.CLIPVisionModelWithProjection(hf.CLIPVisionConfig(**more, projection_dim=6)))


def hf_clip(draw, folder):
    size, net = clip_net(draw)
    net.save_pretrained(folder)
    images = images_of(size)
    return folder, images, by_hf(net, images, lambda out: out.image_embeds)


def openai_clip(draw, folder):
    size, net = clip_net(draw)
    own = {key.removeprefix("vision_model."): value for key, value in net.state_dict().items()}
    out = {
        "visual.class_embedding": own["embeddings.class_embedding"],
        "visual.positional_embedding": own["embeddings.position_embedding.weight"],
        "visual.conv1.weight": own["embeddings.patch_embedding.weight"],
        "visual.proj": own["visual_projection.weight"].T,
        "logit_scale": torch.tensor(1.0), "token_embedding.weight": torch.zeros(3, 4), "transformer.resblocks.0.ln_1.weight": torch.zeros(4),
    }
    for kind in ("weight", "bias"):
        out |= {f"visual.ln_pre.{kind}": own[f"pre_layrnorm.{kind}"], f"visual.ln_post.{kind}": own[f"post_layernorm.{kind}"]}
        for i in range(size["depth"]):
            theirs, ours = f"encoder.layers.{i}", f"visual.transformer.resblocks.{i}"
            out |= {
                f"{ours}.attn.in_proj_{kind}": torch.cat([own[f"{theirs}.self_attn.{part}_proj.{kind}"] for part in "qkv"]),
                f"{ours}.attn.out_proj.{kind}": own[f"{theirs}.self_attn.out_proj.{kind}"],
                f"{ours}.ln_1.{kind}": own[f"{theirs}.layer_norm1.{kind}"], f"{ours}.ln_2.{kind}": own[f"{theirs}.layer_norm2.{kind}"],
                f"{ours}.mlp.c_fc.{kind}": own[f"{theirs}.mlp.fc1.{kind}"], f"{ours}.mlp.c_proj.{kind}": own[f"{theirs}.mlp.fc2.{kind}"],
            }
    save_file(plain(out), folder / "model.safetensors")
    beside(folder, timm_config(size))
    images = images_of(size)
    return folder, images, by_hf(net, images, lambda found: found.image_embeds)


def torchvision_vit(draw, folder):
    size = draw.size()
    net = shaken(torchvision.models.VisionTransformer(image_size=size["image"], patch_size=size["patch"], num_layers=size["depth"], num_heads=size["heads"], hidden_dim=size["dim"], mlp_dim=size["mlp"], num_classes=size["classes"]))
    maps = []
    for block in net.encoder.layers:
        forward = block.self_attention.forward

        def shown(*args, forward=forward, **kwargs):
            out = forward(*args, **{**kwargs, "need_weights": True, "average_attn_weights": False})
            maps.append(out[1])
            return out

        block.self_attention.forward = shown
    old = draw.of(True, False)
    named = {key.replace("mlp.0.", "mlp.linear_1.").replace("mlp.3.", "mlp.linear_2.") if old else key: value for key, value in net.state_dict().items()}
    save_file(plain(named), folder / "model.safetensors")
    beside(folder, timm_config(size))
    images = images_of(size)
    with torch.no_grad():
        logits = net(images)
    return folder, images, {"logits": logits, **{f"attention.{i}": a for i, a in enumerate(maps)}}


def google(draw, folder, kind):
    """`vision_transformer` and `big_vision`; their MLP has JAX's GELU, the approximation."""
    size = draw.size()
    D, H, M, L, K, P = (size[key] for key in ("dim", "heads", "mlp", "depth", "classes", "patch"))
    head = D // H
    pooled = kind != "vit" and draw.of(True, False)
    random = lambda *shape: (np.random.default_rng(int(draw.random.integers(2**31))).standard_normal(shape) * 0.25).astype(np.float32)
    norm = lambda name: {f"{name}/scale": 1 + random(D), f"{name}/bias": random(D)}
    attention, second, mlp = ("MultiHeadDotProductAttention_1", "LayerNorm_2", "MlpBlock_3") if kind == "vit" else ("MultiHeadDotProductAttention_0", "LayerNorm_1", "MlpBlock_0")
    arrays = {"embedding/kernel": random(P, P, 3, D), "embedding/bias": random(D), **norm("Transformer/encoder_norm"), "head/kernel": random(D, K), "head/bias": random(K)}

    def attends(name):
        return {
            **{f"{name}/{part}/kernel": random(D, H, head) for part in ("query", "key", "value")}, **{f"{name}/{part}/bias": random(H, head) for part in ("query", "key", "value")},
            f"{name}/out/kernel": random(H, head, D), f"{name}/out/bias": random(D),
        }

    def dense(name):
        return {f"{name}/Dense_0/kernel": random(D, M), f"{name}/Dense_0/bias": random(M), f"{name}/Dense_1/kernel": random(M, D), f"{name}/Dense_1/bias": random(D)}

    for i in range(L):
        block = f"Transformer/encoderblock_{i}"
        arrays |= {**norm(f"{block}/LayerNorm_0"), **norm(f"{block}/{second}"), **attends(f"{block}/{attention}"), **dense(f"{block}/{mlp}")}
    patches = (size["image"] // P) ** 2
    if pooled:
        arrays |= {"MAPHead_0/probe": random(1, 1, D), **norm("MAPHead_0/LayerNorm_0"), **attends("MAPHead_0/MultiHeadDotProductAttention_0"), **dense("MAPHead_0/MlpBlock_0")}
        arrays["pos_embedding"] = random(1, patches, D)
    else:
        arrays["cls"] = random(1, 1, D)
        arrays["Transformer/posembed_input/pos_embedding" if kind == "vit" else "pos_embedding"] = random(1, patches + 1, D)
    prefix = draw.of("", "opt/target/") if kind == "vit" else draw.of("params/", "params/img/")
    # timm reads big_vision's arrays under this prefix only.
    straight = {f"{'' if kind == 'vit' else 'params/'}{key}": value for key, value in arrays.items()}
    np.savez(folder / "straight.npz", **straight)
    net = timm_net(size, act_layer=lambda: torch.nn.GELU(approximate="tanh"), **({"class_token": False, "global_pool": "map"} if pooled else {}))
    net.load_pretrained(str(folder / "straight.npz"))
    if pooled:
        # timm's query of the pooling has the bias that JAX has too, but its reader leaves the head alone where a network was renamed.
        with torch.no_grad():
            net.head.weight.copy_(torch.from_numpy(arrays["head/kernel"].T))
            net.head.bias.copy_(torch.from_numpy(arrays["head/bias"]))
    (folder / "straight.npz").unlink()
    if kind == "scanned":
        names = sorted({key.split("encoderblock_0/")[1] for key in arrays if "encoderblock_0/" in key})
        for name in names:
            arrays[f"Transformer/encoderblock/{name}"] = np.stack([arrays.pop(f"Transformer/encoderblock_{i}/{name}") for i in range(L)])
    written = {f"{prefix}{key}": np.asfortranarray(value) if draw.of(True, False) else value for key, value in arrays.items()}
    (np.savez_compressed if draw.of(True, False) else np.savez)(folder / "model.npz", **written)
    images = images_of(size)
    net = net.eval()
    return folder / "model.npz", images, by_timm(net, images)


MAKERS = {
    "timm": timm_plain, "timm-parallel": timm_parallel, "timm-half": timm_half, "deit3": deit3, "dinov2-original": dinov2_original, "hf-v4": hf_v4, "hf-v5": hf_v5, "hf-deit": hf_deit, "hf-deit-single": partial(hf_deit, kind=hf.DeiTForImageClassification), "hf-dinov2": hf_dinov2,
    "hf-dinov2-registers": hf_dinov2_registers, "hf-clip": hf_clip, "openai-clip": openai_clip, "torchvision": torchvision_vit,
    "google": lambda draw, folder: google(draw, folder, "vit"), "big-vision": lambda draw, folder: google(draw, folder, "big"), "big-vision-scanned": lambda draw, folder: google(draw, folder, "scanned"),
}


def main(out, seed, count):
    out = pathlib.Path(out)
    cases = []
    for which, (name, make) in enumerate(MAKERS.items()):
        for i in range(count):
            torch.manual_seed(seed * 1000 + which * 50 + i)
            case = f"{name}-{i}" if count > 1 else name
            folder = out / case
            folder.mkdir(parents=True)
            place, images, expected = make(Draw([seed, which, i]), folder)
            save_file(plain({"images": images.permute(0, 2, 3, 1), **expected}), out / f"{case}.expected.safetensors")
            cases.append({"name": case, "place": str(pathlib.Path(place).relative_to(out)), "expected": f"{case}.expected.safetensors"})
    (out / "cases.json").write_text(json.dumps(cases, indent=1))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
