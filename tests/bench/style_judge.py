"""A judge of style that no effect is trained on: the lower half of VGG-19."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from effects.fast_style.train.vgg_slice import VGG19Slice
from effects.gatys.losses import gram
from effects.pictures import to_tensor, working_size

SIDE = 384
LAYERS = ("relu1_1", "relu2_1", "relu3_1")


Look = list[Tensor]
"""Gram matrices of the layers, 1×C×C."""


class StyleJudge:
    """Looks at pictures of 384 px by their Gram matrices at relu1_1, relu2_1 and relu3_1."""

    def __init__(self, weights: Path) -> None:
        self._net = VGG19Slice(weights)

    @torch.no_grad()
    def look(self, image: Image.Image) -> Look:
        """What `distance` compares."""
        size = working_size(image.size, SIDE)
        picture = to_tensor(image.resize(size, Image.Resampling.LANCZOS))
        return [gram(seen) for seen in self._net.features(picture, LAYERS).values()]


def distance(picture: Look, artwork: Look) -> float:
    """Mean over the layers of the distance in units of the artwork's norm."""
    pairs = zip(picture, artwork, strict=True)
    return float(np.mean([float((ours - art).norm() / art.norm()) for ours, art in pairs]))
