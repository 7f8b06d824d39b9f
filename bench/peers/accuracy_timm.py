"""Trains timm's plain ViT on the images and by the recipe of a run, with PyTorch, and tells what it reaches on the test.

One line of JSON in (the configuration of the run), lines of JSON out: one for an epoch, the last with the result.
"""
import json
import pathlib
import sys
import time

import numpy as np
import torch
from timm.models.vision_transformer import VisionTransformer


def sides(size):
    """Height and width, of which one stands for both."""
    return (size, size) if isinstance(size, int) else tuple(size)


def images_of(folder, split, size):
    pixels = np.fromfile(folder / f"{split}.images", dtype=np.uint8).reshape(-1, *size, 3)
    labels = np.fromfile(folder / f"{split}.labels", dtype=np.int32)
    return torch.from_numpy(pixels).permute(0, 3, 1, 2), torch.from_numpy(labels).long()


def augmented(batch, padding, flip):
    """Padded with black, cropped back at a random place, mirrored half the time; each image by itself."""
    count, _, height, width = batch.shape
    if padding:
        wide = torch.nn.functional.pad(batch, (padding,) * 4)
        places = torch.randint(0, 2 * padding + 1, (count, 2)).tolist()
        batch = torch.stack([wide[i, :, y:y + height, x:x + width] for i, (y, x) in enumerate(places)])
    if flip:
        batch = torch.where((torch.rand(count) < 0.5)[:, None, None, None], batch.flip(3), batch)
    return batch


def network(config):
    model = config["model"]
    # What timm's `create_model` gives: truncated normals of 0.02, a class token, norms of 1e-6.
    return VisionTransformer(img_size=sides(config["image"]["size"]), patch_size=sides(model["patch_size"]), embed_dim=model["embed_dim"], depth=model["depth"], num_heads=model["num_heads"], mlp_ratio=model["mlp_ratio"], num_classes=config["classes"])


def groups_of(net, decay):
    """timm's own: no decay of 1-D parameters, position and class token."""
    plain = lambda name, p: p.ndim == 1 or name in net.no_weight_decay()
    named = list(net.named_parameters())
    return [{"params": [p for n, p in named if not plain(n, p)], "weight_decay": decay}, {"params": [p for n, p in named if plain(n, p)], "weight_decay": 0.0}]


@torch.no_grad()
def accuracy(net, images, labels, normalise):
    net.eval()
    hits = sum((net(normalise(x)).argmax(1) == y).sum().item() for x, y in zip(images.split(256), labels.split(256)))
    return hits / len(labels)


def train(config, folder, seed):
    torch.manual_seed(seed)
    torch.set_num_threads(2)
    recipe, size = config["train"], sides(config["image"]["size"])
    mean, std = (torch.tensor(config["image"][key])[:, None, None] for key in ("mean", "std"))
    normalise = lambda pixels: (pixels.float() / 255 - mean) / std
    data = {split: images_of(folder, split, size) for split in ("train", "val", "test")}
    net = network(config)
    optimizer = torch.optim.AdamW(groups_of(net, recipe["weight_decay"]), lr=1.0, betas=tuple(recipe["betas"]), eps=recipe["eps"])
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=recipe["label_smoothing"])
    images, labels = data["train"]
    step, best, kept, start = 0, -1.0, None, time.perf_counter()
    for epoch in range(recipe["epochs"]):
        net.train()
        for chosen in torch.randperm(len(labels)).split(recipe["batch_size"]):
            for group in optimizer.param_groups:
                group["lr"] = config["lr"][step]
            x = normalise(augmented(images[chosen], recipe["augment"]["crop_padding"], recipe["augment"]["hflip"]))
            optimizer.zero_grad()
            loss_of(net(x), labels[chosen]).backward()
            if recipe["clip_grad"] > 0:
                torch.nn.utils.clip_grad_norm_(net.parameters(), recipe["clip_grad"])
            optimizer.step()
            step += 1
        val = accuracy(net, *data["val"], normalise)
        if val > best:
            best, kept = val, {key: value.clone() for key, value in net.state_dict().items()}
        print(json.dumps({"epoch": epoch + 1, "val": val, "seconds": time.perf_counter() - start}), flush=True)
    seconds = time.perf_counter() - start
    net.load_state_dict(kept)
    return {"top1": accuracy(net, *data["test"], normalise), "seconds": seconds, "params": sum(p.numel() for p in net.parameters())}


if __name__ == "__main__":
    config = json.loads(sys.stdin.readline())
    print(json.dumps(train(config, pathlib.Path(sys.argv[1]), config["seed"])), flush=True)
