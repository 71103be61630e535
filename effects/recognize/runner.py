"""Classify a photo with EfficientNet-Lite0 (Tan & Le 2019) and draw what was found."""

from __future__ import annotations

import json

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from effects import image
from effects.backbones import efficientnet_lite0
from effects.imagenet import CLASSES
from effects.recognize import RecognizeParams
from effects.recognize.panel import Label, annotate, percent
from effects.spec import Context, Effect, Item, Media, Output, Text, Weights

__all__ = ["Recognize"]

SIDE = 224
# The network was tested on the middle 224/256 of the shorter side.
CROP = 224 / 256
# On photographs with a known answer the first guess is right 9 times in 10 above this, and
# every second time below.
SURE = 0.4
SHOWN = 1024


class Recognize(Effect[RecognizeParams]):
    """Photo -> the five likeliest of ImageNet's classes, in words, as data and as a picture."""

    def __init__(self, device: str, weights: Weights) -> None:
        super().__init__(device, weights)
        self._net = efficientnet_lite0(weights, device)

    def run(self, item: Item[RecognizeParams], ctx: Context) -> Output:
        """One step; `data` holds labels.json: a list of {"label", "probability"}."""
        ctx.step(0, 1)
        photo = image.bound(item.photos[0], SHOWN)
        labels = self._classify(photo)
        sure = labels[0].probability >= SURE
        content = image.encode(annotate(photo, labels, sure=sure), "image/jpeg")
        data = json.dumps([label._asdict() for label in labels]).encode()
        ctx.step(1, 1)
        return Output(
            (Media("image/jpeg", content),), _sentence(labels, sure), {"labels.json": data}
        )

    @torch.inference_mode()
    def _classify(self, photo: Image.Image) -> list[Label]:
        logits = self._net.logits(_views(photo).to(self.device))
        top = logits.softmax(1).mean(0).topk(5)
        return [
            Label(CLASSES[index].en, round(probability, 4))
            for index, probability in zip(top.indices.tolist(), top.values.tolist(), strict=True)
        ]


def _views(photo: Image.Image) -> Tensor:
    """The middle, and all of it squeezed into a square, 2×3×224×224 in [0, 1].

    Two views find what stands beside the middle; a panorama gives at most twice its height.
    """
    width, height = photo.size
    crop = CROP * min(width, height)
    wide, high = min(width, 2 * height), min(height, 2 * width)
    return torch.stack([_square(photo, crop, crop), _square(photo, wide, high)])


def _square(photo: Image.Image, width: float, height: float) -> Tensor:
    """The middle `width`×`height` of the photo as 3×224×224."""
    left, top = (photo.width - width) / 2, (photo.height - height) / 2
    box = (left, top, left + width, top + height)
    view = photo.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=box)
    return torch.from_numpy(np.array(view)).permute(2, 0, 1).float() / 255


def _sentence(labels: list[Label], sure: bool) -> Text:
    first, *others = (f"{label.label} ({percent(label.probability)})" for label in labels)
    rest = ", ".join(others)
    if sure:
        return Text(
            f"Most likely: {first}. Less likely: {rest}.",
            f"Скорее всего: {first}. Менее вероятно: {rest}.",
        )
    return Text(
        f"Not sure. Perhaps: {first}. Or: {rest}.",
        f"Трудно сказать. Может быть: {first}. Или: {rest}.",
    )
