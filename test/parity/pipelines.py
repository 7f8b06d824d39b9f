"""The evaluation transforms of the frameworks that weights come from, each made by the framework itself.

`prepare(library, settings, file)` gives what the network would get, float32 [C, H, W], of a picture that PIL opens as RGB.
"""

import json
import pathlib
import tempfile

import numpy as np


def opened(file):
    """Upright, as ViT Lab shows and takes it; `Image.open` alone would leave it lying."""
    from PIL import Image, ImageOps

    return ImageOps.exif_transpose(Image.open(file)).convert("RGB")


def prepare(library, settings, file):
    return np.asarray(LIBRARIES[library](settings, opened(file)), dtype=np.float32)


def timm(settings, picture):
    """From a hub's config.json, by timm's own resolve_data_config and create_transform."""
    from timm.data import create_transform, resolve_data_config

    cfg = settings.get("pretrained_cfg", settings)
    return create_transform(**resolve_data_config({}, pretrained_cfg=cfg), is_training=False)(picture)


def torchvision(settings, picture):
    """The transforms that come with torchvision's weights."""
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms._presets import ImageClassification

    how = InterpolationMode(settings.get("interpolation", "bilinear"))
    return ImageClassification(crop_size=settings["crop_size"], resize_size=settings["resize_size"], interpolation=how)(picture)


def hf(backend):
    def run(settings, picture):
        """From a preprocessor_config.json in a folder, as `from_pretrained` reads it."""
        from transformers import AutoImageProcessor

        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "preprocessor_config.json").write_text(json.dumps(settings))
            processor = AutoImageProcessor.from_pretrained(folder, backend=backend)
        return processor(picture, return_tensors="np")["pixel_values"][0]

    return run


LIBRARIES = {"timm": timm, "torchvision": torchvision, "hf-pil": hf("pil"), "hf-torchvision": hf("torchvision")}
