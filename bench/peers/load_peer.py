"""Opens ViT-B/16's weights as people do in Python: safetensors into timm's network. With `write FILE`, writes them first."""

import json
import resource
import sys
import time

import timm
from safetensors.torch import load_file, save_file

if sys.argv[1] == "write":
    save_file({key: value.contiguous() for key, value in timm.create_model("vit_base_patch16_224").state_dict().items()}, sys.argv[2])
else:
    start = time.perf_counter()
    net = timm.create_model("vit_base_patch16_224")
    net.load_state_dict(load_file(sys.argv[1]), strict=True)
    print(json.dumps({"label": f"safetensors, timm {timm.__version__}", "ms": 1000 * (time.perf_counter() - start), "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
