"""The other side of the augmentation tests: torchvision, timm and Pillow change one image after the other.

    python augment.py < questions.json > answers.json

A question names what is done (`do`), its settings and the image: width, height, channels and uint8 [H, W, C] in base64.
`draws` are numbers from 0 to 1 that every library's random functions are made to return in turn: a whole number below n
is floor(u · n), a number between a and b is a + (b − a) · u. So the choices are the library's own, and comparable.
"""

import base64
import json
import math
import random
import sys
from contextlib import ExitStack
from unittest.mock import patch

import numpy as np
import torch
from PIL import Image, ImageFilter
from timm.data import auto_augment, random_erasing
from torchvision import transforms as T
from torchvision.transforms import autoaugment, functional

NORMAL = 7.0


def opened(image):
    data = np.frombuffer(base64.b64decode(image["data"]), np.uint8).reshape(image["height"], image["width"], image["channels"])
    return Image.fromarray(data[:, :, 0] if image["channels"] == 1 else data)


def closed(picture):
    return base64.b64encode(np.asarray(picture).tobytes()).decode()


class Draws:
    """Stands in for the random functions of torch and of Python."""

    def __init__(self, values):
        self.values = iter(values)

    def whole(self, n):
        return math.floor(next(self.values) * n)

    def between(self, low, high):
        return low + (high - low) * next(self.values)

    def randint(self, *given, size=None, dtype=None):
        *bounds, shape = given if size is None else (*given, size)
        low, high = (0, *bounds) if len(bounds) == 1 else bounds
        return torch.tensor([low + self.whole(high - low) for _ in range(shape[0])])

    def randperm(self, n):
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.whole(i + 1)
            order[i], order[j] = order[j], order[i]
        return torch.tensor(order)

    def __enter__(self):
        self.stack = ExitStack()
        stand_ins = [
            (torch, "randint", self.randint),
            (torch, "randperm", self.randperm),
            (torch, "rand", lambda shape: torch.tensor([next(self.values) for _ in range(shape[0])])),
            (torch.Tensor, "uniform_", lambda tensor, low, high: tensor.fill_(self.between(float(low), float(high)))),
            (random, "random", lambda: next(self.values)),
            (random, "uniform", self.between),
            (random, "randint", lambda low, high: low + self.whole(high - low + 1)),
            (random, "choice", lambda items: items[self.whole(len(items))]),
            (random_erasing, "_get_pixels", lambda per_pixel, rand_color, *_, **__: NORMAL if per_pixel or rand_color else 0.0),
        ]
        for where, name, function in stand_ins:
            self.stack.enter_context(patch.object(where, name, function))

    def __exit__(self, *error):
        self.stack.close()


def operation(picture, name, magnitude):
    if name == "SolarizeAdd":
        return auto_augment.solarize_add(picture, int(magnitude))
    if name == "Hue":
        return functional.adjust_hue(picture, magnitude)
    if name == "GaussianBlur":
        return picture.filter(ImageFilter.GaussianBlur(magnitude))
    return autoaugment._apply_op(picture, name, magnitude, functional.InterpolationMode.NEAREST, None)


def erased(image, settings):
    """Numbers from 8 to 135 stand for a normalised image: none of them is what erased pixels become."""
    data = np.frombuffer(base64.b64decode(image["data"]), np.uint8).reshape(image["height"], image["width"], image["channels"])
    erase = random_erasing.RandomErasing(settings["prob"], mode=settings["mode"], max_count=settings["count"], device="cpu")
    tensor = torch.from_numpy((data // 2 + 8).astype(np.float32)).permute(2, 0, 1)
    return erase(tensor).permute(1, 2, 0).numpy().astype(np.uint8)


def drawn(question):
    what, settings, picture = question["do"], question.get("settings"), opened(question["image"])
    if what == "random_erasing":
        return erased(question["image"], settings)
    if what == "random_resized_crop":
        return T.RandomResizedCrop((picture.height, picture.width), settings["scale"], settings["ratio"], functional.InterpolationMode.BICUBIC)(picture)
    if what == "color_jitter":
        return T.ColorJitter(**settings)(picture)
    if what == "three_augment":
        return auto_augment.AutoAugment(auto_augment.auto_augment_policy("3a"))(picture)
    kinds = {
        "rand_augment": lambda: T.RandAugment(**settings),
        "trivial_augment": T.TrivialAugmentWide,
        "auto_augment": lambda: T.AutoAugment(T.AutoAugmentPolicy(settings)),
    }
    return kinds[what]()(picture)


def answer(question):
    if question["do"] == "linspace":
        return torch.linspace(*question["settings"]).tolist()
    if question["do"] == "operation":
        return closed(operation(opened(question["image"]), question["operation"], question["magnitude"]))
    with Draws(question["draws"]):
        return closed(drawn(question))


if __name__ == "__main__":
    json.dump([answer(question) for question in json.load(sys.stdin)], sys.stdout)
