"""Looks into images as people do in Python: timm's network and preprocessing, and a hook on every softmax.

`write MODEL FILE` writes random weights; `MODEL FILE IMAGE…` says how long the first picture took, from the start of
this program and without its imports, and each of the other images.
"""
import time

START = time.perf_counter()

import json
import os
import sys

import timm
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

model, file, *images = sys.argv[1:]
if model == "write":
    torch.manual_seed(0)
    model, (file,) = file, images
    save_file({key: value.contiguous() for key, value in timm.create_model(model).state_dict().items()}, file)
    sys.exit()

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
first = time.perf_counter()
net = timm.create_model(model).eval()
net.load_state_dict(load_file(file), strict=True)
maps = []
for block in net.blocks:
    block.attn.fused_attn = False
    block.attn.attn_drop.register_forward_hook(lambda _, __, output: maps.append(output))
transform = timm.data.create_transform(**timm.data.resolve_data_config({}, model=net))


def look(name):
    maps.clear()
    with torch.inference_mode():
        seen = transform(Image.open(name).convert("RGB"))
        answer = net(seen[None]).softmax(-1).topk(10)
    return answer, torch.stack([one[0, :, 0] for one in maps]).numpy()


look(images[0])
done = time.perf_counter()
after = []
for name in images[1:]:
    begun = time.perf_counter()
    look(name)
    after.append(1000 * (time.perf_counter() - begun))
print(json.dumps({"label": f"timm {timm.__version__} with hooks, PyTorch {torch.__version__}", "first": 1000 * (done - first), "fromStart": 1000 * (done - START), "next": after}))
