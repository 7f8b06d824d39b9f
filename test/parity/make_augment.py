"""Writes test/golden/augment/cases.json: what torchvision, timm and Pillow make of small drawn images.

    .cache/parity/bin/python test/parity/make_augment.py

Written with torchvision 0.29.2, timm 1.0.31, Pillow 13.0.0 on x86-64. `npm test` reads the file and needs no Python.
Images are uint8 [H, W, C] in base64. What `draws` mean is said in augment.py.
"""

import base64
import json
import pathlib

import numpy as np

from augment import answer

OUT = pathlib.Path(__file__).resolve().parent.parent / "golden" / "augment" / "cases.json"

OPERATIONS = {
    "Identity": [0], "AutoContrast": [0], "Equalize": [0], "Invert": [0],
    "Posterize": [1, 2, 5, 8], "Solarize": [0, 127.5, 200, 255], "SolarizeAdd": [40, 110],
    "Color": [-0.9, -0.3, 0, 0.45, 0.99], "Contrast": [-0.9, 0.3, 0.99], "Brightness": [-1, -0.45, 0.6], "Sharpness": [-0.9, 0.27, 0.99],
    "ShearX": [-0.99, 0.12, 0.3], "ShearY": [-0.3, 0.09, 0.99], "TranslateX": [-7.9, 3, 32], "TranslateY": [-32, -2.2, 5.1],
    "Rotate": [-135, -90, -9, 0, 4.5, 30, 90, 180], "Hue": [-0.5, -0.1, 0.07, 0.5], "GaussianBlur": [0.1, 0.7, 2],
}
GREY = [name for name in OPERATIONS if name not in ("Color", "Hue")]

POLICIES = {
    "rand_augment": [{"num_ops": 2, "magnitude": 9}, {"num_ops": 3, "magnitude": 30}],
    "trivial_augment": [None, None],
    "auto_augment": ["cifar10", "cifar10", "imagenet", "svhn"],
    "three_augment": [None],
    "color_jitter": [{"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}],
    "random_resized_crop": [{"scale": [0.08, 1.0], "ratio": [3 / 4, 4 / 3]}, {"scale": [0.9, 1.0], "ratio": [3.0, 5.0]}],
    "random_erasing": [{"prob": 0.7, "mode": "const", "count": 1}, {"prob": 1.0, "mode": "pixel", "count": 3}],
}
EACH = 10


def painted(rng, width, height, channels):
    """Smooth colours, an edge and noise, darker than white and lighter than black."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / (2 + c) + c) * np.cos(y / (3 - c / 2)) * 60 + 110 + (x > y) * 40 for c in range(channels)]
    return (np.stack(waves, 2) + rng.integers(-30, 30, (height, width, channels))).clip(3, 240).astype(np.uint8)


def image(array):
    height, width, channels = array.shape
    return {"width": width, "height": height, "channels": channels, "data": base64.b64encode(array.tobytes()).decode()}


def main():
    rng = np.random.default_rng(7)
    images = {
        "colours": painted(rng, 20, 16, 3),
        "grey": painted(rng, 20, 16, 1),
        "square": painted(rng, 9, 9, 3),
        # One colour, and too few pixels for a filter of 3 × 3.
        "flat": np.full((2, 3, 3), [10, 200, 90], np.uint8),
        # Few values, so that equalizing overshoots.
        "steps": rng.choice(np.uint8([0, 40, 41, 255]), (18, 15, 1), p=[0.05, 0.05, 0.1, 0.8]),
    }
    images = {name: image(array) for name, array in images.items()}
    questions = [
        {"do": "operation", "operation": name, "magnitude": magnitude, "image": of}
        for of in images for name, magnitudes in OPERATIONS.items() if images[of]["channels"] == 3 or name in GREY
        for magnitude in (magnitudes if of == "square" else magnitudes[:2])
    ]
    questions += [
        {"do": what, "settings": settings, "draws": [round(float(u), 3) for u in rng.random(24)], "image": "grey" if i == 0 else "square" if i % 2 else "small"}
        for what, several in POLICIES.items() for settings in several for i in range(EACH)
    ]
    images["small"] = image(painted(rng, 12, 8, 3))
    spans = [[0, 0.3, 31], [0, 0.99, 31], [0, 32, 31], [0, 135, 31], [255, 0, 31], [0, 0.9, 10]]
    spans += [[0, 150 / 331 * side, bins] for side in (16, 20, 28, 32, 64, 97, 224) for bins in (10, 31)]
    questions += [{"do": "linspace", "settings": span} for span in spans]
    cases = [{**question, "answer": answer({**question, "image": images.get(question.get("image"))})} for question in questions]
    OUT.parent.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(case) for case in cases)
    OUT.write_text('{"images": ' + json.dumps(images, indent=1) + ',\n"cases": [\n' + lines + "\n]}\n")
    print(OUT, len(cases), OUT.stat().st_size)


if __name__ == "__main__":
    main()
