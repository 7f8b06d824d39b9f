"""Writes timm's ViT as an ONNX file with the names that transformers.js expects: `export_vit.py SHAPE FILE`."""
import json
import sys

import torch
from timm.models.vision_transformer import VisionTransformer

shape, file = json.loads(sys.argv[1]), sys.argv[2]
net = VisionTransformer(
    img_size=shape["size"], patch_size=shape["patch"], embed_dim=shape["dim"], depth=shape["depth"],
    num_heads=shape["heads"], mlp_ratio=shape["mlp"], num_classes=shape["classes"],
).eval()
images = torch.randn(1, 3, shape["size"], shape["size"])
torch.onnx.export(net, (images,), file, input_names=["pixel_values"], output_names=["logits"], opset_version=17, dynamo=False)
