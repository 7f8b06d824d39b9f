"""Writes test/golden/preprocessing.json: what the frameworks make of small drawn pictures, and what PIL opens.

    .cache/parity/bin/python test/parity/make_preprocessing.py

Written with timm 1.0.31, torchvision 0.29.2, transformers 5.24.0, Pillow 13.0.0. `npm test` reads the file and needs no
Python. Pictures are PNG and JPEG files in base64; pixels uint8 [H, W, 3] in base64, brought back from what the network
gets with the settings' own mean and deviation.
"""

import base64
import io
import json
import pathlib

import numpy as np
from PIL import Image

from pipelines import opened, prepare

OUT = pathlib.Path(__file__).resolve().parent.parent / "golden" / "preprocessing.json"
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
HALF = {"mean": [0.5] * 3, "std": [0.5] * 3}
HF_IMAGENET = {"image_mean": IMAGENET["mean"], "image_std": IMAGENET["std"]}

# Sides that leave odd remainders, so that every rule of rounding shows.
PICTURES = {"wide": (53, 37), "tall": (29, 61), "small": (15, 11), "square": (40, 40), "panorama": (120, 7)}


def cfg(**more):
    return {"architecture": "vit", "pretrained_cfg": {"input_size": [3, 21, 21], "interpolation": "bicubic", "crop_pct": 0.9, **HALF, **more}}


def hf(kind, **more):
    return {"image_processor_type": kind, **more}


edge = {"shortest_edge": 25}
square = {"height": 21, "width": 21}
CASES = {
    "timm augreg": ("timm", cfg()),
    "timm DeiT": ("timm", cfg(**IMAGENET)),
    "timm whole": ("timm", cfg(crop_pct=1.0)),
    "timm flat config, its defaults": ("timm", {"architecture": "vit", "input_size": [3, 21, 21]}),
    "timm squash": ("timm", cfg(crop_mode="squash", crop_pct=0.8)),
    "timm border": ("timm", cfg(crop_mode="border", crop_pct=1.0, **IMAGENET)),
    "timm border, cropped": ("timm", cfg(crop_mode="border", crop_pct=0.7)),
    "timm oblong": ("timm", cfg(input_size=[3, 16, 27])),
    "timm oblong border": ("timm", cfg(input_size=[3, 27, 16], crop_mode="border")),
    **{f"timm {how}": ("timm", cfg(interpolation=how, crop_pct=0.8)) for how in ("nearest", "box", "bilinear", "hamming", "lanczos")},
    "torchvision ViT": ("torchvision", {"crop_size": 21, "resize_size": 24}),
    "torchvision, bicubic": ("torchvision", {"crop_size": 20, "resize_size": 23, "interpolation": "bicubic"}),
    "ViTImageProcessor": ("hf", hf("ViTImageProcessor", size=square)),
    "ViTFeatureExtractor of old": ("hf", {"feature_extractor_type": "ViTFeatureExtractor", "size": 21, "resample": 2, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "do_resize": True, "do_normalize": True}),
    "DeiTImageProcessor": ("hf", hf("DeiTImageProcessor", size={"height": 24, "width": 24}, crop_size=square, **HF_IMAGENET)),
    "DeiTFeatureExtractor of old": ("hf", {"feature_extractor_type": "DeiTFeatureExtractor", "size": 24, "crop_size": 21, "resample": 3, "do_center_crop": True, **HF_IMAGENET}),
    "BitImageProcessor of DINOv2": ("hf", hf("BitImageProcessor", size=edge, crop_size={"height": 20, "width": 20}, resample=3, rescale_factor=0.00392156862745098, **HF_IMAGENET)),
    "BitImageProcessor, even remainder": ("hf", hf("BitImageProcessor", size=edge, crop_size=square)),
    "CLIPImageProcessor": ("hf", hf("CLIPImageProcessor", size={"shortest_edge": 21}, crop_size=square)),
    "CLIPFeatureExtractor of old": ("hf", {"feature_extractor_type": "CLIPFeatureExtractor", "size": 24, "crop_size": 20, "resample": 3}),
    "SiglipImageProcessor": ("hf", hf("SiglipImageProcessor", size=square, resample=3)),
    "ViTImageProcessor, -1 to 1 by its factor": ("hf", hf("ViTImageProcessor", size=square, rescale_factor=1 / 127.5, image_mean=[1.0] * 3, image_std=[1.0] * 3)),
    "ViTImageProcessor, no rescale": ("hf", hf("ViTImageProcessor", size=square, do_rescale=False, image_mean=[127.5] * 3, image_std=[63.75] * 3, resample=1)),
    "ViTImageProcessor, no normalisation": ("hf", hf("ViTImageProcessor", size={"height": 16, "width": 27}, do_normalize=False, resample=0)),
}

CLIP = {"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711]}


def norm(name, library, settings):
    """Mean and deviation that a case has for colours from 0 to 1, said by hand: the classes' defaults are none of ours."""
    if "1 to 1" in name:
        return [0.5] * 3, [0.5] * 3
    if "no rescale" in name:
        return [0.5] * 3, [0.25] * 3
    if "no normalisation" in name:
        return [0.0] * 3, [1.0] * 3
    imagenet = "image_mean" in settings and settings["image_mean"] != [0.5] * 3 or library == "torchvision" or "flat" in name
    clip = ("CLIP" in name or "even remainder" in name)
    known = CLIP if clip else IMAGENET if imagenet else settings.get("pretrained_cfg", HALF)
    return known["mean"], known["std"]


NORMS = {name: norm(name, *case) for name, case in CASES.items()}


def drawn(rng, width, height):
    """Smooth colours, an edge and noise."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / (2 + c) + c) * np.cos(y / (3 - c / 2)) * 60 + 128 + (x > y) * 50 for c in range(3)]
    return (np.stack(waves, 2) + rng.integers(-40, 40, (height, width, 3))).clip(0, 255).astype(np.uint8)


def b64(data):
    return base64.b64encode(data).decode()


def stored(picture, **how):
    out = io.BytesIO()
    picture.save(out, **how)
    return out.getvalue()


def formats(rng):
    """One picture as files of every kind that PIL brings to RGB, and what it gets."""
    colours = drawn(rng, 16, 12)
    picture = Image.fromarray(colours)
    cmyk = Image.merge("CMYK", [Image.fromarray(np.ascontiguousarray(band)) for band in (*np.moveaxis(colours, 2, 0), colours[::-1, :, 1] // 2)])
    exif = Image.Exif()
    exif[0x0112] = 6
    files = {
        "grey.png": stored(picture.convert("L"), format="png"),
        "bits.png": stored(picture.convert("1"), format="png"),
        "palette.png": stored(picture.quantize(17), format="png"),
        "cmyk.jpg": stored(cmyk, format="jpeg", quality=95, subsampling=0),
        "exif.jpg": stored(picture, format="jpeg", quality=95, subsampling=0, exif=exif),
        "grey.jpg": stored(picture.convert("L"), format="jpeg", quality=90),
    }
    return [{"name": name, "file": b64(data), **pixels(np.asarray(opened(io.BytesIO(data))))} for name, data in files.items()]


def pixels(array):
    assert array.dtype == np.uint8
    return {"size": list(array.shape[:2]), "pixels": b64(np.ascontiguousarray(array).tobytes())}


def main():
    rng = np.random.default_rng(5)
    pictures = {name: drawn(rng, *size) for name, size in PICTURES.items()}
    files = {name: stored(Image.fromarray(array), format="png") for name, array in pictures.items()}
    cases = []
    for name, (library, settings) in CASES.items():
        for backend in ["hf-pil", "hf-torchvision"] if library == "hf" else [library]:
            answers = {picture: prepare(backend, settings, io.BytesIO(data)) for picture, data in files.items()}
            # Enough to hold the normalisation; the pixels hold the rest.
            first = answers["wide"]
            cases.append({
                "name": name, "library": backend, "settings": settings, "size": list(first.shape[1:]),
                "row": b64(first[:, first.shape[1] // 2].T.astype("<f4").tobytes()),
                "pixels": {picture: b64(levels(answer, *NORMS[name]).tobytes()) for picture, answer in answers.items()} if backend != "hf-torchvision" or name in BOTH else {},
            })
    golden = {"pictures": {name: b64(data) for name, data in files.items()}, "cases": cases, "formats": formats(rng)}
    OUT.write_text(json.dumps(golden, indent=1) + "\n")
    print(OUT, OUT.stat().st_size)


# Of transformers' two backends the pixels are kept where their rules might differ.
BOTH = ("ViTImageProcessor", "BitImageProcessor of DINOv2")


def levels(answer, mean, std):
    """uint8 [H, W, 3] from [C, H, W]; that whole numbers come out holds mean and deviation, too."""
    exact = 255 * (np.moveaxis(answer, 0, 2).astype(np.float64) * std + mean)
    assert np.abs(exact - exact.round()).max() < 1e-2, np.abs(exact - exact.round()).max()
    return exact.round().astype(np.uint8)


if __name__ == "__main__":
    main()
