"""The other side of the parity tests: PyTorch, timm, torchvision, Pillow and scikit-learn answer one question.

    python reference.py QUESTION < request.json > answer.json

Arrays go through .npy, .npz and .safetensors files, as between any two frameworks.
"""

import json
import math
import sys

import numpy as np


def inputs(request):
    """Random NCHW images, written by NumPy."""
    rng = np.random.default_rng(0)
    for one in request:
        np.save(one["file"], rng.standard_normal(one["shape"]).astype(np.float32))


def checkpoint(file):
    """Weights and metadata of a checkpoint, by the safetensors library."""
    from safetensors import safe_open
    from safetensors.torch import load_file

    with safe_open(file, "pt") as opened:
        meta = {key: json.loads(value) if value[:1] in "{[" else value for key, value in opened.metadata().items()}
    return load_file(file), meta


def pair(size):
    return tuple(size) if isinstance(size, list) else (size, size)


def sincos(kind, rows, columns, width):
    """Sinusoidal positions, written from the papers: Vaswani et al. 2017 (1-D), MoCo v3 (2-D)."""
    import torch

    if kind == "sincos1d":
        angle = torch.arange(rows * columns, dtype=torch.float64)[:, None] / 10000 ** (torch.arange(0, width, 2, dtype=torch.float64) / width)
        return torch.stack([angle.sin(), angle.cos()], 2).flatten(1)
    omega = 10000 ** (-torch.arange(width // 4, dtype=torch.float64) / (width // 4 - 1))
    y, x = torch.meshgrid(torch.arange(rows, dtype=torch.float64), torch.arange(columns, dtype=torch.float64), indexing="ij")
    x, y = x.flatten()[:, None] * omega, y.flatten()[:, None] * omega
    return torch.cat([x.sin(), x.cos(), y.sin(), y.cos()], 1)


def timm_model(config, classes):
    import torch
    from timm.models.vision_transformer import VisionTransformer

    model, pool = config["model"], config["model"]["global_pool"]
    hybrid = model["projection"] == "conv_stem"
    kind = compact_transformer(config) if hybrid else VisionTransformer
    return kind(
        img_size=pair(config["image"]["size"]), patch_size=pair(model["patch_size"]), in_chans=config["image"]["channels"],
        num_classes=classes, embed_dim=model["embed_dim"], depth=model["depth"], num_heads=model["num_heads"],
        mlp_ratio=model["mlp_ratio"], global_pool="" if pool == "seq" else pool, class_token=pool == "token",
        pos_embed="none" if model["pos_embed"] == "none" else "learn", reg_tokens=model["reg_tokens"],
        act_layer=torch.nn.ReLU if model["act_layer"] == "relu" else None,
    ).eval()


def compact_transformer(config):
    """timm's ViT with the stem and the sequence pooling of Compact Transformers (Hassani et al. 2021, sections 3.2, 3.3)."""
    import torch
    from timm.models.vision_transformer import VisionTransformer
    from torch import nn

    class Stem(nn.Module):
        def __init__(self, widths):
            super().__init__()
            layers = [nn.Sequential(nn.Conv2d(a, b, 3, 1, 1, bias=False), nn.ReLU(), nn.MaxPool2d(3, 2, 1)) for a, b in zip(widths, widths[1:])]
            self.conv_layers = nn.Sequential(*layers)

        def forward(self, images):
            return self.conv_layers(images).flatten(2).transpose(1, 2)

    class CompactTransformer(VisionTransformer):
        def __init__(self, **options):
            super().__init__(**options)
            del self.patch_embed
            count = int(math.log2(pair(config["model"]["patch_size"])[0]))
            widths = [options["in_chans"], *[config["model"]["stem_dim"]] * (count - 1), self.embed_dim]
            self.tokenizer, self.attention_pool = Stem(widths), nn.Linear(self.embed_dim, 1)

        def forward(self, images):
            x = self.tokenizer(images) + self.pos_embed
            x = self.norm(self.blocks(x))
            weights = torch.softmax(self.attention_pool(x), 1)
            return self.head((weights.transpose(1, 2) @ x).squeeze(1))

    return CompactTransformer


def loaded(file):
    """The checkpoint in timm's own model, every key accounted for; a sinusoidal table is no parameter of ours."""
    weights, meta = checkpoint(file)
    net = timm_model(meta["config"], len(meta["classes"]))
    net.load_state_dict(with_table(weights, meta["config"]), strict=True)
    return net, meta


def with_table(weights, config):
    """The weights, and for sinusoidal positions their table, which is a parameter in timm's model."""
    import torch

    kind = config["model"]["pos_embed"]
    if not kind.startswith("sincos"):
        return weights
    rows, columns = (side // patch for side, patch in zip(pair(config["image"]["size"]), pair(config["model"]["patch_size"])))
    table = sincos(kind, rows, columns, config["model"]["embed_dim"]).float()
    model = config["model"]
    prefix = 0 if model["no_embed_class"] else model.get("class_token", model["global_pool"] in ("token", "token_avg")) + model["distilled"] + model["reg_tokens"]
    return {**weights, "pos_embed": torch.cat([torch.zeros(prefix, table.shape[1]), table])[None]}


def run(net, images):
    """Logits, and the attention of every block after its softmax."""
    import torch

    attention, hooks = [], []
    for block in net.blocks:
        block.attn.fused_attn = False
        hooks.append(block.attn.attn_drop.register_forward_hook(lambda module, given, out: attention.append(out.numpy())))
    with torch.no_grad():
        logits = net(torch.from_numpy(images)).numpy()
    for hook in hooks:
        hook.remove()
    return logits, attention


def difference(a, b):
    if a.shape != b.shape:
        return math.inf
    return float(np.abs(a.astype(np.float64) - b).max())


def models(request):
    """Our logits and attention against timm's, and what a single weight off by a hundredth would show."""
    import torch

    answer = []
    for one in request:
        net, meta = loaded(one["checkpoint"])
        ours = np.load(one["output"])
        logits, attention = run(net, np.load(one["input"]))
        with torch.no_grad():
            net.head.weight[0, 0] *= 1.01
            net.blocks[0].attn.qkv.weight *= 1.01
        off, attention_off = run(net, np.load(one["input"]))
        blocks = range(len(attention))
        answer.append({
            "logits": difference(ours["logits"], logits),
            "attention": max(difference(ours[f"attention.{i}"], attention[i]) for i in blocks),
            "arrays": sorted(ours.files),
            "spread": float(np.ptp(logits)),
            "control": {"logits": difference(ours["logits"], off), "attention": difference(ours["attention.0"], attention_off[0])},
        })
    return answer


def prepared(file, image):
    """What timm's and torchvision's evaluation transforms make of a file: uint8 [H, W, C]."""
    from PIL import Image, ImageOps
    from torchvision import transforms as T

    rows, columns = pair(image["size"])
    filters = {"bicubic": T.InterpolationMode.BICUBIC, "bilinear": T.InterpolationMode.BILINEAR}
    picture = ImageOps.exif_transpose(Image.open(file)).convert("L" if image["channels"] == 1 else "RGB")
    how = filters[image["interpolation"]]
    if image["fit"] == "squash":
        picture = T.Resize((rows, columns), how)(picture)
    else:
        picture = T.CenterCrop((rows, columns))(T.Resize(rows, how)(picture))
    return np.asarray(picture).reshape(rows, columns, image["channels"])


def preprocessing(request):
    """Largest and mean difference in 255ths between our bytes and Pillow's; and whether the file has a profile."""
    import PIL
    from PIL import Image

    answer = []
    for one in request:
        ours, theirs = np.load(one["ours"])[0], prepared(one["file"], one["image"])
        gap = np.abs(ours - theirs)
        answer.append({"max": difference(ours, theirs), "mean": float(gap.mean()), "profile": "icc_profile" in Image.open(one["file"]).info})
    return {"pillow": PIL.__version__, "files": answer}


def pipelines(request):
    """Largest difference in 255ths between what a network gets from us and from its framework, and the shares of values that differ at all and by more than one.

    Both are brought from normalised values to 255ths by the deviation that we say is theirs; the offset is compared as it is.
    """
    from pipelines import prepare

    answer = []
    for one in request:
        theirs = np.moveaxis(prepare(one["library"], one["settings"], one["file"]), 0, 2)
        ours = np.load(one["ours"])[0]
        if ours.shape != theirs.shape:
            answer.append({"max": math.inf, "share": 1.0, "over": 1.0})
            continue
        gap = np.abs(ours.astype(np.float64) - theirs) * np.asarray(one["std"]) * 255
        answer.append({"max": float(gap.max()), "share": float((gap > 0.01).mean()), "over": float((gap > 1.001).mean())})
    return answer


def training(request):
    """The same batches through timm with PyTorch's or timm's optimizer, clipping and loss, from the same weights."""
    import recipes
    import torch

    net = timm_model(request["config"], request["classes"])
    net.load_state_dict({key: torch.from_numpy(value) for key, value in np.load(request["params"]).items()}, strict=True)
    net.train()
    recipe, batches = request["config"]["train"], np.load(request["batches"])
    plain = lambda name, p: p.ndim == 1 or name in ("cls_token", "pos_embed")
    groups = [
        {"params": [p for n, p in net.named_parameters() if not plain(n, p)], "weight_decay": recipe["weight_decay"]},
        {"params": [p for n, p in net.named_parameters() if plain(n, p)], "weight_decay": 0.0},
    ]
    optimizer, criterion = recipes.optimizer(groups, recipe), recipes.loss(recipe)
    losses, norms = [], []
    for step, lr in enumerate(request["lr"]):
        images = torch.from_numpy(batches[f"images.{step}"]).permute(0, 3, 1, 2)
        loss = criterion(net(images), torch.from_numpy(batches[f"targets.{step}"]))
        optimizer.zero_grad()
        loss.backward()
        if recipe["sam_rho"] > 0:
            recipes.climb(net, recipe["sam_rho"], lambda: criterion(net(images), torch.from_numpy(batches[f"targets.{step}"])))
        norms.append(recipes.clip(list(net.named_parameters()), recipe))
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.step()
        losses.append(loss.item())
    ours = np.load(request["trained"])
    moved = {key: difference(ours[key], value.detach().numpy()) for key, value in net.named_parameters()}
    return {"losses": losses, "norms": norms, "params": moved}


def finetuning(request):
    return [finetuned(one) for one in request]


def finetuned(request):
    """`training` with a frozen or slowed network: timm's own layer-wise decay, and PyTorch's requires_grad."""
    import torch
    from timm.optim import param_groups_layer_decay

    net = timm_model(request["config"], request["classes"])
    net.load_state_dict({key: torch.from_numpy(value) for key, value in np.load(request["params"]).items()}, strict=True)
    net.train()
    plan, recipe, batches = request["config"]["finetune"], request["config"]["train"], np.load(request["batches"])
    if plan["unfreeze"] != "all":
        net.requires_grad_(False)
        net.get_classifier().requires_grad_(True)
    if isinstance(plan["unfreeze"], int):
        net.norm.requires_grad_(True)
        net.blocks[-plan["unfreeze"]:].requires_grad_(True)
    groups = param_groups_layer_decay(net, recipe["weight_decay"], no_weight_decay_list=net.no_weight_decay(), layer_decay=plan["layer_decay"])
    optimizer = torch.optim.AdamW(groups, betas=tuple(recipe["betas"]), eps=recipe["eps"])
    losses, norms = [], []
    for step, lr in enumerate(request["lr"]):
        images = torch.from_numpy(batches[f"images.{step}"]).permute(0, 3, 1, 2)
        loss = torch.nn.functional.cross_entropy(net(images), torch.from_numpy(batches[f"targets.{step}"]))
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(net.parameters(), recipe["clip_grad"]).item())
        for group in optimizer.param_groups:
            group["lr"] = lr * group["lr_scale"]
        optimizer.step()
        losses.append(loss.item())
    ours = np.load(request["trained"])
    return {"losses": losses, "norms": norms, "params": {key: difference(ours[key], value.detach().numpy()) for key, value in net.named_parameters()}}


def gradients(request):
    """One batch through timm's transformers: the gap of every gradient over the largest of its tensor, and with one weight off by 1 %."""
    import torch
    from safetensors.torch import load_file

    answer = []
    for one in request:
        given, ours = load_file(one["given"]), load_file(one["ours"])
        images, targets = given.pop("images").permute(0, 3, 1, 2).contiguous(), given.pop("targets")
        net = timm_model(one["config"], targets.shape[1]).train()
        net.load_state_dict(with_table(given, one["config"]), strict=True)

        def gaps():
            net.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(images), targets)
            loss.backward()
            theirs = {name: p.grad.double() for name, p in net.named_parameters() if name in ours}
            # What is zero in exact arithmetic is rounding alone on both sides.
            least = 1e-6 * max(g.abs().max() for g in theirs.values())
            told = {name: g for name, g in theirs.items() if g.abs().max() > least}
            return loss.item(), {name: float((ours[name].double() - g).abs().max() / g.abs().max()) for name, g in told.items()}

        loss, found = gaps()
        with torch.no_grad():
            weight = net.head.weight.view(-1)
            weight[weight.abs().argmax()] *= 1.01
        answer.append({"loss": loss, "gradients": found, "control": max(gaps()[1].values())})
    return answer


def presets(request):
    """Names, shapes, multiply-adds and preprocessing of timm's own networks, without their weights."""
    import timm
    import torch
    from family import count_macs, listed

    answer = {}
    for name in request:
        with torch.device("meta"):
            net = timm.create_model(name, num_classes=1000, **({"weight_init": "skip"} if "vit" in name or "deit" in name else {}))
        config = timm.models.get_pretrained_cfg(name)
        size = list(config.input_size[1:])
        answer[name] = {
            "params": listed(net), "macs": count_macs(net, size), "decay": sorted(net.no_weight_decay() if hasattr(net, "no_weight_decay") else []),
            "image": {"size": size, "mean": config.mean, "std": config.std, "interpolation": config.interpolation, "crop_pct": config.crop_pct, "crop_mode": config.crop_mode},
        }
    return answer


def family(request):
    """One batch through each drawn network: names, and the gaps of logits, attention and gradients, with a control."""
    import torch
    from family import family_model, listed, run
    from kinks import gradients
    from safetensors.torch import load_file

    gap = lambda mine, theirs: float((mine.double() - theirs.double()).abs().max()) if mine.shape == theirs.shape else math.inf
    answer = []
    for one in request:
        given = load_file(one["given"])
        images, targets = given.pop("images").permute(0, 3, 1, 2).contiguous(), given.pop("targets", None)
        net = family_model(one["config"], one["classes"])
        net.load_state_dict(with_table(given, one["config"]), strict=True)
        logits, attention = run(net, images)
        told = {"shapes": listed(net), "spread": float(logits.detach().max() - logits.detach().min()), "engines": {}}
        relative = lambda mine, g: float((mine.double() - g).abs().max() / g.abs().max())
        for engine, file in one["ours"].items():
            ours = load_file(file)
            theirs = {}
            if targets is not None:
                mine = {key.removeprefix("gradient."): value for key, value in ours.items() if key.startswith("gradient.")}
                grads, _, _ = gradients(net, lambda net: torch.nn.functional.cross_entropy(run(net, images)[0], targets), mine)
                # What is zero in exact arithmetic is rounding alone on both sides.
                least = 1e-6 * max(g.abs().max() for g in grads.values())
                theirs = {name: g.double() for name, g in grads.items() if g.abs().max() > least}
            told["engines"][engine] = {
                "logits": gap(ours["logits"], logits.detach()),
                "attention": max([gap(ours[f"attention.{i}"], a.detach()) for i, a in enumerate(attention)], default=0),
                "gradients": {name: relative(ours[f"gradient.{name}"], g) for name, g in theirs.items()},
            }
        with torch.no_grad():
            weight = next(p for name, p in net.named_parameters() if name.endswith(("attn.qkv.weight", "in_proj.weight"))).view(-1)
            weight[weight.abs().argmax()] *= 1.1
            told["control"] = gap(run(net, images)[0], logits.detach())
        answer.append(told)
    return answer


def resnet(request):
    """One batch through timm's resnet18 with a 3 x 3 stem: relative gaps of logits, gradients and running statistics."""
    import timm
    import torch
    from safetensors.torch import load_file

    given, ours = load_file(request["given"]), load_file(request["ours"])
    images = given.pop("images").permute(0, 3, 1, 2).contiguous()
    net = timm.create_model("resnet18", num_classes=request["classes"])
    net.conv1, net.maxpool = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False), torch.nn.Identity()
    net.load_state_dict(given, strict=True)
    gap = lambda mine, theirs: float((mine.double() - theirs.double()).abs().max() / theirs.abs().max())
    with torch.no_grad():
        seen = net.eval()(images)
    logits = net.train()(images)
    torch.nn.functional.cross_entropy(logits, torch.arange(len(images))).backward()
    statistics = {name: value for name, value in net.state_dict().items() if "running_" in name}
    # After one step the first moment of AdamW is a tenth of the gradient.
    answer = {
        "gradients": {name: gap(ours[f"m.{name}"] * 10, p.grad) for name, p in net.named_parameters()},
        "statistics": {name: gap(ours[name], value) for name, value in statistics.items()},
        "logits": gap(ours["logits"], seen),
        "trainedLogits": gap(ours["trained_logits"], logits.detach()),
    }
    count = images.shape[0] * images.shape[2] * images.shape[3]
    kept = 0.9 * given["bn1.running_var"]
    biased = kept + (statistics["bn1.running_var"] - kept) * (count - 1) / count
    with torch.no_grad():
        net.load_state_dict(given)
        net.layer2[0].bn1.weight *= 1.01
        off = net.eval()(images)
    answer["control"] = {"statistics": gap(biased, statistics["bn1.running_var"]), "logits": gap(off, seen)}
    return answer


def architectures(request):
    """One batch through each network to compare with, strictly loaded: gaps of logits, attention and gradients over the largest value."""
    import torch
    from baselines import network
    from kinks import gradients
    from safetensors.torch import load_file

    gap = lambda mine, theirs: float((mine.double() - theirs.double()).abs().max() / theirs.abs().max())
    answer = []
    for one in request:
        given, ours = load_file(one["given"]), load_file(one["ours"])
        images, targets = given.pop("images").permute(0, 3, 1, 2).contiguous(), given.pop("targets")
        net = named(one["name"]) if "name" in one else network(one["config"], targets.shape[1])
        net.load_state_dict(given, strict=True)
        attention = []
        for block in getattr(net, "blocks", []):
            if hasattr(block, "attn"):
                block.attn.fused_attn = False
                block.attn.attn_drop.register_forward_hook(lambda module, given, out: attention.append(out.detach()))
        with torch.no_grad():
            seen = net.eval()(images)
        logits, maps = gap(ours["logits"], seen), max([gap(ours[f"attention.{i}"], a) for i, a in enumerate(attention)], default=0)
        mine = {key[2:]: value * 10 for key, value in ours.items() if key.startswith("m.")}
        theirs, near, flipped = gradients(net.train(), lambda net: torch.nn.functional.cross_entropy(net(images), targets), mine)
        least = 1e-6 * max(g.abs().max() for g in theirs.values())
        off_by = {name: gap(mine[name], g) for name, g in theirs.items() if g.abs().max() > least}
        with torch.no_grad():
            net.load_state_dict(given)
            list(net.parameters())[0].mul_(1.01)
            net.head.weight.mul_(1.01) if hasattr(net, "head") else net.fc.weight.mul_(1.01)
            off = gap(net.eval()(images), seen)
        answer.append({"logits": logits, "attention": maps, "maps": len(attention), "gradients": off_by, "near": near, "flipped": flipped, "control": off})
    return answer


def named(name):
    """A network as its own framework makes it by this name."""
    import timm
    import torchvision

    home, model = name.split()
    return getattr(torchvision.models, model)() if home == "torchvision" else timm.create_model(model, num_classes=1000)


def probabilities(request):
    """From the file on disk to the probabilities: Pillow, torchvision, timm."""
    import torch
    from torchvision import transforms as T

    net, meta = loaded(request["checkpoint"])
    image = meta["config"]["image"]
    spread = lambda values: values * image["channels"] if len(values) == 1 else values
    finish = T.Compose([T.ToTensor(), T.Normalize(spread(image["mean"]), spread(image["std"]))])
    with torch.no_grad():
        rows = [net(finish(prepared(file, image))[None]).softmax(1)[0].tolist() for file in request["files"]]
    return [dict(zip(meta["classes"], row)) for row in rows]


def scores(_):
    """scikit-learn's macro scores of random guesses; the last case has a class without images and one never guessed."""
    from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, precision_recall_fscore_support

    rng = np.random.default_rng(3)
    cases = [(rng.integers(0, k, n), rng.integers(0, k, n), k) for k, n in [(2, 40), (5, 200), (10, 37)]]
    cases.append((np.array([0, 0, 1, 1, 2, 4]), np.array([0, 1, 1, 1, 0, 4]), 5))
    answer = []
    for true, guessed, k in cases:
        p, r, f, _ = precision_recall_fscore_support(true, guessed, average="macro", zero_division=0)
        logits = rng.standard_normal((len(true), k)).astype(np.float32) * 3
        odds = np.exp(logits.astype(np.float64))
        answer.append({
            "counts": confusion_matrix(true, guessed, labels=range(k)).tolist(),
            "top1": accuracy_score(true, guessed), "precision": p, "recall": r, "f1": f,
            "labels": true.tolist(), "logits": logits.tolist(),
            "loss": log_loss(true, odds / odds.sum(1, keepdims=True), labels=range(k)),
        })
    return answer


def paired(request):
    """McNemar's exact test, and bootstraps of two classifiers on the same images."""
    import paired as reference
    return {"p": reference.mcnemar(request["pairs"]), "replicates": [reference.replicates(case) for case in request["cases"]], "scipy": [reference.interval(case) for case in request["large"]]}


def evaluations(cases):
    """Everything that an evaluation tells; see evaluation.py."""
    from evaluation import answer

    return json.loads(json.dumps([answer(case["logits"], case["labels"]) for case in cases], default=float))


def onnx_models(files):
    """What onnx says about each model: None, or why it is none. Strict: every shape and type is inferred and compared."""
    import onnx

    def complaint(file):
        try:
            onnx.checker.check_model(file, full_check=True)
            onnx.shape_inference.infer_shapes(onnx.load(file), check_type=True, strict_mode=True, data_prop=True)
        except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
            return str(error)

    return [complaint(file) for file in files]


def exported(request):
    """Exported models on photos, prepared by what each file says of itself; inputs go out as NCHW for `vit-lab run`."""
    import onnx
    import onnxruntime
    from PIL import Image

    answer = []
    for one in request:
        onnx.checker.check_model(one["model"], full_check=True)
        session = onnxruntime.InferenceSession(one["model"], providers=["CPUExecutionProvider"])
        meta = session.get_modelmeta().custom_metadata_map
        channels, height, width = json.loads(meta["input_size"])
        assert (meta["layout"], meta["interpolation"], meta["crop_mode"]) == ("NHWC", "bicubic", "squash")
        size, mode = (width, height), {1: "L", 3: "RGB"}[channels]
        pixels = np.stack([np.asarray(Image.open(file).convert(mode).resize(size, Image.Resampling.BICUBIC), np.float32).reshape(height, width, channels) for file in one["photos"]])
        x = ((pixels / 255 - json.loads(meta["mean"])) / json.loads(meta["std"])).astype(np.float32)
        np.save(one["input"], np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
        names = [output.name for output in session.get_outputs()]
        np.savez(one["output"], **dict(zip(names, session.run(None, {"images": x}))))
        model = onnx.load(one["model"], load_external_data=False)
        answer.append({
            "labels": json.loads(meta["label_names"]),
            "args": json.loads(meta["model_args"]),
            "batch": session.get_inputs()[0].shape[0],
            "domains": sorted({node.domain for node in model.graph.node}),
            "weights": [tensor.name for tensor in model.graph.initializer],
        })
    return answer


def folders(request):
    """Exported folders, opened by their own scripts and by what their libraries offer: probabilities of photos, and logits of given inputs."""
    import importlib.util

    import torch

    answer = []
    for one in request:
        where = importlib.util.spec_from_file_location(f"predict{len(answer)}", f"{one['folder']}/predict.py")
        script = importlib.util.module_from_spec(where)
        where.loader.exec_module(script)
        model = script.network()
        told = {"labels": script.LABELS, "probabilities": [script.probabilities(model, photo).tolist() for photo in one["photos"]], "logits": None, "pixels": None, "loading": None}
        x = np.stack([script.prepare(photo) for photo in one["photos"]])
        x = torch.from_numpy(x).permute(0, 3, 1, 2)
        config = json.load(open(f"{one['folder']}/config.json")) if one["to"] != "onnx" else {}
        if one["to"] == "timm" and "architecture" in config:
            import timm

            net = timm.create_model(f"local-dir:{one['folder']}", pretrained=True).eval()
            told["logits"] = net(x).tolist()
            told["pixels"] = timm.data.resolve_model_data_config(net)["input_size"]
        if one["to"] == "huggingface":
            from PIL import Image
            from transformers import AutoImageProcessor, AutoModelForImageClassification

            net, info = AutoModelForImageClassification.from_pretrained(one["folder"], output_loading_info=True)
            told["loading"] = {name: sorted(map(str, keys)) for name, keys in info.items() if keys}
            told["logits"] = net.eval()(x).logits.tolist()
            if x.shape[1] == 3:
                seen = AutoImageProcessor.from_pretrained(one["folder"])([Image.open(photo).convert("RGB") for photo in one["photos"]], return_tensors="pt")["pixel_values"]
                told["pixels"] = float((seen - x).abs().max()) if seen.shape == x.shape else list(seen.shape)
        answer.append(told)
    return answer


def dynamic(request):
    """timm's own `dynamic_img_size`, on images of sizes that the network was not made for: logits and the attention of every block."""
    import timm
    import torch
    from family import run
    from safetensors.torch import load_file

    net = timm.create_model(f"local-dir:{request['folder']}", pretrained=True, dynamic_img_size=True).eval()
    answer = []
    for images in load_file(request["images"]).values():
        logits, attention = run(net, images.permute(0, 3, 1, 2))
        answer.append({"logits": logits.tolist(), "attention": [a.flatten().tolist() for a in attention]})
    return answer


def mixing(request):
    """timm's Mixup on the same batch with the same draw: images and targets; and its boxes around the same pixels."""
    import timm.data.mixup as timm_mixup
    import torch
    from safetensors.torch import load_file, save_file

    given, out = load_file(request["given"]), {}
    for i, one in enumerate(request["mixes"]):
        mixup = timm_mixup.Mixup(mixup_alpha=1.0, cutmix_alpha=1.0, label_smoothing=request["smoothing"], num_classes=request["classes"])
        mixup._params_per_batch = lambda: (one["lam"], "box" in one)
        box = one.get("box")
        timm_mixup.cutmix_bbox_and_lam = lambda *_, **__: ((box["top"], box["bottom"], box["left"], box["right"]), one["lam"])
        images, targets = mixup(given["images"].permute(0, 3, 1, 2).clone(), given["labels"].long())
        out[f"images.{i}"], out[f"targets.{i}"] = images.permute(0, 2, 3, 1).contiguous(), targets.float().contiguous()
    save_file(out, request["out"])
    boxes = []
    for lam, row, column in request["boxes"]:
        draws = iter((row, column))
        np.random.randint = lambda *_, **__: next(draws)
        boxes.append([int(side) for side in timm_mixup.rand_bbox((1, 3, *request["size"]), lam)])
    return boxes


def schedules(request):
    """PyTorch's own schedulers, asked at every step."""
    import torch
    from torch.optim import lr_scheduler

    answer = []
    for one in request:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=one["lr"])
        scheduler = getattr(lr_scheduler, one["kind"])(optimizer, **one["options"])
        rates = []
        for _ in range(one["steps"]):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        answer.append(rates)
    return answer


def explanations(request):
    """Maps and curves that explain a class, against those of timm and autograd."""
    from explain import explanations as answer

    return answer(request, loaded, pair)


def flows(request):
    """Largest differences of everything inside a network from what hooks see in timm's, and what a wrong weight would show."""
    import torch
    from family import family_model
    from flow import observed
    from safetensors.torch import load_file

    answer = []
    for one in request:
        given, ours = load_file(one["given"]), load_file(one["ours"])
        images = given.pop("images").permute(0, 3, 1, 2).contiguous()
        net = family_model(one["config"], one["classes"])
        net.load_state_dict(with_table(given, one["config"]), strict=True)
        for block in net.blocks:
            getattr(block, "attn", block).fused_attn = False
        theirs = observed(net, images)
        gap = lambda mine, own: float((mine.double().reshape(own.shape) - own.double()).abs().max()) if mine.numel() == own.numel() else math.inf
        gaps = {name: gap(ours[name], value) for name, value in theirs.items() if name in ours}
        with torch.no_grad():
            weight = next(p for name, p in net.named_parameters() if name.endswith(("attn.qkv.weight", "in_proj.weight"))).view(-1)
            weight[weight.abs().argmax()] *= 1.1
        off = observed(net, images)
        control = max(float((off[name].double() - value.double()).abs().max()) for name, value in theirs.items())
        answer.append({"gaps": gaps, "control": control})
    return answer


def features(request):
    """Representations, against those of timm and NumPy."""
    from features import features as answer

    return answer(request, loaded, pair)


def attention(request):
    """Distance, entropy and masks of attention that was written as .npy."""
    from attention import numbers as answer

    return answer(request)


def plateaus(request):
    """PyTorch's ReduceLROnPlateau: the learning rate after each value."""
    import torch

    answer = []
    for one in request:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=one["lr"])
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **one["options"])
        rates = []
        for value in one["values"]:
            scheduler.step(float("nan") if value is None else value)
            rates.append(optimizer.param_groups[0]["lr"])
        answer.append(rates)
    return answer


def steps(request):
    """Single training steps: `kind` says of what part of a recipe."""
    import steps as kinds

    return getattr(kinds, request["kind"])(request["cases"])


def repeats(request):
    """Places in the shuffled list, as timm's sampler for repeated augmentation yields them on one device."""
    from timm.data.distributed_sampler import RepeatAugSampler

    make = lambda one: RepeatAugSampler(range(one["images"]), num_replicas=1, rank=0, shuffle=False, num_repeats=one["repeats"], selected_round=0)
    return [list(make(one)) for one in request]


questions = {f.__name__: f for f in (explanations, features, attention, inputs, models, preprocessing, training, finetuning, gradients, presets, family, resnet, architectures, probabilities, scores, evaluations, paired, onnx_models, exported, folders, dynamic, mixing, schedules, repeats, pipelines, steps, plateaus, flows)}
json.dump(questions[sys.argv[1]](json.load(sys.stdin)), sys.stdout)
